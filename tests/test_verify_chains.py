"""Scraps that reach their site through others, and borders held from above and from below.

To the right case comes e1, 40 m by 5 m, on top of c1: 200 m² that S1 has room for (222 m² are
left), at no site's border, held to S1 by c1 over 40 m.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from shapely import Polygon, box

import verify_case
from gisland.verify.best import proofs
from gisland.verify.chains import reached, scrap_links
from gisland.verify.contact import firm_contact_m
from gisland.verify.touch import touch_with_site, touches
from verify_case import Case, codes, facts_of, ids_of, judged, right_case, rule

if TYPE_CHECKING:
    from collections.abc import Callable

    Tamper = Callable[[Case], object]

CHAINS = rule("scrap.chains", value=True)


def _with_chain(patch: pytest.MonkeyPatch, *, absorbed: dict[str, str] | None = None) -> Case:
    """The right case with e1 on top of c1, both absorbed by S1 unless told otherwise."""
    patch.setitem(verify_case.SHAPES, "e1", (0, 120.02, 40, 125.02))
    patch.setitem(verify_case.SHAPES, "c5", (200.5, 100, 230, 130))  # off c4, that it would link to
    patch.setitem(verify_case.BORDER, "e1", 0)
    patch.setitem(verify_case.SITE_OF, "e", "S1")
    taken = {**verify_case.ABSORBED, "e1": "S1"} if absorbed is None else absorbed
    patch.setattr(verify_case, "ABSORBED", taken)
    case = right_case()
    case.rules(CHAINS, dataclasses.replace(verify_case.RULES[2], value=3.0))
    plan = case.tables["plan"]
    own = plan["parcel_id"] == "e1"
    kind = plan["scrap_kind"].mask(own, "chained")
    links = plan["links"].mask(own, 1)
    plan = plan.assign(links=links, scrap_kind=kind, link_m=np.where(own, 40.0, np.nan))
    case.tables["plan"] = plan
    case.set("parcels", "e1", scrap_kind="chained")
    _verdict(case, value=40.0)
    case.run["components"][0] |= {"absorbed_m2": 2200.0, "bound_m2": 2200.0}
    case.recount()
    return case


def _verdict(case: Case, **cells: object) -> None:
    rows = case.tables["verdicts"].copy()
    own = (rows["parcel_id"] == "e1") & (rows["test"] == "adjacent")
    for column, value in cells.items():
        rows.loc[own, column] = value
    case.tables["verdicts"] = rows


def test_chain_that_holds_is_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    case = _with_chain(monkeypatch)
    assert judged(case) == []
    links = scrap_links(facts_of(case)).set_index(["focal", "neighbor"])
    assert links.loc[("e1", "c1"), ["sure", "possible"]].tolist() == [True, True]
    assert links.loc[("c1", "e1"), "least_m"] < 40 < links.loc[("c1", "e1"), "most_m"]
    assert ("e1", "c2") not in links.index  # they meet at a corner


def _forget(case: Case) -> None:
    for table in ("plan", "verdicts"):
        case.drop(table, "e1")


def _leave_c1(case: Case) -> None:
    case.set("plan", "c1", verdict="eligible")
    case.set("parcels", "c1", verdict="eligible", site_id=None)


def test_links_without_the_rule_are_told() -> None:
    case = right_case()
    case.tables["plan"] = case.tables["plan"].assign(links=1)
    assert "links" in codes(judged(case))


@pytest.mark.parametrize(("most", "missed"), [(0.5, set()), (1.5, {"e1"})])
def test_part_of_a_link_is_none(
    most: float, missed: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    case = _with_chain(monkeypatch)
    case.run["parameters"].update(chain_links=most)
    _forget(case)
    assert ids_of(judged(case), "missed_scrap") == missed


TAMPERINGS: dict[str, tuple[Tamper, str, set[str]]] = {
    "rule off": (
        lambda c: c.rules(dataclasses.replace(CHAINS, mode="off")),
        "links",
        {"e1"},
    ),
    "chains too long": (lambda c: c.run["parameters"].update(chain_links=0.0), "links", {"e1"}),
    "a link too many": (lambda c: c.set("plan", "e1", links=2), "links", {"e1"}),
    "no link": (lambda c: c.set("plan", "e1", links=0), "links", {"e1"}),
    "links of a scrap that adjoins": (lambda c: c.set("plan", "c2", links=1), "links", {"c2"}),
    "link too long": (lambda c: c.set("plan", "e1", link_m=45.0), "link_m", {"e1"}),
    "link too short": (lambda c: c.set("plan", "e1", link_m=35.0), "link_m", {"e1"}),
    "link missing": (lambda c: c.set("plan", "e1", link_m=np.nan), "link_m", {"e1"}),
    "link_m of a scrap that adjoins": (
        lambda c: c.set("plan", "c2", link_m=3.0),
        "link_m",
        {"c2"},
    ),
    "moved away": (
        lambda c: c.move("parcels", "e1", box(0, 120.5, 40, 125.5)),
        "links",
        {"e1"},
    ),
    "moved away, chain broken": (
        lambda c: c.move("parcels", "e1", box(0, 120.5, 40, 125.5)),
        "chain_broken",
        {"e1"},
    ),
    "held over half a metre": (
        lambda c: c.move("parcels", "e1", box(-39.5, 120.02, 0.5, 125.02)),
        "chain_broken",
        {"e1"},
    ),
    "what lies between not absorbed": (_leave_c1, "chain_broken", {"e1"}),
    "not in the plan": (_forget, "missed_scrap", {"e1"}),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampered_chain_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tamper, code, ids = TAMPERINGS[name]
    case = _with_chain(monkeypatch)
    tamper(case)
    assert ids_of(judged(case), code) == ids


def test_corridor_between_two_scraps_parts_them(monkeypatch: pytest.MonkeyPatch) -> None:
    case = _with_chain(monkeypatch)
    names = ("border_m", "tolerant_m", "distance_mean_m", "distance_max_m", "road_m", "edge_m")
    rows = pd.DataFrame({"focal": ["c1", "e1"], "neighbor": ["e1", "c1"]})
    case.tables["borders"] = rows.assign(**dict.fromkeys(names, 40.0), corridor_m=0.0)
    case.run["counts"]["border_pairs"] = 1
    assert judged(case) == []
    case.tables["borders"] = rows.assign(**dict.fromkeys(names, 40.0), corridor_m=40.0)
    assert {"links", "chain_broken"} <= codes(judged(case))


def test_beside_roads_a_contact_without_its_borders_is_in_doubt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = _with_chain(monkeypatch)
    case.run["inputs"].append({"layer": "roads", "rows": 1})
    assert judged(case) == []
    assert not scrap_links(facts_of(case))["sure"].any()
    case.set("plan", "e1", link_m=35.0)  # no longer beyond doubt wrong
    assert judged(case) == []


def test_best_plan_of_a_chain_needs_what_lies_between(monkeypatch: pytest.MonkeyPatch) -> None:
    """2200 m² with c1, c2 and e1; next to that c1 and c2, without e1: 2000 m²."""
    facts = facts_of(_with_chain(monkeypatch))
    whole = next(p for p in proofs(facts, scrap_links(facts)) if p.sites == ("S1",))
    assert whole.written == (0, 0, 220_000, 100_000)
    assert whole.best == whole.written
    assert whole.second == (0, 0, 200_000, 100_000)


def test_scrap_with_an_unstated_link_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    case = _with_chain(monkeypatch)
    for table in ("parcels", "plan"):
        case.move(table, "c5", box(200, 100, 230, 130))  # 20 m along c4
    assert ids_of(judged(case), "links") == {"c5"}


def test_reason_not_connected_is_told_only_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without c1, decided out, S1 takes c2 and c3 (1800 m²), and nothing holds e1 to it."""
    case = _with_chain(monkeypatch, absorbed={"c2": "S1", "c3": "S1", "d1": "S2"})
    case.run["plan"] = {"decisions": {"c1": "out"}}
    case.set("plan", "c1", reasons="decided_out", rule_id="")
    case.set("plan", "c3", reasons="", rule_id="")
    case.set("plan", "e1", reasons="not_connected", rule_id="")
    assert not codes(judged(case)) & {"plan_reasons", "plan_rule", "not_optimal", "chain_broken"}
    case.set("plan", "e1", rule_id="scrap.chains")
    assert "plan_rule" not in codes(judged(case))
    case.set("plan", "e1", reasons="cap_full", rule_id="scrap.share_cap")
    assert ids_of(judged(case), "plan_reasons") == {"e1"}


def test_scrap_left_out_beside_an_absorbed_one_is_not_unconnected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = _with_chain(monkeypatch, absorbed=dict(verify_case.ABSORBED))
    case.set("plan", "e1", reasons="not_connected", rule_id="")
    found = judged(case)
    assert ids_of(found, "plan_reasons") == {"e1"}
    assert "e1" in ids_of(found, "not_optimal")
    facts = facts_of(case)
    pairs = facts.tables["plan"]
    assert reached(facts, pairs, scrap_links(facts), how="sure").all()


# --- borders ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scrap", "border", "caught"),
    [("c2", 60, False), ("c2", 57, False), ("c2", 50, True), ("c2", 66, True), ("c4", 50, True)],
)
def test_border_is_held_from_both_sides(scrap: str, border: float, *, caught: bool) -> None:
    """The contact of c2 is 60 m, that of c4, which is refused, 70 m."""
    case = right_case()
    around = 160 if scrap == "c2" else 180
    case.set("plan", scrap, border_m=border, site_share=border / around)
    assert ("border" in codes(judged(case))) == caught


def test_corridor_counts_as_contact() -> None:
    case = right_case()
    case.set("plan", "c4", border_m=10.0, corridor_m=60.0, site_share=10 / 180)
    assert "border" not in codes(judged(case))


def _firm(case: Case, one: str, other: str) -> float:
    return float(firm_contact_m(facts_of(case), [one], [other])[0])


def test_firm_contact_by_hand() -> None:
    case = right_case()
    assert _firm(case, "c2", "s1") == pytest.approx(60, abs=0.15)
    assert _firm(case, "c1", "s1") == 0  # 0.02 m apart: not beyond doubt
    assert _firm(case, "c5", "s2") < 0.15
    assert _firm(case, "c1", "k1") == 0


def test_wedge_is_no_firm_contact() -> None:
    """Two edges that part by 1 in 100 are within 0.05 m over 5 m, within 0.01 m over one."""
    case = right_case()
    case.move("parcels", "c5", Polygon([(200, 0), (230, 0), (201, 100)]))
    facts = facts_of(case)
    met = touch_with_site(touches(facts), facts.members)
    assert met.loc[("c5", "S1"), "touch_m"] > 4.9
    assert _firm(case, "c5", "s2") < 1.2


def test_what_a_third_parcel_lies_along_is_no_firm_contact() -> None:
    case = right_case()
    case.move("parcels", "k1", box(40, 99.99, 70, 100.005))
    assert _firm(case, "c2", "s1") == pytest.approx(30, abs=0.2)


def test_parcels_that_overlap_have_no_firm_contact() -> None:
    case = right_case()
    case.move("parcels", "c2", box(40, 99, 100, 120))
    assert _firm(case, "c2", "s1") == 0
