"""Look: what is live, and is it right."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from trimtab.cli.options import HOME, json_of
from trimtab.cli.shown import print_document_of, progress_bar, say_next, write_json


@click.command()
@click.argument("system")
@click.option("--since", metavar="DATE", help="Check predictions asked from this time on.")
@click.option("--sample", type=click.IntRange(1), help="Check so many predictions, drawn evenly.")
@json_of()
@HOME
def parity(
    system: str, since: str | None, sample: int | None, json_file: Path | None, home: Path | None
) -> None:
    """Compare the features that SYSTEM served with the batch plan, feature by feature; nothing should differ."""
    from trimtab import commands  # noqa: PLC0415
    from trimtab.finding import Severity  # noqa: PLC0415

    with progress_bar() as progress:
        progress("recomputing what was served", 0, 0)
        found = commands.parity(commands.load(system), since=since, sample=sample, home=home)
    print_document_of(found.document())
    write_json(json_file, found.to_json)
    if found.severity >= Severity.ACT:
        sys.exit(1)
    say_next(f"trimtab train {system}")


@click.command()
@click.argument("system")
@click.argument("id", required=False)
@click.option("--report", type=click.Path(path_type=Path), help="Write the explanation as a page.")
@json_of("explanation")
@HOME
def explain(
    system: str,
    id: str | None,  # noqa: A002  # the field's word for it
    report: Path | None,
    json_file: Path | None,
    home: Path | None,
) -> None:
    """Explain the prediction ID of SYSTEM (default: the newest): request, features, what moved the score, label."""
    from trimtab import commands  # noqa: PLC0415
    from trimtab.report import to_html  # noqa: PLC0415

    found = commands.explain(commands.load(system), id, home=home)
    document = found.document()
    print_document_of(document)
    if report is not None:
        report.write_text(to_html(document), encoding="utf-8")
    write_json(json_file, found.to_json)
    say_next(f"trimtab parity {system}")


@click.command()
@click.argument("system")
@json_of("verdicts")
@HOME
def status(system: str, json_file: Path | None, home: Path | None) -> None:
    """Say what answers for SYSTEM, and whether it keeps to what was declared; exits with 1 when something must be done."""
    from trimtab import commands  # noqa: PLC0415
    from trimtab.finding import Severity  # noqa: PLC0415

    found = commands.status(commands.load(system), home=home)
    print_document_of(found.document())
    write_json(json_file, found.to_json)
    if found.severity >= Severity.ACT:
        sys.exit(1)
    say_next(f"trimtab parity {system}")
