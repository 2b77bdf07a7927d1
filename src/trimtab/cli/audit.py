"""Judge: take findings on, write model cards, and count what is on record."""

from __future__ import annotations

import re
from pathlib import Path

import click

from trimtab.cli.options import HOME, json_of
from trimtab.cli.shown import print_document_of, say_next, write_json

PRINTED = ("Intended use", "Training data", "Evaluation data", "Quantitative analyses")
"""The sections of a card that are printed; the rest is on the page."""


@click.command()
@click.argument("system")
@click.argument("finding")
@click.option("--by", metavar="NAME", default="", help="Who takes it on.")
@click.option("--reason", metavar="TEXT", default="", help="Why.")
@click.option("--until", metavar="DATE", required=True, help="The day on which it comes back.")
@HOME
def accept(  # options of one command
    system: str,
    finding: str,
    by: str,
    reason: str,
    until: str,
    home: Path | None,
) -> None:
    """Take on a FINDING of an evaluation or of the gate of SYSTEM: its sentence, or the beginning."""
    from trimtab import commands  # noqa: PLC0415

    done = commands.accept(commands.load(system), finding, by=by, reason=reason, until=until, home=home)
    click.echo(str(done))
    say_next(f"trimtab evaluate {system}")


@click.command()
@click.argument("system")
@click.option("--at", metavar="DATE", help="Judge the record as it was (default: as it is).")
@click.option(
    "--report", type=click.Path(path_type=Path), help="The page to write (default: NAME-audit.html)."
)
@json_of()
@HOME
def audit(
    system: str, at: str | None, report: Path | None, json_file: Path | None, home: Path | None
) -> None:
    """Count what SYSTEM has on record of the 28 tests of the ML Test Score."""
    from trimtab import commands  # noqa: PLC0415
    from trimtab.report import to_html  # noqa: PLC0415

    declared = commands.load(system)
    done = commands.audit(declared, at=at, home=home, target=system)
    place = report or Path(f"{_stem(declared.name)}-audit.html")
    place.write_text(to_html(done.document()), encoding="utf-8")
    print_document_of(done.document())
    click.echo(f"\nreport: {place}")
    write_json(json_file, done.to_json)
    lacking = [each for _, tests in done.sections for each in tests if not each.shown.points]
    say_next(lacking[0].shown.command if lacking else f"trimtab card {system}")


@click.command()
@click.argument("system")
@click.argument("version", required=False)
@click.option(
    "--at", metavar="DATE", help="The card as it was then (default: as of the newest entry on record)."
)
@click.option(
    "--report", type=click.Path(path_type=Path), help="The page to write (default: NAME-VERSION-card.html)."
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path),
    help="The values (default: NAME-VERSION-card.json).",
)
@HOME
def card(  # options of one command
    system: str,
    version: str | None,
    at: str | None,
    report: Path | None,
    json_file: Path | None,
    home: Path | None,
) -> None:
    """Write the model card of a VERSION of SYSTEM (default: the one that answers) as a page and as JSON."""
    from trimtab import commands  # noqa: PLC0415
    from trimtab.report import to_html  # noqa: PLC0415

    declared = commands.load(system)
    done = commands.card(declared, version, at=at, home=home, target=system)
    document, stem = done.document(), f"{_stem(declared.name)}-{done.version}-card"
    place, values = report or Path(f"{stem}.html"), json_file or Path(f"{stem}.json")
    place.write_text(to_html(document), encoding="utf-8")
    write_json(values, done.to_json)
    print_document_of(document, PRINTED)
    if done.empty:
        click.echo(f"\nempty, for people to say: {'; '.join(done.empty)}")
    click.echo(f"\ncard: {place}, {values}")
    say_next(f"trimtab audit {system}")


def _stem(name: str) -> str:
    """A system's name as the beginning of a file's."""
    return re.sub(r"[^\w.-]+", "-", name)
