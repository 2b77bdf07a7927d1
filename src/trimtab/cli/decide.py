"""Decide: write a system file, check it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from trimtab.cli.shown import print_document_of, progress_bar, say_next, write_json


@click.command()
@click.argument("source", default="flights")
@click.option("--to", type=click.Path(path_type=Path), help="The file to write.")
def init(source: str, to: Path | None) -> None:
    """Write a system file to start from: of the flights example, or guessed from SOURCE, a dated table."""
    from trimtab.starting import init as run  # noqa: PLC0415

    path = run(source, to=to)
    click.echo(f"wrote {path}")
    say_next(f"trimtab check {path}")


@click.command()
@click.argument("system")
@click.option("--explain", is_flag=True, help="Say in words what each feature is and how it is computed.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write the findings as JSON.")
def check(system: str, explain: bool, json_file: Path | None) -> None:  # noqa: FBT001  # a flag of the command line
    """Check SYSTEM's declaration against its data."""
    from trimtab import commands  # noqa: PLC0415
    from trimtab.finding import Severity  # noqa: PLC0415

    with progress_bar() as progress:
        progress("reading sources and computing features", 0, 0)
        found = commands.check(commands.load(system))
    print_document_of(found.document(explained=explain))
    write_json(json_file, found.to_json)
    if found.severity >= Severity.ACT:
        sys.exit(1)
    say_next(f"trimtab replay {system}")
