"""What tests need, yours as much as ours: a clock that you move, stores in memory, laws for adapters, simulated years."""

from __future__ import annotations

from trimtab.adapters.blobs.memory import MemoryBlobs
from trimtab.adapters.ledger.memory import MemoryLedger
from trimtab.adapters.online.memory import MemoryStore
from trimtab.testing.clock import ManualClock
from trimtab.testing.conformance import (
    blobs_laws,
    check_blobs,
    check_ledger,
    durability_laws,
    ledger_laws,
)
from trimtab.testing.online import check_online_store
from trimtab.testing.simulation import Faults, Policies, Simulated, World, simulate

__all__ = [
    "Faults",
    "ManualClock",
    "MemoryBlobs",
    "MemoryLedger",
    "MemoryStore",
    "Policies",
    "Simulated",
    "World",
    "blobs_laws",
    "check_blobs",
    "check_ledger",
    "check_online_store",
    "durability_laws",
    "ledger_laws",
    "simulate",
]
