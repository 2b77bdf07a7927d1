"""Release: turn the loop, look at what it did, approve, promote, roll back, and see what an edited file changes."""

from __future__ import annotations

from pathlib import Path

import click

from trimtab.cli.options import HOME, json_of
from trimtab.cli.shown import print_document_of, progress_bar, say_next, write_json

REASON = click.option("--reason", default="", help="Why, for the record.")


@click.command()
@click.argument("system")
@click.option("--once", is_flag=True, required=True, help="Make one turn and end, as cron wants it.")
@click.option("--low-priority", is_flag=True, help="Let everything else on this machine go first.")
@click.option("--beside", is_flag=True, hidden=True)
@HOME
def loop(system: str, once: bool, low_priority: bool, beside: bool, home: Path | None) -> None:  # noqa: ARG001, FBT001  # flags of the command line
    """Make one turn of SYSTEM's loop: train, gate, release or roll back where that is due."""
    from trimtab import commands  # noqa: PLC0415

    with progress_bar() as progress:
        progress("turning", 0, 0)
        done = commands.loop(
            commands.load(system), home=home, idle=low_priority, beside=beside, target=system
        )
    for decision in done.decisions:
        click.echo(f"{decision.kind} {decision.subject}: {decision.reason}")
    if not done.decisions:
        click.echo("nothing to decide")
    say_next(f"trimtab history {system}")


@click.command()
@click.argument("system")
@click.option("--at", metavar="DATE", help="Tell who answered at this time (default: now).")
@json_of()
@HOME
def history(system: str, at: str | None, json_file: Path | None, home: Path | None) -> None:
    """Say which version of SYSTEM answered, since when and why."""
    from trimtab import commands  # noqa: PLC0415

    found = commands.history(commands.load(system), at=at, home=home)
    print_document_of(found.document())
    write_json(json_file, found.to_json)
    say_next(f"trimtab status {system}")


@click.command()
@click.argument("system")
@json_of()
@HOME
def diff(system: str, json_file: Path | None, home: Path | None) -> None:
    """Say what SYSTEM's file changes against what the live version learned from, and what follows."""
    from trimtab import commands  # noqa: PLC0415

    found = commands.diff(commands.load(system), home=home)
    print_document_of(found.document())
    write_json(json_file, found.to_json)
    say_next(f"trimtab train {system}" if found.changes else f"trimtab history {system}")


@click.command()
@click.argument("system")
@click.option(
    "--effect", type=float, help="The difference in mean loss to find (default: the release's margin)."
)
@click.option(
    "--alpha", type=float, default=0.05, show_default=True, help="How often it may err where there is none."
)
@json_of()
@HOME
def experiment(
    system: str, effect: float | None, alpha: float, json_file: Path | None, home: Path | None
) -> None:
    """Say how long an A/B test for SYSTEM would take, and what the split on record says so far."""
    from trimtab import commands  # noqa: PLC0415

    found = commands.experiment(commands.load(system), effect=effect, alpha=alpha, home=home)
    print_document_of(found.document())
    write_json(json_file, found.to_json)
    say_next(f"trimtab history {system}")


@click.command()
@click.argument("system")
@click.argument("version", required=False)
@REASON
@HOME
def approve(system: str, version: str | None, reason: str, home: Path | None) -> None:
    """Let the candidate of SYSTEM that waits (or VERSION) take its next step."""
    from trimtab import commands  # noqa: PLC0415

    click.echo(str(commands.approve(commands.load(system), version, reason=reason, home=home)))
    say_next(f"trimtab history {system}")


@click.command()
@click.argument("system")
@click.argument("version", required=False)
@REASON
@HOME
def decline(system: str, version: str | None, reason: str, home: Path | None) -> None:
    """Turn away the candidate of SYSTEM that waits (or VERSION): it is retired, and the champion stays."""
    from trimtab import commands  # noqa: PLC0415

    click.echo(str(commands.decline(commands.load(system), version, reason=reason, home=home)))
    say_next(f"trimtab history {system}")


@click.command()
@click.argument("system")
@click.argument("version")
@REASON
@HOME
def promote(system: str, version: str, reason: str, home: Path | None) -> None:
    """Let VERSION answer for SYSTEM, whatever the evidence."""
    from trimtab import commands  # noqa: PLC0415

    click.echo(str(commands.promote(commands.load(system), version, reason=reason, home=home)))
    say_next(f"trimtab history {system}")


@click.command()
@click.argument("system")
@REASON
@HOME
def rollback(system: str, reason: str, home: Path | None) -> None:
    """Let the version before the champion of SYSTEM answer again."""
    from trimtab import commands  # noqa: PLC0415

    click.echo(str(commands.rollback(commands.load(system), reason=reason, home=home)))
    say_next(f"trimtab history {system}")
