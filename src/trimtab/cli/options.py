"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any] | click.Command)

HOME = click.option("--home", type=click.Path(path_type=Path), help="The folder that holds all state.")


def json_of(what: str = "outcome") -> Callable[[Command], Command]:
    """The option that writes a result as JSON too."""
    return click.option(
        "--json", "json_file", type=click.Path(path_type=Path), help=f"Write the {what} as JSON."
    )
