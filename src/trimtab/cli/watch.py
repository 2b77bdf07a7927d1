"""Watch: is a model doing worse, by the log of what it answered."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from trimtab.cli.options import json_of
from trimtab.cli.shown import print_document_of, progress_bar, say_next, write_json

SHOWN = ("Verdicts now", "Pages", "Drift", "What was decided on the way")
"""The sections that are printed; the rest is on the page."""

COLUMNS = (
    ("--time", "COLUMN", "When each prediction was asked: a timestamp, a date or seconds since 1970."),
    ("--score", "COLUMN", "The score; for classes one column each: p_a,p_b,p_c."),
    ("--label", "COLUMN", "The true answer, null while unknown."),
    ("--label-known", "COLUMN", "When the answer became known."),
    ("--matures-after", "DURATION", "How long after its request an answer is final, such as 2d."),
    ("--labels", "FILE", "Answers that live in another table; joined by --id."),
    ("--id", "COLUMN", "What identifies a prediction in the log and among the labels."),
    ("--features", "COLUMNS", "The features (default: all other columns)."),
    ("--without", "COLUMNS", "Columns that are not watched."),
    ("--slices", "COLUMNS", "Columns whose values are watched on their own, too."),
    ("--classes", "NAMES", "The classes in the order of --score (default: from its names)."),
    ("--positive", "VALUE", "The label that is a yes, where labels are texts."),
    ("--reference-score", "COLUMN", "Another model's score on the same rows, to compare with."),
    ("--reference", "FILE", "An accepted period that lives in another file."),
    (
        "--reference-until",
        "WHEN",
        "Where the accepted period ends: a date or a number of rows (default: a quarter).",
    ),
    ("--zone", "NAME", "The zone of times without one, and of days."),
    ("--window", "DURATION", "The length of a window, such as 1d or 1h (default: 1d)."),
    ("--currency", "NAME", "What prices are in (default: EUR)."),
)
NUMBERS = (
    ("--windows-per-year", "With --every: how many windows a year has (default: from the times)."),
    ("--false-pages-per-year", "The false pages a year that you accept (default: 1)."),
    ("--false-alarm", "The price of acting on a negative."),
    ("--miss", "The price of not acting on a positive."),
    ("--threshold", "The score from which on a yes is acted on."),
    (
        "--tolerance",
        "By which share of the loss the model may do worse (default: 0.1; 0.05 with --reference-score).",
    ),
)


def _options(function: Callable[..., None]) -> Callable[..., None]:
    options = [click.option(name, metavar=kind, help=text) for name, kind, text in COLUMNS]
    options += [click.option(name, type=float, help=text) for name, text in NUMBERS]
    options += [
        click.option("--every", type=click.IntRange(1), metavar="ROWS", help="Windows of so many rows."),
        click.option("--loss", metavar="NAME", help="decision, brier, absolute or money."),
        click.option("--unit", metavar="NAME", help="What is independent: day (the window) or row."),
        click.option("--task", metavar="NAME", help="binary, multiclass or regression."),
        click.option(
            "--out", metavar="FOLDER", help="Write the figures of every window here, to check by hand."
        ),
        json_of(),
        click.option(
            "--home", type=click.Path(path_type=Path), help="Of a system: the folder that holds all state."
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


@click.command()
@click.argument("log")
@_options
def watch(log: str, json_file: Path | None, home: Path | None, **options: Any) -> None:
    """Watch LOG, a table of predictions that anyone served: what would have paged, when and why.

    Exits with 1 while a page is open at the end of the log. LOG may be a system instead: then the days that have ended
    are closed, its sinks are told, and verdicts and incidents are shown; exits with 1 when something must be done.
    """
    from trimtab import commands  # noqa: PLC0415
    from trimtab.errors import UsageError  # noqa: PLC0415
    from trimtab.finding import Severity  # noqa: PLC0415

    given = {name: value for name, value in options.items() if value is not None}
    if _names_system(log):
        if given:
            raise UsageError(
                f"{log} is a system, which declares how it is watched",
                found=", ".join(f"--{name.replace('_', '-')}" for name in given),
                do=f"trimtab watch {log}",
            )
        _watch_system(log, json_file, home)
        return
    with progress_bar() as progress:
        progress("watching the log", 0, 0)
        done = commands.watch(log, command=_typed(log, given), **given)
    report = Path(options["out"] or ".") / ("watch.html" if options["out"] else f"{_stem(log)}-watch.html")
    _show(done, report)
    write_json(json_file, done.to_json)
    if done.severity >= Severity.ACT:
        sys.exit(1)
    say_next(
        f"open {report}"
        if options["out"]
        else f"{done.command} --out figures (every window, to check by hand)"
    )


def _watch_system(target: str, json_file: Path | None, home: Path | None) -> None:
    from trimtab import commands  # noqa: PLC0415
    from trimtab.finding import Severity  # noqa: PLC0415

    found = commands.watch_system(commands.load(target), home=home, target=target)
    print_document_of(found.document())
    write_json(json_file, found.to_json)
    if found.severity >= Severity.ACT:
        sys.exit(1)
    say_next(f"trimtab status {target}")


def _show(done: Any, report: Path) -> None:
    from trimtab.report import to_html  # noqa: PLC0415

    document = done.document()
    report.write_text(to_html(document), encoding="utf-8")
    print_document_of(document, SHOWN)
    if done.folder is not None:
        click.echo(f"\nfigures of every window: {Path(done.folder) / 'windows.parquet'}")
    click.echo(f"report: {report}")


def _names_system(target: str) -> bool:
    """Whether a target is a declared system: a Python file, a shipped example or a module with a name."""
    from trimtab.loading import EXAMPLES  # noqa: PLC0415

    place = target.partition(":")[0]
    return place in EXAMPLES or place.endswith(".py") or bool(re.fullmatch(r"[\w.]+:\w+", target))


def _typed(log: str, given: dict[str, Any]) -> str:
    words = ["trimtab", "watch", log]
    for name, value in given.items():
        shown = f"{value:g}" if isinstance(value, float) else str(value)
        words += [f"--{name.replace('_', '-')}", shown]
    return shlex.join(words)


def _stem(log: str) -> str:
    """The name of a log without its folder and extension, fit for a file."""
    return re.sub(r"[^\w.-]+", "-", Path(log).name.split(".")[0]).strip("-") or "log"
