"""One line of JSON a call: those that went wrong or took long, or all of them."""

from __future__ import annotations

import asyncio
import contextlib
import select
from typing import Any, TextIO

import msgspec

from trimtab.serving.http.call import Call, Reply
from trimtab.serving.http.times import instant

_LINES = 100
_SECONDS = 0.5
_WAITING = 10_000
_CHARACTERS = 4096
"""What a pipe that can be written to takes without waiting (PIPE_BUF of Linux); a line is far shorter."""
_PATH_CHARACTERS = 500


class CallLog:
    """Writes lines to a stream in bunches; `slow` in seconds. No header, query or body is ever written.

    Answers matter more than their log: a stream that fails is given up silently, and one that nobody reads is never
    waited for; of its lines 10,000 are kept, and a line says how many were dropped.
    """

    def __init__(self, stream: TextIO | None, *, everything: bool, slow: float) -> None:
        self._stream = stream
        self._slow = -1 if everything else int(slow * 1_000_000)
        self._lines: list[str] = []
        self._dropped = 0
        self._planned = False

    def record(self, call: Call, reply: Reply, microseconds: int) -> None:
        """Take note of one call."""
        if self._stream is not None and (microseconds >= self._slow or reply.status >= 300):
            self._note(_said(call, reply, microseconds), urgent=reply.fault is not None)

    def flush(self) -> None:
        """Write what waits, as far as the stream takes it at once."""
        with contextlib.suppress(OSError, ValueError):
            while self._lines and self._stream is not None and _takes(self._stream):
                self._stream.write(self._bunch())
                self._stream.flush()
                self._own_up()
            return
        self._lines.clear()

    def _note(self, line: dict[str, Any], *, urgent: bool) -> None:
        if len(self._lines) >= _WAITING:
            self._dropped += 1
            return
        self._lines.append(msgspec.json.encode(line).decode() + "\n")
        if urgent or len(self._lines) % _LINES == 0:
            self.flush()
        self._plan()

    def _plan(self) -> None:
        if self._lines and not self._planned:
            self._planned = True
            asyncio.get_running_loop().call_later(_SECONDS, self._flush_planned)

    def _flush_planned(self) -> None:
        self._planned = False
        self.flush()
        self._plan()

    def _bunch(self) -> str:
        """The first lines that a pipe takes at once, at least one."""
        count, length = 1, len(self._lines[0])
        while count < len(self._lines) and length + len(self._lines[count]) <= _CHARACTERS:
            length += len(self._lines[count])
            count += 1
        bunch = "".join(self._lines[:count])
        del self._lines[:count]
        return bunch

    def _own_up(self) -> None:
        """Say how many lines were dropped, once there is room."""
        if self._dropped:
            self._lines.append(msgspec.json.encode({"dropped": self._dropped}).decode() + "\n")
            self._dropped = 0


def _said(call: Call, reply: Reply, microseconds: int) -> dict[str, Any]:
    line: dict[str, Any] = {
        "time": instant(call.now),
        "method": call.method,
        "path": call.path[:_PATH_CHARACTERS],
        "status": reply.status,
        "milliseconds": microseconds / 1000,
        "request": call.id,
        "count": reply.count,
    }
    if call.trace is not None:
        line |= {"trace": call.trace.trace, "span": call.trace.span}
    if reply.fault is not None:
        line["fault"] = reply.fault
    return line


def _takes(stream: TextIO) -> bool:
    """Whether a bunch can be written without waiting; streams that are no files, and systems without poll, take all."""
    if not hasattr(select, "poll"):
        return True
    try:
        number = stream.fileno()
    except OSError:
        return True
    poll = select.poll()
    poll.register(number, select.POLLOUT)
    return bool(poll.poll(0))
