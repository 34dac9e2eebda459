"""The report's parts on block lines, conversions, concentration, parks and the ranking of zones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from gisland.base.schema import LINES, OVERALL
from gisland.present.blockwords import block_name, of_set, other_use_inside
from gisland.present.facts import plain_rows
from gisland.present.lists import some_ids
from gisland.present.messages import rule_text
from gisland.present.rest import Table, frame_table, table
from gisland.present.wording import (
    MISSING,
    area_both,
    comparison,
    is_missing,
    label,
    named,
    named_list,
    number,
    shortened,
    visible,
    with_unit,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gisland.present.facts import Row

    Texts = Mapping[str, str]
    Tables = Mapping[str, pd.DataFrame]
    RuleNames = Mapping[str, tuple[int, str]]

MANY = 25  # rows of one table: the ledger has all
BLOCK_TOPICS = ("block_lines", "delineation", "adjustment")
OF_ONE_BLOCK = tuple(f"{lines}:" for lines in LINES)
BALANCE = {"area_m2": "m2", "industrial_m2": "m2", "industrial_share": "share", "m0_share": "share"}


def block_parts(tables: Tables, *, rule_names: RuleNames, texts: Texts) -> dict[str, Any]:
    """Parts of the report on block lines and zones, each None where there is nothing to tell.

    Parameters
    ----------
    tables
        Result tables by name.
    rule_names
        Second result of `rulebook.rulebook`.
    texts
        Catalog of one language.

    Returns
    -------
    dict
        ``block_lines``: the ``sets``, with sentences and a table each, ``verdicts``, ``changes``
        (a sentence), ``balance``, ``conversions`` and ``conversion_verdicts``;
        ``concentration``: ``verdicts`` and ``parks``; ``hierarchy``: a sentence and a table.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> block_parts({}, rule_names={}, texts=catalog("en"))
    {'block_lines': None, 'concentration': None, 'hierarchy': None}
    """

    def verdicts(*topics: str) -> Table | None:
        frame = tables.get("control_verdicts")
        return verdict_table(frame, topics=topics, rule_names=rule_names, texts=texts)

    lines = [_set(tables, s, texts=texts) for s in LINES]
    sets = [s for s in lines if s is not None]
    conversions = tables.get("conversion_totals")
    blocks = {
        "sets": sets,
        "verdicts": verdicts(*BLOCK_TOPICS),
        "changes": _changes(tables.get("block_changes"), texts=texts),
        "balance": _balance(tables.get("block_balance"), texts=texts),
        "conversions": _conversions(conversions, texts=texts),
        "conversion_verdicts": verdicts("conversions"),
    }
    parks = {
        "verdicts": verdicts("concentration", "parks"),
        "parks": _parks(tables.get("parks"), texts=texts),
    }
    return {
        "block_lines": blocks if sets else None,
        "concentration": parks if any(p is not None for p in parks.values()) else None,
        "hierarchy": _hierarchy(tables.get("hierarchy"), texts=texts),
    }


def verdict_table(
    verdicts: pd.DataFrame | None,
    *,
    topics: Iterable[str],
    rule_names: RuleNames,
    texts: Texts,
) -> Table | None:
    """Verdicts on areas: those on a whole set, a year or a park, and blocks that fail.

    Parameters
    ----------
    verdicts
        The table ``control_verdicts``, or None.
    topics
        Which of ``schema.CONTROL_TOPICS``.
    rule_names
        Second result of `rulebook.rulebook`.
    texts
        Catalog of one language.

    Returns
    -------
    dict or None
        As `rest.table` makes it; rules that are off are left out, the failed come first.

    Examples
    --------
    >>> from gisland.present.style import catalog
    >>> row = {"topic": "parks", "subject": "park:P1", "test": "built_share", "outcome": "fail"}
    >>> row |= {"value": 0.5, "limit": 0.6, "operator": ">=", "unit": "share", "rule_id": "r"}
    >>> told = verdict_table(
    ...     pd.DataFrame([row]), topics=["parks"], rule_names={}, texts=catalog("en")
    ... )
    >>> told["rows"][0][:3]
    ['park (P1)', 'built-up share of developable land', '50.00% (requires ≥ 60.00%)']
    """
    if verdicts is None:
        return None
    chosen = list(topics)
    rows = [r for r in plain_rows(verdicts) if r["topic"] in chosen and _is_told(r)]
    if not rows:
        return None
    rows.sort(
        key=lambda r: (
            r["outcome"] != "fail",
            chosen.index(r["topic"]),
            visible(r["subject"]),
            visible(r["test"]),
        )
    )
    cells = [
        [
            label(texts, "area_subject", r["subject"]),
            label(texts, "control_test", r["test"]),
            shortened(comparison(texts, r))
            or with_unit(texts, r.get("value"), unit=visible(r.get("unit"))),
            _outcome(r, texts=texts),
            _rule(r, rule_names=rule_names, texts=texts),
        ]
        for r in rows[:MANY]
    ]
    heads = [texts["report.column.area_of"]]
    heads += [texts[f"column.{k}"] for k in ("test", "measured", "outcome")]
    return table([*heads, texts["report.column.verdict_rule"]], cells, total=len(rows))


def _is_told(row: Row) -> bool:
    """Whether a verdict stands in the report: one of a single block only if it is not kept to."""
    subject = visible(row["subject"])
    single = subject.startswith(OF_ONE_BLOCK) and not subject.endswith(f":{OVERALL}")
    return visible(row.get("mode")) != "off" and (not single or row["outcome"] == "fail")


def _outcome(row: Row, *, texts: Texts) -> str:
    no_rule = is_missing(row.get("rule_id")) and row["outcome"] == "not_assessed"
    return MISSING if no_rule else label(texts, "outcome", row["outcome"])


def _rule(row: Row, *, rule_names: RuleNames, texts: Texts) -> str:
    """Number of the passage and how the rule is used."""
    rule_id = visible(row.get("rule_id"))
    if not rule_id:
        return MISSING
    number_of = rule_names.get(rule_id)
    name = rule_text(rule_id, texts=texts) if number_of is None else f"[{number_of[0]}]"
    if is_missing(row.get("mode")):
        return shortened(name)
    return texts["report.detail"].format(
        name=shortened(name), detail=label(texts, "mode", row["mode"])
    )


def _set(tables: Tables, lines: str, *, texts: Texts) -> dict[str, Any] | None:
    """One set of block lines: what it is in sentences, and a table of its blocks."""
    frame = of_set(tables.get("block_lines"), lines)
    if frame is None or frame.empty:
        return None
    is_total = frame["block_id"] == OVERALL
    total = next(iter(plain_rows(frame[is_total])), {})
    told = [
        texts["report.blocks_set"].format(
            lines=named(texts, "lines", lines),
            n=number((~is_total).sum(), unit="count"),
            area=area_both(texts, total.get("area_m2")),
        ),
        _uses(of_set(tables.get("block_uses"), lines), texts=texts),
        _density(total, texts=texts),
        *_conflicts(of_set(tables.get("block_parcels"), lines), texts=texts),
    ]
    return {"text": " ".join(t for t in told if t), "table": _blocks(frame, texts=texts)}


def _blocks(frame: pd.DataFrame, *, texts: Texts) -> Table | None:
    def cells(row: dict[Any, Any]) -> list[str]:
        whole = row["block_id"] == OVERALL  # the limit of M0 here is that of all blocks together
        return [
            shortened(block_name(row["block_id"], texts=texts)),
            _level(row, texts=texts),
            number(row["area_m2"], unit="m2"),
            number(row.get("classified_m2"), unit="m2"),
            number(row["industrial_share"], unit="share"),
            number(row["limit"], unit="share"),
            label(texts, "outcome", row["outcome"]),
            number(row.get("m0_share"), unit="share"),
            number(row.get("m0_limit"), unit="share"),
            label(texts, "outcome", row.get("m0_outcome")) if whole else MISSING,
            some_ids(row.get("cut_ids"), texts=texts),
            some_ids(row.get("other_use_ids"), texts=texts),
        ]

    keys = ("block_id", "level", "area_m2", "classified_m2", "industrial_share", "limit")
    more = ("share_outcome", "m0_share", "m0_limit", "m0_outcome", "cut_ids", "other_use_ids")
    heads = [texts[f"column.{k}"] for k in (*keys, *more)]
    whole = frame["block_id"] == OVERALL  # stands last, also below a table that is cut
    shown = pd.concat([frame[~whole].head(MANY), frame[whole]])
    told = frame_table(shown, heads=heads, cells=cells, numeric=[*range(2, 6), 7, 8], ids=[10, 11])
    return told and {**told, "total": len(frame)}


def _level(row: Mapping[Any, Any], *, texts: Texts) -> str:
    level = number(row.get("level"), unit="count")
    if is_missing(row.get("level_by")):
        return level
    by = named_list(texts, "level_by", row["level_by"])
    return texts["report.detail"].format(name=level, detail=by)


def _uses(uses: pd.DataFrame | None, *, texts: Texts) -> str:
    if uses is None:
        return ""
    whole = uses[(uses["block_id"] == OVERALL) & (uses["area_m2"] > 0)]
    ranked = whole.sort_values(["area_m2", "use_class"], ascending=[False, True])
    told = [
        f"{label(texts, 'use_class', r['use_class'])} {number(r['share'], unit='share')}"
        for r in plain_rows(ranked)
    ]
    return texts["report.blocks_uses"].format(uses=texts["report.list"].join(told)) if told else ""


def _density(total: Row, *, texts: Texts) -> str:
    if is_missing(total.get("owners")):
        return ""
    return texts["report.blocks_density"].format(
        owners=number(total["owners"], unit="count"),
        far=number(total.get("far"), unit="ratio"),
        coverage=number(total.get("coverage"), unit="share"),
        low=with_unit(texts, total.get("low_use_m2"), unit="m2"),
        share=number(total.get("low_use_share"), unit="share"),
    )


def _conflicts(parts: pd.DataFrame | None, *, texts: Texts) -> list[str]:
    """How many parcels are cut, of other use, or industrial and outside, and why outside."""
    if parts is None or parts.empty:
        return []
    outside = parts[parts["part"] == "outside"]
    told = texts["report.blocks_conflicts"].format(
        cut=parts.loc[parts["part"] == "cut", "parcel_id"].nunique(),
        other=parts.loc[other_use_inside(parts), "parcel_id"].nunique(),
        outside=outside["parcel_id"].nunique(),
        area=area_both(texts, float(outside["outside_m2"].sum())),
    )
    counts = outside.groupby("reason").size().sort_index()
    if set(counts.index) <= {"not_in_lines"}:  # that is what being outside of given lines means
        return [told]
    reasons = [
        texts["report.reason_count"].format(reason=label(texts, "block_reason", code), n=n)
        for code, n in counts.items()
    ]
    joined = texts["report.list"].join(reasons)
    return [told, texts["report.blocks_reasons"].format(reasons=joined)]


def _changes(changes: pd.DataFrame | None, *, texts: Texts) -> str:
    if changes is None or changes.empty:
        return ""
    area = changes.groupby("change")["effective_m2"].sum()
    return texts["report.changes_counted"].format(
        into=area_both(texts, float(area.get("in", 0.0))),
        out=area_both(texts, float(area.get("out", 0.0))),
        none=int((changes["effective_m2"] == 0).sum()),
    )


def _balance(balance: pd.DataFrame | None, *, texts: Texts) -> Table | None:
    """Blocks that an adjustment changed, before and after, and all of them."""
    if balance is None or balance.empty:
        return None
    own = balance[balance["indicator"].isin(BALANCE)]
    moved = set(own.loc[own["delta"] != 0, "block_id"]) | {OVERALL}
    found = {(r["block_id"], r["indicator"]): r for r in plain_rows(own)}
    ids = [b for b in dict.fromkeys(own["block_id"]) if b in moved and b != OVERALL]
    shown = [*ids[:MANY], OVERALL]
    rows = [
        [
            shortened(block_name(b, texts=texts)),
            *(_arrow(found.get((b, k), {}), unit=u, texts=texts) for k, u in BALANCE.items()),
        ]
        for b in shown
    ]
    heads = [texts["column.block_id"], *(texts[f"column.{k}"] for k in BALANCE)]
    return table(heads, rows, numeric=range(1, 5), total=len(ids) + 1)


def _arrow(row: Mapping[str, Any], *, unit: str, texts: Texts) -> str:
    before, after = (number(row.get(k), unit=unit) for k in ("before", "after"))
    if {before, after} == {MISSING}:
        return MISSING
    return texts["report.arrow"].format(before=before, after=after)


def _conversions(totals: pd.DataFrame | None, *, texts: Texts) -> Table | None:
    def cells(row: dict[Any, Any]) -> list[str]:
        return [
            label(texts, "conversion_year", row["year"]),
            label(texts, "conversion_kind", row["kind"]),
            number(row["parcels"], unit="count"),
            number(row["area_m2"], unit="m2"),
            number(row["area_mu"], unit="mu"),
            number(row["share"], unit="share"),
        ]

    keys = ("year", "kind", "parcels", "area_m2", "area_mu")
    heads = [*(texts[f"column.{k}"] for k in keys), texts["ledger.column.conversion_totals.share"]]
    return frame_table(totals, heads=heads, cells=cells, numeric=range(2, 6))


def _parks(parks: pd.DataFrame | None, *, texts: Texts) -> Table | None:
    keys = ("park_id", "name", "area_m2", "industrial_m2", "developable_m2", "built_m2")
    more = ("built_share", "to_build_m2", "to_build_share")

    def cells(row: dict[Any, Any]) -> list[str]:
        return [
            shortened(row["park_id"]),
            shortened(row.get("name")) or MISSING,
            *(number(row.get(k), unit="m2") for k in keys[2:]),
            number(row.get("built_share"), unit="share"),
            number(row.get("to_build_m2"), unit="m2"),
            number(row.get("to_build_share"), unit="share"),
        ]

    heads = [texts[f"column.{k}"] for k in (*keys, *more)]
    return frame_table(parks, heads=heads, cells=cells, numeric=range(2, 9))


def _hierarchy(frame: pd.DataFrame | None, *, texts: Texts) -> dict[str, Any] | None:
    """What straddles the level above it, or that nothing does."""
    if frame is None or frame.empty:
        return None
    failed = frame[frame["outcome"] == "fail"]
    assessed = frame["outcome"].isin(["pass", "fail"])
    if failed.empty and not assessed.any():
        return None

    def cells(row: dict[Any, Any]) -> list[str]:
        return [
            label(texts, "hierarchy_kind", row["kind"]),
            shortened(row["id"]),
            shortened(row.get("parent_id")) or MISSING,
            number(row["area_m2"], unit="m2"),
            number(row["inside_m2"], unit="m2"),
            number(row["inside_share"], unit="share"),
        ]

    if failed.empty:
        return {
            "text": texts["report.hierarchy_holds"].format(n=int(assessed.sum())),
            "table": None,
        }
    own = "ledger.column.hierarchy"
    heads = [texts[f"{own}.kind"], texts["column.id"], texts[f"{own}.parent_id"]]
    heads += [texts["column.area_m2"], texts[f"{own}.inside_m2"], texts[f"{own}.inside_share"]]
    shown = frame_table(failed.head(MANY), heads=heads, cells=cells, numeric=range(3, 6))
    return {
        "text": texts["report.hierarchy_fails"].format(n=len(failed)),
        "table": shown and {**shown, "total": len(failed)},
    }
