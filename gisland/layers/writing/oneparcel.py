"""What results say about one parcel, read without reading the others."""

from __future__ import annotations

import difflib
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from gisland.base.errors import OutputError
from gisland.base.keys import ID_SEPARATOR
from gisland.base.names import comparable
from gisland.base.parameters import Parameters
from gisland.layers.files.addresses import sqlite_address
from gisland.layers.writing.contract import TABLES
from gisland.layers.writing.place import GPKG, results_file, run_of, unreadable
from gisland.layers.writing.results import ARROW_TYPES, Results, result_frame

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

REACH = 3.0  # tolerances: whoever decides over a border lies within two of the parcel
MANY_IDS = 300  # looked at on each way to ids like an unknown one
NEAREST = 3
BATCH = 500  # values bound to one query
ABOUT = {  # tables with rows about a parcel, and the columns that name it
    "verdicts": ("parcel_id",),
    "lineage": ("parcel_id",),
    "differences": ("parcel_id",),
    "findings": ("parcel_id", "other_id"),
    "changes": ("parcel_id", "other_id"),
    "block_parcels": ("parcel_id",),
    "conversions": ("parcel_id",),
}
LISTED = {  # tables with lists of parcels
    "enclaves": ("parcel_ids", "surrounding_ids"),
    "zones": ("parcel_ids",),
    "zone_units": ("parcel_ids",),
    "scrap_groups": ("parcel_ids",),
    "block_lines": ("cut_ids", "other_use_ids"),
}
DRAWN_NEARBY = ("enclaves", "block_lines")  # those that the parcel touches are read, too


def read_parcel(path: str | os.PathLike[str], parcel_id: str) -> Results:
    """Read what results say about one parcel.

    Rows are found by SQL with bound values and by the spatial index, so that a layer of a million
    parcels is searched, but not loaded, and no id can be taken for SQL.

    Parameters
    ----------
    path
        The output folder, or a ``results.gpkg``.
    parcel_id
        Id of the parcel.

    Returns
    -------
    Results
        Of each table the rows about the parcel, as `gisland.read_results` gives them.
        ``parcels`` holds besides it the parcels within three tolerances and those of the sites
        it was considered for; ``sites`` and ``plan`` all about these sites; ``alternatives`` those
        of the sites solved together with them; ``enclaves`` those
        it lies in or touches; ``block_lines`` those it touches; ``findings`` those about it and
        those about no single parcel that it touches, such as gaps. Tables that the run did not
        write are absent.

    Raises
    ------
    OutputError
        If there are no results, they cannot be read, or hold no such parcel.

    Examples
    --------
    >>> read_parcel("no/such/folder", "p1")
    Traceback (most recent call last):
    ...
    gisland.base.errors.OutputError: no/such/folder holds no results of gisland (there is no \
results.gpkg); give the output folder of a run, or its results.gpkg
    """
    file, run = results_file(path), run_of(path)
    try:
        with closing(sqlite3.connect(sqlite_address(file.resolve()), uri=True)) as base:
            return Results(_Search(file, base).about(parcel_id, run=run), run, file.parent)
    except (sqlite3.Error, pyogrio.errors.DataSourceError, OSError) as error:
        raise unreadable(file, error) from error


class _Search:
    """A GeoPackage open for reading: rows are found by SQLite and read as results are."""

    def __init__(self, file: Path, base: sqlite3.Connection) -> None:
        self.file = file
        self.base = base
        self.columns = {
            str(name): {str(row[1]) for row in base.execute(f"PRAGMA table_info({_quoted(name)})")}
            for (name,) in base.execute("SELECT table_name FROM gpkg_contents")
        }

    def about(self, parcel_id: str, *, run: dict[str, Any]) -> dict[str, pd.DataFrame]:
        """All tables, cut to what concerns the parcel."""
        if "parcels" not in self.columns:
            raise OutputError(
                f"{self.file} is no result of gisland (it has no layer parcels)",
                do=f"give the {GPKG} of a run",
            )
        own = self.read("parcels", self.rows("parcels", "parcel_id", [parcel_id]))
        if own.empty:
            raise OutputError(
                f"{self.file.parent.as_posix()} holds no parcel {parcel_id!r}",
                do=self.remedy(parcel_id),
            )
        shape = own.geometry.iloc[0] if isinstance(own, gpd.GeoDataFrame) else None
        tolerance_m = tolerance_of(run)
        tables = {
            name: self.read(name, self.rows_of_any(name, columns, parcel_id))
            for name, columns in ABOUT.items()
            if name in self.columns
        }
        tables |= self.merging(own, parcel_id)
        for name, columns in LISTED.items():
            if name in self.columns:
                near = self.near(name, shape, tolerance_m) if name in DRAWN_NEARBY else None
                tables[name] = _both(self.listed(name, columns, parcel_id), near)
        if "findings" in tables:
            near = self.near("findings", shape, tolerance_m)
            loose = near[near["parcel_id"].isna() & (near["layer"] == "parcels")]
            tables["findings"] = _both(tables["findings"], loose)
        if "holdings" in self.columns and "owner" in own:
            tables["holdings"] = self.holding(own["owner"])
        around = self.near("parcels", shape, REACH * tolerance_m)
        hosts = self.hosts(tables.get("sites"))
        tables["parcels"] = _both(_both(own, around), hosts, key="parcel_id")
        return tables

    def merging(self, own: pd.DataFrame, parcel_id: str) -> dict[str, pd.DataFrame]:
        """Sites that the parcel is part of or was considered for, with all their scraps."""
        if not {"plan", "sites"} <= set(self.columns):
            return {}
        pairs = self.read("plan", self.rows("plan", "parcel_id", [parcel_id]))
        names = pd.concat([pairs["site_id"], own["site_id"]]).dropna().unique().tolist()
        every = [*self.rows("plan", "parcel_id", [parcel_id]), *self.rows("plan", "site_id", names)]
        found = {
            "plan": self.read("plan", every),
            "sites": self.read("sites", self.rows("sites", "site_id", names)),
        }
        return found | self.alternatives(names)

    def alternatives(self, sites: Sequence[str]) -> dict[str, pd.DataFrame]:
        """Other plans for the components of some sites; nothing where they were not made."""
        if "alternatives" not in self.columns:
            return {}
        own = self.read("alternatives", self.rows("alternatives", "site_id", sites))
        solved = own["component"].dropna().unique().tolist()
        rows = self.rows("alternatives", "component", solved)
        return {"alternatives": self.read("alternatives", rows)}

    def hosts(self, sites: pd.DataFrame | None) -> pd.DataFrame | None:
        """Parcels of the sites: what a scrap is compared with."""
        if sites is None or sites.empty:
            return None
        members = self.rows("parcels", "site_id", sites["site_id"].tolist())
        found = self.read("parcels", members)
        return found[found["verdict"] == "site"]

    def holding(self, owner: pd.Series) -> pd.DataFrame:
        """What the parcel's owner holds, whichever of its spellings the table bears."""
        exact = self.rows("holdings", "owner", owner.dropna().tolist())
        if exact or owner.isna().all():
            return self.read("holdings", exact)
        query = "SELECT rowid, owner FROM holdings WHERE owner IS NOT NULL"
        found = pd.DataFrame(self.base.execute(query).fetchall(), columns=["row", "owner"])
        same = comparable(found["owner"].astype("str")).isin(comparable(owner).dropna())
        return self.read("holdings", found.loc[same, "row"].tolist())

    def listed(self, table: str, columns: Sequence[str], parcel_id: str) -> pd.DataFrame:
        """Rows with the parcel in one of their lists."""
        known = [c for c in columns if c in self.columns[table]]
        wanted = f"{ID_SEPARATOR}{parcel_id}{ID_SEPARATOR}"
        rows: list[int] = []
        for column in known:
            held = f"'{ID_SEPARATOR}' || {_quoted(column)} || '{ID_SEPARATOR}'"
            rows += self.fetch(f"FROM {_quoted(table)} WHERE instr({held}, ?) > 0", [wanted])
        return self.read(table, rows)

    def near(self, table: str, shape: Any, distance_m: float) -> pd.DataFrame:  # noqa: ANN401
        """Rows of a drawn table that come within a distance of the parcel."""
        drawn = shape is not None and not shapely.is_empty(shape)
        if not drawn:
            return self.read(table, [])
        corners = np.array(shapely.bounds(shape)) + distance_m * np.array([-1, -1, 1, 1])
        found = self._layer(table, bbox=tuple(corners.tolist()))
        if not isinstance(found, gpd.GeoDataFrame):
            return self.read(table, [])
        shapely.prepare(shape)
        close = shapely.dwithin(found.geometry.to_numpy(), shape, distance_m)
        return found[close].reset_index(drop=True)

    def rows_of_any(self, table: str, columns: Sequence[str], parcel_id: str) -> list[int]:
        """Row numbers in which one of the columns names the parcel."""
        known = [c for c in columns if c in self.columns[table]]
        return [row for c in known for row in self.rows(table, c, [parcel_id])]

    def rows(self, table: str, column: str, values: Sequence[object]) -> list[int]:
        """Row numbers in which a column holds one of the values."""
        found: list[int] = []
        for start in range(0, len(values), BATCH):
            some = list(values[start : start + BATCH])
            places = ", ".join("?" * len(some))
            where = f"FROM {_quoted(table)} WHERE {_quoted(column)} IN ({places})"
            found += self.fetch(where, some)
        return found

    def fetch(self, query: str, values: Sequence[object]) -> list[int]:
        """Row numbers that a query gives; values are bound, never written into it."""
        return [int(row) for (row,) in self.base.execute(f"SELECT rowid {query}", values)]

    def read(self, table: str, rows: Iterable[int]) -> pd.DataFrame:
        """Rows of a table by number, in the order of the file."""
        return self._layer(table, fids=sorted(set(rows)))

    def _layer(self, table: str, **which: Any) -> pd.DataFrame:  # noqa: ANN401 - for pyogrio
        none = which.get("fids") == []
        if none:  # GDAL reads all rows if it is given no number
            which = {"max_features": 1}
        frame: pd.DataFrame = pyogrio.read_dataframe(
            self.file,
            layer=table,
            use_arrow=True,
            arrow_to_pandas_kwargs={"types_mapper": ARROW_TYPES.get},
            **which,
        )
        kept = frame.iloc[:0] if none else frame
        return result_frame(kept, table=table) if table in TABLES else kept

    def remedy(self, parcel_id: str) -> str:
        """Ids like an unknown one: its neighbors in order, and those that end or begin alike."""
        half = max(len(parcel_id) // 2, 1)
        begun, ended = parcel_id[:half], parcel_id[-half:]
        column, limit = '"parcel_id"', f"LIMIT {MANY_IDS}"
        ways: list[tuple[str, list[object]]] = [
            (f"{column} >= ? ORDER BY {column} {limit}", [parcel_id]),
            (f"{column} < ? ORDER BY {column} DESC {limit}", [parcel_id]),
            (f"substr({column}, -?) = ? {limit}", [half, ended]),
            (f"substr({column}, 1, ?) = ? {limit}", [half, begun]),
            (f"lower({column}) = lower(?) {limit}", [parcel_id]),
        ]
        ids: set[str] = set()
        for where, values in ways:
            query = f"SELECT {column} FROM parcels WHERE {where}"  # noqa: S608 - values are bound
            ids |= {str(i) for (i,) in self.base.execute(query, values) if i is not None}
        folded = {i.casefold(): i for i in sorted(ids, reverse=True)}
        near = difflib.get_close_matches(parcel_id.casefold(), sorted(folded), n=NEAREST)
        if near:
            return f"did you mean {' or '.join(repr(folded[i]) for i in near)}?"
        some = ", ".join(repr(i) for i in sorted(ids)[:NEAREST])
        return f"give an id of the table parcels, such as {some}" if some else "the layer is empty"


def _quoted(name: object) -> str:
    """Name of a table or column as SQL writes it."""
    return '"' + str(name).replace('"', '""') + '"'


def tolerance_of(run: Mapping[str, Any]) -> float:
    """Tolerance of a run, by its record.

    Parameters
    ----------
    run
        The run's record, of any version.

    Returns
    -------
    float
        Metres; the default where the record does not tell.

    Examples
    --------
    >>> tolerance_of({"parameters": {"tolerance_m": 0.1}}), tolerance_of({})
    (0.1, 0.05)
    """
    given = run.get("parameters", {}).get("tolerance_m", Parameters().tolerance_m)
    return float(given)


def _both(one: pd.DataFrame, other: pd.DataFrame | None, *, key: str = "") -> pd.DataFrame:
    """Rows of two cuts of one table, each once."""
    if other is None or other.empty:
        return one
    if one.empty:
        return other
    joined = pd.concat([one, other], ignore_index=True)
    plain = pd.DataFrame(joined).drop(columns="geometry", errors="ignore")
    twice = joined[key].duplicated() if key else plain.duplicated()
    return joined[~twice].reset_index(drop=True)
