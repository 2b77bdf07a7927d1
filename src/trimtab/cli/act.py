"""Act: train a version, erase a subject."""

from __future__ import annotations

from pathlib import Path

import click

from trimtab.cli.options import HOME
from trimtab.cli.shown import progress_bar, say_next


@click.command()
@click.argument("system")
@click.option("--as-of", metavar="DATE", help="Train on what was known at this time (default: now).")
@HOME
def train(system: str, as_of: str | None, home: Path | None) -> None:
    """Train one version of SYSTEM, store it and record where it came from."""
    from trimtab import commands  # noqa: PLC0415

    with progress_bar() as progress:
        progress("training", 0, 0)
        version = commands.train(commands.load(system), as_of=as_of, home=home)
    click.echo(str(version))
    say_next(f"trimtab serve {system}")


@click.command()
@click.argument("system")
@click.argument("source")
@click.argument("key")
@HOME
@click.confirmation_option(prompt="This removes facts and predictions for good. Go on?")
def forget(system: str, source: str, key: str, home: Path | None) -> None:
    """Erase what is on record in SOURCE about the subject KEY; of the request's source, its predictions too."""
    from trimtab import commands  # noqa: PLC0415

    done = commands.forget(commands.load(system), source, key, home=home)
    click.echo(str(done))
    say_next(f"trimtab train {system} (a version that never saw it)")
