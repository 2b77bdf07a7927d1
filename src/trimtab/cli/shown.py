"""What commands print: documents, JSON files, progress, and the command to try next."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click


def say_next(text: str) -> None:
    """End a command with the one to try next."""
    click.echo(f"next: {text}")


def print_document_of(document: Any, sections: tuple[str, ...] | None = None) -> None:
    """Print a document, or some of its sections, for this terminal."""
    from rich.console import Console  # noqa: PLC0415

    from trimtab.report.terminal import print_document  # noqa: PLC0415

    print_document(document, Console(), sections)


def write_json(path: Path | None, content: Callable[[], dict[str, Any]]) -> None:
    """Write a result as JSON where a file was named."""
    if path is not None:
        path.write_text(json.dumps(content(), indent=1) + "\n", encoding="utf-8")


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar on a terminal; nothing where the output is not one."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def show(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total or None)

        yield show
