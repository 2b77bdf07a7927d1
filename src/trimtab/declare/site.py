"""Where in the user's file something was declared."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

_PACKAGE = str(Path(__file__).resolve().parents[1])
_EXAMPLES = str(Path(_PACKAGE) / "examples")


@dataclass(frozen=True)
class Site:
    """A file and a line; prints as ``flights.py:12``."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{Path(self.file).name}:{self.line}"

    @property
    def folder(self) -> Path:
        """The folder of the declaring file: relative paths start here."""
        return Path(self.file).resolve().parent


def declared_here() -> Site:
    """The nearest caller outside trimtab itself (its examples count as the user's files)."""
    frame = sys._getframe(1)  # noqa: SLF001  # the only way to learn the declaring line without asking the user
    while frame.f_back is not None and _is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    return Site(frame.f_code.co_filename, frame.f_lineno)


def _is_ours(filename: str) -> bool:
    if filename.startswith(_EXAMPLES):
        return False
    return filename.startswith((_PACKAGE, "<string>"))
