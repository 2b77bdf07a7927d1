"""The laws of removing for good: what is asked for goes, everything else stays."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from trimtab.errors import LedgerError
from trimtab.ports import Event, Identities, Ledger, Record
from trimtab.testing.laws import delays, expect, expect_refusal
from trimtab.testing.laws.records import record


def erased_rows_are_gone_and_no_other(ledger: Ledger) -> None:
    """Open and sealed rows go; all others keep their numbers, times and values, through later sealing too."""
    for at in range(4):
        table = pa.table({"who": ["ann", "bob", "eve"], "delay": [3 * at, 3 * at + 1, 3 * at + 2]})
        ledger.append_rows("facts", table, at=at, subject="who")
        if at == 1:
            ledger.seal("facts")
    left = ledger.read_rows("facts").to_pylist()
    for sequences, count in (([1, 4, 7], 3), ([7, 10, 8], 2), ([9, 11], 2), ([0, 2], 2)):
        expect(ledger.erase("facts", sequences), count)
        left = [row for row in left if row["sequence"] not in sequences]
        expect(ledger.read_rows("facts").to_pylist(), left)
    expect(left, [_row(3, "ann"), _row(5, "eve"), _row(6, "ann")])
    ledger.seal("facts")
    expect(ledger.read_rows("facts").to_pylist(), left)
    expect(ledger.read_rows("facts", since=4, until=6).to_pylist(), left[1:2])
    expect([ledger.find_subject(who) for who in ("ann", "bob")], [[("facts", 3), ("facts", 6)], []])


def erased_numbers_are_never_used_again(ledger: Ledger) -> None:
    """The frontier stays where it was, even when everything is erased, and the columns keep their types."""
    ledger.append_rows("facts", delays(0, 1), at=0)
    expect(ledger.erase("facts", [0, 1]), 2)
    expect(ledger.frontier("facts"), 2)
    expect(ledger.append_rows("facts", delays(2), at=0), 2)
    ledger.seal("facts")
    expect(ledger.erase("facts", [2]), 1)
    expect(ledger.seal("facts"), 0)
    expect_refusal(LedgerError, lambda: ledger.append_rows("facts", pa.table({"delay": ["x"]}), at=0))
    expect(ledger.append_rows("facts", delays(3), at=0), 3)
    expect(ledger.read_rows("facts")["sequence"].to_pylist(), [3])


def erased_records_are_gone_and_their_ids_taken(ledger: Ledger) -> None:
    """An erased record is not found, and who repeats its id is told a record without a body."""
    records = [record(f"r{number}", number, "ann" if number % 2 else 7, n=number) for number in range(8)]
    ledger.append_records("served", records[:4])
    ledger.seal("served")
    ledger.append_records("served", records[4:])
    expect(ledger.erase("served", [1, 2, 5]), 3)
    for _ in range(2):
        expect([number for number, _ in ledger.read_records("served")], [0, 3, 4, 6, 7])
        expect([ledger.find_record("served", one.id) for one in records[1:4]], [None, None, records[3]])
        told = [Record("r5", 0, b""), records[3]]
        expect(ledger.append_records("served", [records[5], records[3]]), told)
        expect(ledger.find_subject("ann"), [("served", 3), ("served", 7)])
        expect(ledger.find_subject(7), [("served", 0), ("served", 4), ("served", 6)])
        ledger.seal("served")
    expect(ledger.erase("served", range(8)), 5)
    expect(ledger.read_records("served"), [])
    expect(ledger.append_records("served", [record("r8")]), [None])
    expect(ledger.read_records("served"), [(8, record("r8"))])


def erasing_leaves_identities(ledger: Ledger) -> None:
    """The ids of erased rows stay taken, with their content."""
    ledger.append_rows("facts", delays(1, 2), at=0, identities=Identities(["a", "b"], [b"1", b"2"]))
    ledger.erase("facts", [0])
    expect(ledger.find_identities("facts", ["a", "b"]), [b"1", b"2"])


def erasing_what_is_not_there_does_nothing(ledger: Ledger) -> None:
    """Numbers never given, given up already or of another stream are no rows; journals are not erased."""
    expect(ledger.erase("facts", [0]), 0)
    expect(ledger.streams(), [])
    ledger.append_rows("facts", delays(0, 1), at=0)
    ledger.append_records("served", [record("r0"), record("r1")])
    for stream in ("facts", "served"):
        expect(ledger.erase(stream, [-1, 2, 2**70]), 0)
        expect(ledger.erase(stream, []), 0)
        expect(ledger.erase(stream, [1, 1]), 1)
        expect(ledger.erase(stream, [1]), 0)
        expect(ledger.frontier(stream), 2)
    ledger.append_events("journal", [Event(0, "k", "s")])
    expect_refusal(LedgerError, lambda: ledger.erase("journal", [0]))


def _row(number: int, who: str) -> dict[str, object]:
    return {"sequence": number, "recorded_at": number // 3, "who": who, "delay": number}


erasure_laws: tuple[Callable[[Ledger], None], ...] = (
    erased_rows_are_gone_and_no_other,
    erased_numbers_are_never_used_again,
    erased_records_are_gone_and_their_ids_taken,
    erasing_leaves_identities,
    erasing_what_is_not_there_does_nothing,
)
