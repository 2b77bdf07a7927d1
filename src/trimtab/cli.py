"""The command line: it parses and prints; the work is done by the functions of the same names."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import textwrap
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from trimtab import __version__

MOMENTS = {
    "decide": ("init", "check"),
    "rehearse": ("replay", "demo"),
    "act": ("train",),
}


class Moments(click.Group):
    """Help grouped by the user's moment instead of by the alphabet."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        """Write the groups in the order in which a user needs them."""
        for moment, names in MOMENTS.items():
            rows = [(name, self.commands[name].get_short_help_str(90)) for name in names]
            with formatter.section(moment):
                formatter.write_dl(rows)


@click.group(cls=Moments, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="trimtab")
def cli() -> None:
    """Keep machine-learning models alive in production: declare a system, check it, rehearse its life."""


def main() -> None:
    """Run the command line; every problem ends as one paragraph, never as a traceback."""
    from trimtab.errors import TrimtabError  # noqa: PLC0415  # `trimtab --version` loads nothing it does not need

    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except TrimtabError as error:
        _fail(str(error), 1)
    except OSError as error:
        _fail(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}", 1)
    except MemoryError:
        _fail(
            "this machine has too little memory for that; do: replay a shorter period with --from and --to", 1
        )
    except Exception as error:  # noqa: BLE001  # the last boundary: a fault of ours must not end as a traceback
        _fail(
            f"trimtab stumbled over a fault of its own: {type(error).__name__}: {error}; details: {_noted(error)}",
            70,
        )


def _fail(message: str, code: int) -> None:
    click.echo(f"{click.style('error', fg='red')}: {message}", err=True)
    sys.exit(code)


def _noted(error: Exception) -> Path:
    """Where the details of a fault were written, for a report to the makers."""
    with tempfile.NamedTemporaryFile(
        "w", prefix="trimtab-fault-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.write("".join(traceback.format_exception(error)))
    return Path(file.name)


def _next(text: str) -> None:
    click.echo(f"next: {text}")


@cli.command()
@click.argument("source", default="flights")
@click.option("--to", type=click.Path(path_type=Path), help="The file to write.")
def init(source: str, to: Path | None) -> None:
    """Write a system file to start from: of the flights example, or guessed from SOURCE, a dated table."""
    from trimtab.starting import init as run  # noqa: PLC0415

    path = run(source, to=to)
    click.echo(f"wrote {path}")
    _next(f"trimtab check {path}")


@cli.command()
@click.argument("system")
@click.option("--explain", is_flag=True, help="Say in words what each feature is and how it is computed.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write the findings as JSON.")
def check(system: str, explain: bool, json_file: Path | None) -> None:  # noqa: FBT001  # a flag of the command line
    """Check SYSTEM's declaration against its data."""
    from trimtab import commands  # noqa: PLC0415
    from trimtab.finding import Severity  # noqa: PLC0415

    with _progress() as progress:
        progress("reading sources and computing features", 0, 0)
        found = commands.check(commands.load(system))
    _print(found.document(explained=explain))
    _write_json(json_file, found.to_json)
    if found.severity >= Severity.ACT:
        sys.exit(1)
    _next(f"trimtab replay {system}")


def _replay_options(function: Callable[..., None]) -> Callable[..., None]:
    options = [
        click.option("--from", "start", metavar="DATE", help="Score requests from this day on."),
        click.option("--to", "stop", metavar="DATE", help="Score requests before this day."),
        click.option("--policy", "policies", multiple=True, help="Compare this policy; may be repeated."),
        click.option("--thorough", is_flag=True, help="Add daily policies and finer curves."),
        click.option(
            "--json", "json_file", type=click.Path(path_type=Path), help="Write the outcome as JSON."
        ),
        click.option("--report", type=click.Path(path_type=Path), help="Where to write the HTML report."),
        click.option(
            "--chart", type=click.Path(path_type=Path), help="Where to write the performance chart as SVG."
        ),
        click.option("--home", type=click.Path(path_type=Path), help="The folder that holds all state."),
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


@cli.command()
@click.argument("system")
@_replay_options
@_table_options
def replay(system: str, **options: Any) -> None:
    """Replay SYSTEM's history: compare retraining policies by what they would have cost.

    SYSTEM is a system file, a module, an example (flights), or a dated table with --at, --label and --label-known.
    """
    _replay(system, options)


@cli.command()
@_replay_options
def demo(**options: Any) -> None:
    """Replay the built-in flights system through 2013 and write a report to look at."""
    _replay("flights", {**options, "chart": options["chart"] or Path("flight-delay-replay.svg")})
    folder = Path(__file__).parent / "examples" / "flights"
    click.echo(f"the system file (about 80 lines, yours to read): {folder / 'system.py'}")
    _next("trimtab init my.parquet (a system file of your own), or trimtab init (a copy of this one)")


def _replay(target: str, options: dict[str, Any]) -> None:
    from trimtab import commands  # noqa: PLC0415

    declared = _declared(target, options)
    words = _given(target, options)
    with _progress() as progress:
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

    document = page(done)
    report = options["report"] or Path(f"{name}-replay.html")
    report.write_text(to_html(document), encoding="utf-8")
    if options["chart"]:
        options["chart"].write_text(to_svg(performance(done)), encoding="utf-8")
    _write_json(options["json_file"], done.to_json)
    _print(document, ("Policies",))
    click.echo(f"\n{textwrap.fill(done.sentence, 110)}\nreport: {report}")


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


@cli.command()
@click.argument("system")
@click.option("--as-of", metavar="DATE", help="Train on what was known at this time (default: now).")
@click.option("--home", type=click.Path(path_type=Path), help="The folder that holds all state.")
def train(system: str, as_of: str | None, home: Path | None) -> None:
    """Train one version of SYSTEM, store it and record where it came from."""
    from trimtab import commands  # noqa: PLC0415

    with _progress() as progress:
        progress("training", 0, 0)
        version = commands.train(commands.load(system), as_of=as_of, home=home)
    click.echo(str(version))
    _next(f"trimtab replay {system} (how would it have kept?)")


def _print(document: Any, sections: tuple[str, ...] | None = None) -> None:
    from rich.console import Console  # noqa: PLC0415

    from trimtab.report.terminal import print_document  # noqa: PLC0415

    print_document(document, Console(), sections)


def _write_json(path: Path | None, content: Callable[[], dict[str, Any]]) -> None:
    if path is not None:
        path.write_text(json.dumps(content(), indent=1) + "\n", encoding="utf-8")


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar on a terminal; nothing where the output is not one."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def show(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total or None)

        yield show
