"""Reading the body of a call, and no more of it than is allowed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from trimtab.serving.http.call import Call
from trimtab.serving.problems import RequestError

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
_FORMS = (b"application/x-www-form-urlencoded", b"multipart/form-data")
_JSON_BEGINS = (b"{", b"[")


class Disconnected(Exception):  # noqa: N818  # an event, not an error
    """The caller went away; nobody is there to read an answer."""


async def read_body(call: Call, receive: Receive, limit: int) -> bytes:
    """The body; raises RequestError 413 beyond `limit` bytes and 415 for what is clearly no JSON."""
    _check(call, limit)
    message = await receive()
    body: bytes = message.get("body", b"")
    if message.get("more_body"):
        body, message = await _rest(body, receive, limit)
    if message["type"] == "http.disconnect":
        raise Disconnected
    if len(body) > limit:
        raise _too_large(limit)
    kind = call.headers.get(b"content-type")
    # curl calls whatever it sends a form, so what begins like JSON is taken for JSON
    if kind is not None and kind.lower().startswith(_FORMS) and not body.lstrip().startswith(_JSON_BEGINS):
        do = "send JSON with content-type: application/json"
        raise RequestError(415, "a form is no JSON", found=kind.decode("latin-1")[:100], do=do)
    return body


async def _rest(first: bytes, receive: Receive, limit: int) -> tuple[bytes, Message]:
    """What comes in further pieces, until it is too much."""
    body, message = bytearray(first), await receive()
    body += message.get("body", b"")
    while message.get("more_body") and len(body) <= limit:
        message = await receive()
        body += message.get("body", b"")
    return bytes(body), message


def _check(call: Call, limit: int) -> None:
    headers = call.headers
    length = headers.get(b"content-length")
    if length is not None and length.isdigit() and int(length) > limit:
        raise _too_large(limit)
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise RequestError(415, "a compressed body cannot be read", do="send it as it is")


def _too_large(limit: int) -> RequestError:
    return RequestError(413, "the body is too large", do=f"send at most {limit} bytes; split what is longer")
