"""Parcels and borders in the forms of graph libraries: networkx, libpysal, SciPy."""

from __future__ import annotations

import importlib
from itertools import compress
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from gisland.base.crs import require_metric
from gisland.base.errors import GislandError, TableError, did_you_mean
from gisland.base.guards import require_columns, require_table
from gisland.base.schema import require_ids, usable
from gisland.topology.graph import ends

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import geopandas as gpd

    from gisland.topology.segments import Floats

PLACE = ("x", "y")


def to_networkx(
    parcels: gpd.GeoDataFrame, borders: pd.DataFrame, *, columns: Sequence[str] = ()
) -> nx.Graph[Any]:
    """Parcels and borders as a graph of networkx.

    Parameters
    ----------
    parcels
        With unique ids and a metric CRS.
    borders
        Border table of these parcels.
    columns
        Columns of `parcels` to carry over.

    Returns
    -------
    networkx.Graph
        One node per parcel, isolated ones included, in the order of the sorted ids, with the
        columns and ``x``, ``y``: a point inside the parcel, in metres, such as for drawing. One
        edge per pair, in the order of its ids, with all columns of `borders`. Values are plain
        Python ones. What is missing is absent, as GraphML wants it; a parcel whose geometry is
        missing, empty or invalid has no ``x`` and ``y``. The graph has the attribute ``crs``,
        text that pyproj reads.

    Raises
    ------
    CRSError
        If the CRS is missing or not metric.
    TableError
        If ids are missing or repeated, a column is unknown or named ``x`` or ``y``, or a border
        names an unknown parcel.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from gisland.topology.borders import borders
    >>> shapes = [shapely.box(0, 0, 2, 2), shapely.box(2, 0, 4, 2)]
    >>> lots = gpd.GeoDataFrame({"owner": ["A", None]}, geometry=shapes, index=["1", "2"], crs=4547)
    >>> graph = to_networkx(lots, borders(lots), columns=["owner"])
    >>> graph.nodes["1"], graph.nodes["2"]
    ({'owner': 'A', 'x': 1.0, 'y': 1.0}, {'x': 3.0, 'y': 1.0})
    >>> graph.edges["2", "1"]["border_m"]
    2.0
    """
    require_metric(parcels, what="parcels")
    require_ids(parcels, what="parcels")
    require_table(borders, what="borders")
    _require_columns(parcels, columns)
    ordered = parcels.sort_index()
    focal, neighbor = ends(ordered.index, borders)
    low, high = np.minimum(focal, neighbor), np.maximum(focal, neighbor)
    _, once = np.unique(low * len(ordered) + high, return_index=True)
    ids = np.array(ordered.index, dtype=object)
    nodes = pd.DataFrame(ordered)[list(columns)].assign(**_places(ordered.geometry))
    edges = zip(ids[low[once]], ids[high[once]], _records(borders.iloc[once]), strict=True)
    graph: nx.Graph[Any] = nx.Graph(crs=parcels.crs.to_string())
    graph.add_nodes_from(zip(ids, _records(nodes), strict=True))
    graph.add_edges_from(edges)
    return graph


def to_libpysal(
    parcels: pd.DataFrame,
    borders: pd.DataFrame,
    *,
    weight: str = "border_m",
) -> Any:  # noqa: ANN401 - libpysal carries no types
    """Borders as a graph of libpysal, for its spatial statistics.

    Parameters
    ----------
    parcels
        With unique ids; only these are used.
    borders
        Border table of these parcels.
    weight
        Column of `borders` that gives the weights.

    Returns
    -------
    libpysal.graph.Graph
        In the order of the index of `parcels`, symmetric if the column is; pairs of weight 0 are
        left out. Isolated parcels are in it as libpysal wants them: each its own neighbor with
        weight 0.

    Raises
    ------
    GislandError
        If libpysal, which gisland itself does not need, is not installed.
    TableError
        If ids are missing or repeated, the weight is no column or missing somewhere, or a border
        names an unknown parcel.

    Examples
    --------
    >>> lots = pd.DataFrame(index=["2", "1", "3"])
    >>> pair = pd.MultiIndex.from_tuples([("1", "2"), ("2", "1")], names=["focal", "neighbor"])
    >>> graph = to_libpysal(lots, pd.DataFrame({"border_m": 10.0}, index=pair))
    >>> graph.adjacency.to_dict()
    {('2', '1'): 10.0, ('1', '2'): 10.0, ('3', '3'): 0.0}
    """
    try:
        library = importlib.import_module("libpysal.graph")
    except ImportError as error:
        raise GislandError(
            f"libpysal cannot be used: {error}", do="install it: pip install libpysal"
        ) from error
    matrix = to_sparse(parcels, borders, weight=weight)
    return library.Graph.from_sparse(matrix, ids=parcels.index)


def to_sparse(
    parcels: pd.DataFrame, borders: pd.DataFrame, *, weight: str = "border_m"
) -> sparse.csr_array[np.float64]:
    """Borders as a sparse matrix of SciPy.

    Parameters
    ----------
    parcels
        With unique ids; only these are used.
    borders
        Border table of these parcels.
    weight
        Column of `borders` that gives the entries.

    Returns
    -------
    scipy.sparse.csr_array
        Float64, in the order of the index of `parcels`, symmetric if the column is; pairs of
        weight 0 have no entry, isolated parcels have empty rows and columns.

    Raises
    ------
    TableError
        If ids are missing or repeated, the weight is no column or missing somewhere, or a border
        names an unknown parcel.

    Examples
    --------
    >>> lots = pd.DataFrame(index=["2", "1", "3"])
    >>> pair = pd.MultiIndex.from_tuples([("1", "2"), ("2", "1")], names=["focal", "neighbor"])
    >>> to_sparse(lots, pd.DataFrame({"border_m": 10.0}, index=pair)).toarray().tolist()
    [[0.0, 10.0, 0.0], [10.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """
    require_ids(parcels, what="parcels")
    require_columns(borders, [weight], what="borders")
    value = borders[weight].to_numpy(dtype="float64")
    if np.isnan(value).any():
        raise TableError(
            f"borders: {weight} is missing for some pairs",
            do="fill it, or give another column",
            ids=borders.index[np.isnan(value)],
        )
    focal, neighbor = ends(parcels.index, borders)
    there = value != 0
    entries = (value[there], (focal[there], neighbor[there]))
    return sparse.coo_array(entries, shape=(len(parcels),) * 2).tocsr()


def _require_columns(parcels: pd.DataFrame, columns: Sequence[str]) -> None:
    for name in columns:
        if name not in parcels:
            raise TableError(f"parcels: no column {name!r}", do=did_you_mean(name, parcels.columns))
        if name in PLACE:
            raise TableError(
                f"parcels: column {name!r} bears the name of a coordinate of the nodes",
                do="rename it",
            )


def _places(geometry: gpd.GeoSeries) -> dict[str, Floats]:
    """Coordinates of a point inside each geometry, missing where that cannot be used."""
    points = shapely.point_on_surface(geometry.where(usable(geometry)).to_numpy())
    return dict(zip(PLACE, (shapely.get_x(points), shapely.get_y(points)), strict=True))


def _records(frame: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Values of each row by column, without the missing ones."""
    names = frame.columns.tolist()
    cells = zip(*(frame[name].tolist() for name in names), strict=True)
    there = zip(*(frame[name].notna().tolist() for name in names), strict=True)
    for row, present in zip(cells, there, strict=True):
        yield dict(compress(zip(names, row, strict=True), present))
