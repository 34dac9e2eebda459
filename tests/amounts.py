"""Random districts as tables without geometry, and their indicators counted one by one."""

from __future__ import annotations

import math
import unicodedata

import numpy as np
import pandas as pd

from gisland.measure.sums.subjects import members_of_subjects

NAN = float("nan")
AMOUNTS = (
    *("floor_area_m2", "counted_floor_area_m2", "footprint_m2", "green_m2", "above_floor_m2"),
    *("tax_yuan", "output_yuan", "investment_yuan", "jobs", "floor_area_estimated_m2"),
)
NUMERATORS = {
    "far_actual": "floor_area",
    "coverage": "footprint",
    "green_ratio": "green_area",
    "open_space_share": "open_space",
    "open_space_ratio": "open_space",
    "mean_storeys": "above_floor_area",
    "tax_per_mu": "tax",
    "output_per_mu": "output",
    "investment_per_mu": "investment",
    "jobs_per_mu": "jobs",
}
COLUMN = {
    "floor_area": "floor_area_m2",
    "counted_floor_area": "counted_floor_area_m2",
    "above_floor_area": "above_floor_m2",
    "estimated_floor_area": "floor_area_estimated_m2",
    "footprint": "footprint_m2",
    "green_area": "green_m2",
    "tax": "tax_yuan",
    "output": "output_yuan",
    "investment": "investment_yuan",
    "jobs": "jobs",
}
OVER = {
    "open_space_ratio": "floor_area",
    "mean_storeys": "footprint",
    **dict.fromkeys(("tax_per_mu", "output_per_mu"), "land_area_mu"),
    **dict.fromkeys(("investment_per_mu", "jobs_per_mu"), "land_area_mu"),
}
CLASSES = ("industrial", "green", "residential", None)


def lines(roles: dict[str, tuple[str, str]]) -> pd.DataFrame:
    """Lineage of parcels given as (role, what they become part of)."""
    rows = [(p, after, role) for p, (role, after) in sorted(roles.items())]
    return pd.DataFrame(rows, columns=["parcel_id", "after_id", "role"]).astype("str")


class District:
    """Parcels, lineage, labels and planned FAR, drawn by chance."""

    def __init__(self, seed: int, *, holes: float = 0.02, count: int = 40) -> None:
        rng = np.random.default_rng(seed)
        ids = pd.Index([f"p{k:03d}" for k in rng.permutation(count)], name="parcel_id", dtype="str")
        columns = {"area_m2": rng.uniform(10, 9000, count)}
        for name in AMOUNTS:
            values = rng.uniform(0, 20_000, count)
            columns[name] = np.where(rng.random(count) < holes, np.nan, values)
        frame = pd.DataFrame(columns, index=ids)
        nowhere = rng.random(count) < 0.05
        frame["area_m2"] = frame["area_m2"].mask(nowhere)
        owners = ["甲", "甲 ", "乙公司", "ABC", "ＡＢＣ", None, "丙"]
        frame["owner"] = pd.array(rng.choice(owners, count), dtype="str")
        frame["use_class"] = pd.array(rng.choice(CLASSES, count), dtype="str")
        self.parcels = frame
        role = rng.choice(["site", "absorbed", "kept"], count, p=[0.3, 0.2, 0.5])
        role = np.where(nowhere, "no_geometry", role)
        sites = rng.choice(["S1", "S2", "S3"], count)
        after = np.where(np.isin(role, ["site", "absorbed"]), sites, ids)
        self.lineage = lines(dict(zip(ids, zip(role, after, strict=True), strict=True)))
        self.far = pd.Series({"S1": 2.0, "S2": NAN, "S3": 1.3}, name="planned_far")
        self.zone = pd.Series(rng.choice(["Z1", "Z2", None], count), index=ids, dtype="str")
        self.unit = pd.Series(rng.choice(["U1", "U2", "U3", None], count), index=ids, dtype="str")

    def members(self) -> pd.DataFrame:
        return members_of_subjects(
            self.parcels.index, self.lineage, zone_id=self.zone, unit_id=self.unit
        )

    def merged_site(self, parcel: str) -> str | None:
        row = self.lineage.set_index("parcel_id").loc[parcel]
        return row["after_id"] if row["role"] in ("site", "absorbed") else None

    def expected(self) -> dict[tuple[str, str, str], float]:
        """Value by subject, indicator and side, counted parcel by parcel."""
        roles = self.lineage.set_index("parcel_id")["role"]
        drawn = [p for p in sorted(self.parcels.index) if roles[p] != "no_geometry"]
        held: dict[str, tuple[list[str], list[str]]] = {"overall": (drawn, drawn)}
        for parcel in drawn:
            site = self.merged_site(parcel)
            if site is not None:
                own, every = held.setdefault(f"site:{site}", ([], []))
                every.append(parcel)
                if roles[parcel] == "site":
                    own.append(parcel)
            for prefix, label in (("zone", self.zone), ("unit", self.unit)):
                if isinstance(label[parcel], str):
                    both = held.setdefault(f"{prefix}:{label[parcel]}", ([], []))
                    both[0].append(parcel)
                    both[1].append(parcel)
        found: dict[tuple[str, str, str], float] = {}
        for subject, sides in held.items():
            for when, parcels in zip(("before", "after"), sides, strict=True):
                for name, value in self._values(parcels, after=when == "after").items():
                    found[subject, name, when] = value
        return found

    def _values(self, parcels: list[str], *, after: bool) -> dict[str, float]:
        land = math.fsum(self.parcels.loc[p, "area_m2"] for p in parcels)
        pieces = {self.merged_site(p) or f"parcel {p}" for p in parcels} if after else parcels
        names = [self.parcels.loc[p, "owner"] for p in parcels]
        folded = {
            unicodedata.normalize("NFKC", n).strip().lower() for n in names if isinstance(n, str)
        }
        values = {"parcels": float(len(pieces)), "land_area": land, "owners": float(len(folded))}
        values |= {"land_area_mu": land * 15 / 10_000, "land_area_ha": land / 10_000}
        if parcels and not folded:
            values["owners"] = NAN
        for name, column in COLUMN.items():
            amounts = [self._amount(p, column, after=after) for p in parcels]
            values[name] = math.fsum(amounts) if amounts else NAN
        values["open_space"] = land - values["footprint"]
        for name, top in self.numerators().items():
            base = values[OVER.get(name, "land_area")]
            values[name] = values[top] / base if base > 0 else NAN
        if self.better("floor_area", "counted_floor_area"):
            actual = [self._far_floor(p, after=after) for p in parcels]
            values["far"] = math.fsum(actual) / land if land else NAN
        return values

    def better(self, one: str, other: str) -> bool:
        """Whether an amount is known for more parcels than another one."""
        known = self.parcels.notna().sum()
        return bool(known[COLUMN[one]] > known[COLUMN[other]])

    def numerators(self) -> dict[str, str]:
        """Numerator of each ratio."""
        storeys = "above_floor_area"
        storeys = "floor_area" if self.better("floor_area", storeys) else storeys
        return NUMERATORS | {"far": "counted_floor_area", "mean_storeys": storeys}

    def _far_floor(self, parcel: str, *, after: bool) -> float:
        """Floor area for FAR where that is of the whole floor area, but planned is the counted."""
        existing = self._amount(parcel, "floor_area_m2", after=False)
        site = self.merged_site(parcel)
        far = self.far[site] if after and site is not None else NAN
        return existing if math.isnan(far) else float(far * self.parcels.loc[parcel, "area_m2"])

    def _amount(self, parcel: str, column: str, *, after: bool) -> float:
        site = self.merged_site(parcel)
        planned = self.far[site] if after and site is not None else NAN
        if not math.isnan(planned):
            if column == "counted_floor_area_m2":
                return float(planned * self.parcels.loc[parcel, "area_m2"])
            if column in ("floor_area_m2", "above_floor_m2", "floor_area_estimated_m2"):
                return NAN
        return float(self.parcels.loc[parcel, column])
