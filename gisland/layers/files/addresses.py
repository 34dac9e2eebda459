"""Addresses under which SQLite opens files to read and never writes."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from pathlib import PurePath


def sqlite_address(path: PurePath) -> str:
    """Address of a SQLite file that is opened for reading only, on a network drive too.

    ``as_uri`` names the server of a network path as the authority, which SQLite refuses; Windows
    opens such paths where the authority is empty.

    Parameters
    ----------
    path
        An absolute path.

    Returns
    -------
    str
        For ``sqlite3.connect(…, uri=True)``.

    Examples
    --------
    >>> from pathlib import PurePosixPath, PureWindowsPath
    >>> sqlite_address(PurePosixPath("/data/a b.gpkg"))
    'file:///data/a%20b.gpkg?mode=ro'
    >>> sqlite_address(PureWindowsPath("C:/data/a#1.gpkg"))
    'file:///C:/data/a%231.gpkg?mode=ro'
    >>> sqlite_address(PureWindowsPath("//server/share/a.gpkg"))
    'file:////server/share/a.gpkg?mode=ro'
    """
    place = path.as_posix()
    return f"file://{'' if place.startswith('/') else '/'}{quote(place, safe='/:')}?mode=ro"
