"""Names by which one call is found again: the request id, and the trace that the caller began."""

from __future__ import annotations

import itertools
import re
import secrets
from collections.abc import Mapping

from trimtab.serving.http.call import Trace

_SANE = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_PARENT = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


class Names:
    """Gives every call its id, and a span of its own to a call that belongs to a trace.

    Ids are numbered after a beginning drawn once: unique in the world, and cheap.
    """

    def __init__(self) -> None:
        self._beginning = secrets.token_hex(6)
        self._numbers = itertools.count(1)
        self._spans = itertools.count(secrets.randbits(64))

    def request_id(self, headers: Mapping[bytes, bytes]) -> str:
        """The caller's X-Request-Id where it is sane, else a new one."""
        given = headers.get(b"x-request-id")
        if given is not None and _SANE.fullmatch(given):
            return given.decode()
        return f"{self._beginning}-{next(self._numbers)}"

    def trace(self, headers: Mapping[bytes, bytes]) -> Trace | None:
        """The trace of a valid W3C traceparent, continued by a new span; None without one."""
        given = headers.get(b"traceparent")
        found = None if given is None else _PARENT.fullmatch(given.strip())
        if found is None:
            return None
        version, trace, parent, flags, rest = found.groups()
        if version == b"ff" or (version == b"00" and rest) or not int(trace, 16) or not int(parent, 16):
            return None
        span = next(self._spans) % (2**64 - 1) + 1
        return Trace(trace.decode(), f"{span:016x}", f"{int(flags, 16) & 1:02x}")


def traceparent(trace: Trace) -> bytes:
    """The header by which others continue the trace from our span.

    >>> traceparent(Trace("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "01"))
    b'00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    """
    return f"00-{trace.trace}-{trace.span}-{trace.flags}".encode()
