"""Elements of gisland's folium maps: data as data, nothing through templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from branca.element import Figure, MacroElement
from folium.map import Layer

from gisland.base.errors import OutputError
from gisland.present.offline import Raw, asset, data_block

if TYPE_CHECKING:
    from gisland.present.bilingual import Bilingual
    from gisland.present.maplayers import MapLayer

HANDLE = "main"  # the page's map is window.map_main
UI = "map.ui."  # of the catalog: words that the page's own script shows
SCRIPTS = (  # in the order in which they need each other
    *("text.js", "packed.js", "painting.js", "layer.js", "popup.js", "find.js"),
    *("surfaces.js", "legend.js", "compare.js", "geodesy.js", "measure.js", "print.js", "tools.js"),
    "page.js",
)
STYLES = ("gisland.css", "tools.css")


class DataLayer(Layer):
    """Overlay whose features travel as data and are drawn by gisland's own script.

    folium's GeoJson runs attribute text as a template and shows it as markup; here it is neither.

    Parameters
    ----------
    layer
        What to draw.
    name
        Of the layer in the language in which the page opens.

    Examples
    --------
    >>> from gisland.present.maplayers import MapLayer
    >>> drawn = MapLayer("roads", "", True, {}, "", "", (0, 0, 1, 1))
    >>> DataLayer(drawn, name="A & {{ b }}").layer_name
    'A &amp; &#123;&#123; b &#125;&#125;'
    """

    def __init__(self, layer: MapLayer, *, name: str) -> None:
        super().__init__(name=_inert(name), overlay=True, control=True, show=layer.show)
        self._name, self._id = "layer", layer.id
        self.layer = layer

    def render(self, **kwargs: Any) -> str:  # noqa: ANN401 - branca's signature
        """Put data and script into the page; doing so again changes nothing.

        Parameters
        ----------
        **kwargs
            Passed on to the children, as branca does.

        Returns
        -------
        str
            Empty: the parts stand elsewhere in the page.
        """
        (figure, handle), name, key = placed(self), self.get_name(), self._id
        add = f".addTo({handle})" if self.show else ""
        parts = {"head": self.layer.head, "shape": self.layer.shape, "facts": self.layer.facts}
        for part, data in parts.items():
            block = data_block(f"gisland-{key}-{part}", data)
            figure.html.add_child(Raw(block), name=f"{name}_{part}")
        figure.script.add_child(
            Raw(f'const {name} = gisland.layer({handle}, "{key}"){add};\n'), name=name
        )
        for child in self._children.values():
            child.render(**kwargs)
        return ""


class Part(MacroElement):
    """Data of the page besides the layers, and the call of the script that reads it.

    Parameters
    ----------
    name
        Of the script's function, such as ``surfaces``, for pictures to choose from.
    data
        As that function reads it.

    Examples
    --------
    >>> Part("surfaces", {}).get_name()
    'surfaces_main'
    """

    call = "gisland.{name}({handle});\n"

    def __init__(self, name: str, data: dict[str, Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # branca types some only
        self._name, self._id = name, HANDLE
        self.data = data

    def render(self, **_kwargs: Any) -> str:  # noqa: ANN401 - branca's signature
        """Put data and script into the page; doing so again changes nothing.

        Returns
        -------
        str
            Empty: the parts stand elsewhere in the page.
        """
        (figure, handle), name = placed(self), self.get_name()
        figure.html.add_child(Raw(data_block(f"gisland-{self._name}", self.data)), name=name)
        figure.script.add_child(Raw(self.call.format(name=self._name, handle=handle)), name=name)
        return ""


class Page(Part):
    """What stands around the map, made when everything else is on it.

    Parameters
    ----------
    data
        Title, summary, notes and bounds.

    Examples
    --------
    >>> Page({}).get_name()
    'page_main'
    """

    call = (
        'document.addEventListener("DOMContentLoaded",'
        " () => gisland.page({handle}, layer_control_main));\n"
    )

    def __init__(self, data: dict[str, Any]) -> None:
        super().__init__("page", data)


class Script(MacroElement):
    """gisland's own scripts and style, and the text of the page; the first child of the map.

    Parameters
    ----------
    texts
        Catalog of references that all layers and parts are composed of.
    language
        In which the page opens.

    Examples
    --------
    >>> from gisland.present.bilingual import Bilingual
    >>> Script(Bilingual(), language="zh").get_name()
    'script_main'
    """

    def __init__(self, texts: Bilingual, *, language: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # branca types some only
        self._name, self._id = "script", HANDLE
        self.texts, self.language = texts, language
        self.words = {key.removeprefix(UI): texts[key] for key in texts if key.startswith(UI)}

    def render(self, **_kwargs: Any) -> str:  # noqa: ANN401 - branca's signature
        """Put scripts and style into the page; doing so again changes nothing.

        Returns
        -------
        str
            Empty: the parts stand elsewhere in the page.
        """
        figure, _handle = placed(self)
        data = {"language": self.language, "entries": self.texts.entries(), "words": self.words}
        for name in STYLES:
            figure.header.add_child(Raw(asset(name)), name=f"gisland_{name}")
        figure.html.add_child(Raw(data_block("gisland-texts", data)), name="gisland_texts")
        for name in SCRIPTS:
            figure.html.add_child(Raw(asset(name)), name=f"gisland_{name}")
        return ""


def placed(element: MacroElement) -> tuple[Figure, str]:
    """The page that an element of a map stands in, and the script's name of that map.

    Parameters
    ----------
    element
        Added to a map.

    Returns
    -------
    figure : branca.element.Figure
        The page.
    handle : str
        Name of the map in the page's script.

    Raises
    ------
    OutputError
        If it was added to nothing.

    Examples
    --------
    >>> placed(Part("page", {}))
    Traceback (most recent call last):
    ...
    gisland.base.errors.OutputError: map: an element stands outside of a map; add it to a folium.Map
    """
    figure, above = element.get_root(), element._parent  # noqa: SLF001 - branca has no accessor
    if not isinstance(figure, Figure) or above is None:
        raise OutputError("map: an element stands outside of a map", do="add it to a folium.Map")
    return figure, above.get_name()


def _inert(name: str) -> str:
    """Name that is text for Jinja and for HTML: Leaflet's control writes names as markup."""
    marks = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "{": "&#123;", "}": "&#125;"}
    return "".join(marks.get(c, c) for c in name)
