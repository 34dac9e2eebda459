"""Base maps under the layers of a map: one at a time, none at first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from folium.map import Layer

from gisland.base.errors import OutputError
from gisland.present.elements import placed
from gisland.present.harmless import inert
from gisland.present.offline import OfflineFigure, Raw, asset, data_block
from gisland.present.owncolumns import own_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import folium

    from gisland.base.basemaps import BaseMap
    from gisland.present.bilingual import Bilingual

BESIDE = ("'self'", "file:")  # tiles in a folder: of a page that is served, and that is opened


class BaseLayer(Layer):
    """A base map, or none, as a choice in the list of layers.

    Parameters
    ----------
    name
        In that list; any text.
    data
        As the page's script reads it; without ``id``: no base map.
    number
        Place among the choices; 0 is shown at first.

    Examples
    --------
    >>> BaseLayer("A {{ b }}", data={}, number=0).layer_name
    'A &#123;&#123; b &#125;&#125;'
    """

    def __init__(self, name: str, *, data: Mapping[str, Any], number: int) -> None:
        super().__init__(name=inert(name), overlay=False, control=True, show=number == 0)
        self._name, self._id = "basemap", str(number)
        self.data = data

    def render(self, **_kwargs: Any) -> str:  # noqa: ANN401 - branca's signature
        """Put data, style and script into the page; doing so again changes nothing.

        Returns
        -------
        str
            Empty: the parts stand elsewhere in the page.
        """
        (figure, handle), name = placed(self), self.get_name()
        figure.header.add_child(Raw(asset("basemap.css")), name="basemap_css")
        figure.html.add_child(Raw(asset("basemap.js")), name="basemap_js")
        figure.html.add_child(Raw(data_block(f"gisland-{name}", self.data)), name=name)
        read = f'JSON.parse(document.getElementById("gisland-{name}").textContent)'
        add = f".addTo({handle})" if self.show else ""
        figure.script.add_child(
            Raw(f"const {name} = gisland.basemap({handle}, {read}){add};\n"), name=name
        )
        return ""


def add_base_maps(
    drawn: folium.Map, base_maps: Sequence[BaseMap], *, texts: Bilingual, language: str
) -> None:
    """Choices of base maps for a map in an `OfflineFigure`; without any the page stays as it is.

    The page may then load what the base maps need, and nothing else: tiles beside it, or pictures
    from the hosts that they name.

    Parameters
    ----------
    drawn
        The map; its list of layers is added later.
    base_maps
        In the order of the list.
    texts
        Catalog of references that the map is composed of.
    language
        In which the page opens.

    Raises
    ------
    OutputError
        If the map is in no `OfflineFigure`.

    Examples
    --------
    >>> import folium
    >>> from gisland.present.bilingual import Bilingual
    >>> drawn = folium.Map(location=(30, 114), tiles=None)
    >>> add_base_maps(drawn, [], texts=Bilingual(), language="en")
    """
    if not base_maps:
        return
    figure = drawn.get_root()
    if not isinstance(figure, OfflineFigure):
        raise OutputError("map: base maps need an OfflineFigure", do="add the map to one first")
    figure.allow_images({s for base in base_maps for s in _sources(base)})
    names = [texts["basemap.none"]]
    choices: list[dict[str, Any]] = [{}]
    for number, base in enumerate(base_maps, start=1):
        title = _title(base, texts)
        name = texts["basemap.choice"].format(title=title)
        if name in names:
            name = texts["basemap.again"].format(title=name, number=number)
        names.append(name)
        choices.append({"id": f"base-{number}", "lines": _lines(base, title, texts), **_data(base)})
    for number, (name, data) in enumerate(zip(names, choices, strict=True)):
        told = texts.expanded(name, language=language)
        drawn.add_child(BaseLayer(told, data={"name": name, **data}, number=number))


def _sources(base: BaseMap) -> set[str]:
    """From where the page may load pictures for a base map, besides itself."""
    if base.kind == "tiles":
        return set(BESIDE)
    parts = [urlsplit(template) for template in base.templates]
    return {f"{part.scheme}://{part.netloc}" for part in parts}


def _title(base: BaseMap, texts: Mapping[str, str]) -> str:
    return own_text(base.title) or texts[f"basemap.service.{base.service}"]


def _lines(base: BaseMap, title: str, texts: Mapping[str, str]) -> list[str]:
    """Title, whose picture it is, and notes."""
    owner = own_text(base.attribution)
    if not owner and base.service:
        owner = texts["basemap.service.source"]
    known = [base.kind, *base.notes, *(["gcj02"] if base.gcj02 else [])]
    notes = [texts[n] for n in (f"basemap.note.{code}" for code in known) if n in texts]
    return [title, *filter(None, [owner]), *notes]


def _data(base: BaseMap) -> dict[str, Any]:
    """A base map as the script reads it; a picture that occurs twice is stored once."""
    data: dict[str, Any] = {"gcj02": base.gcj02}
    if base.bounds is not None:
        west, south, east, north = base.bounds
        return data | {"image": base.image, "bounds": [[south, west], [north, east]]}
    data |= {"templates": list(base.templates), "zooms": list(base.zooms)}
    data["ranges"] = {str(zoom): list(range_) for zoom, range_ in base.ranges.items()}
    if base.kind == "mbtiles":
        places = {uri: i for i, uri in enumerate(dict.fromkeys(base.tiles.values()))}
        data["templates"] = [""]
        data["images"] = list(places)
        data["index"] = {f"{z}/{x}/{y}": places[uri] for (z, x, y), uri in base.tiles.items()}
    return data
