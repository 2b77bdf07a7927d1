"""Run: serve a system, predict many rows, hand out keys."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from trimtab.cli.options import HOME, json_of
from trimtab.cli.shown import progress_bar, say_next, write_json


@click.command()
@click.argument("system")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1), help="Serving processes.")
@click.option("--worker-of", type=int, hidden=True)
@click.option(
    "--timeout", default=10.0, show_default=True, type=click.FloatRange(0.01, 3600.0), metavar="SECONDS"
)
@click.option("--access-log", is_flag=True, help="Log every call, not only refused and slow ones.")
@click.option("--no-loop", is_flag=True, help="Only answer: neither train nor release beside it.")
@HOME
def serve(  # noqa: PLR0913, PLR0917  # each option is one independent wish
    system: str,
    host: str,
    port: int,
    workers: int,
    worker_of: int | None,
    timeout: float,
    access_log: bool,  # noqa: FBT001  # a flag of the command line
    no_loop: bool,  # noqa: FBT001  # a flag of the command line
    home: Path | None,
) -> None:
    """Serve SYSTEM over HTTP: predictions, facts, labels; stop it with Ctrl-C."""
    from trimtab import commands  # noqa: PLC0415

    commands.serve(
        commands.load(system),
        home=home,
        host=host,
        port=port,
        workers=workers,
        worker_of=worker_of,
        target=system,
        with_loop=not no_loop,
        timeout=timeout,
        access_log=access_log,
        log=sys.stderr,
        announce=click.echo,
    )


@click.command()
@click.argument("system")
@click.argument("rows", required=False)
@click.option(
    "--to", default="predictions.parquet", show_default=True, help="The Parquet or CSV file to write."
)
@click.option("--version", help="Score with this version (default: the champion).")
@click.option("--at", metavar="DATE", help='Ask all rows at this time, or "now" (default: their own).')
@click.option("--chunk-rows", default=50_000, show_default=True, type=click.IntRange(1))
@click.option("--features", is_flag=True, help="Write the feature values too.")
@json_of()
@HOME
def predict(system: str, rows: str | None, to: str, json_file: Path | None, **options: Any) -> None:
    """Score ROWS, a file, folder or pattern (default: the request's own source), and write them to a file."""
    from trimtab import commands  # noqa: PLC0415

    with progress_bar() as progress:
        done = commands.predict(commands.load(system), rows, to, progress=progress, **options)
    click.echo(done.sentence)
    write_json(json_file, done.to_json)
    say_next(f"trimtab serve {system} (the same scores, one at a time)")


@click.group()
def keys() -> None:
    """Hand out, list and revoke API keys of a system."""


@keys.command("add")
@click.argument("system")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    default=("predict",),
    show_default=True,
    help="predict, ingest or admin; may be repeated.",
)
@HOME
def add_key(system: str, name: str, scopes: tuple[str, ...], home: Path | None) -> None:
    """Make a key called NAME and print its secret, which is kept nowhere."""
    from trimtab import commands  # noqa: PLC0415

    click.echo(commands.add_key(commands.load(system), name, scopes, home=home))
    click.echo("keep it: it is not stored and will not be shown again", err=True)


@keys.command("list")
@click.argument("system")
@HOME
def list_keys(system: str, home: Path | None) -> None:
    """List the keys by name."""
    from trimtab import commands  # noqa: PLC0415

    for key in commands.keys(commands.load(system), home=home):
        click.echo(f"{key.name}: {', '.join(key.scopes)}, made {key.made}")


@keys.command("revoke")
@click.argument("system")
@click.argument("name")
@HOME
def revoke_key(system: str, name: str, home: Path | None) -> None:
    """Take the key called NAME back."""
    from trimtab import commands  # noqa: PLC0415

    commands.revoke_key(commands.load(system), name, home=home)
    click.echo(f"revoked {name}")
