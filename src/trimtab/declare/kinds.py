"""The six kinds of value that a column can hold inside trimtab."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What a value is; times are whole microseconds since 1970 in UTC, durations whole microseconds."""

    BOOL = "bool"
    INT = "int"
    FLOAT = "float"
    STRING = "string"
    TIMESTAMP = "timestamp"
    DURATION = "duration"


NUMERIC = frozenset({Kind.BOOL, Kind.INT, Kind.FLOAT})
ORDERED = frozenset(Kind)
