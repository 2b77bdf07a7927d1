"""Filling in a frozen value whose constructor takes other arguments than its fields."""

from __future__ import annotations

from typing import Any


def assign(value: Any, **fields: Any) -> None:
    """Set the fields of a frozen dataclass from inside its own constructor."""
    for name, content in fields.items():
        object.__setattr__(value, name, content)
