"""Slow models score all that wait together, in a thread, without a timer: a lone request never waits for others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

Values = Sequence[Any]
Scores = list[Any]


class Batcher:
    """Collects rows while the last batch is scored; `score_many` takes rows of values and gives one score each."""

    def __init__(self, score_many: Callable[[list[Values]], Scores], at_most: int = 256) -> None:
        self._score_many, self._at_most = score_many, at_most
        self._waiting: list[tuple[Values, asyncio.Future[Any]]] = []
        self._task: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="trimtab-score")

    async def score(self, values: Values) -> Any:
        """The score of one row; raises what the model raised."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._waiting.append((values, future))
        if self._task is None:
            self._task = loop.create_task(self._work(loop))
        return await future

    def close(self) -> None:
        """Wait for the batch under way."""
        self._thread.shutdown()

    async def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[: self._at_most], self._waiting[self._at_most :]
            rows = [values for values, _ in group]
            try:
                scores = await loop.run_in_executor(self._thread, self._score_many, rows)
            except Exception as problem:  # noqa: BLE001  # the model's failure is each caller's to hear
                _tell(group, [problem] * len(group))
            else:
                _tell(group, scores)
        self._task = None


def _tell(group: list[tuple[Values, asyncio.Future[Any]]], outcomes: Sequence[Any]) -> None:
    for (_, future), outcome in zip(group, outcomes, strict=True):
        if future.done():
            continue
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
