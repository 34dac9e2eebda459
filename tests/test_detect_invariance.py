"""What detection says does not depend on how the same land is written down."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.sparse import coo_array, csgraph
from shapely import affinity

from gisland.base.result import Choices
from gisland.base.schema import Inputs
from gisland.jobs import choices_of, sample_folder
from gisland.layers.project import read_project
from gisland.layers.read import load_inputs
from gisland.pipeline import run
from random_districts import district, rules

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gisland.base.result import Result

    Change = Callable[[Inputs], Inputs]

SEEDS = range(6)
EXACT = {"share": 1e-6, "m": 1e-6, "width": 0.01, "part": 1e-6}  # widths are searched for
NOISY = {"share": 0.002, "m": 0.2, "width": 0.1, "part": 0.005}  # 1 mm, 3 cm at ends of borders
TOLD_FROM = 0.5  # share of a patch along one other from which on it is told of, enclave or not
PARCEL_TEXTS = ("fragment_reasons", "scrap_kind", "verdict", "site_id", "reasons", "low_use")
PARCEL_NUMBERS = ("area_m2", "perimeter_m", "width_m", "frontage_m", "far", "coverage")
PLAN_NUMBERS = ("area_m2", "border_m", "site_share", "sites_share", "free_share", "other_share")
ENCLAVE_NUMBERS = ("share", "free_share", "area_m2", "surrounding_area_m2", "holder_area_m2")
GROUP_NUMBERS = ("area_m2", "border_m", "sites_share", "free_share", "other_share")


@dataclass(frozen=True)
class Told:
    """What results say, by what it is about: texts and counts, and numbers beside their names.

    Verdicts on values that are as near to their limits as noise is are `marginal`.
    """

    texts: dict[object, object]
    numbers: dict[object, float]
    marginal: set[object] = field(default_factory=set)


@lru_cache(maxsize=1)
def blocks(**drawn: Any) -> tuple[Inputs, Choices]:  # noqa: ANN401 - as for `district`
    """Some random districts side by side."""
    options = {"noise": "rounded", **drawn}
    parts = [district(s, offset_m=(n * 4000.0, 0), **options) for n, s in enumerate(SEEDS)]
    parcels = pd.concat([d.parcels for d in parts])
    return Inputs(parcels), Choices(rules(), sites_from="field")


@lru_cache(maxsize=1)
def sample() -> tuple[Inputs, Choices]:
    """The sample district."""
    project = read_project(sample_folder() / "gisland.toml")
    return load_inputs(project).inputs, choices_of(project)


LAYERS = {"random": blocks, "sample": sample}


@lru_cache(maxsize=4)
def plain(name: str) -> Result:
    """Results of a layer as it is."""
    return run(*LAYERS[name]())


def changed(inputs: Inputs, change: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]) -> Inputs:
    """All layers changed."""
    layers = {f.name: getattr(inputs, f.name) for f in fields(Inputs) if f.name != "findings"}
    layers = {k: v for k, v in layers.items() if v is not None}
    excluded = {k: change(v) for k, v in layers.pop("exclusions").items()}
    return replace(inputs, **{k: change(v) for k, v in layers.items()}, exclusions=excluded)


# --- what is compared --------------------------------------------------------------------------


def told(
    result: Result, back: Mapping[str, str] | None = None, *, ids: set[str] | None = None
) -> Told:
    """Everything about parcels, scraps, groups and enclaves; ids as `back` has them.

    `ids` are the parcels that are asked about, after that.
    """
    tables = {k: _back(v, back or {}) for k, v in result.tables.items() if k in USED}
    if ids is not None:
        kept = {
            k: [not ids.isdisjoint(i.split(";")) for i in v[USED[k]]] for k, v in tables.items()
        }
        tables = {k: v[kept[k]] for k, v in tables.items()}
    found = Told({}, {})
    for row in tables["parcels"].to_dict("records"):
        key = ("parcel", row["parcel_id"])
        _note(found, key, row, texts=PARCEL_TEXTS, numbers=PARCEL_NUMBERS)
        found.texts[*key, "enclave_of"] = frozenset(str(row["enclave_of"]).split(";"))
    for row in tables["plan"].to_dict("records"):
        key = ("plan", row["parcel_id"], row["site_id"])
        _note(found, key, row, texts=("scrap_kind", "verdict", "reasons"), numbers=PLAN_NUMBERS)
    for row in tables["verdicts"].to_dict("records"):
        key = ("verdict", row["parcel_id"], row["subject"], row["test"])
        _note(found, key, row, texts=("outcome", "mode"), numbers=())
        limits = (row["limit"], TOLD_FROM) if row["test"] == "enclave" else (row["limit"],)
        if any(abs(row["value"] - limit) <= NOISY["share"] * limit for limit in limits):
            found.marginal.update({(*key, "outcome"), (*key, "mode")})
    for row in tables["scrap_groups"].to_dict("records"):
        key = ("group", frozenset(row["parcel_ids"].split(";")))
        _note(found, key, row, texts=("scrap_kind", "parcels", "reasons"), numbers=GROUP_NUMBERS)
    found.texts.update(_enclaves(tables["enclaves"], result, back or {}, found))
    return found


USED = {
    **dict.fromkeys(("parcels", "plan", "verdicts"), "parcel_id"),
    **dict.fromkeys(("enclaves", "scrap_groups"), "parcel_ids"),
}


def _back(table: pd.DataFrame, back: Mapping[str, str]) -> pd.DataFrame:
    """The table with ids that name parcels as they were."""
    column = "parcel_ids" if "parcel_ids" in table else "parcel_id"
    ids = [";".join(sorted({back.get(i, i) for i in text.split(";")})) for text in table[column]]
    return pd.DataFrame(table).assign(**{column: ids})


def _note(
    found: Told,
    key: tuple[object, ...],
    row: Mapping[str, Any],
    *,
    texts: tuple[str, ...],
    numbers: tuple[str, ...],
) -> None:
    for name in texts:
        found.texts[*key, name] = "" if pd.isna(row[name]) else str(row[name])
    for name in numbers:
        found.numbers[*key, name] = float(row[name])


def _enclaves(
    table: pd.DataFrame, result: Result, back: Mapping[str, str], found: Told
) -> dict[object, object]:
    """Enclaves by their members; patches that are named by an id as sets of members too."""
    patch = {a: _patches(result, a, back) for a in table["attribute"].unique()}
    members = {r.enclave_id: frozenset(r.parcel_ids.split(";")) for r in table.itertuples()}
    texts: dict[object, object] = {}
    for row in table.to_dict("records"):
        key = ("enclave", row["attribute"], frozenset(row["parcel_ids"].split(";")))
        texts[*key, "kind"] = row["kind"]
        texts[*key, "value"] = row["value"]
        texts[*key, "inside_of"] = members.get(row["inside_of"], frozenset())
        texts[*key, "counts"] = (row["depth"], row["holder_patches"])
        values = pd.Series(row["surrounded_by"].split(";"))
        texts[*key, "values"] = frozenset(_plain(values))
        around = row["surrounding_ids"].split(";")
        texts[*key, "around"] = frozenset(patch[row["attribute"]][i] for i in around)
        _note(found, key, row, texts=(), numbers=ENCLAVE_NUMBERS)
    return texts


def _plain(texts: pd.Series) -> pd.Series:
    """Texts without blanks, case and width of letters."""
    return texts.str.normalize("NFKC").str.replace(r"\s", "", regex=True).str.casefold()


def _patches(result: Result, attribute: str, back: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """Members of the patch of each parcel, by an id of the results."""
    parcels = result.tables["parcels"].set_index("parcel_id")
    kind, _ = pd.factorize(_plain(parcels[attribute]))
    borders = result.tables["borders"]
    focal, neighbor = (parcels.index.get_indexer(borders[k]) for k in ("focal", "neighbor"))
    free = parcels["use_class"].isin(["transport", "water"]).to_numpy()
    joined = (kind[focal] == kind[neighbor]) & (kind[focal] >= 0) & ~free[focal] & ~free[neighbor]
    graph = coo_array(
        (np.ones(joined.sum()), (focal[joined], neighbor[joined])), shape=(len(kind), len(kind))
    )
    label = csgraph.connected_components(graph, directed=False)[1]
    groups = (
        parcels.index.to_series()
        .groupby(label)
        .agg(lambda ids: frozenset(back.get(i, i) for i in ids))
    )
    return dict(zip(parcels.index, groups.loc[label], strict=True))


def different(first: Told, second: Told, bounds: Mapping[str, float]) -> list[str]:
    """All that differs between two, a line each."""
    near, noisy = first.marginal | second.marginal, bounds is NOISY
    lines = [
        f"{key}: {first.texts.get(key)!r} | {second.texts.get(key)!r}"
        for key in sorted(first.texts.keys() | second.texts.keys(), key=str)
        if first.texts.get(key) != second.texts.get(key) and not (noisy and key in near)
    ]
    for key, value in first.numbers.items():
        other, name = second.numbers.get(key, float("nan")), str(key[-1])  # type: ignore[index]
        bound = bounds["m"] if name.endswith("_m") else bounds["part"] * abs(value)
        bound = bounds["width"] if name == "width_m" else bound
        bound = bounds["share"] if name.endswith("share") else bound
        if not (abs(value - other) <= bound or (np.isnan(value) and np.isnan(other))):
            lines.append(f"{key}: {value} | {other}")
    return lines


def assert_same(first: Told, second: Told, bounds: Mapping[str, float]) -> None:
    lines = different(first, second, bounds)
    assert not lines, f"{len(lines)} differ:\n" + "\n".join(lines[:40])


# --- the same land, written down differently ---------------------------------------------------

BOTH = pytest.mark.parametrize("name", LAYERS)


@BOTH
def test_the_order_of_rows_is_no_matter(name: str) -> None:
    inputs, choices = LAYERS[name]()
    mixed = changed(inputs, lambda g: g.sample(frac=1, random_state=5))
    assert list(mixed.parcels.index) != list(inputs.parcels.index)
    found, expected = run(mixed, choices), plain(name)
    assert found.tables.keys() == expected.tables.keys()
    for table, frame in expected.tables.items():
        pd.testing.assert_frame_equal(
            pd.DataFrame(found.tables[table]), pd.DataFrame(frame), check_exact=True, obj=table
        )


@BOTH
def test_ids_are_no_matter_but_to_name_things(name: str) -> None:
    inputs, choices = LAYERS[name]()
    ids = inputs.parcels.index
    new = [f"n{k:04}" for k in np.random.default_rng(3).permutation(len(ids))]
    index = pd.Index(new, dtype="str", name="parcel_id")
    found = run(replace(inputs, parcels=inputs.parcels.set_axis(index)), choices)
    assert_same(told(plain(name)), told(found, dict(zip(new, ids, strict=True))), EXACT)
    enclaves = found.tables["enclaves"]
    smallest = enclaves["parcel_ids"].map(lambda text: min(text.split(";")))
    assert (enclaves["enclave_id"] == enclaves["attribute"] + ":" + smallest).all()


@pytest.mark.parametrize("degrees", [0.7, 45.0, 90.0, 211.7])
@BOTH
def test_land_may_be_turned_and_rounded(name: str, degrees: float) -> None:
    inputs, choices = LAYERS[name]()
    middle = shapely.box(*inputs.parcels.total_bounds).centroid

    def turned(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        shapes = affinity_of(layer, degrees, middle)
        return layer.set_geometry(shapely.transform(shapes, lambda xy: xy.round(3)), crs=layer.crs)

    found = run(changed(inputs, turned), choices)
    assert_same(told(plain(name)), told(found), NOISY)


def affinity_of(layer: gpd.GeoDataFrame, degrees: float, middle: shapely.Point) -> np.ndarray:
    turned = [affinity.rotate(g, degrees, origin=middle) for g in layer.geometry]
    return np.array(turned, dtype=object)


def halves(shape: shapely.Polygon, rng: np.random.Generator) -> list[shapely.Polygon]:
    """A parcel cut near its middle."""
    middle = np.array(shape.representative_point().coords[0])
    angle = rng.uniform(0, np.pi)
    step = np.array([np.cos(angle), np.sin(angle)]) * 4000
    aside = np.array([-step[1], step[0]])
    half = shapely.Polygon([middle - step, middle + step, middle + aside])
    parts = [shapely.intersection(shape, half), shapely.difference(shape, half)]
    good = all(p.geom_type == "Polygon" and p.is_valid and p.area > 1 for p in parts)
    return parts if good else [shape]


def split(parcels: gpd.GeoDataFrame, *, share: float) -> gpd.GeoDataFrame:
    """A share of the parcels in two, everything else about them the same."""
    rng = np.random.default_rng(8)
    rows = []
    for parcel_id, shape in parcels.geometry.items():
        parts = halves(shape, rng) if rng.random() < share else [shape]
        rows += [(parcel_id, f"{parcel_id}{'~2' * n}", part) for n, part in enumerate(parts)]
    old, new, shapes = zip(*rows, strict=True)
    cut = parcels.loc[list(old)].set_geometry(list(shapes), crs=parcels.crs)
    return cut.set_axis(pd.Index(new, dtype="str", name="parcel_id"))


def of_patches(result: Result, back: Mapping[str, str]) -> tuple[Told, pd.DataFrame, pd.Series]:
    """Enclaves, holdings and the mixture of tenure, without numbers of parcels."""
    found = Told({}, {})
    tables = result.tables
    texts = _enclaves(_back(tables["enclaves"], back), result, back, found)
    held = tables["holdings"].set_index("owner").drop(columns=["parcels", "spellings"])
    mixed = tables["mixture"].set_index("zone_id").loc["overall"]
    return Told(texts, found.numbers), held.sort_index(), mixed


@pytest.mark.parametrize("share", [0.1, 0.5])
@BOTH
def test_a_parcel_in_two_of_the_same_owner_is_the_same_patch(name: str, share: float) -> None:
    inputs, choices = LAYERS[name]()
    choices = replace(choices, sites_from=None)
    cut = split(inputs.parcels, share=share)
    assert len(cut) > (1 + share / 2) * len(inputs.parcels)
    back = {i: i.removesuffix("~2") for i in cut.index}
    first, held, mixed = of_patches(run(inputs, choices), {})
    second, held_cut, mixed_cut = of_patches(run(replace(inputs, parcels=cut), choices), back)
    assert_same(first, second, NOISY)
    spelled = [i for i in held.index if i not in held_cut.index]  # the most frequent one differs
    assert len(spelled) <= 2
    pd.testing.assert_frame_equal(
        held.drop(index=spelled), held_cut.loc[held.index.drop(spelled)], rtol=1e-3
    )
    counts = ["state_patches", "collective_patches"]
    assert list(mixed[counts]) == list(mixed_cut[counts])
    amounts = ["area_m2", "state_mu", "collective_mu", "undetermined_mu", "unknown_mu"]
    assert list(mixed_cut[amounts]) == pytest.approx(list(mixed[amounts]), rel=1e-5)
    assert mixed_cut["mixed_border_m"] == pytest.approx(mixed["mixed_border_m"], rel=1e-3)


@pytest.mark.parametrize("every_m", [3.0, 11.0])
@pytest.mark.parametrize("degrees", [0.0, 33.0])
def test_vertices_on_edges_are_no_matter(degrees: float, every_m: float) -> None:
    inputs, choices = blocks(degrees=degrees)
    dense = inputs.parcels.segmentize(every_m)
    assert shapely.get_num_coordinates(dense).sum() > 2 * inputs.parcels.count_coordinates().sum()
    found = run(replace(inputs, parcels=inputs.parcels.set_geometry(dense)), choices)
    assert_same(told(run(inputs, choices)), told(found), EXACT)


@pytest.mark.parametrize("noise", ["rounded", "hairlines"])
def test_streets_may_be_parcels_or_gaps(noise: str) -> None:
    gaps, choices = blocks(streets="gaps", noise=noise)
    paved, _ = blocks(streets="parcels", noise=noise)
    assert not gaps.parcels["use_class"].eq("transport").any()
    assert paved.parcels["use_class"].eq("transport").sum() >= len(SEEDS)
    ids = set(gaps.parcels.index)
    first, second = (told(run(i, choices), ids=ids) for i in (gaps, paved))
    assert_same(first, second, NOISY)
