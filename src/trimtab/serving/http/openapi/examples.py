"""Example rows: real ones where the operator gives them, else made from the kinds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from trimtab.declare.kinds import Kind
from trimtab.serving.http.kinds import FORMS
from trimtab.serving.http.times import for_json


def example_row(kinds: Mapping[str, Kind], real: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """One row as JSON shows it; `real` holds times in microseconds and may lack fields.

    >>> example_row({"origin": Kind.STRING, "departs": Kind.TIMESTAMP}, {"departs": 0})
    {'origin': 'text', 'departs': '1970-01-01T00:00:00Z'}
    """
    real = real or {}
    row = {
        name: for_json(real[name], kind) if name in real else FORMS[kind].example
        for name, kind in kinds.items()
    }
    plain: dict[str, Any] = msgspec.to_builtins(row)
    return plain
