"""Versions that score unseen: after the answer, from the same decoded row, in a thread that no request waits for."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from trimtab.errors import TrimtabError
from trimtab.ports import Clock, Ledger
from trimtab.runtime.live_loop.shadow_log import SHADOW, Shadowed, record_of
from trimtab.serving.engines.base import Scorer
from trimtab.serving.shadow_scores import LATE_BOUNDS, ShadowScores
from trimtab.training.matrix import from_rows

AT_MOST_WAITING = 20_000
"""Rows that may wait; those that come while so many wait are dropped and counted."""
AT_ONCE = 256
_LATE_MICROSECONDS = tuple(round(bound * 1e6) for bound in LATE_BOUNDS)
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
    at: int
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
        # each is counted by one thread alone: by the one that answers, or by the one that scores
        self._offered = self._refused = 0
        self._lost = self._failed = 0
        self._late = [0] * (len(LATE_BOUNDS) + 1)

    @property
    def scores(self) -> ShadowScores:
        """What became of all scores since the start; those that wait are offered and nothing else yet."""
        return ShadowScores(self._offered, self._refused + self._lost, self._failed, tuple(self._late))

    def offer(self, prediction: str, values: Sequence[Any], shadows: tuple[Shadow, ...]) -> None:
        """Let a row be scored later; called on the event loop, where it costs an append."""
        self._offered += len(shadows)
        if len(self._rows) >= self._at_most:
            self._refused += len(shadows)
            return
        self._rows.append(_Row(self._clock.now(), prediction, values, shadows))
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
        rows, found = list[_Row](), list[Shadowed]()
        try:
            while self._rows:
                taken = [self._rows.popleft() for _ in range(min(len(self._rows), AT_ONCE))]
                rows += taken
                found += self._scored(taken)
            if found:
                now = self._clock.now()
                self._ledger.append_records(SHADOW, [record_of(each, now) for each in found])
        except Exception:
            self._lost += sum(len(row.shadows) for row in rows)
            raise
        self._count(rows, found)

    def _count(self, rows: Sequence[_Row], found: Sequence[Shadowed]) -> None:
        now = self._clock.now()
        self._failed += sum(each.score is None for each in found)
        for row in rows:
            self._late[bisect_left(_LATE_MICROSECONDS, now - row.at)] += len(row.shadows)

    def _run(self) -> None:
        while not self._stopped.wait(LOOK_SECONDS):
            self._try()
        self._try()

    def _try(self) -> None:
        with suppress(Exception):  # the rows are lost and counted; the next ones may fare better
            self.work()

    def _scored(self, rows: Sequence[_Row]) -> Iterable[Shadowed]:
        for shadow in dict.fromkeys(shadow for row in rows for shadow in row.shadows):
            mine = [row for row in rows if shadow in row.shadows]
            inputs = [[row.values[place] for place in shadow.positions] for row in mine]
            for row, score in zip(mine, _scores(shadow.scorer, inputs), strict=True):
                yield Shadowed(shadow.name, row.prediction, score)


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
