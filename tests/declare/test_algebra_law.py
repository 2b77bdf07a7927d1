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
from trimtab.declare.zones import END, FIRST, zone_offsets
from trimtab.errors import DataError, DeclarationError
from trimtab.units import Duration

INT_MIN, INT_MAX = -(2**63), 2**63 - 1
ZONES = ("UTC", "Asia/Kathmandu", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Monrovia", "Africa/Casablanca")  # fmt: skip
TRANSCENDENTAL = frozenset({"exp", "log"})
COLUMNS = {f"{kind}_{i}": kind for kind in Kind for i in (1, 2)}
ARROW = {Kind.BOOL: pa.bool_(), Kind.FLOAT: pa.float64(), Kind.STRING: pa.string()}
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
    return draw(st.sampled_from(list(Kind)).flatmap(lambda kind: trees(kind, 4)).filter(has_kind))


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

    def answers(self, tree, rows, kinds=COLUMNS):
        """The engine's types and values, and how many rows it selects when the tree is a condition."""
        schema = pa.schema([(name, ARROW.get(kind, pa.int64())) for name, kind in kinds.items()])
        self.connection.register("arrow_rows", pa.Table.from_pylist(rows, schema=schema))
        self.connection.execute("CREATE OR REPLACE TABLE rows AS FROM arrow_rows")
        value = to_sql(tree, kinds, exp.column).sql("duckdb")
        found = self.ask(f"SELECT typeof(v), v FROM (SELECT {value} AS v FROM rows)")  # noqa: S608  # our own text
        is_condition = infer(tree, kinds) is Kind.BOOL
        chosen = self.ask(f"SELECT count(*) FROM rows WHERE {value}")[0][0] if is_condition else None  # noqa: S608  # our own
        return {kind for kind, _ in found}, [value for _, value in found], chosen

    def ask(self, query):
        return self.connection.execute(query).fetchall()


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


def law(examples: int):
    return settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))


def without_constants(tree, rows):
    """The same question with integer constants as columns, which an engine cannot add up beforehand."""
    kinds, values = dict(COLUMNS), {}

    def replaced(node):
        if isinstance(node, Literal) and type(node.value) in {int, Duration}:
            name = f"constant_{len(values)}"
            kinds[name] = infer(node, {})
            values[name] = node.value if kinds[name] is Kind.INT else node.value.microseconds
            return col(name)
        if isinstance(node, Operation) and node.name != "is_in":
            return Operation(node.name, tuple(map(replaced, node.arguments)), node.options)
        return node

    return replaced(tree), [{**row, **values} for row in rows], kinds


@law(600)
@given(tree=sensible_trees(), rows=ROWS)
def test_engine_and_closure_agree_bit_for_bit(engine, tree, rows):
    rows, expected = answered(to_closure(tree, COLUMNS), rows)
    assume(rows)
    try:
        types, values, chosen = engine.answers(tree, rows)
    except duckdb.OutOfRangeException:
        types, values, chosen = engine.answers(*without_constants(tree, rows))
    assert list(map(bits, values)) == list(map(bits, expected))
    assert types == {ENGINE.get(infer(tree, COLUMNS), "BIGINT")}
    assert chosen in {None, expected.count(True)}


OVERFLOWING = ("add", "subtract", "multiply", "floor_divide", "negate", "absolute")


@law(100)
@given(name=st.sampled_from(OVERFLOWING), left=WHOLE, right=WHOLE)
def test_integers_overflow_in_both_or_in_neither(engine, name, left, right):
    row = {"int_1": left, "int_2": right}
    tree = operation(name, *[col("int_1"), col("int_2")][: len(OPERATIONS[name].signatures[0].arguments)])
    if answered(to_closure(tree, COLUMNS), [row])[0]:
        engine.answers(tree, [row])
    else:
        with pytest.raises(duckdb.OutOfRangeException):
            engine.answers(tree, [row])


@law(100)
@given(name=st.sampled_from(sorted(TRANSCENDENTAL)), argument=trees(Kind.FLOAT, 2), rows=ROWS)
def test_transcendental_functions_agree_within_4_units_in_the_last_place(engine, name, argument, rows):
    tree = operation(name, argument)
    assume(has_kind(tree))
    rows, expected = answered(to_closure(tree, COLUMNS), rows)
    assume(rows)
    for value, wanted in zip(engine.answers(tree, rows)[1], expected, strict=True):
        assert (value is None) is (wanted is None)
        assert value is None or abs(value - wanted) <= 4 * math.ulp(wanted)
