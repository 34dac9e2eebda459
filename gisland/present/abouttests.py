"""Every test of a parcel with value, limit and rule; what was not tested, and the rules behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from gisland.base.rules import SPECS
from gisland.present.about import column_name
from gisland.present.conditions import told_verdicts
from gisland.present.facts import Row, plain_rows
from gisland.present.lists import some
from gisland.present.messages import skip_reason
from gisland.present.rulebook import rulebook
from gisland.present.wording import (
    comparison,
    is_missing,
    label,
    named,
    named_list,
    shortened,
    visible,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gisland.present.about import About
    from gisland.present.plaintext import Block

MARKS = {"pass": "✓", "fail": "✗", "missing": "?", "not_assessed": "–"}
RANK = {"fail": 0, "missing": 1, "pass": 2, "not_assessed": 3}
UNDONE = ("missing", "not_assessed")
PARAMETER_OF = {"scrap.adjacent": "min_border_m"}
NEEDS = {  # what a test without an outcome lacks
    "far": "counted_floor_area_m2",
    "coverage": "footprint_m2",
    "tax": "tax_yuan",
    "output": "output_yuan",
    "investment": "investment_yuan",
    "status": "status",
    "same_owner": "owner",
    "same_tenure": "tenure",
    "same_use": "use_class",
    "planned_use": "planned_use",
    "far_not_above": "planned_far_max",
    "share_cap": "boundary_area_m2",
}


def tests_of(about: About) -> list[Row]:
    """Every test of a parcel, those of words with what was found and what would pass.

    Parameters
    ----------
    about
        The parcel.

    Returns
    -------
    list of dict
        Rows of the verdicts table with ``told``; a missing subject is an empty text.

    Examples
    --------
    >>> from gisland.present.about import About
    >>> tests_of(About("a", {}, {}, {}))
    []
    """
    verdicts = about.frame("verdicts")
    if "parcel_id" not in verdicts:
        return []
    own = verdicts[verdicts["parcel_id"] == about.parcel_id]
    asked = own.assign(outcome="fail")  # so that passed tests of words are told with values, too
    tables = {**about.tables, "verdicts": asked}
    told = told_verdicts(tables, run=about.run, texts=about.texts)
    if told is None:
        return []
    rows = plain_rows(told.assign(outcome=own["outcome"], subject=own["subject"].fillna("")))
    return [row | _own_words(row, about) for row in rows]


def _own_words(test: Row, about: About) -> dict[str, str]:
    """What tests by words of the parcel itself found, where `told_verdicts` leaves it open."""
    name, texts = test["test"], about.texts
    if name == "status" and visible(test.get("rule_id")).startswith("low_use."):
        rule = _record(about, test["rule_id"])
        bad = [label(texts, "status", v) for v in rule.get("value", ()) or ()]
        if bad:
            found = label(texts, "status", about.row.get("status"))
            asks = texts["condition.forbidden"].format(values=some(bad, texts=texts))
            return {"told": texts["condition.compared"].format(value=found, wanted=asks)}
    if name == "not_developable":
        reasons = visible(about.row.get("fragment_reasons"))
        return {
            "told": named_list(texts, "reason", reasons) if reasons else about.say("no_failure")
        }
    return {}


def _record(about: About, rule_id: object) -> Mapping[str, Any]:
    records = about.run.get("rules", {}).get("records", [])
    return next((r for r in records if r.get("id") == rule_id), {})


def test_lines(tests: list[Row], *, about: About) -> Block:
    """Tests as a list: mark, name, value and limit, mode and rule.

    Parameters
    ----------
    tests
        Some of `tests_of`.
    about
        The parcel.

    Returns
    -------
    list
        A block ``list``, failed tests first.

    Examples
    --------
    >>> from gisland.present.about import About
    >>> from gisland.present.style import catalog
    >>> row = {"test": "min_lot", "outcome": "fail", "value": 9.0, "limit": 20.0, "unit": "m2"}
    >>> row |= {"operator": ">=", "mode": "on", "rule_id": "fragment.min_lot.default"}
    >>> about = About("a", {}, {}, catalog("en"), {"fragment.min_lot.default": (3, "lot")})
    >>> test_lines([row], about=about)
    ['list', [['✗', 'minimum lot area: 9.00 m² (requires ≥ 20.00 m²) [binding, rule 3]']]]
    """
    order = sorted(tests, key=lambda t: (RANK.get(t["outcome"], 9), visible(t["test"])))
    return ["list", [[MARKS.get(t["outcome"], "?"), _line(t, about)] for t in order]]


def _line(test: Row, about: About) -> str:
    texts = about.texts
    measured = shortened(comparison(texts, test))
    outcome = label(texts, "outcome", test["outcome"])
    if test["outcome"] in UNDONE or not measured:
        measured = about.joined([outcome, measured])
    return about.say(
        "test",
        test=label(texts, "test", test["test"]),
        measured=measured,
        mode=label(texts, "mode", test.get("mode")),
        rule=_cited(test, about),
    )


def _cited(test: Row, about: About) -> str:
    rule_id = visible(test.get("rule_id"))
    if rule_id in about.rule_names:
        return about.say("rule_number", n=about.rule_names[rule_id][0])
    parameter = PARAMETER_OF.get(rule_id, rule_id.removeprefix("parameters."))
    name = about.texts.get(f"parameter.{parameter}")
    return about.say("by_parameter", name=name) if name else about.say("no_rule")


def undone(tests: list[Row], *, about: About) -> Block | None:
    """What was not tested, and why: no data, no rule, no analysis.

    Parameters
    ----------
    tests
        `tests_of` the parcel.
    about
        The parcel.

    Returns
    -------
    list or None
        A block ``list``; None where nothing is open.

    Examples
    --------
    >>> from gisland.present.about import About
    >>> from gisland.present.style import catalog
    >>> run = {"rules": {"records": []}, "skipped": [{"analysis": "roads", "reason": "none"}]}
    >>> undone([], about=About("a", {}, run, catalog("en")))[1][-1]
    ['-', 'roads: none']
    """
    texts = about.texts
    lines = [_open_test(t, about) for t in tests if t["outcome"] in UNDONE]
    made = {visible(t.get("rule_id")) for t in tests}
    areas = ("fragment", "low_use", "scrap") if any(t["subject"] for t in tests) else ()
    off = [
        _rule_name(stem, about)
        for stem in SPECS
        if stem.split(".")[0] in (areas or ("fragment", "low_use"))
        and not any(i == stem or i.startswith(f"{stem}.") for i in made)
        and not (stem.endswith("_cap") and stem in about.rule_names)
    ]
    if off:
        key = "not_asked_free" if about.row.get("use_class") in {"transport", "water"} else ""
        lines.append(about.say(key or "not_asked", names=about.joined(off)))
    for skipped in about.run.get("skipped", []):
        name = named(texts, "analysis", skipped.get("analysis"))
        lines.append(
            texts["report.rule_line"].format(
                name=name, limit=skip_reason(skipped.get("reason"), texts=texts)
            )
        )
    lines = list(dict.fromkeys(lines))
    return ["list", [["-", line] for line in lines]] if lines else None


def _open_test(test: Row, about: About) -> str:
    texts = about.texts
    column = NEEDS.get(test["test"])
    lacking = column_name(column, texts=texts) if column else ""
    key = "lacks" if test["outcome"] == "missing" else "lacks_layer"
    return about.say(
        f"{key}_column" if lacking else key,
        test=label(texts, "test", test["test"]),
        column=lacking,
    )


def _rule_name(stem: str, about: About) -> str:
    word = stem.split(".")[1]
    return about.texts.get(f"rule_name.{word}") or label(about.texts, "test", word)


def rule_book(about: About, used: list[str]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Rules behind the tests, numbered, each passage once with its notes.

    Parameters
    ----------
    about
        The parcel.
    used
        Ids of rules.

    Returns
    -------
    list of dict
        Passages, as `rulebook.rulebook` gives them, with ``notes``.
    dict
        By rule id the number of its passage and its short name.

    Examples
    --------
    >>> from gisland.present.about import About
    >>> rule_book(About("a", {}, {}, {}), [])
    ([], {})
    """
    passages, names = rulebook(used, run=about.run, texts=about.texts)
    notes: dict[int, list[str]] = {}
    for rule_id, (number, _) in names.items():
        note = shortened(_record(about, rule_id).get("note"))
        if note and note not in notes.setdefault(number, []):
            notes[number].append(note)
    return [p | {"notes": notes.get(p["number"], [])} for p in passages], names


def rule_lines(passages: list[dict[str, Any]], *, about: About) -> list[Block]:
    """Passages as blocks: number and title, limits, quotation, source and status.

    Parameters
    ----------
    passages
        From `rule_book`.
    about
        The parcel.

    Returns
    -------
    list
        A block ``list`` with one entry for each line of a passage.

    Examples
    --------
    >>> from gisland.present.about import About
    >>> from gisland.present.style import catalog
    >>> passage = {"number": 1, "title": "T", "section": "2", "lines": ["lot: ≥ 9.00 m²"]}
    >>> passage |= {"quotation": "below 3 mu", "source": "S", "status": "sourced", "notes": []}
    >>> blocks = rule_lines([passage], about=About("a", {}, {}, catalog("en")))
    >>> [text for _, text in blocks[0][1]]
    ['T, 2', 'lot: ≥ 9.00 m²', '“below 3 mu”', 'source: S (sourced)']
    """
    texts, lines = about.texts, []
    for passage in passages:
        title = passage["title"] or about.say("untitled")
        if passage["section"]:
            title = about.say("rule_title", title=title, section=passage["section"])
        quotation = passage["quotation"]
        told = [
            title,
            *passage["lines"],
            texts["report.quotation"].format(text=quotation) if quotation else "",
            about.say(
                "source" if quotation else "source_unquoted",
                source=passage["source"] or about.say("no_source"),
                status=passage["status"],
            ),
            *(about.say("note", note=n) for n in passage["notes"]),
        ]
        marks = [f"[{passage['number']}]", *["   "] * len(told)]
        lines += [[m, t] for m, t in zip(marks, filter(None, told), strict=False)]
    return [["list", lines]] if lines else []


def known(frame: pd.DataFrame, column: str) -> bool:
    """Whether a table has a column with any value.

    Parameters
    ----------
    frame
        A table.
    column
        Its name.

    Returns
    -------
    bool
        False for a column that is absent.

    Examples
    --------
    >>> known(pd.DataFrame({"a": [None]}), "a")
    False
    """
    return column in frame and not all(is_missing(v) for v in frame[column])
