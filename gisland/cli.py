"""The command line: arguments, progress and exit codes; the work is done in `gisland.jobs`.

Exit codes: 0 done; 1 done, but findings of severity error, or verification failed; 2 the command,
the project file or a layer cannot be used; 70 a fault of gisland itself.
"""

from __future__ import annotations

import math
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from gisland.base.consoles import called, json_for, quoted_path, soften
from gisland.base.errors import GislandError
from gisland.base.phrases import count_of, first_of
from gisland.base.planchoices import decision_met
from gisland.base.version import __version__
from gisland.caseshow import show_cases
from gisland.mapping import draw
from gisland.ruleshow import rules_app

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from gisland.jobs import Done

FAULTS, UNUSABLE, OUR_FAULT, INTERRUPTED = 1, 2, 70, 130
MOST_SHOWN = 20
WORST_FIRST = ("error", "warning", "info")
COMPILING = "compiling for this computer: some steps of this run take up to a minute longer"

app = typer.Typer(
    help="Put scattered industrial land back to work: find scraps, plan merges, prove, map.",
    epilog="Begin with: gisland demo. Then, for layers of your own: gisland init parcels.shp …",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(rules_app, name="rules")
app.command(name="cases")(show_cases)

ProjectFile = Annotated[Path, typer.Argument(help="Project file (gisland.toml).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the summary for machines.")]
Out = Annotated[
    Path | None,
    typer.Option("--out", "-o", help="Output folder (default: gisland-out beside the project)."),
]


def main() -> None:
    """Run the command line; a user's mistake ends in one message and exit code 2."""
    soften([sys.stdout, sys.stderr])
    try:
        app()
    except GislandError as error:
        _fail(str(error))
    except SystemExit as end:  # how typer ends; an interruption too, and without a word
        if end.code == INTERRUPTED:
            typer.echo("gisland: interrupted; earlier results are whole", err=True)
        raise
    except Exception:  # noqa: BLE001 - told whole, and never taken for exit code 1
        traceback.print_exc()
        typer.echo("gisland: this is a fault of gisland; please report the lines above", err=True)
        raise SystemExit(OUR_FAULT) from None


def _fail(message: str) -> NoReturn:
    typer.echo(f"gisland: {message}", err=True)
    raise SystemExit(UNUSABLE)


def _version(*, value: bool) -> None:
    if value:
        typer.echo(f"gisland {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    del version


def _teller(*, quiet: bool) -> Callable[[str], None]:
    """Progress: one line on stderr for each step."""
    if quiet:
        return lambda _: None
    from gisland.topology.compiled import on_first_compiling  # noqa: PLC0415 - heavy

    def tell(step: str) -> None:
        typer.echo(f"… {step}", err=True)

    on_first_compiling(lambda: tell(COMPILING))
    return tell


@app.command()
def init(
    layers: Annotated[list[Path], typer.Argument(help="Layers: files, folders, or patterns.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Project file to write.")] = Path(
        "gisland.toml"
    ),
) -> None:
    """Look at layers and write a commented project file."""
    from gisland.layers.proposing.propose import propose_project  # noqa: PLC0415 - heavy
    from gisland.layers.writing.write import write_file  # noqa: PLC0415

    if out.exists():
        _fail(f"{out} exists already; name another file with -o, or move it away")
    text = propose_project(layers, folder=out.resolve().parent)
    write_file(out, text.encode())
    shown = quoted_path(out)
    typer.echo(f"{out} is written: read it, switch on what is right, then:")
    if "\n# [sites]\n" in text:
        typer.echo("  (no sites are known: nothing is merged unless you switch on [sites] in it)")
    typer.echo(f"  {called()} check {shown}\n  {called()} run {shown}")


@app.command()
def check(project: ProjectFile, *, as_json: AsJson = False) -> None:
    """Report the quality of the data; write nothing."""
    import pandas as pd  # noqa: PLC0415 - heavy

    from gisland.jobs import check_project  # noqa: PLC0415
    from gisland.layers.project import read_project  # noqa: PLC0415
    from gisland.present.findinglines import finding_lines  # noqa: PLC0415

    found = check_project(project, progress=_teller(quiet=as_json))
    plain = pd.DataFrame(found.drop(columns="geometry")).astype("object")
    rows = [
        {str(k): v for k, v in row.items()}
        for row in plain.where(plain.notna(), None).to_dict("records")
    ]
    counts = {s: int((found["severity"] == s).sum()) for s in WORST_FIRST}
    if as_json:
        _say_json({"findings": rows, "counts": counts})
    else:
        typer.echo("\n".join([*finding_lines(rows), _severities(counts)]))
        mended = set(read_project(project).parameters.repair)
        if first := sum(r["severity"] == "error" and r["code"] in mended for r in rows):
            named = "1 of these errors" if first == 1 else f"{first} of these errors"
            typer.echo(f"  a run mends {named} first, where it can (repair in [parameters])")
    if counts["error"]:
        raise typer.Exit(FAULTS)


def _severities(counts: dict[str, int]) -> str:
    faults = [count_of(counts.get(word, 0), word) for word in ("error", "warning")]
    return ", ".join([*faults, f"{counts.get('info', 0)} info"])


@app.command()
def run(
    project: ProjectFile,
    out: Out = None,
    *,
    decisions: Annotated[
        Path | None,
        typer.Option(
            "--decisions", help="Table of parcel id and decision: in, out, or the id of a site."
        ),
    ] = None,
    parquet: Annotated[
        bool, typer.Option("--parquet", help="Write the tables as Parquet too, with borders.")
    ] = False,
    shapefiles: Annotated[
        bool, typer.Option("--shapefiles", help="Write the drawn tables as shapefiles too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Do everything, into one folder: results, ledger, map, report."""
    from gisland.jobs import run_project  # noqa: PLC0415 - heavy

    teller = _teller(quiet=as_json)
    how = {"parquet": parquet, "shapefiles": shapefiles}
    done = run_project(project, out, decisions=decisions, progress=teller, **how)
    _finish(done, as_json=as_json)


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", "-o", help="Output folder.")] = Path("gisland-demo"),
    *,
    as_json: AsJson = False,
) -> None:
    """Run the sample district that comes with gisland; nothing is downloaded."""
    from gisland.jobs import run_demo  # noqa: PLC0415 - heavy

    done = run_demo(out, progress=_teller(quiet=as_json))
    _finish(done, as_json=as_json)


def _finish(done: Done, *, as_json: bool) -> None:
    """Summary of a run, and the exit code that its findings call for."""
    counts = done.record["counts"]
    if as_json:
        keys = ("gisland", "project", "counts", "recall", "components", "skipped", "timings_s")
        _say_json({"out": str(done.folder), **{k: done.record[k] for k in keys}})
    else:
        _print_summary(done, counts)
    if counts["findings_error"]:
        raise typer.Exit(FAULTS)


def _print_summary(done: Done, counts: dict[str, Any]) -> None:
    from gisland.base.result import control_line  # noqa: PLC0415 - heavy

    rules = done.record["rules"]
    sites = done.tables["sites"]
    typer.echo(f"{done.record['project']}: {rules['title']} ({rules['fingerprint']})")
    jointly = counts["jointly_enclosed"]
    typer.echo(
        f"  {count_of(counts['parcels'], 'parcel')}, {count_of(counts['fragments'], 'fragment')},"
        f" {count_of(counts['enclaves'], 'enclave')}"
        f"{f' (and {jointly} jointly enclosed)' if jointly else ''},"
        f" {count_of(counts['zones'], 'zone')}"
    )
    typer.echo(f"  {_borders(done.record['recall'], counts['border_pairs'])}")
    if len(sites):
        typer.echo(
            f"  {count_of(counts['sites'], 'site')}, {count_of(counts['scraps'], 'scrap')},"
            f" {counts['absorbed']} absorbed: {counts['absorbed_m2']:,.2f} m²;"
            f" {_proved(done.record['plan']['method'], sites)}"
        )
    if told_lines := control_line(counts):
        typer.echo(f"  {told_lines}")
    if "differences" in done.tables:
        _print_differences(done.tables["differences"])
    told = done.tables["findings"]
    unmet = told.loc[told["code"] == "required_not_absorbed", "parcel_id"].tolist()
    if unmet:
        typer.echo(f"  not absorbed as required or decided: {first_of(unmet, most=MOST_SHOWN)}")
    crs = done.record["crs"]
    typer.echo(f"  {crs['name']} ({crs['chosen']}), {done.record['area_basis']} areas")
    found = {s: counts[f"findings_{s}"] for s in WORST_FIRST}
    typer.echo(f"  data quality: {_severities(found)}")
    others = counts["repaired_others"]
    if counts["repaired_parcels"] or others or counts["repairs_refused"]:
        mended = count_of(counts["repaired_parcels"], "parcel")
        mended += f" and {count_of(others, 'shape')} of other layers" if others else ""
        typer.echo(
            f"  repair: {mended} mended, {count_of(counts['repairs_refused'], 'fault')} left"
        )
    for skipped in done.record["skipped"]:
        typer.echo(f"  not done: {skipped['analysis']} ({skipped['reason']})")
    for name in ("map.html", "report.html", "ledger.xlsx", "results.gpkg"):
        typer.echo(f"  {done.folder / name}")
    if counts["findings_error"]:
        typer.echo("  the data have errors (exit code 1): see the findings in the report")
    typer.echo(f"  now: {called()} verify {quoted_path(done.folder)}")


def _proved(method: str, sites: pd.DataFrame) -> str:
    if method == "greedy":
        return "the longest border first (greedy), not proved"
    return f"plan proved optimal for {int(sites['optimal'].sum())} of {len(sites)}"


def _print_differences(table: pd.DataFrame) -> None:
    """What decisions taken beforehand change in the plan."""
    from gisland.present.plaintext import plain  # noqa: PLC0415 - heavy

    sign = table["change"].map({"added": 1.0, "dropped": -1.0}).fillna(0.0)
    more = float((sign * table["area_m2"].fillna(0.0)).sum())
    counts = table["change"].value_counts()
    told = [f"{counts[word]} {word}" for word in ("added", "dropped", "moved") if word in counts]
    decided = count_of(int((table["decision"] != "").sum()), "decision")
    typer.echo(f"  {decided}: {', '.join(told) or 'no change'}; {more:+,.2f} m² absorbed")
    changed = table[(table["change"] != "as_before") | (table["decision"] != "")]
    columns = ["parcel_id", "site_without", "site_with", "decision"]
    for parcel, before, after, word in changed[columns].fillna("").head(MOST_SHOWN).to_numpy():
        met = not word or decision_met(word, after)
        why = f" (decided: {word}{'' if met else ', not met'})" if word else ""
        typer.echo(plain(f"    {parcel}: {before or '-'} -> {after or '-'}{why}"))
    if len(changed) > MOST_SHOWN:
        typer.echo(f"    … {len(changed) - MOST_SHOWN} more in the table differences")


def _borders(recall: dict[str, Any], pairs: int) -> str:
    """How much border was found, and how."""
    if recall["recall"] is None:
        return "no two parcels have a border"
    total = recall["exact_m"] + recall["tolerant_m"]
    share = math.floor(recall["recall"] * 1e4) / 1e4
    told = (
        f"{count_of(pairs, 'border')}, {total:,.0f} m: {share:.2%} of the boundary within"
        f" {10 * recall['tolerance_m']:g} m of a neighbor"
    )
    if not recall["tolerant_m"]:
        return f"{told}; the two lines coincide"
    return (
        f"{told}; {recall['tolerant_m']:,.1f} m only thanks to the tolerance of"
        f" {recall['tolerance_m']:g} m (mean distance {recall['distance_mean_m']:.3f} m,"
        f" at most {recall['distance_max_m']:.3f} m)"
    )


app.command(name="map")(draw)


@app.command()
def verify(
    results: Annotated[Path, typer.Argument(help="Results folder.")], *, as_json: AsJson = False
) -> None:
    """Re-read results.gpkg and run.json and prove them."""
    from gisland.verify import verify as prove  # noqa: PLC0415 - heavy

    violations = prove(results)
    if as_json:
        rows = [{"code": v.code, "message": v.message, "ids": list(v.ids)} for v in violations]
        _say_json({"violations": rows})
    elif violations:
        for violation in violations:
            typer.echo(str(violation))
        many = count_of(len(violations), "violation")
        typer.echo(f"{many}: these results do not hold")
    else:
        typer.echo("verified: lineage, areas, caps, eligibility, borders and bounds hold")
    if violations:
        raise typer.Exit(FAULTS)


@app.command()
def explain(
    results: Annotated[Path, typer.Argument(help="Results folder or results.gpkg.")],
    parcel_ids: Annotated[list[str], typer.Argument(help="Ids of one parcel or more.")],
    *,
    language: Annotated[
        str | None, typer.Option("--language", help="zh or en (default: that of the run).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the parts for machines.")] = False,
) -> None:
    """Tell everything known about a parcel, and why it was chosen or not."""
    from gisland.explaining import explained_parcel  # noqa: PLC0415 - heavy
    from gisland.present.explain import as_text  # noqa: PLC0415

    told = [explained_parcel(results, i, language=language) for i in parcel_ids]
    if as_json:
        _say_json({"parcels": told})
    else:
        typer.echo("\n\n".join(as_text(parts) for parts in told), nl=False)


@app.command()
def split(
    project: ProjectFile,
    parcel_ids: Annotated[
        list[str] | None,
        typer.Argument(help="Parcels to split (default: all that cross a planned-use boundary)."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="GeoPackage to write (default: split.gpkg beside the project)."
        ),
    ] = None,
    *,
    by_area: Annotated[
        bool, typer.Option("--by-area", help="Share amounts by area; else parts have none.")
    ] = False,
) -> None:
    """Split parcels along planned-use boundaries, and test each part."""
    from gisland.splitting import split_project  # noqa: PLC0415 - heavy

    file, done, lines = split_project(
        project,
        parcel_ids or None,
        out,
        amounts="area" if by_area else "missing",
        progress=_teller(quiet=False),
    )
    typer.echo("\n".join(lines))
    typer.echo(file)
    if done.parents["legal"].eq(other=False).any():
        raise typer.Exit(FAULTS)


def _say_json(value: object) -> None:
    typer.echo(json_for(value))
