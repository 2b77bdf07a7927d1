"""What batch prediction needs of the world: rows that come in chunks, and a target that keeps finished chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from trimtab.declare.kinds import Kind

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many rows are done, and of how many (0: not known)."""

Counts = Mapping[str, int]
"""How many rows came out in which way."""


class RowStream(Protocol):
    """Rows to be predicted, in order, never all in memory unless they were there before."""

    @property
    def fingerprint(self) -> str:
        """The same for the same content, another for any other."""
        ...

    @property
    def rows(self) -> int | None:
        """How many there are; None where only reading would tell."""
        ...

    def chunks(self, size: int, *, skip: int = 0) -> Iterator[pa.Table]:
        """The rows after the first `skip`, in tables of exactly `size` rows, but for the last."""
        ...


class Reading(Protocol):
    """Opens rows wherever they are."""

    def open(
        self, data: object, folder: Path, kinds: Mapping[str, Kind]
    ) -> AbstractContextManager[RowStream]:
        """The columns of `kinds` in that order; relative paths start at `folder`.

        Raises DataError for data that cannot be read and for missing columns, before any row is read.
        """
        ...


class Target(Protocol):
    """Where predictions go, chunk by chunk; what was written stays when the process dies."""

    @property
    def name(self) -> str:
        """The target as a person knows it, without any password."""
        ...

    @property
    def began(self) -> int:
        """When the run began whose chunks these are, in epoch microseconds."""
        ...

    @property
    def counts(self) -> Sequence[Counts]:
        """The counts of each chunk that is written already."""
        ...

    def write(self, chunk: pa.Table, counts: Counts) -> None:
        """Write the next chunk durably, with its counts."""
        ...

    def finish(self) -> None:
        """Make the whole visible under its name, and forget the chunks."""
        ...


class Writing(Protocol):
    """Opens targets."""

    def open(self, to: object, key: str, began: int) -> AbstractContextManager[Target]:
        """A target with the chunks that an earlier, unfinished run of the same key has left; else an empty one.

        Raises UsageError for a target that cannot be written, or that another run is writing.
        """
        ...
