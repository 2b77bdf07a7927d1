"""From the bytes of a call to checked structs: one decode when all is well, a plain reason when it is not."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import msgspec

from trimtab.serving.http.shape import Shape
from trimtab.serving.problems import RequestError

_DIGITS = 400
"""More digits than any float has; Python refuses to read far longer whole numbers."""


class Reader:
    """Reads one object of a shape, or an array of them."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._wanted: Any = shape.type | list[shape.type]  # type: ignore[name-defined]
        self._decode = msgspec.json.Decoder(self._wanted).decode

    def read(self, body: bytes) -> Any:
        """The struct, or list of structs; raises RequestError 400 for what is no JSON and 422 for what does not fit."""
        try:
            return self._decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return self._read_slowly(body)

    def _read_slowly(self, body: bytes) -> Any:
        """Look at what the decoder refused value by value, to take it after all or to say what is wrong."""
        value = parsed(body)
        if isinstance(value, list):
            value = [self._shape.taken(one, f"[{place}]") for place, one in enumerate(value)]
        else:
            value = self._shape.taken(value)
        return msgspec.convert(value, self._wanted)


def parsed(body: bytes) -> Any:
    """Any JSON as plain values; raises RequestError 400 that says where it breaks."""
    if not body:
        raise RequestError(400, "the body is empty", do="send JSON")
    try:
        value = json.loads(body.decode(), parse_constant=_refuse_constant, parse_int=_whole)
        if b"\\u" in body:
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as problem:
        what = f"the body is not JSON: {problem.msg} at line {problem.lineno}, column {problem.colno}"
        raise RequestError(400, what, do="send JSON") from None
    except UnicodeEncodeError:
        what = "the body holds half a surrogate pair, which is no text"
        raise RequestError(400, what, do="send UTF-8 JSON") from None
    except UnicodeDecodeError as problem:
        what = f"the body is not UTF-8 text: byte {problem.start} cannot be read"
        raise RequestError(400, what, do="send UTF-8 JSON") from None
    except RecursionError:
        raise RequestError(400, "the body is nested too deeply", do="send flat objects") from None
    return value


def _refuse_constant(word: str) -> NoReturn:
    raise RequestError(400, f"{word} is not JSON", do="send null for a value that is missing")


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) < _DIGITS else float("inf")
