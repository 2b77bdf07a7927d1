"""Look: the console on a record alone, or as files."""

from __future__ import annotations

from pathlib import Path

import click

from trimtab.cli.options import HOME
from trimtab.cli.shown import say_next
from trimtab.instants import instant


@click.command()
@click.argument("system", required=False)
@HOME
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8001, show_default=True, type=click.IntRange(1, 65535))
@click.option("--static", type=click.Path(path_type=Path), metavar="FOLDER", help="Write the pages as files.")
@click.option("--at", metavar="DATE", help="With --static: the pages as of this time.")
def console(
    system: str | None, home: Path | None, host: str, port: int, static: Path | None, at: str | None
) -> None:
    """Show the records of SYSTEM, or of a --home, as pages in a browser; nothing can be changed there."""
    from trimtab import commands  # noqa: PLC0415

    loaded = commands.load(system) if system is not None else None
    zone = loaded.zone if loaded is not None else "UTC"
    written = commands.console(
        loaded,
        home=home,
        host=host,
        port=port,
        static=static,
        at=instant(at, zone),
        target=system,
        announce=click.echo,
    )
    if static is not None:
        click.echo(f"wrote {len(written)} pages to {static}")
        say_next(f"open {written[0]}")
