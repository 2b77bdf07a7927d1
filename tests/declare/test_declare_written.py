"""What a version keeps of its features can be read again, and means the same."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import trimtab as tt
from trimtab import col, days, hours
from trimtab.declare.digest import digest
from trimtab.declare.expression import lit, when
from trimtab.declare.written import read_feature, write_feature

FACTS = tt.Source("facts.parquet", name="facts", id="id", known="seen")
SOURCES = {"facts": FACTS}

leaves = st.one_of(
    st.sampled_from(["a", "b"]).map(col),
    st.one_of(st.booleans(), st.integers(-5, 5), st.floats(-9, 9), st.text(max_size=3), st.none()).map(lit),
    st.integers(1, 9).map(lambda count: lit(hours(count))),
)
expressions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: pair[0] + pair[1]),
        inner.map(lambda one: one.dt.hour("Europe/Berlin")),
        st.tuples(inner, inner).map(lambda pair: when(pair[0] > 1).then(pair[1]).otherwise(pair[0])),
    ),
    max_leaves=6,
)


@settings(max_examples=100, deadline=None)
@given(expressions)
def test_an_expression_is_read_as_it_was_written(expression):
    assert digest(read_feature(write_feature(expression), {})) == digest(expression)


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from(["count", "mean", "last"]),
    st.sampled_from([None, hours(3), days(7)]),
    expressions,
    st.booleans(),
)
def test_an_aggregate_is_read_as_it_was_written(function, over, value, filtered):
    by = FACTS.by(key="asked")
    where = {"where": col("kind") == "x"} if filtered else {}
    values = () if function == "count" else (value,)
    feature = getattr(by, function)(*values, over=over, **where)
    assert digest(read_feature(write_feature(feature), SOURCES)) == digest(feature)


def test_what_cannot_be_kept_is_none():
    assert write_feature(tt.Features(own=lambda a: a).items[0][1]) is None
    written = write_feature(FACTS.by("key").count(over=hours(3)))
    assert read_feature(written, {}) is None


@pytest.mark.parametrize("value", [True, 1, 1.0, "1", None])
def test_constants_keep_their_type(value):
    assert read_feature(write_feature(lit(value)), {}).key == lit(value).key
