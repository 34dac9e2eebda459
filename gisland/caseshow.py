"""The command on the case book: published, computed and verdict of every check."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gisland.base.consoles import json_for

if TYPE_CHECKING:
    import pandas as pd

    from gisland.base.cases import Case


def show_cases(
    numbers: Annotated[
        list[str] | None, typer.Argument(help="Cases: 1 to 26, N1, N2 (default: all).")
    ] = None,
    *,
    language: Annotated[str, typer.Option("--language", help="zh or en.")] = "zh",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print facts and checks for machines.")
    ] = False,
) -> None:
    """Recompute the published cases, and tell where their numbers agree and where not."""
    from gisland.casebook import cases, chosen, totals  # noqa: PLC0415 - heavy
    from gisland.present.casetext import case_lines, closing_lines  # noqa: PLC0415
    from gisland.present.style import catalog  # noqa: PLC0415

    texts = catalog(language)
    shown = chosen(numbers or None)
    table = cases(numbers or None, language=language)
    counts = totals(table["verdict"])
    by_case = {case.number: table[table["case"] == case.number] for case in shown}
    if as_json:
        records = [_record(case, by_case[case.number], language=language) for case in shown]
        typer.echo(json_for({"cases": records, "totals": counts}))
        return
    for case in shown:
        rows = by_case[case.number]
        typer.echo("\n".join(case_lines(case, rows, language=language, texts=texts)) + "\n")
    typer.echo("\n".join(closing_lines(shown, counts, language=language, texts=texts)))


def _record(case: Case, rows: pd.DataFrame, *, language: str) -> dict[str, Any]:
    plain = rows.drop(columns=["case", "place"]).astype("object")
    checks = plain.where(plain.notna(), None).to_dict("records")
    document = asdict(case.document)
    return {
        "case": case.number,
        "place": case.place[language],
        "kind": case.kind[language],
        "document": {k: v[language] if isinstance(v, dict) else v for k, v in document.items()},
        "chapter": case.chapter,
        "facts": {name: asdict(fact) for name, fact in case.facts.items()},
        "checks": checks,
    }
