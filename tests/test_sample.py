"""The sample district: made again byte for byte, and its planted truth held by a second opinion."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from gisland.base.rules import load_rules
from sample_oracle import AREA_CAP_M2, CAP, MIN_LOT, MIN_WIDTH, NEVER, Oracle

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "data" / "sample"
KINDS = ("corner", "sandwiched", "interlocking", "adjacent")
REASONS = {
    "adjacent": "I1",
    "share_cap": "F1",
    "area_cap": "D3",
    "not_developable": "D1",
    "same_tenure": "C1",
    "same_owner": "C2",
    "same_use": "C3",
    "planned_use": "D4",
    "exclusion": "E1",
    "far_not_above": "D2",
}


@pytest.fixture(scope="module")
def oracle() -> Oracle:
    return Oracle(SAMPLE)


@pytest.fixture(scope="module")
def truth() -> list[dict[str, str]]:
    with (SAMPLE / "truth.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def told(truth: list[dict[str, str]], field: str) -> dict[tuple[str, str], str]:
    return {(r["parcel_id"], r["site_id"]): r["expected"] for r in truth if r["field"] == field}


def by_parcel(truth: list[dict[str, str]], field: str) -> dict[str, str]:
    return {parcel: value for (parcel, _), value in told(truth, field).items()}


def test_the_script_makes_the_same_bytes_again(tmp_path: Path) -> None:
    script = ROOT / "scripts" / "make_sample.py"
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True, capture_output=True)
    made = {f.name: f.read_bytes() for f in tmp_path.iterdir()}
    kept = {f.name: f.read_bytes() for f in SAMPLE.iterdir()}
    assert sorted(made) == sorted(kept)
    assert [n for n in made if made[n] != kept[n]] == []


def test_files_are_small() -> None:
    assert sum(f.stat().st_size for f in SAMPLE.iterdir()) < 2_000_000


def test_dbf_is_gbk_and_says_nothing_about_it() -> None:
    assert not (SAMPLE / "parcels.cpg").exists()
    content = (SAMPLE / "parcels.dbf").read_bytes()
    assert content[1:4] == bytes([126, 1, 1])
    assert content[29] == 0
    assert "江城区土地储备中心".encode("gbk") in content
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")
    names = {content[k : k + 11].split(b"\0")[0] for k in range(32, 32 * 15, 32)}
    assert {b"ZDDM", b"QLRMC", b"QSXZ", b"DLBM", b"ZDMJ", b"JRMJ", b"SS", b"GSZT", b"GXNF"} <= names


def test_parcels_are_about_six_hundred_in_epsg_4547(oracle: Oracle) -> None:
    parcels = oracle.parcels
    assert 580 <= len(parcels) <= 660
    assert parcels.index.is_unique
    assert parcels.index.str.fullmatch(r"\d{12}[GJ]B\d{5}").all()
    assert parcels.crs.to_epsg() == 4547
    assert parcels.is_valid.all()
    assert set(parcels.geom_type) == {"Polygon"}
    west, south, east, north = parcels.total_bounds
    assert 500_000 < west < east < 560_000
    assert 3_360_000 < south < north < 3_380_000
    assert oracle.use.notna().all()
    assert set(parcels["QSXZ"]) == {"国有", "集体"}


def test_few_long_sides_share_their_vertices(oracle: Oracle) -> None:
    vertices = [
        set(shapely.get_coordinates(g).round(3).view("c16").ravel())
        for g in oracle.parcels.geometry
    ]
    corners = dict(zip(oracle.parcels.index, vertices, strict=True))
    pairs = [(i, j) for i in oracle.border for j, m in oracle.border[i].items() if i < j and m > 5]
    odd = [p for p in pairs if len(corners[p[0]] & corners[p[1]]) < 2]
    assert len(odd) > 0.5 * len(pairs)


def test_recorded_areas_are_mu_and_two_are_wrong(
    truth: list[dict[str, str]], oracle: Oracle
) -> None:
    drawn_mu = oracle.parcels.area * 15 / 10_000
    off = (oracle.parcels["ZDMJ"] / drawn_mu - 1).abs()
    assert set(off.index[off > 0.01]) == set(by_parcel(truth, "findings.recorded_area"))
    assert len(by_parcel(truth, "findings.recorded_area")) == 2
    assert off.nlargest(2).min() > 0.08


def test_overlaps_are_rare_and_thin(oracle: Oracle) -> None:
    shapes = oracle.parcels.geometry.to_numpy()
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    near = left < right
    common = shapely.area(shapely.intersection(shapes[left[near]], shapes[right[near]]))
    assert 2 <= (common > 0.2).sum() <= 8
    assert common.max() < 5.0


def test_rule_set_switches_every_scrap_test_on() -> None:
    rules = load_rules(SAMPLE / "rules.toml")
    assert rules["scrap.area_cap"].limit == AREA_CAP_M2
    assert rules["scrap.share_cap"].limit == CAP
    scrap = [
        "share_cap",
        "area_cap",
        "not_developable",
        "same_tenure",
        "same_owner",
        "same_use",
        "forbidden_planned_use",
        "exclusion",
        "far_not_above",
    ]
    assert {rules[f"scrap.{name}"].mode for name in scrap} == {"on"}


def test_truth_names_parcels_and_sites_that_exist(
    truth: list[dict[str, str]], oracle: Oracle
) -> None:
    known = set(oracle.parcels.index)
    sites = set(oracle.layer["sites"]["XMBH"])
    blocks = {"overall", *oracle.layer["block_lines"]["QKBH"]}
    areas = {*oracle.layer["block_changes"]["BDBH"], *oracle.layer["parks"]["YQBH"]}
    assert {r["parcel_id"] for r in truth} - known == {""}
    control = ("control_verdicts.", "conversion_totals.", "block_candidates.", "block_parcels.")
    named = [r for r in truth if not r["field"].startswith(control)]
    assert {r["site_id"] for r in named} - sites - blocks - areas == {""}
    lists = [r["expected"].split(";") for r in truth if r["field"].endswith("_ids")]
    assert {i for ids in lists for i in ids} - known <= {""}
    assert len(sites) == 12


def test_fragments_are_those_told_and_no_others(
    truth: list[dict[str, str]], oracle: Oracle
) -> None:
    found = {i: ";".join(sorted(reasons)) for i, reasons in oracle.fragments.items()}
    assert found == by_parcel(truth, "parcels.fragment_reasons")
    assert {"min_lot", "min_width", "min_frontage"} <= set(found.values())


def test_fragment_limits_are_never_a_close_call(oracle: Oracle) -> None:
    for i in oracle.parcels.index[~oracle.use.isin(NEVER)]:
        measured, limits = oracle.measures(i), oracle.limits(i)
        assert all(abs(measured[k] / limits[k] - 1) > 0.02 for k in limits), (i, measured)


def test_sites_consist_of_the_parcels_told(truth: list[dict[str, str]], oracle: Oracle) -> None:
    found = defaultdict(list)
    for parcel, site in sorted(oracle.member.items()):
        found[site].append(parcel)
    assert {("", s): ";".join(ids) for s, ids in found.items()} == told(truth, "sites.parcel_ids")
    for (_, site), area in told(truth, "sites.area_before_m2").items():
        assert oracle.site_area(site) == pytest.approx(float(area), abs=0.01)


def test_membership_is_never_a_close_call(oracle: Oracle) -> None:
    for row in oracle.layer["sites"].itertuples():
        inside = oracle.parcels.intersection(row.geometry).area / oracle.parcels.area
        assert not inside.between(0.4, 0.75).any()


def test_scrap_kinds_are_those_told_and_clear(truth: list[dict[str, str]], oracle: Oracle) -> None:
    kinds = by_parcel(truth, "parcels.scrap_kind")
    assert {i: oracle.kind(i) for i in oracle.touched} == kinds
    counts = Counter(kinds.values())
    assert all(counts[k] >= 5 for k in KINDS[:3])
    assert counts["adjacent"] >= 3
    for i, kind in kinds.items():
        s, f, o = oracle.shares(i)
        hull = oracle.in_hull(i)
        if kind == "sandwiched":
            assert s > 0.85
        elif kind == "interlocking":
            assert s < 0.72
            assert max(s, hull) > 0.55
        else:
            assert s < 0.49
            assert hull < 0.2
            assert abs(f - o) > 0.1


def test_pairs_and_reasons_are_those_told(truth: list[dict[str, str]], oracle: Oracle) -> None:
    found = {(p.scrap, p.site): ";".join(p.reasons) for p in oracle.pairs}
    verdicts = told(truth, "plan.verdict")
    assert sorted(found) == sorted(verdicts)
    left = {k for k, v in verdicts.items() if v == "eligible"}  # the plan's reason, not a test's
    assert {found[k] for k in left} == {""}
    assert {k: v for k, v in found.items() if k not in left} == told(truth, "plan.reasons")


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_each_reason_refuses_one_candidate_alone(oracle: Oracle, reason: str) -> None:
    assert [p.reasons for p in oracle.pairs if reason in p.reasons] == [(reason,)]


def test_plan_is_the_best_one_and_unique(truth: list[dict[str, str]], oracle: Oracle) -> None:
    best = {}
    for sites in oracle.components():
        plans = oracle.plans(sites)
        best |= plans[0][2]
        if len(plans) > 1:
            lead_m2 = plans[0][0] - plans[1][0]
            lead_m = plans[0][1] - plans[1][1]
            assert lead_m2 > 100 or (lead_m2 < 0.01 and lead_m > 10)
    verdicts = told(truth, "plan.verdict")
    assert best == {p: s for (p, s), v in verdicts.items() if v == "absorbed"}
    eligible = {(p.scrap, p.site) for p in oracle.pairs if not p.reasons}
    assert {k for k, v in verdicts.items() if v != "ineligible"} == eligible
    for (_, site), area in told(truth, "sites.scrap_area_m2").items():
        taken = [oracle.area[p] for p, s in sorted(best.items()) if s == site]
        assert sum(taken) == pytest.approx(float(area), abs=0.01)


def test_caps_are_never_a_close_call(oracle: Oracle) -> None:
    for sites in oracle.components():
        taken = oracle.plans(sites)[0][2]
        for site in sites:
            limit = CAP / (1 - CAP) * oracle.site_area(site)
            used = sum(oracle.area[p] for p, s in sorted(taken.items()) if s == site)
            assert used < limit - 50


def greedy(oracle: Oracle, site: str, order: str) -> float:
    left = CAP / (1 - CAP) * oracle.site_area(site)
    total = 0.0
    fits = [p for p in oracle.pairs if p.site == site and not p.reasons]
    measure = {"border": lambda p: -p.border_m, "area": lambda p: -oracle.area[p.scrap]}[order]
    for p in sorted(fits, key=measure):
        if total + oracle.area[p.scrap] <= left:
            total += oracle.area[p.scrap]
    return total


@pytest.mark.parametrize("order", ["border", "area"])
def test_greedy_is_wrong_for_one_site(oracle: Oracle, order: str) -> None:
    assert greedy(oracle, "XM07", order) < oracle.plans(["XM07"])[0][0] - 500


def test_two_scraps_are_wanted_by_two_sites(oracle: Oracle) -> None:
    fits = defaultdict(dict)
    for p in oracle.pairs:
        if not p.reasons:
            fits[p.scrap][p.site] = p.border_m
    shared = sorted(tuple(sorted(f)) for f in fits.values() if len(f) > 1)
    assert shared == [("XM08", "XM09"), ("XM10", "XM11")]
    by_sites = {tuple(sorted(f)): f for f in fits.values()}
    area, border = by_sites["XM08", "XM09"], by_sites["XM10", "XM11"]
    assert area["XM08"] > area["XM09"] + 10  # the longer border loses, area comes first
    assert border["XM11"] > border["XM10"] + 10


NAMES = {"国有": "state", "集体": "collective"}
NO_WAY_OUT = 0.98


@pytest.mark.parametrize(("attribute", "column"), [("owner", "QLRMC"), ("tenure", "QSXZ")])
def test_enclaves_are_those_told_and_no_others(
    truth: list[dict[str, str]], oracle: Oracle, attribute: str, column: str
) -> None:
    found = {
        parcel: (patch, e)
        for patch, e in oracle.enclaves(column).items()
        if e.level != "all" or e.share >= NO_WAY_OUT
        for parcel in patch
    }
    kinds = {i: e.kind for i, (_, e) in found.items()}
    assert kinds == by_parcel(truth, f"enclaves.{attribute}.kind")
    ids = {i: ";".join(sorted(patch)) for i, (patch, _) in found.items()}
    assert ids == by_parcel(truth, f"enclaves.{attribute}.parcel_ids")
    values = {i: NAMES.get(e.value, e.value) for i, (_, e) in found.items()}
    assert values == by_parcel(truth, f"enclaves.{attribute}.value")
    around = {i: sorted(NAMES.get(v, v) for v in e.longest) for i, (_, e) in found.items()}
    listed = by_parcel(truth, f"enclaves.{attribute}.surrounded_by")
    assert around == {i: sorted(text.split(";")) for i, text in listed.items()}
    assert max(len(patch) for patch, _ in found.values()) == 2
    assert (
        set(kinds.values())
        == {
            "owner": {"strict", "nearly", "jointly"},
            "tenure": {"strict", "nearly"},
        }[attribute]
    )


@pytest.mark.parametrize("column", ["QLRMC", "QSXZ"])
def test_shares_of_enclaves_are_never_a_close_call(oracle: Oracle, column: str) -> None:
    for patch, e in oracle.enclaves(column).items():
        if e.level == "one":
            assert e.share > 0.77, patch
            assert not 0.95 < e.share < 0.995, patch
        else:  # several of one value would be enough from 0.75 on, but nothing comes near that
            assert e.level == "all", patch
            assert not NO_WAY_OUT <= e.share < 0.99, patch
            if len(patch) == 1:  # out of all land that comes near, that without a way to a street
                shut = "min_frontage" in oracle.fragments.get(min(patch), set())
                assert shut == (e.share >= NO_WAY_OUT), patch


def test_those_who_shut_land_in_are_told_by_the_length_of_their_borders(
    truth: list[dict[str, str]], oracle: Oracle
) -> None:
    listed = by_parcel(truth, "enclaves.owner.surrounded_by")
    joint = [(p, e) for p, e in oracle.enclaves("QLRMC").items() if e.share >= NO_WAY_OUT]
    several = [(listed[min(p)].split(";"), e) for p, e in joint if e.level == "all"]
    assert len(several) == 24
    assert all(e.in_order(values) for values, e in several)
    assert not any(e.in_order(values[::-1]) for values, e in several if len(values) > 2)


def test_small_parcels_beside_each_other_are_not_small_together(oracle: Oracle) -> None:
    together = oracle.scrap_groups()
    assert together  # scraps do lie beside each other, or nothing is shown here
    for area, width, use in together.values():
        assert area > 1.1 * max(AREA_CAP_M2, MIN_LOT.get(use, 1200.0))
        assert width > 1.1 * MIN_WIDTH.get(use, 20.0)


def test_low_use_land_is_that_told_and_makes_one_zone(
    truth: list[dict[str, str]], oracle: Oracle
) -> None:
    low = oracle.low_use()
    assert low == set(by_parcel(truth, "parcels.low_use"))
    lists = by_parcel(truth, "zones.parcel_ids")
    zone = next(ids for ids in lists.values() if ids).split(";")
    alone = low - set(zone)
    assert len(zone) >= 5
    assert sum(oracle.area[i] for i in zone) > 25_000
    assert len(alone) == 1
    assert all(oracle.area[i] < 18_000 for i in alone)
    shapes = oracle.parcels.geometry
    assert shapes[sorted(alone)].distance(shapely.union_all(list(shapes[zone]))).min() > 100
    groups = shapely.get_num_geometries(shapely.union_all(list(shapes[zone].buffer(0.05))))
    assert groups == 2  # on both sides of a street
    bridged = shapely.union_all(list(shapes[zone].buffer(18.0)))
    assert shapely.get_num_geometries(bridged) == 1


def test_block_lines_hold_or_fail_as_told(truth: list[dict[str, str]], oracle: Oracle) -> None:
    lines = oracle.layer["block_lines"].set_index("QKBH")
    told_cut = {k[1]: v for k, v in told(truth, "block_lines.cut_ids").items()}
    outcomes = {k[1]: v for k, v in told(truth, "block_lines.outcome").items()}
    assert sorted(lines["JB"]) == [1, 1, 2]
    for name, line in lines.geometry.items():
        inside = oracle.parcels.intersection(line).area
        classified = inside[~oracle.use.isin(NEVER)].sum()
        share = inside[oracle.use.isin({"industrial", "logistics"})].sum() / classified
        assert share > 0.8 if outcomes[name] == "pass" else share < 0.45
        part = inside / oracle.parcels.area
        assert ";".join(part.index[part.between(0.01, 0.99)]) == told_cut[name]
        assert not part.between(0.0005, 0.03).any()
        assert not part.between(0.97, 0.9995).any()
    assert told_cut["QK2-01"] != ""
    assert {(lines["JB"][n], o) for n, o in outcomes.items() if n != "overall"} == {
        (1, "pass"),
        (1, "fail"),
        (2, "pass"),
    }


def test_building_floor_area_agrees_with_the_parcels(oracle: Oracle) -> None:
    built = oracle.layer["buildings"]
    total = (built.area * built["CS"]).sum()
    assert oracle.parcels["JZMJ"].sum() == pytest.approx(total, rel=1e-4)
    assert (oracle.parcels["JRMJ"] >= oracle.parcels["JZMJ"] - 0.2).all()
    on = gpd.sjoin(built[["geometry"]], oracle.parcels[["geometry"]], predicate="intersects")
    lots = oracle.parcels.geometry[on["ZDDM"]].to_numpy()
    standing = shapely.area(shapely.intersection(on.geometry.to_numpy(), lots)) > 1.0
    assert (on[standing].groupby(level=0).size() == 2).sum() == 3
