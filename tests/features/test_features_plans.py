"""Every plan gives, bit for bit, the values of the naive twin."""

import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from worlds import FACT_KINDS, REQUEST_KINDS, tables, worlds

from trimtab.adapters.engines.duckdb import DuckDBEngine
from trimtab.aggregate import naive
from trimtab.declare.expression import col
from trimtab.declare.features import Features
from trimtab.declare.source import Source
from trimtab.errors import DataError
from trimtab.features import FactsTable, Limits, compute
from trimtab.units import Duration, microseconds

OTHER = Source("other.parquet", id="id", known="k")
OWN = Source("own.parquet", id="id", known="k")
PLANS = {
    "range join": Limits(pairs_per_row=float("inf")),
    "running totals and tiles": Limits(pairs_per_row=-1.0),
    "finer tiles": Limits(pairs_per_row=-1.0, rest_per_request=-1.0),
    "chunks": Limits(pairs_per_row=-1.0, rows_per_chunk=40),
    "chosen": Limits(),
}
WINDOWS = [
    {"over": microseconds(30), "hop": Duration(0)},
    {"over": microseconds(60), "hop": microseconds(5)},
    {"over": microseconds(400), "hop": microseconds(32)},
    {"over": microseconds(1300), "hop": microseconds(10)},
    {"over": microseconds(1000)},
    {},
]
SUMMED = [
    ("x", {}),
    ("x", {"scale": 0.25}),
    ("x", {"scale": 0.3}),
    ("x", {"scale": 1000.0}),
    ("n", {}),
    ("b", {}),
]
VALUES = ["x", "n", "b", "s"]


@pytest.fixture(scope="module")
def engine():
    engine = DuckDBEngine(threads=2)
    yield engine
    engine.close()


@st.composite
def aggregates(draw, source):
    keys = draw(st.sampled_from([{"k": "rk"}, {"k": "rk", "k2": "k2"}, {"k2": "k2"}, {}]))
    keyed = source.by(**keys)
    window = dict(draw(st.sampled_from(WINDOWS)))
    if draw(st.booleans()):
        window["where"] = draw(st.sampled_from([col("w"), col("n") > 0, col("b") | col("w")]))
    function = draw(
        st.sampled_from(
            [
                "count",
                "any",
                "sum",
                "mean",
                "var",
                "std",
                "share",
                "min",
                "max",
                "first",
                "last",
                "time_since_last",
            ]
        )
    )
    if function == "time_since_last" or (function == "count" and draw(st.booleans())):
        return getattr(keyed, function)(**window)
    if function in {"sum", "mean", "var", "std"}:
        value, scale = draw(st.sampled_from(SUMMED))
        return getattr(keyed, function)(value, **window, **scale)
    if function == "share":
        return keyed.share(col("n") > 3, **window)
    if function == "any":
        return keyed.mean(col("x") * 2.0 + 0.1, **window)
    return getattr(keyed, function)(draw(st.sampled_from(VALUES)), **window)


def bits(value):
    return struct.pack("<d", value) if isinstance(value, float) else value


def expected(aggregate, world):
    try:
        return [
            bits(value) for value in naive.column(aggregate, world.requests, world.facts, FACT_KINDS, OWN)
        ]
    except DataError:
        return DataError


def run(engine, features, world, order, limits):
    facts, requests = tables(world, order)
    engine.register("facts", facts)
    engine.register("requests", requests)
    given_facts = FactsTable("facts", FACT_KINDS)
    return compute(
        engine,
        features,
        requests="requests",
        request_kinds=REQUEST_KINDS,
        request_source=OWN,
        facts={"own": given_facts, "other": given_facts},
        limits=limits,
    )


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("source", [OTHER, OWN], ids=["other source", "own source"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_plan_equals_the_naive_twin(engine, plan, source, data):
    world = data.draw(worlds())
    order = data.draw(st.permutations(range(len(world.requests))))
    drawn = data.draw(st.lists(aggregates(source), min_size=1, max_size=8))
    right = [(aggregate, expected(aggregate, world)) for aggregate in drawn]
    fine = {f"f{i}": aggregate for i, (aggregate, values) in enumerate(right) if values is not DataError}
    wanted = {f"f{i}": values for i, (_, values) in enumerate(right) if values is not DataError}
    found = run(engine, Features(**fine), world, order, PLANS[plan])
    assert found.column_names == list(fine)
    for name, values in wanted.items():
        assert [bits(value) for value in found.column(name).to_pylist()] == values, (name, fine[name])
