"""Plain values: what JSON gives back exactly as it was."""

from __future__ import annotations

import json
from typing import Any

from trimtab.errors import ArtifactError


def is_plain(value: object) -> bool:
    """True for None, bool, int, float and str, and lists and text-keyed dictionaries of these; not subclasses.

    >>> is_plain({"a": [1, 2.5, None]}), is_plain((1, 2))
    (True, False)
    """
    if type(value) is list:
        return all(is_plain(item) for item in value)
    if type(value) is dict:
        return all(type(key) is str and is_plain(item) for key, item in value.items())
    return value is None or type(value) in {bool, int, float, str}


def to_json(value: object) -> bytes:
    """A plain value as JSON bytes; infinities and NaN are kept in Python's own spelling."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def from_json(content: bytes) -> Any:
    """The value of JSON bytes; raises ArtifactError when they are damaged."""
    try:
        return json.loads(content)
    except ValueError as error:
        raise ArtifactError("a stored JSON artifact is damaged", found=str(error), do="restore it") from error
