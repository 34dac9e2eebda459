"""Indicators before and after as rows of texts, grouped by theme, each with its denominator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from gisland.present.rest import Table, frame_table
from gisland.present.wording import MISSING, is_missing, label, number, shortened, visible

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    Texts = Mapping[str, str]

INDICES = (  # from 0 to 1, and they change little
    *("compactness", "rectangularity", "owner_simpson", "owner_januszewski"),
)
THEMES = ("land", "density", "economy", "use", "fragmentation", "owners", "capacity")
COMPARED = {  # indicators of zones and planning units, and their units
    "land_area_mu": "mu",
    "far": "ratio",
    "coverage": "share",
    "green_ratio": "share",
    "tax_per_mu": "yuan/mu",
    "output_per_mu": "yuan/mu",
}
NO_COUNT = ("count", "ratio")  # units that need not be told
DENOMINATORS = {  # units of what a ratio is taken over
    "land area": "m2",
    "land_area": "m2",
    "land_area_after": "m2",
    "land_area_mu": "mu",
    "land_area_ha": "ha",
    "footprint": "m2",
    "floor_area": "m2",
    "patch_area": "m2",
    "parcels": "count",
    "patches": "count",
    "owners": "count",
}


def indicator_groups(
    indicators: pd.DataFrame,
    *,
    subject: str,
    texts: Texts,
    without: Collection[str] = (),
) -> list[dict[str, Any]]:
    """Indicators of one subject as texts, by theme.

    Parameters
    ----------
    indicators
        The indicators table; themes, numbers of denominators and missing counts may be absent.
    subject
        ``overall``, ``site:ID``, ``zone:ID`` or ``unit:ID``.
    texts
        Catalog of one language.
    without
        Indicators that are left out.

    Returns
    -------
    list of dict
        ``theme`` (its name; empty where the table has no themes) and ``rows``; a row is a dict of
        ``name``, ``before``, ``after``, ``delta``, ``unit``, ``denominator`` and, where parcels
        lack what the indicator needs, ``lack_before`` and ``lack_after``. Changes carry their
        sign, those of shares are percentage points.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> row = {"subject": "overall", "indicator": "coverage", "before": 0.3, "after": 0.5}
    >>> table = pd.DataFrame([row | {"delta": 0.2, "unit": "share", "denominator": "land area"}])
    >>> groups = indicator_groups(table, subject="overall", texts=catalog("en"))
    >>> groups[0]["rows"][0]["delta"]
    '+20.00 pp'
    """
    own = indicators[indicators["subject"] == subject]
    groups: dict[str, list[dict[str, str]]] = {}
    for row in own.to_dict("records"):
        if row["indicator"] not in without:
            theme = visible(row.get("theme"))
            groups.setdefault(theme, []).append(_row(row, texts=texts))
    order = {theme: n for n, theme in enumerate(THEMES)}
    return [
        {"theme": label(texts, "theme", theme) if theme else "", "rows": groups[theme]}
        for theme in sorted(groups, key=lambda t: order.get(t, len(order)))
    ]


def _row(row: Mapping[Any, Any], *, texts: Texts) -> dict[str, str]:
    unit = visible(row["unit"])
    shown = "index" if row["indicator"] in INDICES else unit
    return {
        "name": label(texts, "indicator", row["indicator"]),
        "before": indicator_number(row["before"], unit=shown),
        "after": indicator_number(row["after"], unit=shown),
        "lack_before": lack_text(row.get("missing_before"), texts=texts),
        "lack_after": lack_text(row.get("missing_after"), texts=texts),
        "delta": change_text(row["delta"], unit=shown, texts=texts),
        "unit": "%" if unit == "share" else label(texts, "unit", unit),
        "denominator": denominator_text(row, texts=texts) or MISSING,
    }


def indicator_number(value: Any, *, unit: str) -> str:  # noqa: ANN401 - a cell
    """Value of an indicator without its unit; means of counts keep their decimals.

    Parameters
    ----------
    value
        A number, in `unit`.
    unit
        Such as ``ratio``.

    Returns
    -------
    str
        ``—`` where it is missing.

    Examples
    --------
    >>> indicator_number(3.0, unit="count"), indicator_number(1.25, unit="count")
    ('3', '1.25')
    """
    whole = is_missing(value) or unit != "count" or float(value).is_integer()
    return number(value, unit=unit, decimals=None if whole else 2)


def change_text(value: Any, *, unit: str, texts: Texts) -> str:  # noqa: ANN401 - a cell
    """A change with its sign; that of a share in percentage points.

    Parameters
    ----------
    value
        After less before, in `unit`.
    unit
        Such as ``share``.
    texts
        Catalog of one language.

    Returns
    -------
    str
        ``—`` where it is missing.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> change_text(0.5, unit="ratio", texts=catalog("en"))
    '+0.50'
    """
    share = unit == "share"
    scaled = value * 100 if share and not is_missing(value) else value
    text = indicator_number(scaled, unit="ratio" if share else unit)
    if text == MISSING:
        return MISSING
    signed = text if value <= 0 or not text.strip("0.,") else f"+{text}"
    return texts["report.points"].format(value=signed) if share else signed


def denominator_text(row: Mapping[Any, Any], *, texts: Texts) -> str:
    """What a ratio is taken over, with its numbers before and after where they are known.

    Parameters
    ----------
    row
        One row of the indicators table.
    texts
        Catalog of one language.

    Returns
    -------
    str
        Such as ``land area 36,000.00 → 37,200.00 m²``; empty where there is no denominator.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> row = {"denominator": "owners", "denominator_before": 2.0, "denominator_after": 2.0}
    >>> denominator_text(row, texts=catalog("en"))
    'owners of pieces 2'
    """
    code = visible(row.get("denominator"))
    if not code:
        return ""
    name, unit = label(texts, "denominator", code), DENOMINATORS.get(code, "")
    numbers = [
        indicator_number(row.get(k), unit=unit) for k in ("denominator_before", "denominator_after")
    ]
    if set(numbers) == {MISSING}:
        return name
    told = numbers[0]
    if numbers[0] != numbers[1]:
        told = texts["report.arrow"].format(before=numbers[0], after=numbers[1])
    shown = "" if unit in {"", *NO_COUNT} else label(texts, "unit", unit)
    bare = name.removesuffix(f"（{shown}）").removesuffix(f" ({shown})") if shown else name
    gap = "" if bare.endswith("）") else " "
    return f"{bare}{gap}{told} {shown}".rstrip()


def lack_text(count: Any, *, texts: Texts) -> str:  # noqa: ANN401 - a cell
    """How many parcels lack what an indicator needs.

    Parameters
    ----------
    count
        Of parcels, or missing.
    texts
        Catalog of one language.

    Returns
    -------
    str
        Empty for none.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> lack_text(3, texts=catalog("en")), lack_text(0, texts=catalog("en"))
    ('3 parcels lack it', '')
    """
    if is_missing(count) or not isinstance(count, int | float) or count <= 0:
        return ""
    key = "report.lack_one" if count == 1 else "report.lack"
    return texts[key].format(n=number(float(count), unit="count"))


def indicator_notes(rows: pd.DataFrame, *, planned: bool, texts: Texts) -> list[str]:
    """What the columns before and after stand for, where a reader could take them wrongly.

    Parameters
    ----------
    rows
        Indicators of one subject.
    planned
        Whether floor area and FAR after follow from a planned FAR.
    texts
        Catalog of one language.

    Returns
    -------
    list of str
        Sentences to stand below the table.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> rows = pd.DataFrame({"indicator": ["coverage"], "after": [0.3]})
    >>> indicator_notes(rows, planned=False, texts=catalog("en"))
    ['Coverage after is that of the existing buildings.']
    """
    if rows.empty:
        return []
    known = set(rows.loc[rows["after"].notna(), "indicator"])
    notes = [texts["indicator_note.planned"]] if planned and "far" in known else []
    if notes and "far_actual" in set(rows["indicator"]) - known:
        notes.append(texts["indicator_note.unknown"])
    return [*notes, texts["indicator_note.coverage"]] if "coverage" in known else notes


def subject_rows(indicators: pd.DataFrame, *, kind: str, texts: Texts) -> Table | None:
    """Zones or planning units in one row each: land, FAR, coverage, green, tax and output per mu.

    Parameters
    ----------
    indicators
        The indicators table.
    kind
        ``zone`` or ``unit``.
    texts
        Catalog of one language.

    Returns
    -------
    dict or None
        As `rest.table` makes it; columns that are known for none are left out. None without
        subjects of the kind.

    Examples
    --------
    >>> subject_rows(pd.DataFrame({"subject": []}), kind="zone", texts={}) is None
    True
    """
    subjects = indicators["subject"].dropna().astype("str")
    own = indicators.loc[subjects.index[subjects.str.startswith(f"{kind}:")]]
    if own.empty:
        return None
    known = own[own[["before", "after"]].notna().any(axis=1)]
    shown = [k for k in COMPARED if (known["indicator"] == k).any()]
    wanted = known[known["indicator"].isin(shown)]
    pairs = {
        (r["subject"], r["indicator"]): (r["before"], r["after"]) for r in wanted.to_dict("records")
    }

    def cells(row: dict[Any, Any]) -> list[str]:
        values = [pairs.get((row["subject"], k), (None, None)) for k in shown]
        return [
            shortened(row["subject"].partition(":")[2]),
            *(_both(v, unit=COMPARED[k], texts=texts) for k, v in zip(shown, values, strict=True)),
        ]

    heads = [texts[f"subject.{kind}"], *(_head(k, texts) for k in shown)]
    ids = own[["subject"]].drop_duplicates()
    return frame_table(ids, heads=heads, cells=cells, numeric=range(1, len(heads)))


def _both(values: tuple[Any, Any], *, unit: str, texts: Texts) -> str:
    """Before and after; once where they do not differ."""
    before, after = (indicator_number(v, unit=unit) for v in values)
    return before if before == after else texts["report.arrow"].format(before=before, after=after)


def _head(name: str, texts: Texts) -> str:
    told, unit = texts[f"indicator.{name}"], texts[f"unit.{COMPARED[name]}"]
    if unit == MISSING or unit in told:
        return told
    return texts["report.detail"].format(name=told, detail=unit)
