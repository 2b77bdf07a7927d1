"""One line of JSON a call: those that went wrong or took long, or all of them."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, TextIO

import msgspec

from trimtab.serving.http.call import Call, Reply
from trimtab.serving.http.times import instant

_LINES = 100
_SECONDS = 0.5


class CallLog:
    """Writes lines to a stream in bunches; `slow` in seconds. No header, query or body is ever written.

    A stream that fails is given up silently: answers matter more than their log.
    """

    def __init__(self, stream: TextIO | None, *, everything: bool, slow: float) -> None:
        self._stream = stream
        self._slow = -1 if everything else int(slow * 1_000_000)
        self._lines: list[str] = []

    def record(self, call: Call, reply: Reply, microseconds: int) -> None:
        """Take note of one call."""
        if self._stream is not None and (microseconds >= self._slow or reply.status >= 300):
            self._write(call, reply, microseconds)

    def flush(self) -> None:
        """Write what waits."""
        lines, self._lines = self._lines, []
        if lines and self._stream is not None:
            with contextlib.suppress(OSError, ValueError):
                self._stream.write("".join(lines))
                self._stream.flush()

    def _write(self, call: Call, reply: Reply, microseconds: int) -> None:
        line: dict[str, Any] = {
            "time": instant(call.now),
            "method": call.method,
            "path": call.path,
            "status": reply.status,
            "milliseconds": microseconds / 1000,
            "request": call.id,
            "count": reply.count,
        }
        if call.trace is not None:
            line |= {"trace": call.trace.trace, "span": call.trace.span}
        if reply.fault is not None:
            line["fault"] = reply.fault
        self._lines.append(msgspec.json.encode(line).decode() + "\n")
        if len(self._lines) >= _LINES or reply.fault is not None:
            self.flush()
        elif len(self._lines) == 1:
            asyncio.get_running_loop().call_later(_SECONDS, self.flush)
