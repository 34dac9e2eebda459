"""What must be found in the sample district, one fact a row."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from sample_district.control_truth import Facts
from sample_district.district import IDLE, LONE_LOW, MU_M2, District, Parcel
from sample_district.shut_in import shut_in
from sample_district.surroundings import BLOCK_LINES, block_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Fact = tuple[str, str, str, str, str]
HEADER = ("parcel_id", "site_id", "case", "field", "expected")
OUTCOMES = ("absorbed", "eligible")
CHOICES = {
    "G1": "greedy_is_wrong",
    "G2": "greedy_is_wrong",
    "G3": "greedy_is_wrong",
    "H1": "two_sites_area_decides",
    "H2": "two_sites_area_decides",
    "I2": "two_sites_border_decides",
}
HOLDS = {"QK1-01": "pass", "QK1-02": "fail", "QK2-01": "pass", "overall": "pass"}
ENCLAVES = (  # attribute, kind, parcels, surrounding parcel whose owner or tenure is meant
    ("owner", "strict", ("K1",), "K-q1"),
    ("owner", "nearly", ("K2",), "K-q2"),
    ("owner", "nearly", ("L1", "L2"), "L-q1"),
    ("tenure", "strict", ("M1",), "M-b"),
    ("tenure", "nearly", ("M2",), "M-r"),
    ("tenure", "nearly", ("N1", "N2"), "N-l"),
    ("tenure", "nearly", ("O1",), "O-l"),
)
TENURE = {"国有": "state", "集体": "collective"}
VALUES: dict[str, Callable[[Parcel], str]] = {
    "owner": lambda p: p.owner,
    "tenure": lambda p: TENURE[p.lot.tenure],
}


def truth_csv(district: District) -> str:
    """All facts as CSV, sorted."""
    parts = (
        _scraps(district),
        _sites(district),
        _fragments(district),
        _enclaves(district),
        _low_use(district),
        _blocks(district),
        _recorded(district),
        Facts(district).rows(),
    )
    rows = sorted({fact for part in parts for fact in part})
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(rows)
    return text.getvalue()


def _scraps(district: District) -> Iterable[Fact]:
    for name, parcel in sorted(district.by_name.items()):
        plant, zddm = parcel.lot.plant, parcel.zddm
        if plant is None or not plant.kind:
            continue
        verdicts = [v if v in OUTCOMES else "ineligible" for v in plant.pairs.values()]
        best = min(verdicts, key=("absorbed", "eligible", "ineligible").index)
        yield zddm, "", f"scrap_{plant.kind}", "parcels.scrap_kind", plant.kind
        yield zddm, "", f"scrap_{plant.kind}", "parcels.verdict", best
        for site, told in plant.pairs.items():
            refused = told not in OUTCOMES
            case = CHOICES.get(name, f"refused_{told}" if refused else told)
            yield zddm, site, case, "plan.verdict", "ineligible" if refused else told
            if told != "eligible":
                yield zddm, site, case, "plan.reasons", told if refused else ""
            if told == "absorbed":
                yield zddm, site, case, "parcels.site_id", site


def _sites(district: District) -> Iterable[Fact]:
    named = district.by_name.values()
    sites = sorted({p.lot.plant.site for p in named if p.lot.plant and p.lot.plant.site})
    for site in sites:
        hosts = [p for p in named if p.lot.plant and p.lot.plant.site == site]
        taken = [p for p in named if p.lot.plant and p.lot.plant.pairs.get(site) == "absorbed"]
        for parcel in hosts:
            yield parcel.zddm, site, "site", "parcels.verdict", "site"
        before, scraps = _area(hosts), _area(taken)
        yield "", site, "site", "sites.parcel_ids", _ids(hosts)
        yield "", site, "site", "sites.absorbed_ids", _ids(taken)
        yield "", site, "site", "sites.area_before_m2", f"{before:.2f}"
        yield "", site, "site", "sites.scrap_area_m2", f"{scraps:.2f}"
        yield "", site, "site", "sites.scrap_share_including", f"{scraps / (before + scraps):.6f}"


def _area(parcels: list[Parcel]) -> float:
    return sum(p.polygon.area for p in sorted(parcels, key=lambda p: p.zddm))


def _ids(parcels: Iterable[Parcel]) -> str:
    return ";".join(sorted(p.zddm for p in parcels))


def _fragments(district: District) -> Iterable[Fact]:
    """Every fragment of the district: all other parcels are none."""
    for parcel in district.by_name.values():
        plant = parcel.lot.plant
        if plant and plant.fails:
            reasons = ";".join(sorted(plant.fails))
            yield parcel.zddm, "", "fragment", "parcels.fragment_reasons", reasons


def _enclaves(district: District) -> Iterable[Fact]:
    """Every enclave of the district: those planted, and what several others shut in."""
    for attribute, kind, names, around in ENCLAVES:
        inner = [district.by_name[n] for n in names]
        value, other = (VALUES[attribute](p) for p in (inner[0], district.by_name[around]))
        yield from _enclave(attribute, kind, inner, value=value, surrounded_by=other)
    for attribute, value_of in VALUES.items():
        for patch, others in shut_in(district, value_of):
            told = {"value": patch.value, "surrounded_by": ";".join(others)}
            yield from _enclave(attribute, "jointly", patch.parcels, **told)


def _enclave(
    attribute: str, kind: str, inner: Sequence[Parcel], *, value: str, surrounded_by: str
) -> Iterable[Fact]:
    for parcel in inner:
        case, field = f"enclave_{attribute}_{kind}", f"enclaves.{attribute}"
        yield parcel.zddm, "", case, f"{field}.kind", kind
        yield parcel.zddm, "", case, f"{field}.parcel_ids", _ids(inner)
        yield parcel.zddm, "", case, f"{field}.value", value
        yield parcel.zddm, "", case, f"{field}.surrounded_by", surrounded_by


def _low_use(district: District) -> Iterable[Fact]:
    """All low-use parcels: the zone across a street, and one that is too small for a zone."""
    low = [p for p in district.parcels if p.lot.state == IDLE]
    zone = [p for p in low if p.lot.key != LONE_LOW]
    for parcel in low:
        yield parcel.zddm, "", "low_use", "parcels.low_use", "True"
        ids = _ids(zone) if parcel in zone else ""
        yield parcel.zddm, "", "low_use_zone" if ids else "low_use_alone", "zones.parcel_ids", ids


def _blocks(district: District) -> Iterable[Fact]:
    """Block lines; their ids stand in the column site_id."""
    shapes = {row["QKBH"]: row["geometry"] for row in block_lines(district)}
    for block_id, outcome in HOLDS.items():
        yield "", block_id, "block_line", "block_lines.outcome", outcome
        if block_id == "overall":
            continue
        yield "", block_id, "block_line", "block_lines.level", str(BLOCK_LINES[block_id][0])
        line = shapes[block_id]
        cut = [
            p
            for p in district.parcels
            if 0.01 < p.polygon.intersection(line).area / p.polygon.area < 0.99  # noqa: PLR2004
        ]
        yield "", block_id, "block_line", "block_lines.cut_ids", _ids(cut)


def _recorded(district: District) -> Iterable[Fact]:
    """Parcels whose recorded area is far off the drawn one."""
    for parcel in district.parcels:
        if abs(parcel.recorded_mu * MU_M2 / parcel.polygon.area - 1) > 0.05:  # noqa: PLR2004
            yield parcel.zddm, "", "recorded_area", "findings.recorded_area", "True"
