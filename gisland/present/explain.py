"""Everything known about one parcel in plain words: what it is, and why it was chosen or not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from gisland.present.about import About
from gisland.present.aboutblocks import block_places
from gisland.present.aboutfacts import facts, lineage, low_use_facts, planning, quality
from gisland.present.aboutmerging import conclusion, merging, rival_rows
from gisland.present.aboutplace import enclaves, groups, in_block, neighbor_rows, neighbors
from gisland.present.aboutplan import alternatives
from gisland.present.abouttests import (
    ENCLAVE,
    MARKS,
    UNDONE,
    all_tests,
    rule_book,
    rule_lines,
    undone,
    verdict_lines,
)
from gisland.present.enclavewords import attribute_name
from gisland.present.facts import Row, plain_rows
from gisland.present.plaintext import WIDTH, Block, block_lines, cells, plain
from gisland.present.style import catalog
from gisland.present.wording import is_missing, label, named_list, shortened, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CAPS = ("scrap.share_cap", "scrap.total_cap", "scrap.count_cap")
KINDS = "kind_"


def explained(
    tables: Mapping[str, pd.DataFrame], parcel_id: str, *, run: Mapping[str, Any], language: str
) -> dict[str, Any]:
    """Everything known about one parcel, in sections of ready texts and as rows.

    Parameters
    ----------
    tables
        Result tables with the rows about the parcel, and ``borders`` of it.
    parcel_id
        Its id, in ``tables["parcels"]``.
    run
        The run's record; may be empty.
    language
        ``zh`` or ``en``.

    Returns
    -------
    dict
        ``parcel_id``, ``language``, ``title``, ``basis``; ``sections``, each with ``key``,
        ``title`` and ``blocks`` (`plaintext.block_lines` tells their forms); ``data``: the rows
        behind them by table, missing values as None. Texts have nothing invisible in them.

    Raises
    ------
    ProjectError
        If there is no such language.

    Examples
    --------
    >>> lots = pd.DataFrame({"parcel_id": ["7"], "area_m2": [1000.0], "verdict": ["none"]})
    >>> told = explained({"parcels": lots}, "7", run={}, language="en")
    >>> told["title"], [s["key"] for s in told["sections"]][:2]
    ('Parcel 7', ['conclusion', 'facts'])
    """
    texts = catalog(language)
    bare = About(parcel_id, tables, run, texts)
    tests = all_tests(bare)
    passages, names = rule_book(bare, _used(bare, tests))
    about = replace(bare, rule_names=names)
    own = _by_area(tests)
    told: list[tuple[str, list[Block]]] = [
        ("conclusion", [*conclusion(about, tests), _sums(about, own)]),
        ("facts", facts(about)),
        ("planning", planning(about)),
        ("merging", merging(about, tests)),
        ("alternatives", alternatives(about)),
        ("fragment", _tested("fragment", own, about)),
        ("low_use", [*_tested("low_use", own, about), *low_use_facts(about)]),
        ("enclave", [*_enclave(about), *_tested("enclave", own, about, always=False)]),
        ("other", _tested("other", own, about, always=False)),
        ("groups", _list([*groups(about), *block_places(about)])),
        ("neighbors", neighbors(about)),
        ("quality", _list(quality(about)) or [["text", about.say("no_findings")]]),
        ("lineage", _list(lineage(about))),
        ("undone", [block for block in (undone(tests, about=about),) if block]),
        ("rules", rule_lines(passages, about=about)),
    ]
    sections = [
        {"key": key, "title": about.say(f"section.{key}"), "blocks": _clean(blocks)}
        for key, blocks in told
        if blocks
    ]
    return {
        "parcel_id": parcel_id,
        "language": language,
        "title": plain(texts["map.popup.parcel"].format(id=visible(parcel_id))),
        "basis": _clean(_basis(about)),
        "sections": sections,
        "data": _data(about, tests, passages),
    }


def as_text(told: Mapping[str, Any], *, width: int = WIDTH) -> str:
    """What `explained` gives as plain text.

    Parameters
    ----------
    told
        Its result.
    width
        Cells of a line; wide characters take two.

    Returns
    -------
    str
        Lines without blanks at their ends; the last one ends, too.

    Examples
    --------
    >>> lots = pd.DataFrame({"parcel_id": ["7"], "area_m2": [1000.0], "verdict": ["none"]})
    >>> told = explained({"parcels": lots}, "7", run={}, language="en")
    >>> as_text(told).splitlines()[:2]
    ['Parcel 7', '========']
    """
    lines = [told["title"], "=" * min(cells(told["title"]), width)]
    lines += [line for text in told["basis"] for line in block_lines(["text", text], width=width)]
    for number, section in enumerate(told["sections"], start=1):
        head = f"{number}. {section['title']}"
        lines += ["", head, "-" * min(cells(head), width)]
        for before, block in zip([None, *section["blocks"]], section["blocks"], strict=False):
            if before is not None and block[0] == "text" and before[0] != "text":
                lines.append("")
            lines += block_lines(block, width=width)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _used(about: About, tests: list[Row]) -> list[str]:
    """Rules behind the tests, and the caps of the sites that the parcel was considered for."""
    rows = [*tests, *about.rows("plan", "parcel_id")]
    used = [visible(row.get("rule_id")) for row in rows]
    sites = bool(about.rows("plan", "parcel_id")) or about.row.get("verdict") == "site"
    blocks = [visible(row.get("rule_id")) for row in about.frame("block_lines").to_dict("records")]
    return [*used, *(CAPS if sites else ()), *(blocks if in_block(about) else ())]


def _by_area(tests: list[Row]) -> dict[str, list[Row]]:
    """Tests of the parcel itself by what they decide; none is left out."""
    found: dict[str, list[Row]] = {"fragment": [], "low_use": [], "enclave": [], "other": []}
    for test in tests:
        area = visible(test.get("rule_id")).split(".")[0]
        name = visible(test["test"])
        if area in {"fragment", "low_use"}:
            found[area].append(test)
        elif name == ENCLAVE:
            found["enclave"].append(test)
        elif not test["subject"] and not name.startswith(KINDS):
            found["other"].append(test)
    return found


def _tested(
    area: str, own: Mapping[str, list[Row]], about: About, *, always: bool = True
) -> list[Block]:
    """Answer and tests of one question."""
    tests = own[area]
    answer = [["text", _answer(area, about, tests)]] if always else []
    return [*answer, *([verdict_lines(tests, about=about)] if tests else [])]


def _answer(area: str, about: About, tests: list[Row]) -> str:
    """Whether the parcel is a fragment, or of low use, and by which tests."""
    value = about.row.get(area)
    if not about.analyzed:
        return about.say(f"{area}.no_geometry")
    if not tests:
        return about.say(f"{area}.untested")
    binding = [t for t in tests if t["mode"] != "advisory"]
    undecided = [t for t in binding if t["outcome"] in UNDONE]
    advised = [t for t in tests if t["mode"] == "advisory" and t["outcome"] == "fail"]
    if is_missing(value) or len(undecided) == len(binding):
        told = about.say(f"{area}.unknown")
    elif bool(value):
        why = named_list(about.texts, "reason", about.row.get(f"{area}_reasons"))
        told = about.say(f"{area}.yes", why=why)
    else:
        key = f"{area}.no_but" if undecided else f"{area}.no"
        told = about.say(key, n=len(undecided or binding))
    if not advised:
        return told
    names = about.joined(label(about.texts, "test", t["test"]) for t in advised)
    return about.say("sentences", first=told, second=about.say("also_advised", names=names))


def _sums(about: About, own: Mapping[str, list[Row]]) -> Block:
    """The other answers in one line each."""
    lines = [_answer(area, about, own[area]) for area in ("fragment", "low_use")]
    found = about.lists("enclaves", "parcel_ids")
    if found:
        by = [shortened(attribute_name(r["attribute"], texts=about.texts)) for r in found]
        lines.append(
            about.say("in_enclave", by=about.texts["explain.names"].join(dict.fromkeys(by)))
        )
    return ["list", [["-", line] for line in lines]]


def _enclave(about: About) -> list[Block]:
    told = enclaves(about)
    if told:
        return _list(told)
    if not about.analyzed:
        return [["text", about.say("enclave_no_geometry")]]
    skipped = {s.get("analysis") for s in about.run.get("skipped", [])}
    by = about.run.get("parameters", {}).get("enclave_by", ("owner", "tenure"))
    made = "enclaves" in about.tables and not {f"enclaves_{name}" for name in by} <= skipped
    return [["text", about.say("no_enclave" if made else "enclave_untested")]]


def _list(lines: Iterable[str]) -> list[Block]:
    marked = [["-", line] for line in lines]
    return [["list", marked]] if marked else []


def _basis(about: About) -> list[str]:
    """Whose results these are, under which rules, and what the marks mean."""
    run, texts = about.run, about.texts
    rules = run.get("rules", {})
    lines = []
    if run:
        lines.append(
            about.say(
                "basis",
                project=shortened(run.get("project")),
                rules=shortened(rules.get("title")),
                fingerprint=rules.get("fingerprint"),
                areas=label(texts, "area_basis", run.get("area_basis")),
                crs=shortened(run.get("crs", {}).get("name")),
                version=run.get("gisland"),
            )
        )
    if run.get("as_of"):
        lines.append(texts["map.as_of"].format(date=visible(run["as_of"])))
    marks = (f"{m} {label(texts, 'outcome', k)}" for k, m in MARKS.items())
    lines.append(about.say("marks", marks=about.joined(marks)))
    return lines


def _data(about: About, tests: list[Row], passages: list[dict[str, Any]]) -> dict[str, Any]:
    """The rows behind the texts, for machines."""
    findings = about.frame("findings")
    rows: dict[str, list[Row]] = {
        "parcel": [about.row],
        "verdicts": [{k: v for k, v in t.items() if k != "told"} for t in tests],
        "plan": about.rows("plan", "parcel_id"),
        "rivals": rival_rows(about),
        "alternatives": plain_rows(about.frame("alternatives")),
        "differences": about.rows("differences", "parcel_id"),
        "sites": plain_rows(about.frame("sites")),
        "neighbors": neighbor_rows(about),
        "enclaves": plain_rows(about.frame("enclaves")),
        "holdings": plain_rows(about.frame("holdings")),
        "zones": about.lists("zones", "parcel_ids"),
        "zone_units": about.lists("zone_units", "parcel_ids"),
        "scrap_groups": about.lists("scrap_groups", "parcel_ids"),
        "block_lines": plain_rows(about.frame("block_lines")),
        "block_parcels": about.rows("block_parcels", "parcel_id"),
        "conversions": about.rows("conversions", "parcel_id"),
        "findings": plain_rows(findings) if len(findings) else [],
        "changes": about.rows("changes", "parcel_id", "other_id"),
        "lineage": about.rows("lineage", "parcel_id"),
        "rules": [dict(p) for p in passages],
    }
    return {name: [_jsonable(row) for row in found] for name, found in rows.items()}


def _jsonable(row: Row) -> Row:
    return {k: _plain_value(v) for k, v in row.items()}


def _plain_value(value: Any) -> Any:  # noqa: ANN401 - a cell, or a list of texts
    if isinstance(value, list):
        return value
    if is_missing(value):
        return None
    return value.item() if hasattr(value, "item") else value


def _clean(value: Any) -> Any:  # noqa: ANN401 - blocks of lists and texts
    if isinstance(value, str):
        return plain(value)
    return [_clean(v) for v in value] if isinstance(value, list) else value
