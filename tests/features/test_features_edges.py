"""Promises about plans as a whole: overflow is an error, the future never leaks, order and threads change nothing."""

import numpy as np
import pyarrow as pa
import pytest
from test_features_plans import OTHER, OWN, PLANS, run
from worlds import FACT_KINDS, REQUEST_KINDS, World

from trimtab.adapters.engines.duckdb import DuckDBEngine
from trimtab.declare.features import Features
from trimtab.declare.kinds import Kind
from trimtab.errors import DataError
from trimtab.features import FactsTable, Limits, compute
from trimtab.units import days, hours, microseconds, minutes

KEYED = OTHER.by(k="rk")
DAY = days(1).microseconds
LARGE_PLANS = {**PLANS, "chunks": Limits(pairs_per_row=-1.0, rows_per_chunk=10_000)}
plans = pytest.mark.parametrize("plan", PLANS)


@pytest.fixture(scope="module")
def engine():
    engine = DuckDBEngine(threads=2)
    yield engine
    engine.close()


def fact(sequence, **values):
    empty = dict.fromkeys(FACT_KINDS)
    return {**empty, "k": "a", "__known": sequence, "__sequence": sequence, **values}


REQUEST = {"rk": "a", "k2": None, "id": None, "f": None, "__at": 100}


@plans
@pytest.mark.parametrize(
    ("aggregate", "values"),
    [
        (KEYED.sum("n"), {"n": 2**62}),
        (KEYED.var("n"), {"n": 2**63 - 1}),
        (KEYED.mean("x"), {"x": 1e13}),
        (KEYED.std("x", scale=1e-12), {"x": -1e7}),
    ],
)
def test_overflow_is_an_error_on_every_plan(engine, plan, aggregate, values):
    world = World([fact(i, **values) for i in range(3)], [REQUEST])
    with pytest.raises(DataError, match="overflowed"):
        run(engine, Features(a=aggregate), world, [0], PLANS[plan])


@plans
def test_squares_that_overflow_over_all_time_only_are_no_error(engine, plan):
    world = World([fact(i * 10, n=2**62) for i in range(10)], [REQUEST])
    spread = KEYED.std("n", over=microseconds(25), hop=microseconds(0))
    assert run(engine, Features(a=spread), world, [0], PLANS[plan]).column("a").to_pylist() == [0.0]


def large(rows, requests, keys, seed=0):
    random = np.random.default_rng(seed)
    hot = random.choice(keys, rows + requests, p=_shares(keys))
    x = np.round(random.normal(0, 1000, rows), 3)
    facts = pa.table(
        {
            "k2": hot[:rows],
            "x": pa.array(x, mask=random.random(rows) < 0.05),
            "n": random.integers(-(2**40), 2**40, rows),
            "s": pa.array([f"s{v}" for v in random.integers(0, 50, rows)]),
            "id": np.arange(rows),
            "__known": np.sort(random.integers(-40 * DAY, 40 * DAY, rows)) // 1000 * 1000,
            "__sequence": random.permutation(rows),
        }
    )
    asked = pa.table(
        {
            "k2": hot[rows:],
            "id": random.integers(0, rows, requests),
            "__row": random.permutation(requests),
            "__at": random.integers(-40 * DAY, 41 * DAY, requests) // 1000 * 1000,
        }
    )
    return facts, asked


def _shares(keys):
    shares = np.arange(1, keys + 1) ** -1.5
    return shares / shares.sum()


def features(source):
    keyed = source.by("k2")
    return Features(
        n=keyed.count(over=days(7)),
        total=keyed.sum("n", over=days(3)),
        mean=keyed.mean("x", over=days(30)),
        spread=keyed.std("x", over=days(7)),
        low=keyed.min("x", over=days(7)),
        high=keyed.max("n", over=minutes(50)),
        word=keyed.max("s", over=days(30)),
        last=keyed.last("s", over=hours(6)),
        first=keyed.first("x", over=hours(6)),
        since=keyed.time_since_last(),
        ever=keyed.min("s"),
    )


def run_large(facts, asked, source, limits, threads=2):
    engine = DuckDBEngine(threads=threads)
    engine.register("facts", facts)
    engine.register("requests", asked)
    kinds = {"k2": Kind.INT, "x": Kind.FLOAT, "n": Kind.INT, "s": Kind.STRING, "id": Kind.INT}
    found = compute(
        engine,
        features(source),
        requests="requests",
        request_kinds={name: REQUEST_KINDS[name] for name in ("k2", "id")},
        request_source=OWN,
        facts={source.name: FactsTable("facts", kinds)},
        limits=limits,
    )
    engine.close()
    return found.combine_chunks()


@pytest.mark.parametrize("source", [OTHER, OWN], ids=["other source", "own source"])
def test_all_plans_agree_on_many_rows_in_any_order_on_any_threads(source):
    facts, asked = large(30_000, 3_000, 20)
    shuffled = facts.take(pa.array(np.random.default_rng(1).permutation(len(facts))))
    right = run_large(facts, asked, source, PLANS["range join"], threads=1)
    assert right.column("mean").null_count < 300
    for limits in LARGE_PLANS.values():
        assert run_large(shuffled, asked, source, limits).equals(right)


@plans
def test_what_becomes_known_at_the_request_or_later_changes_nothing(plan):
    facts, asked = large(4_000, 400, 5)
    asked = asked.set_column(
        asked.column_names.index("__at"), "__at", pa.array(np.zeros(400, dtype=np.int64))
    )
    known = np.asarray(facts.column("__known"))
    future = pa.array(
        np.where(known >= 0, 9e9, np.asarray(facts.column("x").fill_null(0.0))), mask=known % 7 == 0
    )
    past = facts.filter(pa.array(known < 0))
    changed = facts.set_column(facts.column_names.index("x"), "x", future)
    changed = pa.concat_tables([past, changed.filter(pa.array(known >= 0))])
    limits = LARGE_PLANS[plan]
    assert run_large(changed, asked, OTHER, limits).equals(run_large(past, asked, OTHER, limits))
