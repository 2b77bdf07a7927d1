"""The laws of a ledger that outlives its process; each takes a function that opens one place again and again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import pyarrow as pa

from trimtab.errors import LedgerError
from trimtab.ports import Event, Identities, Ledger, Record
from trimtab.testing.laws import expect, expect_refusal
from trimtab.testing.laws.records import record

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


def ids_are_taken_after_reopening(open_place: Opening) -> None:
    """The ids of rows and of records, open, sealed and erased, are known to the next process."""
    records = [record(f"r{number}", number, "ann", n=number) for number in range(4)]
    with closing(open_place()) as ledger:
        ledger.append_rows("facts", pa.table({"a": [1]}), at=0, identities=Identities(["x"], [b"1"]))
        ledger.append_records("served", records[:2])
        ledger.seal("served")
        ledger.append_records("served", records[2:])
        ledger.erase("served", [1, 3])
    with closing(open_place()) as ledger:
        expect(ledger.find_identities("facts", ["x", "y"]), [b"1", None])
        told = ledger.append_records("served", [*records, record("r4")])
        expect(told, [records[0], Record("r1", 0, b""), records[2], Record("r3", 0, b""), None])
        expect(ledger.find_subject("ann"), [("served", 0), ("served", 2)])
    with closing(open_place()) as ledger:
        expect(ledger.read_records("served"), [(0, records[0]), (2, records[2]), (4, record("r4"))])


durability_laws: tuple[Callable[[Opening], None], ...] = (
    reopening_loses_nothing,
    numbers_carry_on_after_reopening,
    refusals_hold_after_reopening,
    ids_are_taken_after_reopening,
)
