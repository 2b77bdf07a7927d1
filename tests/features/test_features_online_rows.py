"""Row logic, keys and blobs of one request, beside the values of windows."""

import math

import pytest

from trimtab.declare.expression import col
from trimtab.declare.features import Features
from trimtab.declare.kinds import Kind
from trimtab.declare.source import Source
from trimtab.errors import DataError, DeclarationError, LearnerError, LedgerError
from trimtab.features.online import Retention, compile_online, fold, is_dead
from trimtab.features.online.folding import Folding
from trimtab.units import Duration, microseconds, seconds

SALES = Source("sales.parquet", id="id", known="t")
ASKS = Source("asks.parquet", id="id", known="t")
KINDS = {"shop": Kind.STRING, "at_price": Kind.FLOAT, "price": Kind.FLOAT, "n": Kind.INT}
REQUEST = {"shop": Kind.STRING, "size": Kind.INT, "opened": Kind.TIMESTAMP, "price": Kind.FLOAT}
ROW = {"shop": "a", "size": 4, "opened": 0, "price": 1.5}
BY_SHOP = SALES.by("shop")


def plan_of(**features):
    return compile_online(Features(**features), REQUEST, ASKS, {"sales": KINDS})


def folded(plan, facts, retention=None):
    stored = {}
    for series in plan.series:
        folding = Folding(series)
        keys = [folding.key(fact) for fact, _ in facts]
        blobs = {key: stored.get(key) for key in keys if key is not None}
        stored |= fold(folding, facts, keys, blobs, retention or Retention())
    return stored


def ask(plan, stored, row, at):
    return plan.values(row, [stored.get(key) for key in plan.keys(row)], at)


def fact(**values):
    return {"shop": "a", "at_price": None, "price": 2.0, "n": 1, **values}


def test_expressions_and_functions_follow_the_aggregates_in_declared_order():
    plan = plan_of(
        per=col("spent") / col("size"),
        spent=BY_SHOP.sum("price"),
        age=(col("at") - col("opened")) / seconds(1),
        shop=col("shop"),
        double=lambda size: None if size is None else size * 2,
        nothing=lambda size: math.nan if size else math.inf,
    )
    stored = folded(plan, [(fact(), 10), (fact(price=6.0), 20)])
    assert ask(plan, stored, ROW, 3_000_000) == [2.0, 8.0, 3.0, "a", 8, None]
    assert list(plan.kinds) == ["per", "spent", "age", "shop"]
    assert plan.sources == ("sales",)


def test_a_field_of_the_request_hides_an_aggregate_of_its_name_in_expressions():
    plan = plan_of(price=BY_SHOP.max("price"))
    assert ask(plan, folded(plan, [(fact(price=9.0), 10)]), ROW, 20) == [9.0]
    with pytest.raises(DeclarationError, match="both a request field and an aggregate"):
        plan_of(price=BY_SHOP.max("price"), twice=col("price") * 2)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda size: size[0], "feature 'odd' failed.*TypeError"),
        (lambda size: [size], "returned a list"),
        (lambda size: 2**70 + size, "fits no column"),
        (lambda size: "\ud800" if size else None, "fits no column"),
    ],
)
def test_a_function_that_fails_is_told_as_in_batch(function, message):
    plan = plan_of(odd=function)
    with pytest.raises(LearnerError, match=message):
        ask(plan, {}, ROW, 20)


@pytest.mark.parametrize("features", [{"n": BY_SHOP.count()}, {"s": col("size")}, {"f": lambda size: size}])
def test_a_row_without_a_field_is_told(features):
    plan = plan_of(**features)
    with pytest.raises(DataError, match=r"no column '(shop|size)' in the row"):
        ask(plan, {}, {"price": 1.0}, 20)


def test_null_keys_match_nothing():
    plan = plan_of(n=BY_SHOP.count(), all=SALES.by().count())
    stored = folded(plan, [(fact(shop=None), 10), (fact(), 11)])
    assert plan.keys({**ROW, "shop": None})[0] is None
    assert ask(plan, stored, {**ROW, "shop": None}, 20) == [0, 2]


def test_equal_floats_are_equal_keys():
    keyed = SALES.by("price")
    plan = plan_of(n=keyed.count())
    stored = folded(plan, [(fact(price=value), 10 + i) for i, value in enumerate([0.0, -0.0, 0, 3, 3.0])])
    assert ask(plan, stored, {**ROW, "price": -0.0}, 99) == [3]
    assert ask(plan, stored, {**ROW, "price": 3}, 99) == [2]
    assert plan.keys({**ROW, "price": math.nan}) == [None]


def test_long_keys_are_kept_apart_and_short():
    plan = plan_of(n=BY_SHOP.count())
    stored = folded(plan, [(fact(shop="x" * 5000 + end), 10) for end in "aab"])
    assert max(map(len, stored)) < 100
    assert ask(plan, stored, {**ROW, "shop": "x" * 5000 + "a"}, 99) == [2]


def test_series_are_shared_by_hop_and_named_by_what_they_hold():
    short, long = {"over": seconds(1), "hop": Duration(0)}, {"over": seconds(600), "hop": seconds(10)}
    plan = plan_of(
        a=BY_SHOP.count(**short), b=BY_SHOP.count(**long), c=BY_SHOP.sum("price"), d=BY_SHOP.max("n", **long)
    )
    assert [(series.grid, len(series.specs)) for series in plan.series] == [(0, 1), (10_000_000, 3)]
    again = plan_of(a=BY_SHOP.count(**short), b=BY_SHOP.count(over=seconds(700), hop=seconds(10)))
    assert plan.series[0].name == again.series[0].name
    assert plan.series[1].name != again.series[1].name


def test_a_fact_out_of_order_is_refused():
    plan = plan_of(n=BY_SHOP.count())
    with pytest.raises(LedgerError, match=r"a fact of 'sales' came out of order.*do: start again"):
        folded(plan, [(fact(), 10), (fact(), 9)])


def test_a_busy_key_keeps_few_rows_and_every_later_value():
    plan = plan_of(
        n=BY_SHOP.count(over=microseconds(1000), hop=microseconds(50)),
        low=BY_SHOP.min("price", over=microseconds(1000), hop=microseconds(50)),
    )
    facts = [(fact(price=float(i % 97)), i) for i in range(20_000)]
    stored = folded(plan, facts, Retention(grace=10**9))
    [blob] = stored.values()
    assert len(blob) < 32 * (64 + 32 + 22)
    at = 20_000
    start = (at - 1000) // 50 * 50
    inside = [price["price"] for price, known in facts if known >= start]
    assert ask(plan, stored, ROW, at) == [len(inside), min(inside)]
    assert plan.as_of(list(stored.values()), 15_000) > 19_800


def test_a_value_that_cannot_be_computed_fails_those_requests_alone_that_count_it():
    plan = plan_of(
        s=BY_SHOP.sum(col("n") * 2, over=microseconds(50), hop=Duration(0)), k=BY_SHOP.sum("price")
    )
    stored = folded(plan, [(fact(n=2**63 - 1), 10), (fact(n=3), 100)])
    with pytest.raises(DataError, match="cannot be computed"):
        ask(plan, stored, ROW, 20)
    assert ask(plan, stored, ROW, 110) == [6, 4.0]
    spoilt = folded(plan_of(k=BY_SHOP.sum("price")), [(fact(price=1e14), 10)])
    with pytest.raises(DataError, match="too large to be summed"):
        ask(plan_of(k=BY_SHOP.sum("price")), spoilt, ROW, 20)


def test_only_keys_out_of_every_window_are_dead():
    [windowed] = plan_of(n=BY_SHOP.count(over=microseconds(50), hop=Duration(0))).series
    [ever] = plan_of(n=BY_SHOP.count()).series
    for series, dead in ((windowed, [False, False, True]), (ever, [False] * 3)):
        folding = Folding(series)
        [blob] = fold(folding, [(fact(), 100)], [b"k"], {b"k": None}, Retention()).values()
        assert [is_dead(series, blob, at) for at in (100, 150, 151)] == dead
