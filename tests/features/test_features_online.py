"""Online values equal, bit for bit, those of the naive twin and of the batch plan at the instant they are said to hold."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_features_plans import OTHER, OWN, aggregates, bits, run
from worlds import FACT_KINDS, REQUEST_KINDS, World, table, worlds

from trimtab.adapters.engines.duckdb import DuckDBEngine
from trimtab.aggregate import naive
from trimtab.declare.expression import col
from trimtab.declare.features import Features
from trimtab.declare.kinds import Kind
from trimtab.errors import DataError
from trimtab.features import Limits
from trimtab.features.online import Retention, build, compile_online, fold
from trimtab.features.online.folding import Folding
from trimtab.units import Duration, microseconds

KINDS = {"own": FACT_KINDS, "other": FACT_KINDS}
retentions = st.builds(
    Retention,
    grace=st.sampled_from([0, 7, 300, 10_000]),
    rows=st.sampled_from([1, 2, 5, 64]),
    pause=st.sampled_from([1, 3, 32]),
)
sources = pytest.mark.parametrize("source", [OTHER, OWN], ids=["other source", "own source"])
moderate = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def engine():
    engine = DuckDBEngine(threads=1)
    yield engine
    engine.close()


def in_order(world):
    return sorted(world.facts, key=lambda fact: (fact["__known"], fact["__sequence"]))


def folded(plan, facts, retention, stored=None, sizes=(3,)):
    stored = {} if stored is None else stored
    for series in plan.series:
        folding, first, turn = Folding(series), 0, 0
        while first < len(facts):
            some = facts[first : first + sizes[turn % len(sizes)]]
            keys = [folding.key(fact) for fact in some]
            blobs = {key: stored.get(key) for key in keys if key is not None}
            stored |= fold(folding, [(fact, fact["__known"]) for fact in some], keys, blobs, retention)
            first, turn = first + len(some), turn + 1
    return stored


def built(plan, facts, engine, now, retention):
    given_facts = table(facts, {**FACT_KINDS, "__known": Kind.INT, "__sequence": Kind.INT})
    stored = {}
    for series in plan.series:
        for key, blob in build(series, given_facts, engine, now, retention):
            assert key not in stored
            stored[key] = blob
    return stored


def served(plan, stored, request):
    blobs = [None if key is None else stored.get(key) for key in plan.keys(request)]
    as_of = plan.as_of(blobs, request["__at"])
    try:
        return as_of, [bits(value) for value in plan.values(request, blobs, as_of)]
    except DataError:
        return as_of, DataError


def expected(features, request, as_of, facts):
    asked = {**request, "__at": as_of}
    try:
        found = [naive.column(feature, [asked], facts, FACT_KINDS, OWN) for _, feature in features]
    except DataError:
        return DataError
    return [bits(value) for [value] in found]


@st.composite
def questions(draw, source):
    drawn = draw(st.lists(aggregates(source), min_size=1, max_size=8))
    return Features(**{f"f{i}": aggregate for i, aggregate in enumerate(drawn)})


@sources
@moderate
@given(data=st.data())
def test_folded_facts_give_the_values_of_the_naive_twin(source, data):
    world, features = data.draw(worlds()), data.draw(questions(source))
    plan = compile_online(features, REQUEST_KINDS, OWN, KINDS)
    sizes = data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=4))
    stored = folded(plan, in_order(world), data.draw(retentions), sizes=sizes)
    for request in world.requests:
        as_of, values = served(plan, stored, request)
        assert values == expected(features, request, as_of, world.facts)


@sources
@moderate
@given(data=st.data())
def test_built_facts_and_what_is_folded_after_them_give_the_same(engine, source, data):
    world, features, retention = data.draw(worlds()), data.draw(questions(source)), data.draw(retentions)
    plan = compile_online(features, REQUEST_KINDS, OWN, KINDS)
    facts, now = in_order(world), data.draw(st.integers(-50, 300))
    stored = built(plan, [fact for fact in facts if fact["__known"] <= now], engine, now, retention)
    stored = folded(plan, [fact for fact in facts if fact["__known"] > now], retention, stored)
    for request in world.requests:
        as_of, values = served(plan, stored, request)
        assert values == expected(features, request, as_of, world.facts)


@sources
@settings(moderate, max_examples=25)
@given(data=st.data())
def test_the_batch_plan_gives_the_same_at_the_instant_served(engine, source, data):
    world = data.draw(worlds())
    drawn = data.draw(st.lists(aggregates(source), min_size=1, max_size=6))
    fine = {}
    for i, aggregate in enumerate(drawn):
        plan = compile_online(Features(f=aggregate), REQUEST_KINDS, OWN, KINDS)
        stored = folded(plan, in_order(world), Retention(grace=0, rows=2, pause=1))
        if all(served(plan, stored, request)[1] is not DataError for request in world.requests):
            fine[f"f{i}"] = aggregate
    features = Features(**fine)
    plan = compile_online(features, REQUEST_KINDS, OWN, KINDS)
    stored = folded(plan, in_order(world), Retention(grace=0, rows=2, pause=1))
    answers = [served(plan, stored, request) for request in world.requests]
    asked = [{**request, "__at": as_of} for request, (as_of, _) in zip(world.requests, answers, strict=True)]
    try:
        batch = run(engine, features, World(world.facts, asked), range(len(asked)), Limits())
    except DataError:
        return  # the batch plan refuses a fact that no request counts
    rows = zip(*(batch.column(name).to_pylist() for name in fine), strict=True)
    for (_, values), row in zip(answers, rows, strict=False):
        assert values == [bits(value) for value in row]


WINDOWS = [
    {"over": microseconds(30), "hop": Duration(0)},
    {"over": microseconds(60), "hop": microseconds(5)},
    {"over": microseconds(70), "hop": microseconds(5)},
    {"over": microseconds(500), "hop": microseconds(40)},
    {},
]


def many(source, windows):
    """Every function of every kind of value over some windows, some under a condition."""
    found = {}
    for i, window in enumerate(windows):
        keyed = source.by(k="rk")
        conditions = [{}, {"where": col("w")}]
        features = [
            keyed.count(**window),
            keyed.time_since_last(**window),
            keyed.share(col("n") > 3, **window),
        ]
        for condition in conditions:
            asked = {**window, **condition}
            features += [
                getattr(keyed, name)(v, **asked) for name in ("min", "max", "first", "last") for v in "xnbs"
            ]
            features += [getattr(keyed, name)(v, **asked) for name in ("sum", "mean", "std") for v in "xnb"]
            features += [
                keyed.time_since_last(**asked),
                keyed.count("s", **asked),
                keyed.sum("x", scale=0.3, **asked),
            ]
        features += [source.by().max("s", **window), keyed.mean(col("x") * 2.0 + 0.1, **window)]
        found |= {f"f{i}_{j}": feature for j, feature in enumerate(features)}
    return Features(**found)


def dense(random, large):
    """A world in which most facts share a key, so that windows hold several."""

    def choose(*values):
        return values[random.integers(len(values))]

    facts = [
        {
            "k": choose("a", "a", "a", "b", None),
            "k2": 0,
            "id": choose(None, *range(9)),
            "x": choose(
                None, 0.0, -0.0, 0.1, float(np.round(random.normal(), 3)), *([1e13] if large else [])
            ),
            "n": choose(
                None, int(random.integers(-9, 9)), 2**40, *([2**62, -(2**63), 2**63 - 1] if large else [])
            ),
            "b": choose(None, True, False),
            "s": choose(None, "a", "é", "b\U0001f600", "", str(random.integers(5))),
            "w": choose(None, True, True, False),
            "__known": int(random.integers(-20, 150)) // int(choose(1, 3)),
            "__sequence": sequence,
        }
        for sequence in random.permutation(int(random.integers(1, 60))).tolist()
    ]
    return [
        *sorted(facts, key=lambda fact: (fact["__known"], fact["__sequence"])),
        *([{**facts[0], "__known": 700, "__sequence": 99}] if random.random() < 0.2 else []),
    ], [
        {
            "rk": choose("a", "a", "b", "c", None),
            "k2": 0,
            "id": choose(None, *range(9)),
            "f": None,
            "__at": at,
        }
        for at in [*random.integers(-10, 160, 10).tolist(), 600, 10_000]
    ]


@sources
@pytest.mark.parametrize("large", [False, True], ids=["small values", "values that overflow"])
@pytest.mark.parametrize("seed", range(6))
def test_every_function_over_every_kind_is_right_on_busy_keys(engine, source, large, seed):
    random = np.random.default_rng(seed)
    features = many(source, [WINDOWS[i] for i in sorted(random.permutation(len(WINDOWS))[:3])])
    plan = compile_online(features, REQUEST_KINDS, OWN, KINDS)
    facts, requests = dense(random, large)
    retention = Retention(*[int(random.choice(of)) for of in ([0, 5, 60, 1000], [1, 3, 64], [1, 2, 32])])
    now = int(random.integers(-20, 160))
    before = [fact for fact in facts if fact["__known"] <= now]
    after = [fact for fact in facts if fact["__known"] > now]
    ways = [
        folded(plan, facts, retention, sizes=(5, 1)),
        folded(plan, after, retention, built(plan, before, engine, now, retention)),
    ]
    for stored in ways:
        for request in requests:
            as_of, values = served(plan, stored, request)
            right = expected(features, request, as_of, facts)
            if right is DataError or values is DataError:
                assert (right is DataError) == (values is DataError)
                continue
            wrong = {
                name: (found, wanted)
                for (name, _), found, wanted in zip(features, values, right, strict=True)
                if found != wanted
            }
            assert not wrong, {name: dict(features)[name] for name in wrong}
