"""Where in the user's file something was declared."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
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
        name = Path(self.file).name
        return f"{name}:{self.line}" if self.line else name

    @property
    def folder(self) -> Path:
        """The folder of the declaring file, where relative paths start; the working folder for a notebook's cell."""
        folder = Path(self.file).resolve().parent
        return folder if folder.is_dir() and not self.file.startswith("<") else Path.cwd()


_INSTEAD: ContextVar[Site | None] = ContextVar("_INSTEAD", default=None)


@contextmanager
def declared_in(file: str) -> Iterator[None]:
    """Within, everything counts as declared in that file: for systems that come from a command's options."""
    token = _INSTEAD.set(Site(file, 0))
    try:
        yield
    finally:
        _INSTEAD.reset(token)


def declared_here() -> Site:
    """The nearest caller outside trimtab itself (its examples count as the user's files)."""
    instead = _INSTEAD.get()
    if instead is not None:
        return instead
    frame = sys._getframe(1)  # noqa: SLF001  # the only way to learn the declaring line without asking the user
    while frame.f_back is not None and _is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    return Site(frame.f_code.co_filename, frame.f_lineno)


def _is_ours(filename: str) -> bool:
    if filename.startswith(_EXAMPLES):
        return False
    return filename.startswith((_PACKAGE, "<string>"))
