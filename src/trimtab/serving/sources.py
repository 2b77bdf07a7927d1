"""Sources read again while the system serves: what is new in their files or tables is taken in as it is found."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field

from trimtab.declare.source import InMemory, Source
from trimtab.declare.system import System
from trimtab.errors import TrimtabError
from trimtab.ports import Clock, Engine, Ledger, Tables
from trimtab.runtime.intake import arrivals
from trimtab.runtime.receiving import Receiver

Stamp = Callable[[Source], object]
"""Something about a source's data that changes when the data does; None when it cannot be told."""


@dataclass
class SourceIntake:
    """Looks at each source for what the record has not; unchanged data is not read."""

    system: System
    engine: Callable[[], Engine]
    tables: Tables
    ledger: Ledger
    receiver: Receiver
    stamp: Stamp
    clock: Clock
    _seen: dict[str, object] = field(default_factory=dict)

    def look(self) -> int:
        """Take in what is new; return how many facts.

        Raises the first TrimtabError after all sources were looked at; what failed is looked at again the next time.
        """
        taken, problems = 0, list[TrimtabError]()
        for source in self.system.sources:
            try:
                taken += self._look_at(source)
            except TrimtabError as problem:  # the other sources are looked at all the same
                problems.append(problem)
        if problems:
            raise problems[0]
        return taken

    def _look_at(self, source: Source) -> int:
        if isinstance(source.data, InMemory):
            return 0
        # told before it is read: what changes meanwhile is seen the next time
        stamp = self.stamp(source)
        if stamp is not None and self._seen.get(source.name) == stamp:
            return 0
        taken = self._take(source)
        self._seen[source.name] = stamp
        return taken

    def _take(self, source: Source) -> int:
        with closing(self.engine()) as engine:
            now = self.clock.now()
            _, arrived = arrivals(self.system, source, engine, self.tables, self.ledger, now)
        return self.receiver.take_table(source.name, arrived.facts) if len(arrived.facts) else 0
