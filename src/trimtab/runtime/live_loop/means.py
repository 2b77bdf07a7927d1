"""What the loop is given to work with: a system, its record, and the ways to do what lies outside of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from trimtab.declare.system import System
from trimtab.finding import Finding
from trimtab.ports import Blobs, Engine, Ledger
from trimtab.runtime.history import History
from trimtab.runtime.loop import Train
from trimtab.runtime.training_set import Version


@dataclass(frozen=True)
class Means:
    """A system with its record and models, and what is done elsewhere.

    fit: trains, stores and records a version under the ordered name; raises TrimtabError. checks: what is known of a
    version before it serves, such as its latency, at an instant. try_out: loads a version as a server would and raises
    TrimtabError when it cannot serve. dump: a model as the name of its format and its bytes. slow_microseconds: from
    when on an answer is slow, None where nothing says so.
    """

    system: System
    ledger: Ledger
    blobs: Blobs
    engine: Callable[[], Engine]
    load: Callable[[str, bytes], Any]
    fit: Callable[[History, Train], Version]
    checks: Callable[[Version, int], tuple[Finding, ...]]
    try_out: Callable[[Version], None]
    dump: Callable[[object], tuple[str, bytes]]
    slow_microseconds: float | None = None
