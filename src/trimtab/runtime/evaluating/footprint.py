"""What a candidate takes: time for one row, bytes on disk, memory in a process of its own."""

from __future__ import annotations

from dataclasses import dataclass

from trimtab.finding import Fact, Finding, Severity
from trimtab.runtime.evaluating.clean import Elsewhere


@dataclass(frozen=True, eq=False)
class Footprint:
    """The size of the stored model in bytes, and what it took in a process of its own; None is not measured."""

    size: int | None = None
    there: Elsewhere | None = None


def footprint_finding(alone: float, engine: float | None, stored: Footprint) -> Finding:
    """What one row takes (microseconds in the learner's own library, and in the engine that serves), and the memory.

    >>> print(footprint_finding(900.0, 12.0, Footprint(2048)).what)
    one row takes 900 µs in its own library, 12 µs in the engine that serves it; 2,048 bytes stored
    """
    served = "" if engine is None else f", {engine:,.0f} µs in the engine that serves it"
    size = "not stored" if stored.size is None else f"{stored.size:,} bytes stored"
    return Finding(
        f"one row takes {alone:,.0f} µs in its own library{served}; {size}{_memory(stored.there)}",
        Severity.INFO,
        estimate=alone if engine is None else engine,
        evidence=_evidence(stored.there),
    )


def _memory(there: Elsewhere | None) -> str:
    taken = None if there is None else there.model_bytes
    return "" if taken is None else f", at most {taken / 1e6:,.0f} MB of memory for it and its library"


def _evidence(there: Elsewhere | None) -> tuple[Fact, ...]:
    if there is None:
        return ()
    told = (
        ("a process of its own, before the model", there.before),
        ("its peak after one prediction", there.one_row),
        (f"its peak after {len(there.scores):,} predictions", there.all_rows),
    )
    return tuple((name, f"{held / 1e6:,.1f} MB") for name, held in told if held is not None)
