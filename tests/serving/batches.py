"""A trained system over small tables, and batches over it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pyarrow as pa

from orders import DAY, START, orders_system, orders_tables
from trimtab import wiring
from trimtab.adapters.tables.streaming import StreamReader
from trimtab.adapters.tables.writing import TargetWriter
from trimtab.declare.system import System
from trimtab.ports import Engine
from trimtab.runtime.history import assemble
from trimtab.runtime.intake import facts_from, take_in
from trimtab.runtime.versions import train_version
from trimtab.serving.batch import BatchResult, predict
from trimtab.serving.engines import engine_record
from trimtab.testing import ManualClock, MemoryBlobs, MemoryLedger

NOW = START + 61 * DAY
TABLES = orders_tables(rows=900, length_days=60)
ORDERS = TABLES["orders"]
"""900 orders of the 60 days before now."""


@dataclass
class World:
    """A system with its record and one version."""

    system: System
    engine: Engine = field(default_factory=wiring.engine)
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    blobs: MemoryBlobs = field(default_factory=MemoryBlobs)

    def train(self) -> World:
        if not self.ledger.frontier("sources"):
            take_in(self.system, self.engine, wiring.tables(), self.ledger, NOW)
        history = assemble(self.system, facts_from(self.ledger, self.system, self.engine), self.engine)
        train_version(history, START + 50 * DAY, self.ledger, self.blobs, wiring.dump, engine_record)
        return self

    def predict(self, rows: Any, to: Any, *, now: int = NOW, **options: Any) -> BatchResult:
        means = {
            "ledger": self.ledger,
            "blobs": self.blobs,
            "engine": self.engine,
            "reading": StreamReader(),
            "writing": TargetWriter(),
            "load": wiring.load,
            "clock": ManualClock(now),
        }
        return predict(self.system, rows, to, **(means | options))


@cache
def trained() -> World:
    """The world that tests share; none of them changes it but by batches."""
    return World(orders_system(TABLES)).train()


def with_column(table: pa.Table, name: str, values: Any) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, pa.array(values, table[name].type))
