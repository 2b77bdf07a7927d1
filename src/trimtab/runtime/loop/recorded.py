"""Events and decisions as plain JSON values, so that a ledger can keep them and a later reader can repeat them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast, get_args

import msgspec

from trimtab.errors import DataError, nearest
from trimtab.release.events import Decision
from trimtab.runtime.loop.events import Event

_KINDS: Mapping[str, type] = {each.__name__: each for each in get_args(Event)}


def write_event(event: Event) -> dict[str, Any]:
    """An event as plain JSON values, under the name of its kind.

    >>> from trimtab.runtime.loop.events import Trained
    >>> read_event(write_event(Trained(5, "v1"))) == Trained(5, "v1")
    True
    """
    return {"kind": type(event).__name__, **_finite(msgspec.to_builtins(event))}


def read_event(body: Mapping[str, Any]) -> Event:
    """The event that `write_event` wrote, also after it went through text; raises DataError for an unknown kind."""
    kind = str(body.get("kind"))
    if kind not in _KINDS:
        raise DataError("no event of the loop is of this kind", found=kind, nearest=nearest(kind, _KINDS))
    fields = {name: value for name, value in body.items() if name != "kind"}
    return cast("Event", msgspec.convert(fields, _KINDS[kind]))


def write_decision(decision: Decision) -> dict[str, Any]:
    """A decision as plain JSON values."""
    written: dict[str, Any] = _finite(msgspec.to_builtins(decision))
    return written


def _finite(value: Any) -> Any:
    """A plain value without infinities, which JSON does not know: they become null."""
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
