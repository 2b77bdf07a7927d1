"""The law of the algebra: the engine and the closure give the same value for any expression and any row."""

from __future__ import annotations

import math
import struct
from datetime import UTC, datetime

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from trimtab.declare.closure import to_closure
from trimtab.declare.expression import Literal, Operation, col, lit, operation
from trimtab.declare.kinds import Kind
from trimtab.declare.operations import OPERATIONS, fits
from trimtab.declare.sql import to_sql
from trimtab.declare.typed import infer
from trimtab.declare.zones import END, FIRST, zone_names, zone_offsets
from trimtab.errors import DataError, DeclarationError
from trimtab.units import Duration

INT_MIN, INT_MAX = -(2**63), 2**63 - 1
ZONES = ("UTC", "Asia/Kathmandu", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Monrovia", "Africa/Casablanca")  # fmt: skip
TRANSCENDENTAL = frozenset({"exp", "log"})
COLUMNS = {f"{kind}_{i}": kind for kind in Kind for i in (1, 2)}
ARROW = {Kind.BOOL: pa.bool_(), Kind.FLOAT: pa.float64(), Kind.STRING: pa.string()}
SCHEMA = pa.schema([(name, ARROW.get(kind, pa.int64())) for name, kind in COLUMNS.items()])
ENGINE = {Kind.BOOL: "BOOLEAN", Kind.FLOAT: "DOUBLE", Kind.STRING: "VARCHAR"}

FORMS = [(rule.name, form) for rule in OPERATIONS.values() for form in rule.signatures]
GIVING = {
    kind: [(n, f) for n, f in FORMS if f.result is kind and n not in TRANSCENDENTAL] for kind in Kind
}  # fmt: skip


def instants():
    changes = [instant for zone in ZONES[2:] for instant in zone_offsets(zone).instants[-250:]]
    ends = [0, FIRST, FIRST - 1, END, END - 1, INT_MIN, INT_MAX, *(_noon(*day) for day in DAYS)]
    near = st.builds(lambda t, d: t + d, st.sampled_from(changes), st.sampled_from((-1, 0, 1, 3_600_000_000)))
    return near | st.sampled_from(ends) | st.integers(FIRST, END)


DAYS = ((1900, 2, 28), (2000, 2, 29), (2023, 12, 31), (2024, 12, 31), (2100, 2, 28))


def _noon(year: int, month: int, day: int) -> int:
    return int(datetime(year, month, day, 23, 59, 59, tzinfo=UTC).timestamp()) * 1_000_000


WHOLE = st.sampled_from(
    (0, 1, -1, 2, 7, -7, 60, 2**53, 2**53 + 1, 2**62, INT_MIN, INT_MIN + 1, INT_MAX, INT_MAX - 1)
)
FLOATS = (0.0, -0.0, 0.5, -0.5, 1.5, 2.5, -2.5, 5e-324, -5e-324, 2.2e-308, 1.7976931348623157e308, -1.7e308,
          2.0**53, 2.0**63, -(2.0**63), 9223372036854774784.0, 4503599627370497.5, 0.49999999999999994, 1e22)  # fmt: skip
LETTERS = st.characters(exclude_categories=("Cs",)) | st.sampled_from(
    "aAzZ%_\\'\"éÉßİıſ日😀\u0301\x00\x7f\U0010ffff"
)
VALUES = {
    Kind.BOOL: st.booleans(),
    Kind.INT: WHOLE | st.integers(-100, 100) | st.integers(INT_MIN, INT_MAX),
    Kind.FLOAT: st.sampled_from(FLOATS)
    | st.floats(-10, 10)
    | st.floats(allow_nan=False, allow_infinity=False),
    Kind.STRING: st.text(LETTERS, max_size=4) | st.sampled_from(("", "a", "A%", "é", "e\u0301")),
    Kind.TIMESTAMP: instants(),
    Kind.DURATION: WHOLE
    | st.sampled_from((3_600_000_000, -86_400_000_000, 90_000_000))
    | st.integers(-(10**9), 10**9),
}
ROWS = st.lists(
    st.fixed_dictionaries({name: st.none() | VALUES[kind] for name, kind in COLUMNS.items()}),
    min_size=1,
    max_size=6,
)


def constants(kind: Kind) -> st.SearchStrategy[Literal]:
    return st.builds(lit, VALUES[kind].map(Duration) if kind is Kind.DURATION else VALUES[kind])


def leaves(kind: Kind) -> st.SearchStrategy:
    columns = st.sampled_from([name for name, found in COLUMNS.items() if found is kind]).map(col)
    return columns if kind is Kind.TIMESTAMP else columns | columns | constants(kind)


@st.composite
def trees(draw, wanted: Kind, depth: int):
    """An expression whose kind may stand for the wanted one, of at most so many layers of operations."""
    kind = draw(st.sampled_from([wanted] * 4 + [kind for kind in Kind if fits(kind, wanted)]))
    if depth == 0 or draw(st.integers(0, 5)) == 0:
        return draw(leaves(kind))
    name, signature = draw(st.sampled_from(GIVING[kind]))
    count = draw(st.integers(len(signature.arguments), 3)) if signature.repeats else len(signature.arguments)
    arguments = [draw(trees(each, depth - 1)) for each in signature.wanted(count)]
    if name == "is_in":
        arguments[1:] = [
            draw(constants(each)) for each in signature.wanted(count)[1:] if each is not Kind.TIMESTAMP
        ]
    elif name not in {"equal", "not_equal"} and draw(st.integers(0, 30)) == 0:
        arguments[-1] = lit(None)
    zone = (draw(st.sampled_from(ZONES)),) if OPERATIONS[name].forms == ("timestamp -> int",) else ()
    return operation(name, *arguments, options=zone)


@st.composite
def sensible_trees(draw):
    """An expression with a kind: not one that is null whatever the row."""
    tree = draw(st.sampled_from(list(Kind)).flatmap(lambda kind: trees(kind, 4)).filter(has_kind))
    return tree


def has_kind(tree) -> bool:
    try:
        infer(tree, COLUMNS)
    except DeclarationError as error:
        assert "always null" in str(error) or "is_in takes" in str(error)  # noqa: PT017
        return False
    return True


class Engine:
    """DuckDB, asked for the values of one expression over a few rows."""

    def __init__(self):
        self.connection = duckdb.connect(config={"threads": 1})

    def load(self, rows):
        table = pa.Table.from_pylist(rows, schema=SCHEMA)
        self.connection.register("arrow_rows", table)
        self.connection.execute("CREATE OR REPLACE TABLE rows AS FROM arrow_rows")

    def values(self, tree):
        value = to_sql(tree, COLUMNS, exp.column)
        query = exp.select(value.as_("v")).from_("rows").subquery("q")
        both = exp.select("typeof(v)", "v").from_(query)
        found = self.connection.execute(both.sql("duckdb")).fetchall()
        return [kind for kind, _ in found], [value for _, value in found]

    def count_where(self, tree):
        query = exp.select("count(*)").from_("rows").where(to_sql(tree, COLUMNS, exp.column))
        return self.connection.execute(query.sql("duckdb")).fetchall()[0][0]


@pytest.fixture(scope="module")
def engine():
    return Engine()


def bits(value):
    return struct.pack("<d", value) if isinstance(value, float) else (type(value), value)


def answered(function, rows):
    """The rows that the closure has a value for, and the values; the others overflow."""
    found = []
    for row in rows:
        try:
            found.append((row, function(row)))
        except DataError:
            continue
    return [row for row, _ in found], [value for _, value in found]


law = settings(max_examples=700, deadline=None, suppress_health_check=list(HealthCheck))


@law
@given(tree=sensible_trees(), rows=ROWS)
def test_engine_and_closure_agree_bit_for_bit(engine, tree, rows):
    kind = infer(tree, COLUMNS)
    rows, expected = answered(to_closure(tree, COLUMNS), rows)
    assume(rows)
    engine.load(rows)
    kinds, values = engine.values(tree)
    assert list(map(bits, values)) == list(map(bits, expected))
    assert set(kinds) <= {ENGINE.get(kind, "BIGINT")}
    if kind is Kind.BOOL:
        assert engine.count_where(tree) == expected.count(True)
