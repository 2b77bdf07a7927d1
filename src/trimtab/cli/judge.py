"""Judge: evaluate a candidate before anyone relies on it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

from trimtab.cli.options import HOME, json_of
from trimtab.cli.shown import print_document_of, progress_bar, say_next, write_json

SHOWN = ("First", "Every way to answer, against everything")
"""The sections that are printed; the rest is on the page."""


@click.command()
@click.argument("system")
@click.argument("version", required=False)
@click.option("--as-of", metavar="DATE", help="Labels count as known at this time (default: now).")
@click.option("--rows", type=click.IntRange(1), default=100_000, help="The most rows that judge.")
@click.option("--quick", is_flag=True, help="Train nothing but the candidate.")
@click.option(
    "--report", type=click.Path(path_type=Path), help="The page to write (default: NAME-evaluation.html)."
)
@json_of()
@HOME
def evaluate(
    system: str,
    version: str | None,
    as_of: str | None,
    rows: int,
    quick: bool,  # noqa: FBT001  # a flag of the command line
    report: Path | None,
    json_file: Path | None,
    home: Path | None,
) -> None:
    """Run every check on a VERSION of SYSTEM (default: the newest), on the newest rows that it has not seen.

    Exits with 1 when something stands in the way of a release.
    """
    from trimtab import commands  # noqa: PLC0415
    from trimtab.finding import Severity  # noqa: PLC0415
    from trimtab.report import to_html  # noqa: PLC0415

    declared = commands.load(system)
    typed = f"trimtab evaluate {system}" + (f" {version}" if version else "")
    with progress_bar() as progress:
        done = commands.evaluate(
            declared,
            version,
            as_of=as_of,
            rows=rows,
            retrain=not quick,
            home=home,
            progress=progress,
            command=typed,
        )
    document = done.document()
    stem = re.sub(r"[^\w.-]+", "-", declared.name)
    place = report or Path(f"{stem}-evaluation.html")
    place.write_text(to_html(document), encoding="utf-8")
    print_document_of(document, SHOWN)
    click.echo(f"\nreport: {place}")
    write_json(json_file, done.to_json)
    if done.severity >= Severity.ACT:
        sys.exit(1)
    say_next(f"trimtab serve {system}")


@click.command()
@click.argument("system")
@click.option(
    "--budget",
    type=click.FloatRange(min=0),
    default=20,
    show_default=True,
    help="Whole trainings for each rung.",
)
@click.option("--as-of", metavar="DATE", help="Labels as known at this instant.")
@click.option("--report", type=click.Path(path_type=Path), help="Write the report as a page.")
@json_of()
@HOME
def tune(
    system: str,
    budget: float,
    as_of: str | None,
    report: Path | None,
    json_file: Path | None,
    home: Path | None,
) -> None:
    """Search better settings for SYSTEM: of a linear model, gradient boosting and its own learner; changes nothing."""
    from trimtab import commands  # noqa: PLC0415
    from trimtab.report import to_html  # noqa: PLC0415

    declared = commands.load(system)
    typed = f"trimtab tune {system} --budget {budget:g}" + (f" --as-of {as_of}" if as_of else "")
    with progress_bar() as progress:
        done = commands.tune(declared, budget, as_of=as_of, home=home, progress=progress, command=typed)
    document = done.document()
    print_document_of(document)
    if report is not None:
        report.write_text(to_html(document), encoding="utf-8")
    write_json(json_file, done.to_json)
    say_next(f"trimtab evaluate {system}")
