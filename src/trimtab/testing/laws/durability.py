"""The laws of a ledger that outlives its process; each takes a function that opens one place again and again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import pyarrow as pa

from trimtab.errors import LedgerError
from trimtab.ports import Event, Ledger
from trimtab.testing.laws import expect, expect_refusal

Opening = Callable[[], Ledger]


def reopening_loses_nothing(open_place: Opening) -> None:
    """Rows, sealed and open, events and subjects are there after closing and opening again."""
    with closing(open_place()) as ledger:
        ledger.append_rows("facts", pa.table({"who": ["a", "b"]}), at=1, subject="who")
        ledger.seal("facts")
        ledger.append_rows("facts", pa.table({"who": ["a"]}), at=2, subject="who")
        ledger.append_events("journal", [Event(3, "trained", "v1", {"rows": 2})])
    with closing(open_place()) as ledger:
        rows = [
            {"sequence": 0, "recorded_at": 1, "who": "a"},
            {"sequence": 1, "recorded_at": 1, "who": "b"},
            {"sequence": 2, "recorded_at": 2, "who": "a"},
        ]
        expect(ledger.read_rows("facts").to_pylist(), rows)
        expect(ledger.read_events("journal"), [Event(3, "trained", "v1", {"rows": 2})])
        expect(ledger.find_subject("a"), [("facts", 0), ("facts", 2)])
        expect(ledger.streams(), ["facts", "journal"])


def numbers_carry_on_after_reopening(open_place: Opening) -> None:
    """A sequence number given before closing is never given again."""
    for turn in range(3):
        with closing(open_place()) as ledger:
            expect(ledger.append_rows("facts", pa.table({"turn": [turn]}), at=turn), turn)
            expect(ledger.append_events("journal", [Event(turn, "turned", "it")]), turn)
            if turn == 1:
                ledger.seal("facts")
    with closing(open_place()) as ledger:
        expect(ledger.read_rows("facts")["turn"].to_pylist(), [0, 1, 2])


def refusals_hold_after_reopening(open_place: Opening) -> None:
    """The types of a stream's columns are known to the next process."""
    with closing(open_place()) as ledger:
        ledger.append_rows("facts", pa.table({"delay": [1]}), at=0)
        ledger.seal("facts")
    with closing(open_place()) as ledger:
        expect_refusal(LedgerError, lambda: ledger.append_rows("facts", pa.table({"delay": ["x"]}), at=1))
        ledger.append_rows("facts", pa.table({"carrier": ["UA"]}), at=1)
        expect(ledger.read_rows("facts").column_names, ["sequence", "recorded_at", "delay", "carrier"])
        expect(ledger.read_rows("facts")["delay"].to_pylist(), [1, None])


durability_laws: tuple[Callable[[Opening], None], ...] = (
    reopening_loses_nothing,
    numbers_carry_on_after_reopening,
    refusals_hold_after_reopening,
)
