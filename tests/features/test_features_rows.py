"""Expressions, functions and refusals, after the aggregates."""

import math

import pyarrow as pa
import pytest

from trimtab.adapters.engines.duckdb import DuckDBEngine
from trimtab.declare.expression import col
from trimtab.declare.features import Features, Function
from trimtab.declare.kinds import Kind
from trimtab.declare.source import Source
from trimtab.errors import DataError, DeclarationError, LearnerError
from trimtab.features import Data, FactsTable, Limits, compute, explain
from trimtab.units import hours, seconds

SALES = Source("sales.parquet", id="id", known="t")
VISITS = Source("visits.parquet", id="id", known="t")
KINDS = {"shop": Kind.STRING, "price": Kind.FLOAT, "id": Kind.INT, "since": Kind.TIMESTAMP}
REQUEST_KINDS = {"shop": Kind.STRING, "size": Kind.INT, "opened": Kind.TIMESTAMP, "id": Kind.INT}
SECOND = 1_000_000
PRICE = 'col("price")'
FACTS = pa.table(
    {
        "shop": ["a", "a", "b"],
        "price": [1.0, 3.0, 8.0],
        "id": [1, 2, 3],
        "since": [0, 5, 7],
        "__known": [10 * SECOND, 20 * SECOND, 20 * SECOND],
        "__sequence": [0, 1, 2],
    }
)
REQUESTS = pa.table(
    {
        "shop": ["b", "a", None],
        "size": [7, None, 1],
        "opened": [0, SECOND, 2 * SECOND],
        "id": [1, 2, 3],
        "__row": [1, 0, 2],
        "__at": [30 * SECOND] * 3,
    }
)
BY_SHOP = SALES.by("shop")


@pytest.fixture(scope="module")
def data():
    engine = DuckDBEngine(threads=1)
    engine.register("sold", FACTS)
    engine.register("asked", REQUESTS)
    yield Data(engine, "asked", REQUEST_KINDS, VISITS, {"sales": FactsTable("sold", KINDS)})
    engine.close()


def run(data, **named):
    return compute(
        data.engine,
        Features(**named),
        requests=data.requests,
        request_kinds=data.request_kinds,
        request_source=data.request_source,
        facts=data.facts,
    ).to_pydict()


def test_fields_pass_through_in_the_order_of_the_requests(data):
    assert run(data, size=col("size"), shop=col("shop")) == {"size": [None, 7, 1], "shop": ["a", "b", None]}


def test_expressions_use_fields_aggregates_and_the_time_of_the_request(data):
    found = run(
        data,
        per=col("spent") / col("size"),
        spent=BY_SHOP.sum("price"),
        age=(col("at") - col("opened")) / seconds(1),
        constant=3,
    )
    assert found == {
        "per": [None, 8 / 7, None],
        "spent": [4.0, 8.0, None],
        "age": [29.0, 30.0, 28.0],
        "constant": [3, 3, 3],
    }


def test_functions_are_called_with_the_fields_they_name(data):
    found = run(
        data,
        double=lambda size: None if size is None else size * 2,
        label=lambda shop, size: f"{shop}{size}",
        half=lambda size, parts=2: 0 if size is None else size / parts,
        nothing=lambda size: math.nan if size else math.inf,
        fixed=lambda: True,
    )
    assert found == {
        "double": [None, 14, 2],
        "label": ["aNone", "b7", "None1"],
        "half": [0.0, 3.5, 0.5],
        "nothing": [None, None, None],
        "fixed": [True, True, True],
    }


def test_a_feature_named_like_a_field_of_the_request_may_stand_beside_it(data):
    assert run(data, size=BY_SHOP.count(), shop=col("shop"))["size"] == [2, 1, 0]


def test_no_requests_give_no_rows(data):
    data.engine.register("nobody", REQUESTS.slice(0, 0))
    empty = Data(data.engine, "nobody", REQUEST_KINDS, VISITS, data.facts)
    found = run(
        empty, n=BY_SHOP.count(), m=BY_SHOP.mean("price", over=hours(1)), s=col("shop"), f=lambda size: size
    )
    assert found == {"n": [], "m": [], "s": [], "f": []}


limits = [1.5]
RATE = 2
helper_table = {"a": 1}


def helper(size):
    return helper_table.get(size)


def fine_helper(size):
    return size * RATE


class Holder:
    def __call__(self, size):
        return size


@pytest.mark.parametrize(
    ("feature", "message"),
    [
        (col("opened"), "bare point in time"),
        (BY_SHOP.last("since"), "bare point in time"),
        (col("sise"), "no column 'sise'"),
        (lambda sise: sise, "did you mean 'size'"),
        (lambda size: size * limits[0], "depends on 'limits'"),
        (lambda size: [limits for _ in range(size)], "depends on 'limits'"),
        (lambda size: helper(size) + 1, "depends on 'helper'"),
        (lambda size, table=limits: size in table, "depends on 'table'"),
        (lambda *sizes: sizes[0], "must name the request fields"),
        (Holder(), "is not a plain function"),
        (SALES.by(shop="shap").count(), "which the request does not have"),
        (SALES.by("shap").count(), "did you mean 'shop'"),
        (SALES.by(shop="size").count(), "can never match"),
        (BY_SHOP.mean("shop"), "has no meaning"),
        (BY_SHOP.share(col("price")), "has no meaning"),
        (BY_SHOP.count(where=col("price")), "is not a condition"),
    ],
)
def test_what_cannot_be_computed_is_refused_with_its_line(data, feature, message):
    with pytest.raises(DeclarationError, match=message) as refused:
        run(data, odd=feature)
    assert "test_features_rows.py:" in str(refused.value)


def test_a_source_that_revises_gives_its_latest_value(data):
    revised = Source("sales.parquet", id="id", known="t", revises=True).by("shop")
    assert run(data, price=revised.last("price")) == {"price": [3.0, 8.0, None]}


def test_a_name_that_is_both_a_field_and_an_aggregate_is_ambiguous(data):
    with pytest.raises(DeclarationError, match="both a request field and an aggregate"):
        run(data, size=BY_SHOP.count(), more=col("size") + 1)


def test_constants_and_modules_and_pure_helpers_may_be_captured(data):
    factor = 3
    found = run(data, a=lambda size: 0 if size is None else math.floor(fine_helper(size) * factor))
    assert found == {"a": [0, 42, 6]}


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda size: size + 1, "feature 'odd' failed.*TypeError"),
        (lambda size: [size], "returned a list"),
        (lambda size: size if size == 7 else "x", "more than one kind"),
        (lambda size: 2**70 + (size or 0), "fits no column"),
    ],
)
def test_a_function_that_fails_is_told_with_its_line(data, function, message):
    with pytest.raises(LearnerError, match=message):
        run(data, odd=Function(function))


def test_a_source_without_facts_is_told(data):
    with pytest.raises(DataError, match="no facts of source 'visits'"):
        run(data, n=VISITS.by("shop").count())


def test_explanations_are_plain_words(data):
    features = Features(
        spent=BY_SHOP.sum("price", over=hours(3), where=col("price") > 0),
        ever=SALES.by().count(),
        size=col("size"),
        ratio=col("spent") / 2,
        named=fine_helper,
    )
    window = (
        "known within 3 hours: for a request at 09:02:30, from 06:00 to just before it, on a 5-minute grid"
    )
    assert [tuple(line) for line in explain(features, data)] == [
        (
            "spent",
            f"sum of {PRICE} over facts of sales with the request's shop where greater({PRICE}, 0), {window}",
            "range join: about 3 pairs of a request and a fact, few for 3 facts and 2 requests",
        ),
        (
            "ever",
            "count over facts of sales, known at any time before the request",
            "range join: about 4 pairs of a request and a fact, few for 3 facts and 3 requests",
        ),
        ("size", 'col("size")', "read from the request"),
        ("ratio", 'divide(col("spent"), 2)', "computed from the request and other features"),
        ("named", "fine_helper(size), version 1", "called in Python for each request"),
    ]


def test_plans_say_why_and_on_which_grids(data):
    many = Data(
        data.engine,
        data.requests,
        data.request_kinds,
        SALES,
        data.facts,
        Limits(pairs_per_row=0.0, tiles_per_fact=9.0),
    )
    features = Features(m=BY_SHOP.mean("price", over=hours(3)), x=BY_SHOP.max("price", over=hours(30)))
    why = "about 3 pairs of a request and a fact are many for 3 facts and 2 requests; the request's own fact is left out"
    assert [line.plan for line in explain(features, many)] == [
        f"running totals over tiles of 5 minutes, looked up as of the request and the window's start: {why}",
        f"tiles of 1 hour, 5 minutes and the facts since the last full one: {why}",
    ]


def test_without_data_the_plan_is_open():
    [line] = explain(Features(n=BY_SHOP.count()))
    assert line.plan == "range join, running totals or tiles, as the sizes of the data call for"
