"""The laws of records in a ledger: one id, one record, whatever is appended, sealed or tried again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from trimtab.errors import LedgerError
from trimtab.ports import Event, Ledger, Record
from trimtab.testing.laws import delays, expect, expect_refusal


def record(name: str, at: int = 0, subject: str | int | None = None, **body: Any) -> Record:
    """A record whose body is the mapping given."""
    return Record(name, at, msgspec.msgpack.encode(body), subject)


def records_come_back_as_they_were(ledger: Ledger) -> None:
    """Id, time, body and subject survive, in order of their numbers, sealed or not."""
    records = [
        record("b", 2, "ann", score=0.5, request={"carrier": "UA", "tags": []}),
        record("a", 1, 7, score=1, id="x", sequence=3, body=None),
        record("Zürich \N{AIRPLANE}", -(2**63), -(2**63), score="high"),
        record("\x00", 2**63 - 1, "7"),
        Record("not a mapping", 0, b"\xc1\x00", ""),
        record("", 0, None, nested={"": {"deep": [1, "x"]}}),
    ]
    for turn in range(3):
        told = ledger.append_records("served", records[2 * turn : 2 * turn + 2])
        expect(told, [None, None])
    for _ in range(2):
        expect(ledger.read_records("served"), list(enumerate(records)))
        expect([ledger.find_record("served", one.id) for one in records], list(records))
        expect(type(_subject(ledger, "\x00")), str)
        ledger.seal("served")


def a_taken_id_is_told_its_record(ledger: Ledger) -> None:
    """A record whose id is taken is not kept, the first one is answered, and the others of its call are kept."""
    first, second = record("r1", 1, score=1), record("r1", 2, score=2)
    expect(
        ledger.append_records("served", [first, record("r2"), second, record("r3")]),
        [None, None, first, None],
    )
    for _ in range(2):
        expect(ledger.append_records("served", [second]), [first])
        expect(ledger.find_record("served", "r1"), first)
        expect([number for number, _ in ledger.read_records("served")], [0, 1, 2])
        ledger.seal("served")
    expect(ledger.append_records("served", [record("r4"), second]), [None, first])
    expect(ledger.append_records("elsewhere", [second]), [None])
    expect(ledger.frontier("served"), 4)


def records_are_cut_exactly(ledger: Ledger) -> None:
    """Reading [since, until) gives those numbers and no others, sealed and open."""
    records = [record(f"r{number}", number) for number in range(8)]
    for start in range(0, 8, 2):
        ledger.append_records("served", records[start : start + 2])
        if start == 2:
            ledger.seal("served")
    for since in range(-1, 10):
        for until in (None, *range(-1, 10)):
            wanted = [
                pair for pair in enumerate(records) if since <= pair[0] and (until is None or pair[0] < until)
            ]
            expect(ledger.read_records("served", since=since, until=until), wanted)


def records_about_a_subject_are_found(ledger: Ledger) -> None:
    """Every record of a subject is found, sealed or open, beside the rows; the text 7 is not the number 7."""
    ledger.append_records(
        "served", [record("a", 0, "ann"), record("b", 0, 7), record("c", 0, "7"), record("d")]
    )
    ledger.append_rows("facts", delays(7, 8), at=0, subject="delay")
    for _ in range(2):
        found = [
            ledger.find_subject(value) for value in ("ann", 7, 7.0, "7", 7.5, b"ann", None, 2**70, "\ud800")
        ]
        sevens = [("facts", 0), ("served", 1)]
        expect(found, [[("served", 0)], sevens, sevens, [("served", 2)], [], [], [], [], []])
        ledger.seal("served")
    ledger.append_records("served", [record("e", 0, "ann")])
    expect(ledger.find_subject("ann"), [("served", 0), ("served", 4)])


def unknown_records_are_none(ledger: Ledger) -> None:
    """An id never seen has no record, asking for it makes no stream, and appending nothing appends nothing."""
    expect(ledger.find_record("served", "r1"), None)
    expect(ledger.read_records("served"), [])
    expect(ledger.append_records("served", []), [])
    expect(ledger.streams(), [])
    ledger.append_records("served", [record("r1")])
    expect([ledger.find_record("served", name) for name in ("r2", "", "\ud800")], [None, None, None])


def unusable_records_are_refused_whole(ledger: Ledger) -> None:
    """Ids and subjects that are not text, times that are not whole and missing bodies refuse the whole call."""
    unusable: Sequence[Any] = (
        Record("\ud800", 0, b"\x80"),
        Record(7, 0, b"\x80"),  # type: ignore[arg-type]
        Record("r", 2**63, b"\x80"),
        Record("r", 0.5, b"\x80"),  # type: ignore[arg-type]
        Record("r", 0, b""),
        Record("r", 0, "{}"),  # type: ignore[arg-type]
        Record("r", 0, b"\x80", True),
        Record("r", 0, b"\x80", 2**63),
        Record("r", 0, b"\x80", 0.5),  # type: ignore[arg-type]
    )
    for one in unusable:
        expect_refusal(LedgerError, lambda one=one: ledger.append_records("served", [record("good"), one]))  # type: ignore[misc]
    expect(ledger.streams(), [])
    expect_refusal(LedgerError, lambda: ledger.append_records("", [record("good")]))


def records_keep_to_their_streams(ledger: Ledger) -> None:
    """Records go to no table of rows and no journal, and are read as neither."""
    ledger.append_records("served", [record("r1")])
    ledger.append_rows("facts", delays(1), at=0)
    ledger.append_events("journal", [Event(0, "k", "s")])
    for stream in ("facts", "journal"):
        for ask in (
            lambda stream=stream: ledger.append_records(stream, [record("r1")]),
            lambda stream=stream: ledger.append_records(stream, []),
            lambda stream=stream: ledger.find_record(stream, "r1"),
            lambda stream=stream: ledger.read_records(stream),
        ):
            expect_refusal(LedgerError, ask)
    expect_refusal(LedgerError, lambda: ledger.append_rows("served", delays(1), at=0))
    expect_refusal(LedgerError, lambda: ledger.append_events("served", [Event(0, "k", "s")]))
    expect_refusal(LedgerError, lambda: ledger.read_rows("served"))
    expect_refusal(LedgerError, lambda: ledger.read_events("served"))
    expect_refusal(LedgerError, lambda: ledger.seal("journal"))


def one_of_many_threads_takes_an_id(ledger: Ledger) -> None:
    """Of many threads that append one id at once, one is told None and all others its record."""

    def append(thread: int) -> list[Record | None]:
        return [ledger.append_records("served", [record(f"r{turn}", thread)])[0] for turn in range(10)]

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(append, range(8)))
    kept = {one.id: one for _, one in ledger.read_records("served")}
    expect(ledger.frontier("served"), 10)
    for turn in range(10):
        answers = [answers[turn] for answers in told]
        expect(answers.count(None), 1)
        expect(kept[f"r{turn}"].at, answers.index(None))
        expect(answers.count(kept[f"r{turn}"]), 7)


def _subject(ledger: Ledger, name: str) -> str | int | None:
    found = ledger.find_record("served", name)
    return found.subject if found is not None else None


records_laws: tuple[Callable[[Ledger], None], ...] = (
    records_come_back_as_they_were,
    a_taken_id_is_told_its_record,
    records_are_cut_exactly,
    records_about_a_subject_are_found,
    unknown_records_are_none,
    unusable_records_are_refused_whole,
    records_keep_to_their_streams,
    one_of_many_threads_takes_an_id,
)
