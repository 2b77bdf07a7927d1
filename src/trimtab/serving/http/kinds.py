"""The six kinds in JSON: how each is read, what it is called in words, its schema, and an example."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta

from trimtab.declare.kinds import Kind
from trimtab.serving.http.times import microseconds_of, whole_microseconds

LONGEST = 9_000_000_000_000
"""Seconds; a longer duration does not fit 64 bits of microseconds."""
_LOWEST, _HIGHEST = -(2**63), 2**63 - 1


@dataclass(frozen=True)
class Form:
    """One kind as JSON carries it; `convert` makes trimtab's value of the decoded one, None where they are the same."""

    type: Any
    words: str
    schema: Mapping[str, Any]
    example: Any
    convert: Callable[[Any], Any] | None = None


FORMS: Mapping[Kind, Form] = {
    Kind.BOOL: Form(bool, "true or false", {"type": "boolean"}, example=True),
    Kind.INT: Form(
        Annotated[int, Meta(ge=_LOWEST, le=_HIGHEST)],
        "a whole number of 64 bits",
        {"type": "integer", "format": "int64", "minimum": _LOWEST, "maximum": _HIGHEST},
        1,
    ),
    Kind.FLOAT: Form(float, "a finite number", {"type": "number", "format": "double"}, 1.5),
    Kind.STRING: Form(str, "text", {"type": "string"}, "text"),
    Kind.TIMESTAMP: Form(
        Annotated[datetime, Meta(tz=True)],
        'a time with its offset, such as "2013-07-01T12:00:00Z"',
        {"type": "string", "format": "date-time"},
        "2013-07-01T12:00:00Z",
        microseconds_of,
    ),
    Kind.DURATION: Form(
        Annotated[float, Meta(ge=-LONGEST, le=LONGEST)],
        "a number of seconds",
        {"type": "number", "minimum": -LONGEST, "maximum": LONGEST, "description": "seconds"},
        1.5,
        whole_microseconds,
    ),
}
