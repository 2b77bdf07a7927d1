"""Decide: write a system file, check it, ask whether ML is right here."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from trimtab.cli.options import HOME, json_of
from trimtab.cli.shown import print_document_of, progress_bar, say_next, write_json


@click.command()
@click.argument("source", default="flights")
@click.option("--to", type=click.Path(path_type=Path), help="The file to write.")
def init(source: str, to: Path | None) -> None:
    """Write a system file to start from: of the flights example, or guessed from SOURCE, a dated table."""
    from trimtab import commands  # noqa: PLC0415

    path = commands.init(source, to=to)
    click.echo(f"wrote {path}")
    say_next(f"trimtab check {path}")


@click.command()
@click.argument("system")
@click.option("--explain", is_flag=True, help="Say in words what each feature is and how it is computed.")
@json_of("findings")
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


@click.command()
@click.argument("system")
@click.option(
    "--answer", "answers", metavar='NUMBER="..."', multiple=True, help="Keep the answer to a question."
)
@click.option("--by", metavar="NAME", default="", help="Who answers.")
@json_of()
@click.option("--report", type=click.Path(path_type=Path), help="Write the outcome as an HTML page.")
@HOME
def assess(  # options of one command
    system: str,
    answers: tuple[str, ...],
    by: str,
    json_file: Path | None,
    report: Path | None,
    home: Path | None,
) -> None:
    """Say whether ML is right for SYSTEM: a rule first, labels first, go, or what would tell.

    With --answer it only keeps a person's answers to the questions that no data can answer.
    """
    from trimtab import commands  # noqa: PLC0415
    from trimtab.report.html import to_html  # noqa: PLC0415

    declared = commands.load(system)
    if answers:
        kept = commands.answer(declared, dict(map(_numbered, answers)), by=by, home=home)
        click.echo(f"kept: {len(answers)} now, {len(kept)} in all")
        say_next(f"trimtab assess {system}")
        return
    with progress_bar() as progress:
        found = commands.assess(declared, home=home, progress=progress)
    print_document_of(found.document())
    write_json(json_file, found.to_json)
    if report is not None:
        report.write_text(to_html(found.document()), encoding="utf-8")
    say_next(f"trimtab replay {system}")


def _numbered(given: str) -> tuple[int, str]:
    """The number and the words of an answer as it is written on the command line."""
    from trimtab.errors import UsageError  # noqa: PLC0415

    number, _, text = given.partition("=")
    if not number.strip().isdigit():
        raise UsageError(f"{given!r} names no question", do='write --answer 3="the lawyers agreed"')
    return int(number), text
