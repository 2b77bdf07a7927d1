"""What computing needs beyond a record: stored models, what reads them, and an engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from trimtab.ports import Blobs, Engine


@dataclass(frozen=True)
class Means:
    """Where stored models are, what opens an engine, and what reads a model from its format and bytes."""

    blobs: Blobs
    engine: Callable[[], Engine]
    load: Callable[[str, bytes], Any]
