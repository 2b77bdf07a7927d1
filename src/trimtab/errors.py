"""The error tree: each message says what is wrong, where it was declared, what was found, and what to do.

TrimtabError
├── UsageError          the command or call cannot be understood
├── DeclarationError    the system file contradicts itself or the rules
├── DataError           the data does not hold what the declaration says
├── LearnerError        the user's learner or function failed
├── LedgerError         the record cannot be read or written
└── ArtifactError       a stored model cannot be saved, trusted or loaded
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Protocol, Self


class Where(Protocol):
    """Anything that prints as ``file:line``."""

    def __str__(self) -> str: ...


class TrimtabError(Exception):
    """A problem that a person can act on; its text is one paragraph.

    >>> print(DataError("no column 'oirgin' in landings", found="origin, dest", do="fix the name"))
    no column 'oirgin' in landings; found: origin, dest; do: fix the name
    """

    def __init__(
        self,
        what: str,
        *,
        where: Where | None = None,
        found: object = None,
        nearest: str | None = None,
        do: str | None = None,
    ) -> None:
        self.what, self.where, self.found, self.nearest, self.do = what, where, found, nearest, do
        super().__init__(self._text())

    def placed(self, where: Where) -> Self:
        """The same error with the place of the declaration, unless it has one already."""
        if self.where is not None:
            return self
        return type(self)(self.what, where=where, found=self.found, nearest=self.nearest, do=self.do)

    def _text(self) -> str:
        parts = [self.what]
        if self.where is not None:
            parts[0] += f" (declared at {self.where})"
        if self.found is not None:
            parts.append(f"found: {self.found}")
        if self.nearest is not None:
            parts.append(f"did you mean {self.nearest!r}?")
        if self.do is not None:
            parts.append(f"do: {self.do}")
        return "; ".join(parts)


class UsageError(TrimtabError):
    """The command or call cannot be understood."""


class DeclarationError(TrimtabError):
    """The system file contradicts itself or the rules."""


class DataError(TrimtabError):
    """The data does not hold what the declaration says."""


class LearnerError(TrimtabError):
    """The user's learner or function failed."""


class LedgerError(TrimtabError):
    """The record cannot be read or written."""


class ArtifactError(TrimtabError):
    """A stored model cannot be saved, trusted or loaded."""


def nearest(name: str, valid: Iterable[str]) -> str | None:
    """The valid name most like the given one, or None when nothing is near.

    >>> nearest("oirgin", ["origin", "dest"])
    'origin'
    """
    matches = difflib.get_close_matches(name, list(valid), n=1, cutoff=0.6)
    return matches[0] if matches else None
