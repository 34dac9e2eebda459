"""Elements of gisland's folium maps: data as data, nothing through templates."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from branca.element import Figure, MacroElement
from folium.map import Layer

from gisland.base.errors import OutputError
from gisland.present.offline import Raw, asset, data_block

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gisland.present.maplayers import MapLayer

HANDLE = "main"  # the page's map is window.map_main
MIN_SHARED = 2  # characters from which repeated text is worth a reference


class DataLayer(Layer):
    """Overlay whose features travel as data and are drawn by gisland's own script.

    folium's GeoJson runs attribute text as a template and shows it as markup; here it is neither.

    Parameters
    ----------
    layer
        What to draw.
    data
        Its data, with repeated text replaced by references.

    Examples
    --------
    >>> from gisland.present.maplayers import MapLayer
    >>> drawn = MapLayer("roads", "A & {{ b }}", True, {}, (0, 0, 1, 1))
    >>> DataLayer(drawn, data={}).layer_name
    'A &amp; &#123;&#123; b &#125;&#125;'
    """

    def __init__(self, layer: MapLayer, *, data: dict[str, Any]) -> None:
        super().__init__(name=_inert(layer.name), overlay=True, control=True, show=layer.show)
        self._name, self._id = "layer", layer.id
        self.data = data

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
        figure.html.add_child(Raw(data_block(f"gisland-{key}", self.data)), name=name)
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
        Of the script's function: ``page`` for what stands around the layers, which is the last
        child of a map; ``surfaces`` for pictures to choose from.
    data
        As that function reads it.

    Examples
    --------
    >>> Part("page", {}).get_name()
    'page_main'
    """

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
        figure.script.add_child(Raw(f"gisland.{self._name}({handle});\n"), name=name)
        return ""


class Script(MacroElement):
    """gisland's own script and style, and the text that its layers share; the first child.

    Parameters
    ----------
    shared
        Repeated text of all layers.

    Examples
    --------
    >>> Script([]).get_name()
    'script_main'
    """

    def __init__(self, shared: list[str]) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # branca types some only
        self._name, self._id = "script", HANDLE
        self.shared = shared

    def render(self, **_kwargs: Any) -> str:  # noqa: ANN401 - branca's signature
        """Put script and style into the page; doing so again changes nothing.

        Returns
        -------
        str
            Empty: the parts stand elsewhere in the page.
        """
        figure, _handle = placed(self)
        figure.header.add_child(Raw(asset("gisland.css")), name="gisland_css")
        figure.html.add_child(Raw(data_block("gisland-texts", self.shared)), name="gisland_texts")
        figure.html.add_child(Raw(asset("gisland.js")), name="gisland_js")
        return ""


def shared_texts(layers: list[MapLayer]) -> list[str]:
    """Text that popups hold more than once, in the order in which it first occurs.

    Parameters
    ----------
    layers
        All layers of the map.

    Returns
    -------
    list of str
        Each once.

    Examples
    --------
    >>> from gisland.present.maplayers import MapLayer
    >>> data = {"features": [[0, "a", {"t": "one", "b": ["two", "two"]}, {}]]}
    >>> shared_texts([MapLayer("roads", "Roads", True, data, (0, 0, 1, 1))])
    ['two']
    """
    counts = Counter(
        text for layer in layers for row in layer.data["features"] for text in _texts(row[2])
    )
    return [text for text, n in counts.items() if n > 1 and len(text) >= MIN_SHARED]


def _texts(node: Any) -> Iterator[str]:  # noqa: ANN401 - nested popup data
    if isinstance(node, str):
        yield node
    else:
        for child in node.values() if isinstance(node, dict) else node:
            yield from _texts(child)


def referring(data: dict[str, Any], shared: list[str]) -> dict[str, Any]:
    """Layer data in which repeated text of popups is a number.

    Parameters
    ----------
    data
        Data of one layer.
    shared
        Repeated text of all layers.

    Returns
    -------
    dict
        A copy: the place in `shared` stands for the text.

    Examples
    --------
    >>> referring({"features": [[0, "a", {"t": "one", "b": ["two"]}, {}]]}, ["two"])
    {'features': [[0, 'a', {'t': 'one', 'b': [0]}, {}]]}
    """
    places = {text: i for i, text in enumerate(shared)}
    rows = [[*row[:2], _replaced(row[2], places), *row[3:]] for row in data["features"]]
    return {**data, "features": rows}


def _replaced(node: Any, places: Mapping[str, int]) -> Any:  # noqa: ANN401 - nested popup data
    if isinstance(node, str):
        return places.get(node, node)
    if isinstance(node, dict):
        return {k: _replaced(v, places) for k, v in node.items()}
    return [_replaced(child, places) for child in node]


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
    >>> placed(Script([]))
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
