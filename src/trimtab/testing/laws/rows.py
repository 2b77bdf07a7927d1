"""The laws of rows in a ledger: values, types, sealing and bulk."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from trimtab.errors import LedgerError
from trimtab.ports import Ledger
from trimtab.testing.laws import NUMBERING, delays, expect, expect_refusal


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
    expect(found.column_names, NUMBERING + table.column_names)
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
    tables = [pa.table({name: [1]}) for name in NUMBERING] + [
        repeated,
        delays(1).select([]),
        pa.table({"a": empty}),
    ]
    for table in tables:
        expect_refusal(LedgerError, lambda table=table: ledger.append_rows("facts", table, at=0))  # type: ignore[misc]
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
    expect(ledger.append_rows("facts", delays(9), at=9), 10)


def many_rows_are_rows(ledger: Ledger) -> None:
    """An append of very many rows keeps every promise of a small one, between small ones too, sealed or not."""
    count = 25_000
    ledger.append_rows("facts", delays(-1), at=0)
    table = pa.table({"delay": range(count), "who": [f"p{number % 500}" for number in range(count)]})
    expect(ledger.append_rows("facts", table, at=1, subject="who"), 1)
    expect(ledger.append_rows("facts", delays(-2), at=2), count + 1)
    expect(ledger.read_rows("facts")["delay"].to_pylist(), [-1, *range(count), -2])
    ledger.seal("facts")
    expect(ledger.read_rows("facts")["delay"].to_pylist(), [-1, *range(count), -2])
    middle = ledger.read_rows("facts", since=20_000, until=20_002).to_pylist()
    expect(middle[1], {"sequence": 20_001, "recorded_at": 1, "delay": 20_000, "who": "p0"})
    expect(ledger.find_subject("p7"), [("facts", number + 1) for number in range(7, count, 500)])
    changed = pa.table({"delay": ["x"] * count})
    expect_refusal(LedgerError, lambda: ledger.append_rows("facts", changed, at=3))
    expect(ledger.frontier("facts"), count + 2)


rows_laws: tuple[Callable[[Ledger], None], ...] = (
    rows_come_back_as_they_were,
    encodings_do_not_matter,
    added_columns_are_null_before,
    a_column_of_nulls_has_any_type,
    a_column_never_changes_its_type,
    unusable_columns_are_refused,
    sealing_changes_no_answer,
    many_rows_are_rows,
)
