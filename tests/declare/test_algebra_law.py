"""The law of the algebra: the engine and the closure give the same value for any expression and any row."""

from __future__ import annotations

import math

import duckdb
import pytest
from algebra_engine import CALENDAR, EDGES, TRANSCENDENTAL, ZONES, Engine, answered, changes
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from trimtab.declare.expression import Literal, Operation, col, lit, operation
from trimtab.declare.kinds import Kind
from trimtab.declare.operations import OPERATIONS, fits
from trimtab.declare.typed import infer
from trimtab.declare.zones import END, FIRST
from trimtab.errors import DeclarationError
from trimtab.units import Duration

COLUMNS = {f"{kind}_{i}": kind for kind in Kind for i in (1, 2)}
FORMS = [
    (name, form)
    for name, rule in OPERATIONS.items()
    for form in rule.signatures
    if name not in TRANSCENDENTAL
]
GIVING = {kind: [(name, form) for name, form in FORMS if form.result is kind] for kind in Kind}

CHANGES = [instant for zone in ZONES for instant in changes(zone)[-500:]]
LETTERS = st.characters(exclude_categories=("Cs",)) | st.sampled_from("aAzZ%_\\'\"éÉßİıſ日😀\u0301\x00\x7f")
OTHERS = {
    Kind.BOOL: st.booleans(),
    Kind.INT: st.integers(-100, 100) | st.integers(-(2**63), 2**63 - 1),
    Kind.FLOAT: st.floats(-10, 10) | st.floats(allow_nan=False, allow_infinity=False),
    Kind.STRING: st.text(LETTERS, max_size=4),
    Kind.TIMESTAMP: st.sampled_from(CHANGES) | st.integers(FIRST, END),
    Kind.DURATION: st.integers(-(10**9), 10**9),
}
VALUES = {kind: st.sampled_from(EDGES[kind]) | OTHERS[kind] for kind in Kind}
ROWS = st.lists(
    st.fixed_dictionaries({name: st.none() | VALUES[kind] for name, kind in COLUMNS.items()}),
    min_size=1,
    max_size=6,
)


def constants(kind):
    return st.builds(lit, VALUES[kind].map(Duration) if kind is Kind.DURATION else VALUES[kind])


def leaves(kind):
    columns = st.sampled_from([name for name, found in COLUMNS.items() if found is kind]).map(col)
    return columns if kind is Kind.TIMESTAMP else columns | columns | constants(kind)


@st.composite
def trees(draw, wanted: Kind, depth: int):
    """An expression whose kind may stand for the wanted one, of at most so many layers of operations."""
    kind = draw(st.sampled_from([wanted] * 4 + [kind for kind in Kind if fits(kind, wanted)]))
    if depth == 0 or draw(st.integers(0, 5)) == 0:
        return draw(leaves(kind))
    return draw(st.sampled_from(GIVING[kind]).flatmap(lambda form: operations(*form, depth)))


@st.composite
def operations(draw, name, signature, depth: int):
    """One operation in one of its forms over random arguments."""
    count = draw(st.integers(len(signature.arguments), 3)) if signature.repeats else len(signature.arguments)
    wanted = signature.wanted(count)
    arguments = [draw(trees(each, depth - 1)) for each in wanted]
    if name == "is_in":
        arguments[1:] = [draw(constants(each)) for each in wanted[1:] if each is not Kind.TIMESTAMP]
    elif name not in {"equal", "not_equal"} and draw(st.integers(0, 30)) == 0:
        arguments[-1] = lit(None)
    return operation(name, *arguments, options=(draw(st.sampled_from(ZONES)),) if name in CALENDAR else ())


def has_kind(tree) -> bool:
    """True unless the expression is null whatever the row."""
    try:
        infer(tree, COLUMNS)
    except DeclarationError as error:
        assert "always null" in str(error) or "is_in takes" in str(error)  # noqa: PT017
        return False
    return True


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


@pytest.fixture(scope="module")
def engine():
    return Engine()


def law(examples: int):
    return settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))


@law(300)
@given(tree=st.sampled_from(FORMS).flatmap(lambda form: operations(*form, 4)).filter(has_kind), rows=ROWS)
def test_engine_and_closure_agree_bit_for_bit(engine, tree, rows):
    rows, _ = answered(tree, rows, COLUMNS)
    assume(rows)
    try:
        engine.must_agree(tree, rows, COLUMNS)
    except duckdb.OutOfRangeException:
        engine.must_agree(*without_constants(tree, rows))


@law(100)
@given(name=st.sampled_from(sorted(TRANSCENDENTAL)), argument=trees(Kind.FLOAT, 2), rows=ROWS)
def test_transcendental_functions_agree_within_4_units_in_the_last_place(engine, name, argument, rows):
    tree = operation(name, argument)
    assume(has_kind(tree))
    rows, expected = answered(tree, rows, COLUMNS)
    assume(rows)
    engine.load(rows, COLUMNS)
    for value, wanted in zip(engine.values(tree, COLUMNS), expected, strict=True):
        assert (value is None) is (wanted is None)
        assert value is None or abs(value - wanted) <= 4 * math.ulp(wanted)
