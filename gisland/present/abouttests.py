"""Every test of a parcel with value, limit and rule; what was not tested, and the rules behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gisland.base.rulespecs import SPECS
from gisland.present.about import column_name, value_text
from gisland.present.conditions import told_verdicts
from gisland.present.enclavewords import analysis_name, attribute_name
from gisland.present.facts import Row, plain_rows
from gisland.present.lists import some
from gisland.present.messages import skip_reason
from gisland.present.rulebook import rulebook
from gisland.present.wording import (
    MISSING,
    comparison,
    is_missing,
    label,
    named_list,
    shortened,
    visible,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gisland.present.about import About
    from gisland.present.plaintext import Block

MARKS = {"pass": "✓", "fail": "✗", "missing": "?", "not_assessed": "–"}
RANK = {"fail": 0, "missing": 1, "pass": 2, "not_assessed": 3}
ENCLAVE = "enclave"
UNDONE = ("missing", "not_assessed")
NO_TEST = (
    "scrap.chains",
    "scrap.protected",
    "scrap.required",
    "scrap.site_conditions",
)  # asked of lists and plans
PARAMETER_OF = {"scrap.adjacent": "min_border_m"}
NEEDS = {  # what a test without an outcome lacks
    "far": "counted_floor_area_m2",
    "coverage": "footprint_m2",
    "tax": "tax_yuan",
    "output": "output_yuan",
    "investment": "investment_yuan",
    "status": "status",
    "vacant": "status",
    "unfinished": "status",
    "idle": "idle_since",
    "same_owner": "owner",
    "same_tenure": "tenure",
    "same_use": "use_class",
    "planned_use": "planned_use",
    "far_not_above": "planned_far_max",
    "share_cap": "boundary_area_m2",
    "compatible_use": "planned_use_class",
    "project_boundary": "boundary_area_m2",
}


def all_tests(about: About) -> list[Row]:
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
    >>> all_tests(About("a", {}, {}, {}))
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
    if visible(test.get("rule_id")).startswith("low_use."):
        listed = _record(about, test["rule_id"]).get("value")
        bad = [label(texts, "status", v) for v in listed] if isinstance(listed, list) else []
        if bad:
            found = label(texts, "status", about.row.get("status"))
            asks = texts["condition.forbidden"].format(
                values=some(list(dict.fromkeys(bad)), texts=texts)
            )
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


def verdict_lines(tests: list[Row], *, about: About) -> Block:
    """Tests as a list: mark, name, value and limit, mode and rule.

    Parameters
    ----------
    tests
        Some of `all_tests`.
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
    >>> verdict_lines([row], about=about)
    ['list', [['✗', 'minimum lot area: 9.00 m² (requires ≥ 20.00 m²) [binding, rule 3]']]]
    """
    order = sorted(tests, key=lambda t: (RANK.get(t["outcome"], 9), visible(t["test"])))
    return ["list", [[MARKS.get(t["outcome"], "?"), _line(t, about)] for t in order]]


def _line(test: Row, about: About) -> str:
    texts = about.texts
    measured = shortened(comparison(texts, test))
    outcome = label(texts, "outcome", test["outcome"])
    if _is_late(test, about):
        outcome = about.say("late")
    if test["outcome"] in UNDONE or not measured:
        measured = about.joined([outcome, measured])
    name = label(texts, "test", test["test"])
    if test["test"] == ENCLAVE:  # asked of each attribute
        attribute = shortened(attribute_name(test["subject"], texts=texts))
        name = texts["report.detail"].format(name=name, detail=attribute)
    return about.say(
        "test",
        test=name,
        measured=measured,
        mode=label(texts, "mode", test.get("mode")),
        rule=cited(test.get("rule_id"), about),
    )


def _is_late(test: Row, about: About) -> bool:
    """Whether land lies idle only from a date on that comes after that of the run."""
    since, as_of = about.row.get("idle_since"), visible(about.run.get("as_of"))
    if test["test"] != "idle" or test["outcome"] != "missing" or is_missing(since) or not as_of:
        return False
    return value_text("idle_since", since, texts=about.texts) > as_of


def cited(rule_id: object, about: About) -> str:
    """Where a rule stands, for brackets: its number, or the parameter that a definition rests on.

    Parameters
    ----------
    rule_id
        Such as ``scrap.area_cap``; may be missing.
    about
        The parcel.

    Returns
    -------
    str
        Says so where there is no record of the rule.

    Examples
    --------
    >>> from gisland.present.about import About
    >>> from gisland.present.style import catalog
    >>> about = About("a", {}, {}, catalog("en"), {"scrap.area_cap": (3, "cap")})
    >>> cited("scrap.area_cap", about), cited("parameters.enclave_share", about)
    ('rule 3', 'parameter “enclave share”')
    """
    rule = visible(rule_id)
    if rule in about.rule_names:
        return about.say("rule_number", n=about.rule_names[rule][0])
    if rule.startswith("definition."):
        return about.texts.get(f"rule_id.{rule}") or about.say("by_definition")
    parameter = PARAMETER_OF.get(rule, rule.removeprefix("parameters."))
    name = about.texts.get(f"parameter.{parameter}")
    return about.say("by_parameter", name=name) if name else about.say("no_rule")


def _is_pair(test: Row) -> bool:
    """Whether a test is about a site; the subject of an enclave is a column."""
    return bool(test["subject"]) and test["test"] != ENCLAVE


def undone(tests: list[Row], *, about: About) -> Block | None:
    """What was not tested, and why: no data, no rule, no analysis.

    Parameters
    ----------
    tests
        From `all_tests`.
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
    >>> run = {"rules": {"records": []}, "skipped": [{"analysis": "far", "reason": "none"}]}
    >>> undone([], about=About("a", {}, run, catalog("en")))[1][-1]
    ['-', 'FAR: none']
    """
    texts = about.texts
    lines = [_open_test(t, about) for t in tests if t["outcome"] in UNDONE]
    made = {visible(t.get("rule_id")) for t in tests}
    areas = ("fragment", "low_use", *(("scrap",) if any(_is_pair(t) for t in tests) else ()))
    if not about.analyzed:
        lines.append(about.say("no_geometry"))
    lines += _not_asked([stem for stem in SPECS if stem.split(".")[0] in areas], made, about)
    for skipped in about.run.get("skipped", []):
        name = analysis_name(skipped.get("analysis"), texts=texts)
        lines.append(
            texts["report.rule_line"].format(
                name=name, limit=skip_reason(skipped.get("reason"), texts=texts)
            )
        )
    lines = list(dict.fromkeys(lines))
    return ["list", [["-", line] for line in lines]] if lines else None


def _not_asked(stems: list[str], made: set[str], about: About) -> list[str]:
    """Tests that were not made since the rule set does not ask them, at all or of this parcel."""
    records = about.run.get("rules", {}).get("records", [])
    asked = [visible(r.get("id")) for r in records if r.get("mode") != "off"]
    off: dict[str, list[str]] = {"not_asked": [], "off": []}
    for stem in stems:
        if not _any_of(stem, made) and stem not in about.rule_names:
            key = "not_asked" if _any_of(stem, asked) else "off"
            if key == "not_asked" and (stem in NO_TEST or not about.analyzed):
                continue  # it is no test of a parcel, or it would have been asked
            off[key].append(_rule_name(stem, about))
    return [about.say(key, names=about.joined(names)) for key, names in off.items() if names]


def _any_of(stem: str, rule_ids: Iterable[str]) -> bool:
    """Whether a rule, or that of one use class, is among some ids."""
    return any(i == stem or i.startswith(f"{stem}.") for i in rule_ids)


def _open_test(test: Row, about: About) -> str:
    texts = about.texts
    if _is_late(test, about):
        name, late = label(texts, "test", test["test"]), about.say("late")
        return texts["report.rule_line"].format(name=name, limit=late)
    column = NEEDS.get(test["test"])
    lacking = column_name(column, texts=texts) if column else ""
    if test["test"] == "idle" and not visible(about.run.get("as_of")) and column in about.row:
        return about.say("no_as_of", test=label(texts, "test", "idle"))
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

    def bare(line: str) -> str:
        return line.removesuffix(empty)

    empty = about.texts["report.rule_line"].format(name="", limit=MISSING)
    lines: list[list[str]] = []
    sources: dict[str, list[int]] = {}
    for passage in passages:
        sources.setdefault(_source(passage, about), []).append(passage["number"])
    for passage in passages:
        title = passage["title"] or about.say("untitled")
        if passage["section"]:
            title = about.say("rule_title", title=title, section=passage["section"])
        quotation, source = passage["quotation"], _source(passage, about)
        told = [
            title,
            *(n for n in map(bare, passage["lines"]) if n != passage["title"]),
            about.texts["report.quotation"].format(text=quotation) if quotation else "",
            source if len(sources[source]) == 1 else "",  # one of several rules comes last, once
            *(about.say("note", note=n) for n in passage["notes"]),
        ]
        marks = [f"[{passage['number']}]", *["   "] * len(told)]
        lines += [[m, t] for m, t in zip(marks, filter(None, told), strict=False)]
    shared = [[f"[{_ranges(n)}]", s] for s, n in sources.items() if len(n) > 1]
    return [["list", lines + shared]] if lines else []


def _source(passage: Mapping[str, Any], about: About) -> str:
    return about.say(
        "source" if passage["quotation"] else "source_unquoted",
        source=passage["source"] or about.say("no_source"),
        status=passage["status"],
    )


def _ranges(numbers: list[int]) -> str:
    """Ascending numbers, runs of them by their ends."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{r[0]}–{r[-1]}" if len(r) > 1 else f"{r[0]}" for r in runs)
