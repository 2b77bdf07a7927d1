"""Incidents: answer one, be quiet about one, see whether sinks take a message."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from trimtab.cli.options import HOME
from trimtab.cli.shown import print_document_of, say_next

BY = click.option("--by", metavar="NAME", help="Who says so (default: the user of this process).")


@click.command()
@click.argument("system")
@click.argument("id")
@click.option(
    "--as",
    "answer",
    type=click.Choice(["benign", "fixed", "working"]),
    required=True,
    help="No harm, harm that is over, or harm that somebody works on.",
)
@BY
@HOME
def acknowledge(system: str, id: str, answer: Any, by: str | None, home: Path | None) -> None:  # noqa: A002
    """Answer the incident ID of SYSTEM; benign begins a new reference where the change did."""
    from trimtab import commands  # noqa: PLC0415

    done = commands.acknowledge(commands.load(system), id, answer, by=by, home=home, target=system)
    click.echo(str(done))
    say_next(f"trimtab status {system}")


@click.command()
@click.argument("system")
@click.argument("id")
@click.option("--for", "length", metavar="DURATION", required=True, help="How long, such as 4h or 2d.")
@BY
@HOME
def snooze(system: str, id: str, length: str, by: str | None, home: Path | None) -> None:  # noqa: A002
    """Send nothing of the incident ID of SYSTEM for some time."""
    from trimtab import commands  # noqa: PLC0415
    from trimtab.runtime.watching.logs.asked import duration  # noqa: PLC0415

    done = commands.snooze(commands.load(system), id, duration(length), by=by, home=home, target=system)
    click.echo(str(done))
    say_next(f"trimtab status {system}")


@click.command("send-test")
@click.argument("system")
def send_test(system: str) -> None:
    """Send one test message to every sink of SYSTEM; exits with 1 when one does not take it."""
    from trimtab import commands  # noqa: PLC0415
    from trimtab.finding import Severity  # noqa: PLC0415

    found = commands.send_test(commands.load(system), target=system)
    print_document_of(found.document())
    if found.severity >= Severity.ACT:
        sys.exit(1)
    say_next(f"trimtab watch {system}")
