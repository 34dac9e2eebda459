"""Elements that users add to a map: their text is no template, attributes are no markup."""

from __future__ import annotations

import copy
import html
import re
from collections import OrderedDict
from functools import cached_property
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import folium
from branca.element import Element, Html, MacroElement
from folium.features import GeoJsonDetail
from folium.map import Layer

from gisland.base.errors import OutputError
from gisland.present.wording import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jinja2 import Template

_OPENING = re.compile(r"\{(?=[{%#])")
_PROPERTIES = "feature.properties."
# What a template of Jinja, or one of JavaScript between backticks, would read.
_SIGNS = {c: f"&#{ord(c)};" for c in "{}`$\\"}


def inert(text: str) -> str:
    """Text that is text for Jinja, for HTML and between the backticks of a script.

    Parameters
    ----------
    text
        Any.

    Returns
    -------
    str
        Escaped.

    Examples
    --------
    >>> inert("A & {{ b }}")
    'A &amp; &#123;&#123; b &#125;&#125;'
    """
    return "".join(_SIGNS.get(c, c) for c in html.escape(visible(text)))


def make_harmless(element: Element) -> None:
    """Take away from an element and all below it that their text runs or shows as markup.

    branca compiles what its elements have written as a template once more, so that an attribute
    could run Python; folium shows attributes of GeoJson and names of layers as HTML.

    Parameters
    ----------
    element
        A map, or anything on it; doing so again changes nothing.

    Raises
    ------
    OutputError
        If something below needs icons or data that are not in the page.

    Examples
    --------
    >>> one = folium.Marker([30, 114], tooltip="{{ 7 * 7 }}")
    >>> make_harmless(one)
    >>> isinstance(one._template, Quiet)
    True
    """
    for one in _below(element):
        if isinstance(one, folium.Icon):
            raise OutputError(
                "map: folium.Icon needs files that are not in the page",
                do="use folium.Marker without an icon, folium.DivIcon or folium.CircleMarker",
            )
        if isinstance(one, folium.GeoJson) and not one.embed:
            raise OutputError(
                "map: folium.GeoJson with embed=False asks for its data when the map opens",
                do="leave embed=False out",
            )
        if not isinstance(one, MacroElement) or isinstance(one._template, Quiet):  # noqa: SLF001
            continue
        if isinstance(one, folium.GeoJson):
            _number_features(one)
        one._template = Quiet(one._template)  # noqa: SLF001 - branca has no other way


class Quiet:
    """Stands in for the template of an element, and writes what is no template any more.

    Parameters
    ----------
    template
        Of a class of folium.
    """

    def __init__(self, template: Template) -> None:
        self._template = template

    @cached_property
    def module(self) -> SimpleNamespace:
        """Macros of the template, where it has any."""
        macros = vars(self._template.module)
        names = [n for n in ("header", "html", "script") if macros.get(n) is not None]
        return SimpleNamespace(**{n: _quiet_macro(macros[n]) for n in names})

    def render(self, *, this: Element, kwargs: dict[str, Any]) -> str:
        """What the template writes, once compiled.

        Returns
        -------
        str
            Text that, as a template, writes what the template has written.
        """
        return _literal(self._template.render(this=_shown(this), kwargs=kwargs))


def _quiet_macro(macro: Any) -> Any:  # noqa: ANN401 - a macro of Jinja
    def write(this: Element, kwargs: dict[str, Any]) -> str:
        return _literal(macro(_shown(this), kwargs))

    return write


def _literal(text: str) -> str:
    """Text that gives the same text when it is compiled as a template."""
    return _OPENING.sub("{{ '{' }}", text)


def _below(element: Element) -> Iterator[Element]:
    yield element
    for child in element._children.values():  # noqa: SLF001 - branca has no accessor
        yield from _below(child)
    icon = getattr(element, "icon", None)
    if isinstance(icon, folium.Icon):
        yield icon


def _number_features(element: folium.GeoJson) -> None:
    """Let styles go by numbers: folium would write the name of a column into the script."""
    if getattr(element, "feature_identifier", "").startswith(_PROPERTIES):
        features = element.data["features"]
        numbered = [{**feature, "id": str(i)} for i, feature in enumerate(features)]
        element.data = {**element.data, "features": numbered}
        element.feature_identifier = "feature.id"


def _shown(element: Element) -> Element:
    """The element as its template may see it."""
    changes: dict[str, Any] = {}
    if isinstance(element, folium.GeoJson):
        changes = {"data": _inert_properties(element.data)}
    elif isinstance(element, GeoJsonDetail) and isinstance(element._parent, folium.GeoJson):  # noqa: SLF001
        changes = {
            "fields": [_inert_value(name) for name in element.fields],
            "aliases": [_inert_value(name) for name in element.aliases or element.fields],
        }
    elif isinstance(element, folium.LayerControl):
        changes = _listed(element)
    elif isinstance(element, folium.Popup):
        changes = {"html": _inert_children(element.html)}
    elif isinstance(element, folium.Tooltip):
        changes = {"text": inert(element.text)}
    if not changes:
        return element
    stand_in = copy.copy(element)
    vars(stand_in).update(changes)
    return stand_in


def _inert_children(box: Element) -> Element:
    """What folium made of the text of a popup, which it writes into a script as markup."""
    stand_in = copy.copy(box)
    stand_in._children = OrderedDict(  # noqa: SLF001 - branca has no accessor
        (name, _inert_text(child))
        for name, child in box._children.items()  # noqa: SLF001
    )
    return stand_in


def _inert_text(element: Element) -> Element:
    if not isinstance(element, Html):
        return element
    stand_in = copy.copy(element)
    stand_in.data, stand_in.script = inert(element.data.replace("\\`", "`")), True
    return stand_in


def _inert_properties(data: dict[str, Any]) -> dict[str, Any]:
    made = dict(data)
    if isinstance(data.get("features"), list):
        made["features"] = [_inert_properties(feature) for feature in data["features"]]
    if "properties" in data:
        made["properties"] = _inert_value(data["properties"])
    return made


def _inert_value(value: Any) -> Any:  # noqa: ANN401 - anything JSON holds
    if isinstance(value, str):
        return inert(value)
    if isinstance(value, dict):
        return {_inert_value(name): _inert_value(one) for name, one in value.items()}
    return [_inert_value(one) for one in value] if isinstance(value, (list, tuple)) else value


def _listed(control: folium.LayerControl) -> dict[str, Any]:
    """Layers by names that are no markup; layers of one name are told apart by numbers."""
    lists: dict[bool, OrderedDict[str, str]] = {True: OrderedDict(), False: OrderedDict()}
    above = control._parent or control  # noqa: SLF001 - branca has no accessor
    for item in above._children.values():  # noqa: SLF001 - see above
        if not isinstance(item, Layer) or not item.control:
            continue
        plain = getattr(item, "plain_name", None) or item.layer_name
        first = _key(inert(plain))
        name, number, names = first, 2, lists[bool(item.overlay)]
        while name in names:
            name, number = f"{first} ({number})", number + 1
        names[name] = item.get_name()
    return {"overlays": lists[True], "base_layers": lists[False]}


def _key(name: str) -> str:
    """A name that is no more than that as a key in a script: ``__proto__`` would be the parent."""
    return f"&#{ord(name[0])};{name[1:]}" if name == "__proto__" else name
