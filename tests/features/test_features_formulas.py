"""The formulas in SQL give the bits of the formulas in Python, also far beyond 64 bits."""

import struct

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from trimtab.adapters.engines.duckdb import DuckDBEngine
from trimtab.aggregate import exact
from trimtab.aggregate.exact import Scale
from trimtab.aggregate.windows import floor_to
from trimtab.features import build, finishing
from trimtab.features.build import cast, inner, name, named, select, table, whole

SCALES = st.sampled_from([Scale.of(1e-6), Scale.of(1), Scale.of(0.3), Scale.of(1000.0)])
wide = st.one_of(
    st.integers(-(2**126), 2**126),
    st.integers(-(2**63) - 3, -(2**63) + 3),
    st.integers(2**63 - 3, 2**64 + 3),
    st.integers(-(2**54), 2**54),
)


@pytest.fixture(scope="module")
def engine():
    engine = DuckDBEngine(threads=1)
    yield engine
    engine.close()


def run(engine, value, *steps, **columns):
    """The value of an expression over one row, by steps; whole numbers wider than 64 bits come as text."""
    given_columns = {key: pa.array([str(v) if isinstance(v, int) else v]) for key, v in columns.items()}
    engine.register("row", pa.table(given_columns or {"nothing": [0]}))
    source = table("row")
    for step in steps:
        kept = [exp.Star(except_=[exp.to_identifier(key) for key in step if key in columns])]
        source = inner(
            select([*kept, *(named(each.copy(), key) for key, each in step.items())], source), "step"
        )
    return engine.query(select([named(value, "f")], source)).column("f")[0].as_py()


def number(column):
    return cast(name(column), "INT128")


def bits(value):
    return None if value is None else struct.pack("<d", value)


@settings(max_examples=60, deadline=None)
@given(wide)
def test_whole_numbers_become_the_same_float(engine, total):
    assert bits(run(engine, finishing.to_float(number("s")), s=total)) == bits(exact.to_float(total))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**40), wide, SCALES)
def test_means_and_sums_are_the_same(engine, n, s1, scale):
    count, total = cast(name("n"), "BIGINT"), finishing.to_float(number("s"))
    assert bits(run(engine, finishing.mean(count, total, scale), n=n, s=s1)) == bits(exact.mean(n, s1, scale))
    assert bits(run(engine, finishing.total(total.copy(), scale), s=s1)) == bits(exact.total(s1, scale))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.integers(-(2**60), 2**60), st.integers(-9, 9)), max_size=6), SCALES)
def test_variances_are_the_same(engine, values, scale):
    n, s1, s2 = len(values), sum(values), sum(v * v for v in values)
    total = finishing.to_float(name("s"))
    steps = [
        {"n": cast(name("n"), "BIGINT"), "s": number("s"), "q": number("q")},
        {"c": finishing.centre(name("n"), total, small=False)},
        {"m": finishing.moved(name("n"), name("s"), name("c")), "d": finishing.spread(*map(name, "nsqc"))},
        {"fm": finishing.to_float(name("m")), "fd": finishing.to_float(name("d"))},
    ]
    squared = finishing.variance(name("n"), name("fm"), name("fd"), scale)
    found = (
        run(engine, squared, *steps, n=n, s=s1, q=s2),
        run(engine, finishing.deviation(squared.copy()), *steps, n=n, s=s1, q=s2),
    )
    right = exact.variance(n, s1, s2, scale), exact.deviation(n, s1, s2, scale)
    assert list(map(bits, found)) == list(map(bits, right))


@settings(max_examples=60, deadline=None)
@given(st.floats(-1e9, 1e9), SCALES)
def test_values_are_counted_in_the_same_units(engine, value, scale):
    assert run(engine, finishing.units(name("v"), scale), v=value) == scale.units(value)


@settings(max_examples=60, deadline=None)
@given(st.integers(-(2**61), 2**61), st.one_of(st.just(0), st.integers(1, 2**44)))
def test_grids_round_down_for_negative_times_too(engine, instant, grid):
    assert run(engine, build.floor_to(whole(instant), grid)) == floor_to(instant, grid)
