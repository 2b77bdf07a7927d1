"""The laws of finding whom rows are about."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from trimtab.errors import LedgerError
from trimtab.ports import Ledger
from trimtab.testing.laws import delays, expect, expect_refusal


def a_subject_is_found_in_all_its_rows(ledger: Ledger) -> None:
    """Every row whose subject column holds the value is found, in any stream, open or sealed, and no other."""
    for stream in ("labels", "facts"):
        ledger.append_rows(stream, pa.table({"who": ["ann", "bob", None, "ann"]}), at=0, subject="who")
        ledger.append_rows(stream, pa.table({"who": ["ann"]}), at=0)
        ledger.append_rows(stream, pa.table({"who": ["bob"], "guest": ["ann"]}), at=0, subject="guest")
        wanted = [(stream, 0), (stream, 3), (stream, 5)]
        expect([hit for hit in ledger.find_subject("ann") if hit[0] == stream], wanted)
        ledger.seal(stream)
        expect([hit for hit in ledger.find_subject("ann") if hit[0] == stream], wanted)
    expect(ledger.find_subject("bob"), [("facts", 1), ("labels", 1)])
    expect([ledger.find_subject(value) for value in ("who", None, "", object())], [[]] * 4)


def subjects_are_equal_as_values(ledger: Ledger) -> None:
    """The numbers 7 and 7.0 are one subject, the text 7 another."""
    ledger.append_rows("whole", pa.table({"who": [7, 8]}), at=0, subject="who")
    ledger.append_rows("broken", pa.table({"who": [7.0, 7.5, None]}), at=0, subject="who")
    ledger.append_rows("text", pa.table({"who": ["7", "7.0"]}), at=0, subject="who")
    expect(ledger.find_subject(7), [("broken", 0), ("whole", 0)])
    expect(ledger.find_subject(7.0), [("broken", 0), ("whole", 0)])
    expect(ledger.find_subject("7"), [("text", 0)])


def unusable_subjects_are_refused(ledger: Ledger) -> None:
    """A subject column that is missing, or cannot identify anyone, is refused."""
    expect_refusal(LedgerError, lambda: ledger.append_rows("facts", delays(1), at=0, subject="who"))
    truths = pa.table({"who": [True]})
    expect_refusal(LedgerError, lambda: ledger.append_rows("facts", truths, at=0, subject="who"))
    expect(ledger.streams(), [])


subjects_laws: tuple[Callable[[Ledger], None], ...] = (
    a_subject_is_found_in_all_its_rows,
    subjects_are_equal_as_values,
    unusable_subjects_are_refused,
)
