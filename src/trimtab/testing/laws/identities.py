"""The laws of telling a repeated row by its id and content."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from trimtab.errors import LedgerError
from trimtab.ports import Event, Identities, Ledger, Record
from trimtab.testing.laws import delays, expect, expect_refusal


def the_last_content_of_an_id_is_found(ledger: Ledger) -> None:
    """Each id has the content that came with it last, in its own stream, before and after sealing."""
    ledger.append_rows("facts", delays(1, 2), at=0, identities=Identities(["a", "b"], [b"1", b"2"]))
    ledger.append_rows("facts", delays(3), at=0)
    ledger.append_rows("facts", delays(4, 5), at=0, identities=Identities(["b", "Zürich\x00"], [b"4", b""]))
    ledger.append_rows("facts", delays(6, 7), at=0, identities=Identities(["c", "c"], [b"6", b"7"]))
    ledger.append_rows("more", delays(8), at=0, identities=Identities(["a"], [b"8"]))
    for _ in range(2):
        asked = ["b", "a", "b", "never", "c", "\ud800", "Zürich\x00"]
        expect(ledger.find_identities("facts", asked), [b"4", b"1", b"4", None, b"7", None, b""])
        expect(ledger.find_identities("more", ["a", "b"]), [b"8", None])
        ledger.seal("facts")


def many_identities_are_found(ledger: Ledger) -> None:
    """Ids of a very large append are kept and found like those of a small one."""
    count = 25_000
    ids = [f"{number * 7919 % count:05d}" for number in range(count)]
    contents = [one.encode() for one in ids]
    ledger.append_rows("facts", delays(1), at=0, identities=Identities(["00007"], [b"old"]))
    ledger.append_rows("facts", delays(*range(count)), at=0, identities=Identities(ids, contents))
    expect(ledger.find_identities("facts", [*ids, "none"]), [*contents, None])
    expect(ledger.find_identities("facts", []), [])


def refused_rows_leave_no_identity(ledger: Ledger) -> None:
    """Identities that are not one a row, not text or not bytes are refused; refused rows leave no identity."""
    for identities in (
        Identities(["a"], [b"1"]),
        Identities(["a", "b"], [b"1"]),
        Identities(["a", "\ud800"], [b"1", b"2"]),
        Identities(["a", 7], [b"1", b"2"]),  # type: ignore[list-item]
        Identities(["a", "b"], [b"1", "2"]),  # type: ignore[list-item]
    ):
        expect_refusal(
            LedgerError,
            lambda kept=identities: ledger.append_rows("facts", delays(1, 2), at=0, identities=kept),  # type: ignore[misc]
        )
    expect(ledger.streams(), [])
    ledger.append_rows("facts", delays(1), at=0)
    words = pa.table({"delay": ["x"]})
    kept = Identities(["a"], [b"1"])
    expect_refusal(LedgerError, lambda: ledger.append_rows("facts", words, at=0, identities=kept))
    expect(ledger.find_identities("facts", ["a"]), [None])


def unknown_identities_are_none(ledger: Ledger) -> None:
    """A stream nobody wrote to has no identities, and streams of events and records refuse the question."""
    expect(ledger.find_identities("facts", ["a", "b"]), [None, None])
    ledger.append_events("journal", [Event(0, "k", "s")])
    ledger.append_records("served", [Record("r", 0, b"\x80")])
    expect_refusal(LedgerError, lambda: ledger.find_identities("journal", ["a"]))
    expect_refusal(LedgerError, lambda: ledger.find_identities("served", ["a"]))


identities_laws: tuple[Callable[[Ledger], None], ...] = (
    the_last_content_of_an_id_is_found,
    many_identities_are_found,
    refused_rows_leave_no_identity,
    unknown_identities_are_none,
)
