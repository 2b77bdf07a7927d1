"""The laws of a Ledger port, each on a fresh ledger."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa

from trimtab.errors import LedgerError
from trimtab.ports import Event, Ledger
from trimtab.testing.laws import expect, expect_refusal

_NUMBERING = ["sequence", "recorded_at"]


def _rows(*delays: int | None) -> pa.Table:
    return pa.table({"delay": pa.array(delays, pa.int64())})


def an_unknown_stream_is_empty(ledger: Ledger) -> None:
    """A stream nobody wrote to has frontier 0 and nothing in it, and asking for it does not make it."""
    expect(ledger.frontier("nobody"), 0)
    expect(ledger.read_events("nobody"), [])
    expect(ledger.read_rows("nobody").column_names, _NUMBERING)
    expect(len(ledger.read_rows("nobody")), 0)
    expect(ledger.seal("nobody"), 0)
    expect(ledger.streams(), [])


def numbers_are_dense_within_a_stream(ledger: Ledger) -> None:
    """Each append gets the next numbers of its own stream, from 0."""
    firsts = [ledger.append_rows("a", _rows(1, 2, 3), at=0), ledger.append_rows("b", _rows(1), at=0)]
    firsts += [ledger.append_rows("a", _rows(4), at=0), ledger.append_events("c", [Event(0, "k", "s")] * 2)]
    expect(firsts, [0, 0, 3, 0])
    expect([ledger.frontier(stream) for stream in "abc"], [4, 1, 2])
    expect(ledger.read_rows("a")["sequence"].to_pylist(), [0, 1, 2, 3])


def rows_come_back_as_they_were(ledger: Ledger) -> None:
    """Values, nulls, types and order survive, behind the two columns that the ledger fills in."""
    columns = {
        "flag": pa.array([True, None, False]),
        "count": pa.array([1, None, -(2**63)], pa.int64()),
        "share": pa.array([0.1, None, float("inf")]),
        "word": pa.array(["", None, "Zürich \N{AIRPLANE}"]),
        "bytes": pa.array([b"", None, b"\x00\xff"], pa.binary()),
        "time": pa.array([0, None, 1], pa.timestamp("us", tz="UTC")),
        "list": pa.array([[1, 2], None, []], pa.list_(pa.int64())),
    }
    table = pa.table(columns)
    ledger.append_rows("facts", table, at=7)
    found = ledger.read_rows("facts")
    expect(found.column_names, _NUMBERING + table.column_names)
    expect(found.select(table.column_names).to_pylist(), table.to_pylist())
    expect([str(kind) for kind in found.schema.types[2:]], [str(kind) for kind in table.schema.types])
    expect(found["recorded_at"].to_pylist(), [7, 7, 7])


def encodings_do_not_matter(ledger: Ledger) -> None:
    """Dictionary, large and chunked text is the same text."""
    words = pa.array(["a", "b", "a"])
    ledger.append_rows("facts", pa.table({"word": words.dictionary_encode()}), at=0)
    ledger.append_rows("facts", pa.table({"word": words.cast(pa.large_string())}), at=0)
    ledger.append_rows("facts", pa.table({"word": pa.chunked_array([["a"], ["b", "a"]])}), at=0)
    expect(ledger.read_rows("facts")["word"].to_pylist(), ["a", "b", "a"] * 3)
    expect(str(ledger.read_rows("facts").schema.field("word").type), "string")


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


def since_and_until_cut_exactly(ledger: Ledger) -> None:
    """Reading [since, until) gives those numbers and no others, whatever was appended or sealed together."""
    ledger.append_rows("facts", _rows(0, 1, 2), at=0)
    ledger.append_rows("facts", _rows(3, 4), at=1)
    ledger.seal("facts")
    ledger.append_rows("facts", _rows(5), at=2)
    ledger.append_rows("facts", _rows(6, 7), at=3)
    ledger.append_events("journal", [Event(at, "k", "s") for at in range(8)])
    for since in range(-1, 10):
        for until in (None, *range(-1, 10)):
            wanted = [number for number in range(8) if since <= number and (until is None or number < until)]
            rows = ledger.read_rows("facts", since=since, until=until)
            expect(rows["sequence"].to_pylist(), wanted)
            expect(rows["delay"].to_pylist(), wanted)
            expect([event.at for event in ledger.read_events("journal", since=since, until=until)], wanted)


def appending_nothing_changes_nothing(ledger: Ledger) -> None:
    """No rows and no events get the frontier back and make no stream."""
    expect(ledger.append_rows("facts", _rows(), at=0), 0)
    expect(ledger.append_events("journal", []), 0)
    expect(ledger.streams(), [])
    ledger.append_rows("facts", _rows(1), at=0)
    expect(ledger.append_rows("facts", _rows(), at=0), 1)


def added_columns_are_null_before(ledger: Ledger) -> None:
    """A column that came later reads as null in earlier rows, and one left out in later rows."""
    ledger.append_rows("facts", pa.table({"a": [1]}), at=0)
    ledger.append_rows("facts", pa.table({"b": ["x"], "a": [2]}), at=0)
    ledger.append_rows("facts", pa.table({"b": ["y"]}), at=0)
    wanted = [{"a": 1, "b": None}, {"a": 2, "b": "x"}, {"a": None, "b": "y"}]
    for since in range(3):
        expect(ledger.read_rows("facts", since=since).select(["a", "b"]).to_pylist(), wanted[since:])
    ledger.seal("facts")
    expect(ledger.read_rows("facts").select(["a", "b"]).to_pylist(), wanted)


def a_column_of_nulls_has_any_type(ledger: Ledger) -> None:
    """A column that was null so far takes the type of its first value."""
    ledger.append_rows("facts", pa.table({"a": [1], "b": pa.nulls(1)}), at=0)
    ledger.append_rows("facts", pa.table({"a": [2], "b": ["x"]}), at=0)
    ledger.append_rows("facts", pa.table({"a": [3], "b": pa.nulls(1)}), at=0)
    expect(ledger.read_rows("facts")["b"].to_pylist(), [None, "x", None])


def a_column_never_changes_its_type(ledger: Ledger) -> None:
    """Rows whose column has another type are refused, and nothing of them is kept."""
    ledger.append_rows("facts", pa.table({"a": [1]}), at=0)
    expect_refusal(LedgerError, lambda: ledger.append_rows("facts", pa.table({"a": ["x"], "b": [1]}), at=0))
    expect(ledger.read_rows("facts").to_pylist(), [{"sequence": 0, "recorded_at": 0, "a": 1}])


def unusable_columns_are_refused(ledger: Ledger) -> None:
    """Reserved and repeated names, no columns at all, and types that Parquet cannot hold are refused."""
    repeated = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    empty = pa.array([{}], pa.struct([]))
    tables = [pa.table({name: [1]}) for name in _NUMBERING] + [
        repeated,
        _rows(1).select([]),
        pa.table({"a": empty}),
    ]
    for table in tables:
        expect_refusal(LedgerError, lambda table=table: ledger.append_rows("facts", table, at=0))  # type: ignore[misc]
    expect(ledger.streams(), [])


def a_stream_holds_rows_or_events(ledger: Ledger) -> None:
    """Rows go to no journal and events to no table, and neither is read as the other."""
    ledger.append_rows("facts", _rows(1), at=0)
    ledger.append_events("journal", [Event(0, "k", "s")])
    expect_refusal(LedgerError, lambda: ledger.append_events("facts", [Event(0, "k", "s")]))
    expect_refusal(LedgerError, lambda: ledger.append_rows("journal", _rows(1), at=0))
    expect_refusal(LedgerError, lambda: ledger.read_events("facts"))
    expect_refusal(LedgerError, lambda: ledger.read_rows("journal"))


def stream_names_are_free(ledger: Ledger) -> None:
    """Slashes, dots, capitals, spaces and other scripts name different streams; unprintable names are refused."""
    names = ["a", "A", "a/b", "a%2Fb", "..", "../a", "/", ".", "a b", "Zürich", "\N{AIRPLANE}", "x" * 80]
    for number, name in enumerate(names):
        ledger.append_rows(name, _rows(number), at=0)
        ledger.seal(name)
    expect(ledger.streams(), sorted(names))
    expect(
        [ledger.read_rows(name)["delay"].to_pylist() for name in names],
        [[number] for number in range(len(names))],
    )
    for name in ("", "a\nb", "\x00", "x" * 81):
        expect_refusal(LedgerError, lambda name=name: ledger.append_rows(name, _rows(1), at=0))  # type: ignore[misc]


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
    expect_refusal(LedgerError, lambda: ledger.append_rows("facts", _rows(1), at=0, subject="who"))
    truths = pa.table({"who": [True]})
    expect_refusal(LedgerError, lambda: ledger.append_rows("facts", truths, at=0, subject="who"))
    expect(ledger.streams(), [])


def sealing_changes_no_answer(ledger: Ledger) -> None:
    """Reading is the same before and after sealing, and numbers carry on."""
    for at in range(5):
        ledger.append_rows("facts", pa.table({"delay": [at, None], f"c{at}": ["x", "y"]}), at=at)
    before = ledger.read_rows("facts")
    ledger.seal("facts", at_least=1000)
    ledger.seal("facts")
    ledger.seal("facts")
    expect(ledger.read_rows("facts").to_pylist(), before.to_pylist())
    expect(ledger.read_rows("facts").schema.names, before.schema.names)
    expect(ledger.append_rows("facts", _rows(9), at=9), 10)


def many_rows_are_rows(ledger: Ledger) -> None:
    """An append of very many rows keeps every promise of a small one, between small ones too, sealed or not."""
    count = 25_000
    ledger.append_rows("facts", _rows(-1), at=0)
    table = pa.table({"delay": range(count), "who": [f"p{number % 500}" for number in range(count)]})
    expect(ledger.append_rows("facts", table, at=1, subject="who"), 1)
    expect(ledger.append_rows("facts", _rows(-2), at=2), count + 1)
    expect(ledger.read_rows("facts")["delay"].to_pylist(), [-1, *range(count), -2])
    ledger.seal("facts")
    expect(ledger.read_rows("facts")["delay"].to_pylist(), [-1, *range(count), -2])
    middle = ledger.read_rows("facts", since=20_000, until=20_002).to_pylist()
    expect(middle[1], {"sequence": 20_001, "recorded_at": 1, "delay": 20_000, "who": "p0"})
    expect(ledger.find_subject("p7"), [("facts", number + 1) for number in range(7, count, 500)])
    changed = pa.table({"delay": ["x"] * count})
    expect_refusal(LedgerError, lambda: ledger.append_rows("facts", changed, at=3))
    expect(ledger.frontier("facts"), count + 2)


def threads_may_share_it(ledger: Ledger) -> None:
    """Appends from many threads at once get numbers of their own, and each row is there once."""

    def append(thread: int) -> list[int]:
        return [ledger.append_rows("facts", _rows(thread, turn), at=turn) for turn in range(10)]

    with ThreadPoolExecutor(8) as pool:
        firsts = dict(enumerate(pool.map(append, range(8))))
    delays = ledger.read_rows("facts")["delay"].to_pylist()
    expect(len(delays), 160)
    for thread, numbers in firsts.items():
        expect([delays[number : number + 2] for number in numbers], [[thread, turn] for turn in range(10)])


def a_closed_ledger_refuses(ledger: Ledger) -> None:
    """After closing, which may be done twice, every call is a LedgerError."""
    ledger.append_rows("facts", _rows(1), at=0)
    ledger.close()
    ledger.close()
    expect_refusal(LedgerError, lambda: ledger.append_rows("facts", _rows(1), at=0))
    expect_refusal(LedgerError, lambda: ledger.append_events("journal", [Event(0, "k", "s")]))
    expect_refusal(LedgerError, lambda: ledger.read_rows("facts"))
    expect_refusal(LedgerError, ledger.streams)


ledger_laws: tuple[Callable[[Ledger], None], ...] = (
    an_unknown_stream_is_empty,
    numbers_are_dense_within_a_stream,
    rows_come_back_as_they_were,
    encodings_do_not_matter,
    events_come_back_as_they_were,
    bodies_beyond_json_are_refused_whole,
    since_and_until_cut_exactly,
    appending_nothing_changes_nothing,
    added_columns_are_null_before,
    a_column_of_nulls_has_any_type,
    a_column_never_changes_its_type,
    unusable_columns_are_refused,
    a_stream_holds_rows_or_events,
    stream_names_are_free,
    a_subject_is_found_in_all_its_rows,
    subjects_are_equal_as_values,
    unusable_subjects_are_refused,
    sealing_changes_no_answer,
    many_rows_are_rows,
    threads_may_share_it,
    a_closed_ledger_refuses,
)
