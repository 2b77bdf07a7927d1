"""Who is inside: at most so many calls at once, none for longer than the timeout."""

from __future__ import annotations

import asyncio
from typing import Any

from trimtab.serving.problems import RequestError

STEPS = 20
"""The timeout is looked at this often, so a call may run over by a twentieth; it costs a quick call nothing."""


class Admission:
    """Lets calls in and cancels those that stay too long; `timeout` in seconds.

    One timer serves all calls, and only runs while somebody is inside.
    """

    def __init__(self, limit: int, timeout: float) -> None:
        self._limit, self._timeout = limit, timeout
        self._inside: dict[asyncio.Task[Any], int] = {}
        self._late: set[asyncio.Task[Any]] = set()
        self._steps = 0
        self._watching: asyncio.AbstractEventLoop | None = None

    def __len__(self) -> int:
        return len(self._inside)

    def enter(self) -> asyncio.Task[Any]:
        """Let the running task in; raises RequestError 503 when the house is full."""
        if len(self._inside) >= self._limit:
            do = "try again in a second"
            raise RequestError(503, "too many calls at once", found=f"{self._limit} inside", do=do)
        loop = asyncio.get_running_loop()
        if self._watching is not loop:
            self._watching = loop
            loop.call_later(self._timeout / STEPS, self._look)
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # an ASGI server calls from within a task
        self._inside[task] = self._steps
        return task

    def is_late(self, task: asyncio.Task[Any]) -> bool:
        """Whether we cancelled the task because its time was up."""
        return task in self._late

    def leave(self, task: asyncio.Task[Any]) -> None:
        """Let the task out."""
        del self._inside[task]
        if self._late and task in self._late:
            self._late.discard(task)
            task.uncancel()

    async def empty(self) -> None:
        """Wait until all who are inside now have left, at most as long as the timeout."""
        others = [task for task in self._inside if task is not asyncio.current_task()]
        if others:
            await asyncio.wait(others, timeout=self._timeout)

    def _look(self) -> None:
        self._steps += 1
        for task, entered in self._inside.items():
            if self._steps - entered > STEPS and task not in self._late:
                self._late.add(task)
                task.cancel()
        if self._inside and self._watching is not None:
            self._watching.call_later(self._timeout / STEPS, self._look)
        else:
            self._watching = None
