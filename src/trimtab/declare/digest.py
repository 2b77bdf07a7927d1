"""The identity of a declaration: equal declarations have equal digests, on any machine."""

from __future__ import annotations

import hashlib
import inspect
import json
import math
from dataclasses import fields, is_dataclass
from typing import Any

from trimtab.declare.expression import Expression
from trimtab.declare.features import Function
from trimtab.declare.site import Site
from trimtab.declare.source import InMemory
from trimtab.units import Duration


def digest(value: Any) -> str:
    """SHA-256, in hex, of a declaration or any part of it; where it was written does not matter.

    >>> from trimtab.declare.expression import col
    >>> digest(col("a") + 1) == digest(col("a") + 1), digest(col("a") + 1) == digest(col("a") + 1.0)
    (True, False)
    """
    return hashlib.sha256(json.dumps(plain(value), sort_keys=True).encode()).hexdigest()


def plain(value: Any) -> Any:  # noqa: PLR0911  # one return a kind of value
    """A declaration as JSON values, leaving out where it was written."""
    if isinstance(value, Expression):
        return ["expression", *_plain_key(value.key)]
    if isinstance(value, Function):
        return ["function", inspect.getsource(value.function), value.version]
    if isinstance(value, Duration):
        return ["microseconds", value.microseconds]
    if isinstance(value, InMemory):
        return ["in memory", type(value.table).__name__]
    if hasattr(value, "get_params") and not isinstance(value, type):
        parameters = {name: plain(content) for name, content in value.get_params(deep=False).items()}
        return [f"{type(value).__module__}.{type(value).__qualname__}", parameters]
    if is_dataclass(value) and not isinstance(value, type):
        content = {each.name: getattr(value, each.name) for each in fields(value)}
        return [
            type(value).__name__,
            {name: plain(part) for name, part in content.items() if not isinstance(part, Site)},
        ]
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if (
        value is None
        or isinstance(value, (bool, int, str))
        or (isinstance(value, float) and math.isfinite(value))
    ):
        return value
    return repr(value)


def _plain_key(key: tuple[Any, ...]) -> list[Any]:
    return [_plain_key(part) if isinstance(part, tuple) else part for part in key]
