"""What the tests of the algebra share: values at every edge, and an engine to compare the closure with."""

from __future__ import annotations

import struct
from datetime import UTC, datetime

import duckdb
import pyarrow as pa
from sqlglot import exp

from trimtab.declare.closure import to_closure
from trimtab.declare.kinds import Kind
from trimtab.declare.operations import OPERATIONS
from trimtab.declare.sql import to_sql
from trimtab.declare.typed import infer
from trimtab.declare.zones import END, FIRST, zone_offsets
from trimtab.errors import DataError

INT_MIN, INT_MAX = -(2**63), 2**63 - 1
ZONES = (
    "UTC",
    "Asia/Kathmandu",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
)
CALENDAR = frozenset(name for name, rule in OPERATIONS.items() if rule.forms == ("timestamp -> int",))
TRANSCENDENTAL = frozenset({"exp", "log"})
_ARROW = {Kind.BOOL: pa.bool_(), Kind.FLOAT: pa.float64(), Kind.STRING: pa.string()}
_ENGINE = {Kind.BOOL: "BOOLEAN", Kind.FLOAT: "DOUBLE", Kind.STRING: "VARCHAR"}
_DAYS = ((1900, 2, 28), (2000, 2, 29), (2023, 12, 31), (2024, 12, 31), (2100, 2, 28))


def _last_second(year: int, month: int, day: int) -> int:
    return int(datetime(year, month, day, 23, 59, 59, tzinfo=UTC).timestamp()) * 1_000_000


def changes(zone: str) -> list[int]:
    """The instants around each change of a zone's clock."""
    return [instant + shift for instant in zone_offsets(zone).instants for shift in (-1, 0, 1)]


EDGES = {
    Kind.BOOL: (False, True),
    Kind.INT: (0, 1, -1, 2, 7, -7, 60, 2**53, 2**53 + 1, 2**62, INT_MIN, INT_MIN + 1, INT_MAX, INT_MAX - 1),
    Kind.FLOAT: (
        *(0.0, -0.0, 0.5, -0.5, 1.5, 2.5, -2.5, 0.1, 7.0, 5e-324, -5e-324, 2.2e-308, 1.7976931348623157e308),
        *(-1.7e308, 2.0**53, 2.0**63, -(2.0**63), 9223372036854774784.0, 4503599627370497.5, 1e22),
        0.49999999999999994,
    ),
    Kind.STRING: (
        *("", "a", "A", "b", "aA", "Za", "%", "_", "a%", "a\\b", "'", "\x00", "a\x00"),
        *("é", "É", "e\u0301", "ß", "\uffff", "😀", "\U0010ffff", "İı"),
    ),
    Kind.TIMESTAMP: (0, -1, FIRST - 1, FIRST, END - 1, END, INT_MIN, INT_MAX, *(_last_second(*d) for d in _DAYS)),
    Kind.DURATION: (0, 1, -1, 3, -7, 3_600_000_000, -86_400_000_000, 2**53 + 1, 2**62, INT_MIN, INT_MAX),
}  # fmt: skip


def answered(tree, rows, kinds):
    """The rows that the closure has a value for, and these values; the other rows overflow."""
    function, found = to_closure(tree, kinds), []
    for row in rows:
        try:
            found.append((row, function(row)))
        except DataError:
            continue
    return [row for row, _ in found], [value for _, value in found]


def bits(value):
    """The value so that only the very same one is equal."""
    return struct.pack("<d", value) if isinstance(value, float) else (type(value), value)


class Engine:
    """DuckDB, asked for the values of one expression over a few rows."""

    def __init__(self):
        self.connection = duckdb.connect(config={"threads": 1})

    def load(self, rows, kinds):
        schema = pa.schema([(name, _ARROW.get(kind, pa.int64())) for name, kind in kinds.items()])
        self.connection.register("arrow_rows", pa.Table.from_pylist(rows, schema=schema))
        self.connection.execute("CREATE OR REPLACE TABLE rows AS FROM arrow_rows")

    def values(self, tree, kinds):
        """The values, which all have the type that the engine keeps the kind in."""
        value = to_sql(tree, kinds, exp.column).sql("duckdb")
        found = self._ask(f"SELECT typeof(v), v FROM (SELECT {value} AS v FROM rows)")  # noqa: S608  # our own text
        assert {name for name, _ in found} <= {_ENGINE.get(infer(tree, kinds), "BIGINT")}
        return [value for _, value in found]

    def count_where(self, tree, kinds):
        """How many rows the expression selects as a condition."""
        condition = to_sql(tree, kinds, exp.column).sql("duckdb")
        return self._ask(f"SELECT count(*) FROM rows WHERE {condition}")[0][0]  # noqa: S608  # our own text

    def _ask(self, query):
        return self.connection.execute(query).fetchall()

    def must_agree(self, tree, rows, kinds):
        """Compare bit for bit over the rows in which nothing overflows."""
        rows, expected = answered(tree, rows, kinds)
        self.load(rows, kinds)
        values = self.values(tree, kinds)
        different = [(r, v, e) for r, v, e in zip(rows, values, expected, strict=True) if bits(v) != bits(e)]
        assert not different, f"first of {len(different)} rows: (row, engine, closure) = {different[0]}"
        if infer(tree, kinds) is Kind.BOOL:
            assert self.count_where(tree, kinds) == expected.count(True)
