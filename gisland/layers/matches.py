"""Source columns proposed for canonical ones, with their units and what speaks against them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import pandas as pd

from gisland.layers.classwords import comment, quoted
from gisland.layers.glimpse import column
from gisland.layers.recorded import area_unit
from gisland.layers.source import ID_COLUMNS, canonical_columns, unit_factors
from gisland.layers.uses import vocabulary
from gisland.layers.values import to_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gisland.layers.glimpse import Glimpse

RECORDED = "recorded_area_m2"
UNIT_WORDS = {"acre": ("acre", "areaac"), "mu": ("_mu", "亩"), "ha": ("_ha", "公顷")}
LARGEST_FAR = 15  # a median above it is per cent
LARGEST_SHARE = 1
UNIT_KINDS = {"areas": "_m2", "money": "_yuan", "shares": "far_max", "lengths": "_m"}


@dataclass(frozen=True)
class Unit:
    """Unit proposed for a mapped column, the evidence, and whether it is sure."""

    name: str
    why: str
    sure: bool = True


@dataclass(frozen=True)
class Match:
    """A canonical column, the source column proposed for it, and what speaks against it."""

    canonical: str
    source: str
    doubt: str
    unit: Unit | None = None


@cache
def known_names() -> dict[str, Any]:
    """Names of layers and columns that are known, by kind of layer.

    Returns
    -------
    dict of str to dict
        The tables of ``fieldnames.toml``.

    Examples
    --------
    >>> known_names()["roads"]["sure"]["road_id"]
    ['road_id', 'DLBH']
    """
    text = (resources.files("gisland.layers") / "fieldnames.toml").read_text("utf-8")
    return tomllib.loads(text)


def matches(kind: str, glimpse: Glimpse) -> list[Match]:
    """The best source column for each canonical one.

    Parameters
    ----------
    kind
        Key of ``schema.LAYERS``.
    glimpse
        The layer.

    Returns
    -------
    list of Match
        In the order of the contract; at most one for each canonical column.

    Examples
    --------
    >>> from pathlib import Path
    >>> from gisland.layers.glimpse import Glimpse
    >>> table = pd.DataFrame({"DLBH": ["a", "b"], "LMKD": [12.0, 24.0]})
    >>> look = Glimpse(Path("roads.gpkg"), None, "roads", 2, "lines", None, None, table)
    >>> [(m.canonical, m.source) for m in matches("roads", look)]
    [('road_id', 'DLBH'), ('width_m', 'LMKD')]
    """
    known, columns = known_names()[kind], {c.casefold(): c for c in reversed(glimpse.columns)}
    found: list[Match] = []
    for canonical in canonical_columns(kind):
        tried: list[Match] = []
        for loose, names in ((False, known["sure"]), (True, known.get("maybe", {}))):
            for source in (columns.get(n.casefold()) for n in names.get(canonical, ())):
                if source is None or source in {m.source for m in found}:
                    continue
                match = _match(glimpse, source, kind=kind, canonical=canonical)
                unusable = loose and match.doubt
                if not unusable:
                    doubt = "by its name only: check" if loose else match.doubt
                    tried.append(Match(canonical, source, doubt, match.unit))
        found += sorted(tried, key=lambda m: bool(m.doubt))[:1]
    return found


def field_lines(found: Sequence[Match], *, table: str) -> list[str]:
    """Lines of a project file that map columns.

    Parameters
    ----------
    found
        What ``matches`` returns.
    table
        Name of the layer's table, such as ``layers.parcels``.

    Returns
    -------
    list of str
        TOML; doubtful mappings are commented.

    Examples
    --------
    >>> field_lines([Match("owner", "QLR", "")], table="layers.parcels")
    ['[layers.parcels.fields]', 'owner = "QLR"']
    """
    if not found:
        return []
    return [f"[{table}.fields]", *(_line(m.canonical, m.source, m.doubt) for m in found)]


def unit_lines(found: Sequence[Match], *, table: str) -> list[str]:
    """Lines of a project file that name units, with the evidence and the units there are.

    Parameters
    ----------
    found
        What ``matches`` returns.
    table
        Name of the layer's table, such as ``layers.parcels``.

    Returns
    -------
    list of str
        TOML; what is not sure is commented. Empty if no mapped column has a unit.

    Examples
    --------
    >>> area = Match("recorded_area_m2", "ZDMJ", "", Unit("mu", "median 666.7"))
    >>> for line in unit_lines([area], table="layers.parcels"):
    ...     print(line)
    [layers.parcels.units]
    # areas: m2 | mu | ha | km2 | ft2 | acre
    recorded_area_m2 = "mu"  # median 666.7
    """
    measured = [m for m in found if unit_factors(m.canonical)]
    if not measured:
        return []
    kinds = {tuple(unit_factors(m.canonical)) for m in measured}
    told = [(k, tuple(unit_factors(example))) for k, example in UNIT_KINDS.items()]
    permitted = "; ".join(f"{k}: {' | '.join(units)}" for k, units in told if units in kinds)
    given = [(m, m.unit) for m in measured if m.unit is not None]
    on = any(unit.sure and not m.doubt for m, unit in given)
    head = f"[{table}.units]" if on else f"# [{table}.units]"
    lines = []
    for m, unit in given:
        line = f"{m.canonical} = {quoted(unit.name)}  {comment(unit.why)}"
        lines.append(line if unit.sure and not m.doubt else comment(line))
    return [head, comment(permitted), *lines]


def _line(canonical: str, value: str, doubt: str) -> str:
    line = f"{canonical} = {quoted(value)}"
    return comment(f"{line}  # {doubt}") if doubt else line


def _match(glimpse: Glimpse, source: str, *, kind: str, canonical: str) -> Match:
    doubt = _doubt(glimpse, source, kind=kind, canonical=canonical)
    if doubt or not unit_factors(canonical):
        return Match(canonical, source, doubt)
    if canonical != RECORDED:
        return Match(canonical, source, "", _unit(canonical, glimpse.sample[source], source))
    found = area_unit(glimpse, source)
    if found.unit:
        return Match(canonical, source, "", Unit(found.unit, found.why))
    if found.compared:
        units = " | ".join(unit_factors(canonical))
        return Match(canonical, source, f"no unit fits ({units}): {found.why}")
    named = _by_name(canonical, source) or "m2"
    return Match(
        canonical, source, "", Unit(named, f"taken as m2 if absent; {found.why}", sure=False)
    )


def _doubt(glimpse: Glimpse, source: str, *, kind: str, canonical: str) -> str:
    """What the values of a column say against it; empty if nothing."""
    sample = glimpse.sample[source].dropna()
    if canonical == ID_COLUMNS[kind]:
        values = column(glimpse, source)
        bad = int((values.isna() | values.duplicated(keep=False)).sum())
        return f"{bad} of {len(values)} rows share their value or have none" if bad else ""
    wanted = canonical_columns(kind)[canonical]
    if wanted.kind == "number" and canonical != "level":
        return "" if _is_number(sample, canonical) else "holds text where a number is needed"
    if wanted.one_of:
        words = vocabulary("tenure") if canonical == "tenure" else wanted.one_of
        strange = sorted(set(sample.astype(str).str.strip()) - set(words))
        return f"holds {quoted(strange[0])}, which is not known" if strange else ""
    return ""


def _is_number(sample: pd.Series, canonical: str) -> bool:
    if pd.api.types.is_bool_dtype(sample) or pd.api.types.is_datetime64_any_dtype(sample):
        return False
    return to_number(sample, is_ratio="percent" in unit_factors(canonical))[1].empty


def _unit(canonical: str, sample: pd.Series, source: str) -> Unit | None:
    """Unit that the name or values of a column give away, or a hint where nothing does."""
    known = unit_factors(canonical)
    if "percent" in known:
        median = to_number(sample, is_ratio=True)[0].median()
        limit = LARGEST_FAR if canonical.startswith("far_") else LARGEST_SHARE
        return Unit("percent", f"the median is {median:.4g}") if median > limit else None
    named = _by_name(canonical, source)
    if named:
        return Unit(named, "by its name")
    if "wan_yuan" in known:
        return Unit("wan_yuan", "taken as yuan if absent: nothing tells, ask", sure=False)
    return None


def _by_name(canonical: str, source: str) -> str:
    known, name = unit_factors(canonical), source.casefold()
    if "wan_yuan" in known:
        return "wan_yuan" if "万" in name else ""
    told = [u for u, words in UNIT_WORDS.items() if u in known and any(w in name for w in words)]
    return told[0] if told else ""
