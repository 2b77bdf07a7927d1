"""Rehearse: the whole loop over a system's own history."""

from __future__ import annotations

import contextlib
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from trimtab.cli.options import HOME, json_of
from trimtab.cli.shown import print_document_of, progress_bar, say_next, write_json


def _replay_options(function: Callable[..., None]) -> Callable[..., None]:
    options = [
        click.option("--from", "start", metavar="DATE", help="Score requests from this day on."),
        click.option("--to", "stop", metavar="DATE", help="Score requests before this day."),
        click.option("--policy", "policies", multiple=True, help="Compare this policy; may be repeated."),
        click.option("--thorough", is_flag=True, help="Add daily policies and finer curves."),
        json_of(),
        click.option("--report", type=click.Path(path_type=Path), help="Where to write the HTML report."),
        click.option(
            "--chart", type=click.Path(path_type=Path), help="Where to write the performance chart as SVG."
        ),
        HOME,
        click.option("--processes", type=click.IntRange(1), help="Training processes (default: one a core)."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def _table_options(function: Callable[..., None]) -> Callable[..., None]:
    options = [
        click.option("--at", metavar="COLUMN", help="For a table: the time of each request."),
        click.option("--label", metavar="COLUMN", help="For a table: the true answer."),
        click.option("--label-known", metavar="COLUMN", help="For a table: when the answer became known."),
        click.option(
            "--matures-after", metavar="DAYS", type=float, help="For a table: when answers are final."
        ),
        click.option("--zone", metavar="NAME", help="For a table: the zone of times without one."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


@click.command()
@click.argument("system")
@_replay_options
@_table_options
@click.option("--verify", is_flag=True, help="Instead, feed what a live loop heard through it again.")
def replay(system: str, verify: bool, **options: Any) -> None:  # noqa: FBT001  # a flag of the command line
    """Replay SYSTEM's history: compare retraining policies by what they would have cost.

    SYSTEM is a system file, a module, an example (flights), or a dated table with --at, --label and --label-known.
    """
    if verify:
        _verify(system, options)
        return
    _replay(system, options)


def _verify(system: str, options: dict[str, Any]) -> None:
    from trimtab import commands  # noqa: PLC0415
    from trimtab.finding import Severity  # noqa: PLC0415

    found = commands.verify(commands.load(system), home=options["home"]).finding
    click.echo(f"{found.severity!s}  {found.what}" + (f": {found.cause}" if found.cause else ""))
    if found.severity >= Severity.ACT:
        sys.exit(1)
    say_next(f"trimtab history {system}")


@click.command()
@click.argument("name", default="flights")
@_replay_options
def demo(name: str, **options: Any) -> None:
    """Replay a built-in system through its history and write a report: NAME is flights, cdnow or bikes.

    At a terminal the console then shows the replay day by day, until Ctrl-C.
    """
    from trimtab.errors import UsageError, nearest  # noqa: PLC0415
    from trimtab.loading import EXAMPLES  # noqa: PLC0415

    if name not in EXAMPLES:
        raise UsageError(
            f"no example {name!r}", nearest=nearest(name, EXAMPLES), do=f"name one of {', '.join(EXAMPLES)}"
        )
    chart = {"flights": "flight-delay-replay.svg"}.get(name, f"{name}-replay.svg")
    _replay(name, {**options, "chart": options["chart"] or Path(chart)})
    folder = Path(__file__).parents[1] / "examples" / name
    lines = len((folder / "system.py").read_text(encoding="utf-8").splitlines())
    click.echo(f"the system file ({lines} lines, yours to read): {folder / 'system.py'}")
    say_next(
        "trimtab init my.parquet (a system file of your own), or trimtab init (a copy of the flights one)"
    )
    _look(name, options["home"])


def _look(name: str, home: Path | None) -> None:
    """Show the replay in the console until Ctrl-C; where nobody sits at a terminal, say how to."""
    from trimtab import commands  # noqa: PLC0415

    if not sys.stdin.isatty():
        where = "" if home is None else f" --home {home}"
        click.echo(f"day by day in a browser: trimtab console {name}{where}")
        return
    click.echo("day by day in a browser, until Ctrl-C:")
    # another console may run beside: then any free port will do
    with contextlib.suppress(KeyboardInterrupt):
        commands.console(commands.load(name), home=home, port=None, target=name, announce=click.echo)


def _replay(target: str, options: dict[str, Any]) -> None:
    from trimtab import commands  # noqa: PLC0415

    declared = _declared(target, options)
    words = _given(target, options)
    with progress_bar() as progress:
        done = commands.replay(
            declared,
            start=options["start"],
            stop=options["stop"],
            policies=options["policies"],
            thorough=options["thorough"],
            home=options["home"],
            processes=options["processes"],
            progress=progress,
            command=words,
        )
    _show(done, declared.name, options)


def _show(done: Any, name: str, options: dict[str, Any]) -> None:
    from trimtab.report import to_html, to_svg  # noqa: PLC0415
    from trimtab.runtime.replay.page import page, performance  # noqa: PLC0415
    from trimtab.runtime.replay.release_page import released  # noqa: PLC0415
    from trimtab.runtime.replay.watch_page import summary as watched  # noqa: PLC0415

    document = page(done)
    report = options["report"] or Path(f"{name}-replay.html")
    report.write_text(to_html(document), encoding="utf-8")
    if options["chart"]:
        options["chart"].write_text(to_svg(performance(done)), encoding="utf-8")
    write_json(options["json_file"], done.to_json)
    print_document_of(document, ("Policies",))
    told = [done.sentence, *released(done.policies), *([watched(done.watched)] if done.watched else [])]
    click.echo("\n" + "\n".join(textwrap.fill(each, 110) for each in told) + f"\nreport: {report}")


def _declared(target: str, options: dict[str, Any]) -> Any:
    from trimtab import commands  # noqa: PLC0415
    from trimtab.loading import table_system  # noqa: PLC0415

    if options.get("at") or options.get("label"):
        return table_system(
            target,
            **{name: options[name] for name in ("at", "label", "label_known", "matures_after", "zone")},
        )
    return commands.load(target)


def _given(target: str, options: dict[str, Any]) -> str:
    words = [f"trimtab replay {target}"]
    for name, value in options.items():
        flag = {"start": "--from", "stop": "--to", "policies": "--policy"}.get(
            name, f"--{name.replace('_', '-')}"
        )
        if name in {"json_file", "report", "chart", "home", "processes"} or not value:
            continue
        words += (
            [f"{flag} {one}" for one in value]
            if isinstance(value, tuple)
            else [flag if value is True else f"{flag} {value}"]
        )
    return " ".join(words)
