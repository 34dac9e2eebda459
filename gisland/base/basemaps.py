"""Pictures under the map: what a user names, and what is known of it once it is read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

from gisland.base.errors import ProjectError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS = ("tiles", "mbtiles", "image", "service", "url")  # ways to name a base map
ZOOMS = (0, 18)  # of services
# The national map service, open to holders of a key. Its tiles are in CGCS2000, which no map can
# tell from WGS 84, so they need no shift. Names are of layers of tiles, the lowest first.
TIANDITU = (
    "https://t0.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0"
    "&LAYER={layer}&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles"
    "&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={{key}}"
)
SERVICES: MappingProxyType[str, tuple[str, ...]] = MappingProxyType(
    {
        "tianditu-vec": ("vec", "cva"),
        "tianditu-img": ("img", "cia"),
        "tianditu-ter": ("ter", "cta"),
    }
)
# How standards and servers write the place of a tile, and how the page does.
_SPELLINGS = MappingProxyType({"TileMatrix": "z", "TileCol": "x", "TileRow": "y"})
_NEEDED = (("z",), ("x",), ("y", "-y"))


@dataclass(frozen=True)
class BaseSource:
    """A base map as a user names it; nothing is opened yet.

    Parameters
    ----------
    kind
        One of `KINDS`.
    place
        Path of a folder or a file, name of a service, or address with ``{z}``, ``{x}``, ``{y}``.
    title
        Name in the list of layers; empty: the file's or the service's own.
    attribution
        Whose picture it is, shown on the map.
    key
        Of a service; it stands in the page for everybody to read.
    gcj02
        Whether the picture is in GCJ-02 and is to be shown shifted.
    """

    kind: str
    place: str
    title: str = ""
    attribution: str = ""
    key: str = field(default="", repr=False)
    gcj02: bool = False


@dataclass(frozen=True)
class BaseMap:
    """A base map, read and ready for a page.

    Parameters
    ----------
    kind
        ``tiles`` beside the page, ``mbtiles`` and ``image`` within it, ``url`` in a network.
    title
        Name in the list of layers; empty for a service without another one.
    attribution
        Whose picture it is.
    service
        Name in `SERVICES`, for its own title and attribution.
    templates
        Addresses with ``{z}``, ``{x}`` and ``{y}`` or ``{-y}``, the lowest layer first.
    tiles
        Data URIs by zoom, column and row from the north.
    image
        Data URI of one picture in the projection of web maps.
    bounds
        West, south, east and north of that picture, in degrees.
    zooms
        Lowest and highest zoom of the tiles.
    ranges
        First column, first row, last column and last row by zoom, where these are known.
    gcj02
        Whether it is to be shown shifted from GCJ-02; data never are.
    notes
        Codes of what a reader of the map should know.
    """

    kind: str
    title: str
    attribution: str = ""
    service: str = ""
    templates: tuple[str, ...] = ()
    tiles: Mapping[tuple[int, int, int], str] = field(default_factory=dict, repr=False)
    image: str = field(default="", repr=False)
    bounds: tuple[float, float, float, float] | None = None
    zooms: tuple[int, int] = ZOOMS
    ranges: Mapping[int, tuple[int, int, int, int]] = field(default_factory=dict)
    gcj02: bool = False
    notes: tuple[str, ...] = ()

    @property
    def online(self) -> bool:
        """Whether the page asks a server for it.

        Returns
        -------
        bool
            False for pictures within or beside the page.

        Examples
        --------
        >>> BaseMap("image", "Photo").online
        False
        """
        return self.kind == "url"


def served_map(source: BaseSource) -> BaseMap:
    """Base map of a service or of an address, with the key in its place.

    Parameters
    ----------
    source
        Of kind ``service`` or ``url``.

    Returns
    -------
    BaseMap
        Of kind ``url``.

    Raises
    ------
    ProjectError
        If there is no such service, a key is missing or superfluous, or the address is none.

    Examples
    --------
    >>> source = BaseSource("url", "https://tiles.test/{z}/{x}/{y}.png", title="Streets")
    >>> served_map(source).templates
    ('https://tiles.test/{z}/{x}/{y}.png',)
    """
    if source.kind == "service":
        if source.place not in SERVICES:
            raise ProjectError(
                f"base map: {source.place!r} is not a service",
                do=did_you_mean(source.place, SERVICES),
            )
        given = tuple(TIANDITU.format(layer=name) for name in SERVICES[source.place])
    else:
        given = (source.place,)
    service = source.place if source.kind == "service" else ""
    templates = tuple(_address(text, source) for text in given)
    return BaseMap(
        "url",
        source.title or ("" if service else urlsplit(templates[0]).netloc),
        source.attribution,
        service,
        templates,
        gcj02=source.gcj02,
        notes=("key",) if source.key else (),
    )


def _address(text: str, source: BaseSource) -> str:
    """Address of tiles as the page uses it: known places, a plain host, no key left open."""
    what = f"base map: {source.place!r}"
    if ("{key}" in text) != bool(source.key):
        do = "take the key out, or write {key} where it belongs" if source.key else "give its key"
        raise ProjectError(f"{what} {'has no place for a' if source.key else 'needs a'} key", do=do)
    for spelling, plain in _SPELLINGS.items():
        text = text.replace(f"{{{spelling}}}", f"{{{plain}}}")
    text = text.replace("{key}", quote(source.key, safe=""))
    found = re.findall(r"\{([^{}]*)\}", text)
    strange = [name for name in found if name not in {"z", "x", "y", "-y"}]
    if strange or not all(set(found) & set(names) for names in _NEEDED):
        bad = f"has {{{strange[0]}}}" if strange else "does not say where zoom, column and row go"
        do = "write {z}, {x} and {y} (or {-y}), {key} for a key, and one host in place of {s}"
        raise ProjectError(f"{what} {bad}", do=do)
    try:
        parts = urlsplit(text)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except ValueError as error:  # a port that is no number, a name that no server can have
        raise ProjectError(f"{what} is not an address", do="check its host") from error
    named = parts.scheme in {"http", "https"} and "@" not in parts.netloc
    if not named or not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", host):
        raise ProjectError(
            f"{what} is not an address", do="give one that begins with https:// and a plain host"
        )
    rest = [quote(part, safe="/{}=&%-._~:,;+!$()*@?") for part in (parts.path, parts.query)]
    return urlunsplit((parts.scheme, host + (f":{port}" if port else ""), *rest, ""))
