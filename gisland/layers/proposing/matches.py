"""Source columns proposed for canonical ones, with their units and what speaks for them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import pandas as pd

from gisland.base.industries import digits_of
from gisland.layers.fields.dates import read_dates
from gisland.layers.fields.listed import LISTED
from gisland.layers.fields.numbers import LARGEST_FAR, LARGEST_SHARE, is_no_value, parse_numbers
from gisland.layers.fields.values import to_text
from gisland.layers.fields.years import YEAR, read_years
from gisland.layers.proposing.classwords import comment, quoted
from gisland.layers.proposing.clues import by_values, clue
from gisland.layers.proposing.glimpse import column
from gisland.layers.proposing.recorded import RECORDED, area_unit, drawn_m2, part_unit
from gisland.layers.source import ID_COLUMNS, Source, canonical_columns, unit_factors

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gisland.layers.proposing.glimpse import Glimpse

NAME_BYTES = 10  # of a column name in a shapefile
REPEATED_SHARE = 0.01  # of rows whose ids repeat, and a column may still be meant as the id
UNREAD_SHARE = 0.1  # more rows than these that are no numbers, and the column holds text
UNIT_WORDS = {"acre": ("acre", "areaac"), "mu": ("_mu", "亩"), "ha": ("_ha", "公顷")}
UNIT_KINDS = {"areas": "_m2", "money": "_yuan", "shares": "far_max", "lengths": "_m"}


@dataclass(frozen=True)
class Unit:
    """Unit proposed for a mapped column, the evidence, and whether it is sure."""

    name: str
    why: str
    sure: bool = True


@dataclass(frozen=True)
class _Look:
    """A layer that is matched: its kind, what was seen of it, and its drawn areas."""

    kind: str
    glimpse: Glimpse
    drawn: pd.Series | None


@dataclass(frozen=True)
class Match:
    """A canonical column, the source column proposed for it, and what speaks for and against it.

    With a doubt it is only a proposal.
    """

    canonical: str
    source: str
    doubt: str
    unit: Unit | None = None
    evidence: str = ""


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
    text = (resources.files("gisland.layers.proposing") / "fieldnames.toml").read_text("utf-8")
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
    >>> from gisland.layers.proposing.glimpse import Glimpse
    >>> table = pd.DataFrame({"DLBH": ["a", "b"], "LMKD": [12.0, 24.0]})
    >>> look = Glimpse(Path("roads.gpkg"), None, "roads", 2, "lines", None, None, table)
    >>> [(m.canonical, m.source) for m in matches("roads", look)]
    [('road_id', 'DLBH'), ('width_m', 'LMKD')]
    """
    drawn = drawn_m2(glimpse) if glimpse.kind == "polygons" else None
    look = _Look(kind, glimpse, drawn)
    found: dict[str, Match] = {}
    for canonical in canonical_columns(kind):
        tried = [
            _match(look, source, canonical=canonical, known=known)
            for source, known in _named(look, canonical)
            if source not in {m.source for m in found.values()}
        ]
        good = [m for m in tried if m is not None]
        found |= {m.canonical: m for m in sorted(good, key=lambda m: bool(m.doubt))[:1]}
    for canonical in canonical_columns(kind):
        taken = [m.source for m in found.values()]
        told = canonical not in found and by_values(
            glimpse, kind=kind, canonical=canonical, taken=taken, drawn=drawn
        )
        if told:
            doubt = f"by its values only, check: {told[1]}"
            unit = area_unit(glimpse.sample[told[0]], drawn) if canonical == RECORDED else None
            found[canonical] = Match(
                canonical, told[0], doubt, Unit(unit.unit, unit.why) if unit else None
            )
    return [found[c] for c in canonical_columns(kind) if c in found]


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
    return [f"[{table}.fields]", *map(_line, found)]


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


def _line(match: Match) -> str:
    line = f"{match.canonical} = {quoted(match.source)}"
    if match.doubt:
        return comment(f"{line}  # {match.doubt}")
    return f"{line}  {comment(match.evidence)}" if match.evidence else line


def _named(look: _Look, canonical: str) -> list[tuple[str, str]]:
    """Columns that bear a known name of a canonical one, and how well it is known.

    ``sure`` and ``maybe`` as in ``fieldnames.toml``; ``cut`` for a sure name that a shapefile has
    cut, ``torn`` if several names are cut to the same (the second is then numbered: 容积率_1).
    """
    known = known_names()[look.kind]
    columns = {c.casefold(): c for c in reversed(look.glimpse.columns)}
    whole = {
        n for table in (known["sure"], known.get("maybe", {})) for ns in table.values() for n in ns
    }
    cuts = {
        name: [c for c in _cut(names) if c not in whole] for name, names in known["sure"].items()
    }
    rest = {cut for name, own in cuts.items() if name != canonical for cut in own}
    named = [
        (n, "torn" if not n.isascii() and f"{n}_1".casefold() in columns else "sure")
        for n in known["sure"].get(canonical, ())
    ]
    named += [(n, "torn" if n in rest else "cut") for n in cuts.get(canonical, ())]
    named += [(n, "maybe") for n in known.get("maybe", {}).get(canonical, ())]
    pairs = [(columns[n.casefold()], how) for n, how in named if n.casefold() in columns]
    return list({source: (source, how) for source, how in reversed(pairs)}.values())[::-1]


def _cut(names: Iterable[str]) -> list[str]:
    """The names as a shapefile cuts them, in UTF-8 or GB18030."""
    cut = [
        name.encode(encoding)[:NAME_BYTES].decode(encoding, "ignore")
        for name in names
        for encoding in ("utf-8", "gb18030")
    ]
    return list(dict.fromkeys(cut))


def _match(look: _Look, source: str, *, canonical: str, known: str) -> Match | None:
    """What a column of a known name is proposed for; None for a loose name that values deny."""
    glimpse = look.glimpse
    doubt = _doubt(glimpse, source, kind=look.kind, canonical=canonical)
    unit = None
    if not doubt and unit_factors(canonical):
        doubt, unit = _measured(look, source, canonical=canonical)
    blind = ""
    if canonical == RECORDED and look.drawn is None:
        blind = "its unit is not known: not compared with drawn areas, no sound coordinate system"
    if known == "torn":
        return Match(canonical, source, "names of several columns are cut to this one", unit)
    if known == "sure" or (known == "cut" and (doubt or blind)):
        return Match(canonical, source, doubt or blind, unit)
    if known == "cut":
        return Match(canonical, source, "", unit, "its name is cut at 10 bytes")
    if doubt:
        near = canonical == ID_COLUMNS[look.kind] and _nearly_unique(glimpse, source)
        return Match(canonical, source, doubt) if near else None
    told = clue(glimpse, source, kind=look.kind, canonical=canonical, drawn=look.drawn)
    if told.speaks:
        return Match(canonical, source, "", unit, told.why)
    by_name = f"by its name only: check{f' ({told.why})' if told.why else ''}"
    return Match(canonical, source, by_name, unit)


def _measured(look: _Look, source: str, *, canonical: str) -> tuple[str, Unit | None]:
    """What speaks against the numbers of a column, and their unit."""
    values = look.glimpse.sample[source]
    if canonical != RECORDED:
        return "", _unit(canonical, values, source) or _part(look, canonical, values)
    found = area_unit(values, look.drawn)
    if found.unit:
        return "", Unit(found.unit, found.why)
    if found.compared:
        units = " | ".join(unit_factors(canonical))
        return f"no unit fits ({units}): {found.why}", None
    named = _by_name(canonical, source) or "m2"
    return "", Unit(named, f"taken as m2 if absent; {found.why}", sure=False)


def _part(look: _Look, canonical: str, values: pd.Series) -> Unit | None:
    """A hint at the unit of areas that are parts of what is drawn, as those of parks are."""
    told = look.kind == "parks" and canonical.endswith("_m2") and part_unit(values, look.drawn)
    return Unit(told[0], f"taken as m2 if absent; {told[1]}", sure=False) if told else None


def _doubt(glimpse: Glimpse, source: str, *, kind: str, canonical: str) -> str:
    """What the values of a column say against it; empty if nothing."""
    sample = glimpse.sample[source].dropna()
    if canonical == ID_COLUMNS[kind]:
        values = column(glimpse, source)
        bad = int((values.isna() | values.duplicated(keep=False)).sum())
        return f"{bad} of {len(values)} rows share their value or have none" if bad else ""
    wanted = canonical_columns(kind)[canonical]
    if wanted.kind == "number" and canonical not in {"level", YEAR}:
        return _no_numbers(sample, canonical)
    if wanted.kind == "date" or canonical in {"industry", YEAR}:
        return _not_read(sample, canonical)
    if wanted.one_of:
        texts = to_text(sample, what=source).dropna()
        words = LISTED[canonical](texts) if canonical in LISTED else wanted.one_of
        strange = sorted(set(texts[~is_no_value(texts)]) - set(words))
        return f"holds {quoted(strange[0])}, which is not known" if strange else ""
    return ""


def _nearly_unique(glimpse: Glimpse, source: str) -> bool:
    """Whether so few ids repeat that they are worth mending."""
    values = column(glimpse, source)
    bad = values.isna() | values.duplicated(keep=False)
    return bool(bad.mean() <= REPEATED_SHARE)


def _no_numbers(sample: pd.Series, canonical: str) -> str:
    if pd.api.types.is_bool_dtype(sample) or pd.api.types.is_datetime64_any_dtype(sample):
        return "holds flags or dates where a number is needed"
    cells = parse_numbers(sample, canonical=canonical, unit=next(iter(unit_factors(canonical)), ""))
    bad = ~cells["reason"].isin(["", "no_value", "not_regulated"])
    if bad.sum() <= UNREAD_SHARE * len(sample):
        return ""
    example = quoted(min(sample[bad].astype("str")))
    rows = f"{int(bad.sum())} of {len(sample)} rows"
    return f"holds text where a number is needed: {example}, in {rows}"


def _not_read(sample: pd.Series, canonical: str) -> str:
    """What a column of dates, years or industry codes holds instead, in more than a few rows."""
    if canonical == "industry":
        texts = to_text(sample, what=canonical).dropna()
        texts = texts[~is_no_value(texts)]
        bad, wanted = texts[digits_of(texts).eq("")], "an industry code (GB/T 4754)"
    else:
        read, wanted = (read_years, "a year") if canonical == YEAR else (read_dates, "a date")
        known, _ = read(sample, what=canonical, source=Source("parcels", ""))
        bad = sample[known.isna() & ~is_no_value(sample.astype("str"))]
    if len(bad) <= UNREAD_SHARE * len(sample):
        return ""
    example = quoted(min(bad.astype("str")))
    rows = f"{len(bad)} of {len(sample)} rows"
    return f"holds other values where {wanted} is needed: {example}, in {rows}"


def _unit(canonical: str, sample: pd.Series, source: str) -> Unit | None:
    """Unit that the name or values of a column give away, or a hint where nothing does."""
    known = unit_factors(canonical)
    if "percent" in known:
        cells = parse_numbers(sample, canonical=canonical, unit="ratio")
        median = cells["high"].fillna(cells["low"])[cells["unit"].eq("")].median()
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
