"""What an operator may decide about the HTTP layer; everything has a default that is safe to run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trimtab.errors import UsageError


@dataclass(frozen=True)
class Settings:
    """The limits and habits of the HTTP layer.

    `body_bytes` and `rows` limit one call; `timeout` is in seconds; `concurrency` is how many calls may be inside at
    once. `open` lets everyone in as long as there is no key: only for a server bound to loopback. `access_log` logs
    every call instead of refused ones and those that took `slow` seconds. `examples` holds one real row by source
    name (times in microseconds), for the documentation.

    >>> Settings(timeout=2.5).concurrency
    512
    """

    body_bytes: int = 5_000_000
    rows: int = 10_000
    timeout: float = 10.0
    concurrency: int = 512
    open: bool = False
    access_log: bool = False
    slow: float = 1.0
    examples: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("body_bytes", "rows", "timeout", "concurrency"):
            if not getattr(self, name) > 0:
                raise UsageError(
                    f"{name} must be more than 0",
                    found=getattr(self, name),
                    do="leave it out for the default",
                )
