"""Each operation alone, in each of its forms, over all combinations of edge values: engine and closure agree."""

from __future__ import annotations

from itertools import product

import duckdb
import pytest
from algebra_engine import CALENDAR, EDGES, TRANSCENDENTAL, ZONES, Engine, answered, changes

from trimtab.declare.expression import col, lit, operation
from trimtab.declare.kinds import Kind
from trimtab.declare.operations import OPERATIONS, fits
from trimtab.units import Duration

CONSTANTS = {Kind.DURATION: tuple(map(Duration, EDGES[Kind.DURATION])), Kind.TIMESTAMP: ()}
OVERFLOWING = ("add", "subtract", "multiply", "floor_divide", "negate", "absolute")


@pytest.fixture(scope="module")
def engine():
    return Engine()


def forms(name):
    """Every choice of kinds that the operation takes: named columns, all rows of edge values, and the operation."""
    chosen = {}
    for signature in OPERATIONS[name].signatures:
        wanted = signature.wanted(2) if signature.repeats else signature.arguments
        for kinds in product(*([kind for kind in Kind if fits(kind, each)] for each in wanted)):
            chosen[kinds] = {f"x{i}": kind for i, kind in enumerate(kinds)}
    for kinds in chosen.values():
        values = product(*((None, *EDGES[kind]) for kind in kinds.values()))
        yield kinds, [dict(zip(kinds, row, strict=True)) for row in values], operation(name, *map(col, kinds))


@pytest.mark.parametrize("name", sorted(OPERATIONS.keys() - CALENDAR - TRANSCENDENTAL - {"is_in"}))
def test_engine_and_closure_agree_on_all_edge_values(engine, name):
    for kinds, rows, tree in forms(name):
        engine.must_agree(tree, rows, kinds)


@pytest.mark.parametrize("kind", Kind)
def test_membership_agrees_on_all_edge_values(engine, kind):
    rows = [{"x0": value} for value in (None, *EDGES[kind])]
    constants = CONSTANTS.get(kind, EDGES[kind])
    for some in (*zip(constants, strict=True), constants[::2], constants):
        if some:
            engine.must_agree(col("x0").is_in(*some), rows, {"x0": kind})


@pytest.mark.parametrize("zone", ZONES)
def test_calendar_parts_agree_around_all_changes_of_the_clock(engine, zone):
    kinds = {"x0": Kind.TIMESTAMP}
    rows = [{"x0": value} for value in (None, *EDGES[Kind.TIMESTAMP], *changes(zone))]
    for name in sorted(CALENDAR):
        engine.must_agree(operation(name, col("x0"), options=(zone,)), rows, kinds)


@pytest.mark.parametrize("name", ["floor_divide", "modulo", "divide", "multiply"])
def test_constants_on_the_right_agree_on_all_edge_values(engine, name):
    for kind in (Kind.INT, Kind.FLOAT):
        rows = [{"x0": value} for value in (None, *EDGES[kind])]
        for constant in EDGES[kind]:
            engine.must_agree(operation(name, col("x0"), lit(constant)), rows, {"x0": kind})


@pytest.mark.parametrize("name", OVERFLOWING)
def test_integers_overflow_in_both_or_in_neither(engine, name):
    kinds, rows, tree = next(form for form in forms(name) if set(form[0].values()) == {Kind.INT})
    fine = [row for row in rows if answered(tree, [row], kinds)[0]]
    overflowing = [row for row in rows if row not in fine]
    assert overflowing
    for row in overflowing:
        engine.load([row], kinds)
        with pytest.raises(duckdb.OutOfRangeException):
            engine.values(tree, kinds)
