"""One call and its reply, as handlers see them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

import msgspec

from trimtab.errors import nearest
from trimtab.serving.problems import RequestError

JSON = b"application/json"


class Trace(msgspec.Struct):
    """A trace that the caller began: its id, our span within it, and whether it is recorded."""

    trace: str
    span: str
    flags: str


class Call(msgspec.Struct):
    """One request: `rest` is the part of the path that a pattern left open, `now` when it came (epoch microseconds).

    `caller` is the name of the key that was sent, "HTTP" where none is needed.
    """

    method: str
    path: str
    query: bytes
    headers: dict[bytes, bytes]
    id: str
    now: int
    trace: Trace | None = None
    rest: str = ""
    body: bytes = b""
    caller: str = "HTTP"


class Reply(msgspec.Struct):
    """What is sent back; `count` is how many rows it answers, `fault` what to log and never to show."""

    body: bytes
    status: int = 200
    content_type: bytes = JSON
    headers: tuple[tuple[bytes, bytes], ...] = ()
    count: int = 0
    fault: str | None = None


Handler = Callable[[Call], Awaitable[Reply]]


def query_of(call: Call, *known: str) -> dict[str, str]:
    """The parameters after the question mark; raises RequestError 422 for one that the route does not know."""
    if not call.query:
        return {}
    found = dict(parse_qsl(call.query.decode("latin-1"), keep_blank_values=True))
    for name in found:
        if name not in known:
            do = f"leave it out; this route knows {', '.join(known)}" if known else "leave it out"
            near = nearest(name, known)
            raise RequestError(422, f"unknown parameter {name!r}", field=f"?{name}", nearest=near, do=do)
    return found
