"""Refusals and faults as replies: RFC 9457 problems, or {"error"} where Open Inference Protocol clients call."""

from __future__ import annotations

import traceback
from http import HTTPStatus

import msgspec

from trimtab.errors import LedgerError, TrimtabError
from trimtab.serving.http.call import JSON, Call, Reply
from trimtab.serving.problems import RequestError

PROBLEM = b"application/problem+json"
INFERENCE = "/v2"
_RETRY_SECONDS = b"1"


class Problem(msgspec.Struct, omit_defaults=True):
    """The fields of RFC 9457 with what the caller can act on; `instance` is the request id."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    field: str | None = None
    nearest: str | None = None
    do: str | None = None


def refused(error: RequestError, call: Call, allowed: tuple[str, ...] = ()) -> Reply:
    """The reply that tells a refusal; `allowed` are the methods that a 405 names."""
    found = "" if error.found is None else f"; found: {error.found}"
    detail = f"{error.what}{found}"
    return Reply(
        _body(error, detail, call),
        error.status,
        JSON if _inference(call) else PROBLEM,
        _headers(error.status, allowed),
    )


def fault(error: Exception, call: Call) -> Reply:
    """The reply for what the caller cannot help: nothing of ours is shown, and everything is in the log."""
    if isinstance(error, LedgerError):
        told = RequestError(503, "cannot write now", do="try again; nothing was kept of this call")
    else:
        told = RequestError(500, "something broke on our side", do="try again, or tell us the request id")
    reply = refused(told, call)
    # a known error explains itself; anything else needs its place in the code
    known = isinstance(error, TrimtabError)
    reply.fault = str(error) if known else "".join(traceback.format_exception(error))
    return reply


def _body(error: RequestError, detail: str, call: Call) -> bytes:
    if _inference(call):
        where = f"{error.field}: " if error.field else ""
        near = f"; did you mean {error.nearest!r}?" if error.nearest else ""
        do = f"; do: {error.do}" if error.do else ""
        return msgspec.json.encode({"error": f"{where}{detail}{near}{do}"})
    title = HTTPStatus(error.status).phrase
    problem = Problem(
        "about:blank", title, error.status, detail, call.id, error.field, error.nearest, error.do
    )
    return msgspec.json.encode(problem)


def _inference(call: Call) -> bool:
    return call.path == INFERENCE or call.path.startswith(INFERENCE + "/")


def _headers(status: int, allowed: tuple[str, ...]) -> tuple[tuple[bytes, bytes], ...]:
    match status:
        case 401:
            return ((b"www-authenticate", b'Bearer realm="trimtab"'),)
        case 405:
            return ((b"allow", ", ".join(allowed).encode()),)
        case 413:
            return ((b"connection", b"close"),)  # the rest of the body is not read
        case 503:
            return ((b"retry-after", _RETRY_SECONDS),)
        case _:
            return ()
