"""Elements of gisland's folium maps: data as data, nothing through templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from branca.element import Figure, MacroElement
from folium.map import Layer

from gisland.base.errors import OutputError
from gisland.present.harmless import inert
from gisland.present.offline import Raw, asset, data_block

if TYPE_CHECKING:
    from gisland.present.bilingual import Bilingual
    from gisland.present.maplayers import MapLayer

HANDLE = "main"  # the page's map is window.map_main
SCRIPTS = (  # in the order in which they need each other
    *("text.js", "packed.js", "painting.js", "layer.js", "names.js", "popup.js", "find.js"),
    *("surfaces.js", "themes.js", "filter.js", "groups.js", "legend.js", "compare.js"),
    *("geodesy.js", "measure.js", "print.js", "tools.js", "page.js"),
    *("notice.js", "link.js", "keys.js", "sites.js", "ordinary.js"),
)
STYLES = ("gisland.css", "access.css", "tools.css")


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

    notes: tuple[str, ...] = ()  # about the layer, below the title of the map

    def __init__(self, layer: MapLayer, *, name: str) -> None:
        super().__init__(name=inert(name), overlay=True, control=True, show=layer.show)
        self._name, self._id = "layer", layer.id
        self.layer, self.plain_name = layer, name

    def _get_self_bounds(self) -> list[list[float | None]]:
        west, south, east, north = self.layer.bounds
        return [[south, west], [north, east]]

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
        self.given = data

    def render(self, **kwargs: Any) -> str:  # noqa: ANN401 - branca's signature
        """Put the data into the page, with what is told of layers that were added later.

        Parameters
        ----------
        **kwargs
            Passed on, as branca does.

        Returns
        -------
        str
            Empty: the parts stand elsewhere in the page.
        """
        above = self._parent or self
        on_map = above._children.values()  # noqa: SLF001 - branca has no accessor
        own = [note for one in on_map if isinstance(one, DataLayer) for note in one.notes]
        bounds = self.given["bounds"] or _known(above.get_bounds())
        self.data = self.given | {"notes": [*self.given["notes"], *own], "bounds": bounds}
        return super().render(**kwargs)


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

    def render(self, **_kwargs: Any) -> str:  # noqa: ANN401 - branca's signature
        """Put scripts and style into the page; doing so again changes nothing.

        Returns
        -------
        str
            Empty: the parts stand elsewhere in the page.
        """
        figure, _handle = placed(self)
        data = {"language": self.language, "entries": self.texts.entries(), "words": self.texts.ui}
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


def _known(bounds: list[list[float | None]]) -> list[list[float | None]] | None:
    """Corners as folium tells them; None where nothing on the map has a place."""
    return None if any(end is None for corner in bounds for end in corner) else bounds
