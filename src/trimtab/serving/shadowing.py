"""Versions that score unseen: after the answer, from the same decoded row, in a thread that no request waits for."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from trimtab.errors import TrimtabError
from trimtab.ports import Clock, Ledger, Record
from trimtab.runtime.live_loop.shadow_log import SHADOW, Shadowed, record_of
from trimtab.serving.engines.base import Scorer
from trimtab.training.matrix import from_rows

AT_MOST_WAITING = 20_000
"""Rows that may wait; those that come while so many wait are dropped and counted."""
AT_ONCE = 256
LOOK_SECONDS = 0.5
"""How often the thread looks for rows: one commit a look, and no request ever wakes it."""


class Shadow(Protocol):
    """A version that scores unseen: what it is called, how it scores, and where its inputs stand in a row."""

    @property
    def name(self) -> str:
        """The name of the version."""
        ...

    @property
    def scorer(self) -> Scorer:
        """What scores."""
        ...

    @property
    def positions(self) -> tuple[int, ...]:
        """Where the scorer's inputs stand among the features of a row."""
        ...


@dataclass(frozen=True, slots=True)
class _Row:
    prediction: str
    values: Sequence[Any]
    shadows: tuple[Shadow, ...]


class Shadowing:
    """Takes rows and puts the scores of their shadows on record; whatever fails there fails unseen."""

    def __init__(self, ledger: Ledger, clock: Clock, at_most: int = AT_MOST_WAITING) -> None:
        self._ledger, self._clock, self._at_most = ledger, clock, at_most
        self._rows: deque[_Row] = deque()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self.dropped = 0
        self.scored = 0

    def offer(self, prediction: str, values: Sequence[Any], shadows: tuple[Shadow, ...]) -> None:
        """Let a row be scored later; called on the event loop, where it costs an append."""
        if len(self._rows) >= self._at_most:
            self.dropped += 1
            return
        self._rows.append(_Row(prediction, values, shadows))
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="trimtab-shadow", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Score what waits, and let go of the thread."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def work(self) -> None:
        """Score all rows that wait and put the scores on record in one commit."""
        records: list[Record] = []
        while self._rows:
            taken = [self._rows.popleft() for _ in range(min(len(self._rows), AT_ONCE))]
            records += self._scored(taken)
        if records:
            self._ledger.append_records(SHADOW, records)
            self.scored += len(records)

    def _run(self) -> None:
        while not self._stopped.wait(LOOK_SECONDS):
            self._try()
        self._try()

    def _try(self) -> None:
        try:
            self.work()
        except Exception:  # noqa: BLE001  # the rows are lost and counted; the next ones may fare better
            self.dropped += 1

    def _scored(self, rows: Sequence[_Row]) -> Iterable[Record]:
        now = self._clock.now()
        for shadow in dict.fromkeys(shadow for row in rows for shadow in row.shadows):
            mine = [row for row in rows if shadow in row.shadows]
            inputs = [[row.values[place] for place in shadow.positions] for row in mine]
            for row, score in zip(mine, _scores(shadow.scorer, inputs), strict=True):
                yield record_of(Shadowed(shadow.name, row.prediction, score), now)


def _scores(scorer: Scorer, inputs: list[list[Any]]) -> list[Any]:
    """A score for each row; None for rows that the version cannot score."""
    try:
        return list(scorer.many(from_rows(scorer.names, inputs)).tolist())
    except TrimtabError:
        return [_one(scorer, values) for values in inputs]


def _one(scorer: Scorer, values: list[Any]) -> Any:
    try:
        score = scorer.one(values)
    except TrimtabError:
        return None
    return list(score) if isinstance(score, tuple) else score
