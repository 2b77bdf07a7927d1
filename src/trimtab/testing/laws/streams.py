"""The laws of a ledger's streams: numbers, names, journals, threads and closing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from trimtab.errors import LedgerError
from trimtab.ports import Event, Ledger
from trimtab.testing.laws import NUMBERING, delays, expect, expect_refusal


def an_unknown_stream_is_empty(ledger: Ledger) -> None:
    """A stream nobody wrote to has frontier 0 and nothing in it, and asking for it does not make it."""
    expect(ledger.frontier("nobody"), 0)
    expect(ledger.read_events("nobody"), [])
    expect(ledger.read_rows("nobody").column_names, NUMBERING)
    expect(len(ledger.read_rows("nobody")), 0)
    expect(ledger.seal("nobody"), 0)
    expect(ledger.streams(), [])


def numbers_are_dense_within_a_stream(ledger: Ledger) -> None:
    """Each append gets the next numbers of its own stream, from 0."""
    firsts = [ledger.append_rows("a", delays(1, 2, 3), at=0), ledger.append_rows("b", delays(1), at=0)]
    firsts += [ledger.append_rows("a", delays(4), at=0), ledger.append_events("c", [Event(0, "k", "s")] * 2)]
    expect(firsts, [0, 0, 3, 0])
    expect([ledger.frontier(stream) for stream in "abc"], [4, 1, 2])
    expect(ledger.read_rows("a")["sequence"].to_pylist(), [0, 1, 2, 3])


def appending_nothing_changes_nothing(ledger: Ledger) -> None:
    """No rows and no events get the frontier back and make no stream."""
    expect(ledger.append_rows("facts", delays(), at=0), 0)
    expect(ledger.append_events("journal", []), 0)
    expect(ledger.streams(), [])
    ledger.append_rows("facts", delays(1), at=0)
    expect(ledger.append_rows("facts", delays(), at=0), 1)


def since_and_until_cut_exactly(ledger: Ledger) -> None:
    """Reading [since, until) gives those numbers and no others, whatever was appended or sealed together."""
    ledger.append_rows("facts", delays(0, 1, 2), at=0)
    ledger.append_rows("facts", delays(3, 4), at=1)
    ledger.seal("facts")
    ledger.append_rows("facts", delays(5), at=2)
    ledger.append_rows("facts", delays(6, 7), at=3)
    ledger.append_events("journal", [Event(at, "k", "s") for at in range(8)])
    for since in range(-1, 10):
        for until in (None, *range(-1, 10)):
            wanted = [number for number in range(8) if since <= number and (until is None or number < until)]
            rows = ledger.read_rows("facts", since=since, until=until)
            expect(rows["sequence"].to_pylist(), wanted)
            expect(rows["delay"].to_pylist(), wanted)
            expect([event.at for event in ledger.read_events("journal", since=since, until=until)], wanted)


def events_come_back_as_they_were(ledger: Ledger) -> None:
    """Time, kind, subject and body survive, in order."""
    bodies: list[dict[str, Any]] = [
        {},
        {"text": "Zürich", "number": 0.1, "count": 2**60, "none": None},
        {"list": [1, [True]], "map": {"": {}}},
    ]
    events = [Event(number, "measured", f"slice {number}", body) for number, body in enumerate(bodies)]
    ledger.append_events("journal", events)
    expect(ledger.read_events("journal"), events)


def bodies_beyond_json_are_refused_whole(ledger: Ledger) -> None:
    """One event that JSON cannot hold refuses all of its append."""
    bodies: list[dict[str, Any]] = [{"x": float("nan")}, {"x": object()}, {"x": {1: 2}}, {"x": {3}}]
    for body in bodies:
        events = [Event(0, "fine", "s"), Event(0, "bad", "s", body)]
        expect_refusal(LedgerError, lambda events=events: ledger.append_events("journal", events))  # type: ignore[misc]
    expect(ledger.read_events("journal"), [])


def a_stream_holds_rows_or_events(ledger: Ledger) -> None:
    """Rows go to no journal and events to no table, and neither is read as the other."""
    ledger.append_rows("facts", delays(1), at=0)
    ledger.append_events("journal", [Event(0, "k", "s")])
    expect_refusal(LedgerError, lambda: ledger.append_events("facts", [Event(0, "k", "s")]))
    expect_refusal(LedgerError, lambda: ledger.append_rows("journal", delays(1), at=0))
    expect_refusal(LedgerError, lambda: ledger.read_events("facts"))
    expect_refusal(LedgerError, lambda: ledger.read_rows("journal"))


def stream_names_are_free(ledger: Ledger) -> None:
    """Slashes, dots, capitals, spaces and other scripts name different streams; unprintable names are refused."""
    names = ["a", "A", "a/b", "a%2Fb", "..", "../a", "/", ".", "a b", "Zürich", "\N{AIRPLANE}", "x" * 80]
    for number, name in enumerate(names):
        ledger.append_rows(name, delays(number), at=0)
        ledger.seal(name)
    expect(ledger.streams(), sorted(names))
    expect(
        [ledger.read_rows(name)["delay"].to_pylist() for name in names],
        [[number] for number in range(len(names))],
    )
    for name in ("", "a\nb", "\x00", "x" * 81):
        expect_refusal(LedgerError, lambda name=name: ledger.append_rows(name, delays(1), at=0))  # type: ignore[misc]


def threads_may_share_it(ledger: Ledger) -> None:
    """Appends from many threads at once get numbers of their own, and each row is there once."""

    def append(thread: int) -> list[int]:
        return [ledger.append_rows("facts", delays(thread, turn), at=turn) for turn in range(10)]

    with ThreadPoolExecutor(8) as pool:
        firsts = dict(enumerate(pool.map(append, range(8))))
    found = ledger.read_rows("facts")["delay"].to_pylist()
    expect(len(found), 160)
    for thread, numbers in firsts.items():
        expect([found[number : number + 2] for number in numbers], [[thread, turn] for turn in range(10)])


def a_closed_ledger_refuses(ledger: Ledger) -> None:
    """After closing, which may be done twice, every call is a LedgerError."""
    ledger.append_rows("facts", delays(1), at=0)
    ledger.close()
    ledger.close()
    expect_refusal(LedgerError, lambda: ledger.append_rows("facts", delays(1), at=0))
    expect_refusal(LedgerError, lambda: ledger.append_events("journal", [Event(0, "k", "s")]))
    expect_refusal(LedgerError, lambda: ledger.read_rows("facts"))
    expect_refusal(LedgerError, ledger.streams)


streams_laws: tuple[Callable[[Ledger], None], ...] = (
    an_unknown_stream_is_empty,
    numbers_are_dense_within_a_stream,
    appending_nothing_changes_nothing,
    since_and_until_cut_exactly,
    events_come_back_as_they_were,
    bodies_beyond_json_are_refused_whole,
    a_stream_holds_rows_or_events,
    stream_names_are_free,
    threads_may_share_it,
    a_closed_ledger_refuses,
)
