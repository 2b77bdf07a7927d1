"""The bodies of events as canonical JSON: sorted keys, no spaces, equal bodies equal text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from trimtab.errors import LedgerError
from trimtab.ports import Event


def packed(event: Event) -> str:
    """The body of an event as text; raises LedgerError when it holds more than plain JSON values.

    >>> packed(Event(0, "trained", "v1", {"rows": 3, "auc": 0.7}))
    '{"auc":0.7,"rows":3}'
    """
    try:
        body = dict(event.body)
        _check_keys(body)
        return json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise LedgerError(
            f"the body of event {event.kind!r} about {event.subject!r} is not plain JSON",
            found=str(error),
            do="use text, finite numbers, true, false, null, lists, and mappings with text keys",
        ) from error


def unpacked(text: str) -> Mapping[str, Any]:
    """The body that was packed."""
    body: Mapping[str, Any] = json.loads(text)
    return body


def _check_keys(value: object) -> None:
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise TypeError(f"the key {key!r} is not text")
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            _check_keys(item)
