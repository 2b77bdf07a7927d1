"""The naive twin on facts small enough to work out by hand."""

import pytest

from trimtab.aggregate import naive
from trimtab.declare.expression import col
from trimtab.declare.kinds import Kind
from trimtab.declare.source import Source
from trimtab.errors import DataError
from trimtab.units import Duration, microseconds

KINDS = {"k": Kind.STRING, "id": Kind.INT, "x": Kind.FLOAT, "n": Kind.INT, "b": Kind.BOOL}
LANDINGS = Source("landings.parquet", id="id", known="t")
SCHEDULE = Source("schedule.parquet", id="id", known="t")
KEYED = LANDINGS.by(k="origin")


def fact(known, sequence, **values):
    return {
        "k": "a",
        "id": sequence,
        "x": None,
        "n": None,
        "b": None,
        **values,
        "__known": known,
        "__sequence": sequence,
    }


FACTS = [
    fact(10, 0, x=1.0, n=1, b=True),
    fact(20, 2, x=4.0, n=2, b=False),
    fact(20, 1, x=2.0, n=3),
    fact(30, 3, n=4, b=True),
    fact(40, 4, x=-8.0, n=5),
    fact(15, 5, k="b", x=100.0),
    fact(16, 6, k=None, x=100.0),
]


def value(aggregate, at=40, asking=SCHEDULE, **request):
    [found] = naive.column(
        aggregate, [{"origin": "a", "id": None, **request, "__at": at}], FACTS, KINDS, asking
    )
    return found


@pytest.mark.parametrize(
    ("aggregate", "right"),
    [
        (KEYED.count(), 4),
        (KEYED.count("x"), 3),
        (KEYED.count("x", where=col("n") >= 2), 2),
        (KEYED.sum("x"), 7.0),
        (KEYED.sum("n"), 10),
        (KEYED.mean("x"), 7 / 3),
        (KEYED.mean("b"), 2 / 3),
        (KEYED.share(col("n") > 1), 0.75),
        (KEYED.min("x"), 1.0),
        (KEYED.max("n"), 4),
        (KEYED.var("n"), 5 / 3),
        (KEYED.first("x"), 1.0),
        (KEYED.last("x"), 4.0),
        (KEYED.time_since_last(), 1e-5),
        (KEYED.time_since_last(where=col("b")), 1e-5),
        (KEYED.time_since_last(where=~col("b")), 2e-5),
        (KEYED.count(over=microseconds(10), hop=Duration(0)), 1),
        (KEYED.last("x", over=microseconds(10), hop=Duration(0)), None),
        (KEYED.count(over=microseconds(20), hop=Duration(0)), 3),
    ],
)
def test_a_value_worked_out_by_hand(aggregate, right):
    assert value(aggregate) == right


def test_a_start_between_two_steps_goes_back_to_the_step():
    exact = KEYED.count(over=microseconds(24), hop=Duration(0))
    stepped = KEYED.count(over=microseconds(24), hop=microseconds(2))
    assert (value(exact, at=35), value(stepped, at=35)) == (3, 4)
    assert (value(exact, at=45), value(stepped, at=45)) == (2, 4)


def test_an_empty_window_counts_zero_and_has_no_value():
    assert value(KEYED.count(), at=10) == 0
    assert value(KEYED.sum("n"), at=10) is None
    assert value(KEYED.mean("x"), origin=None) is None


def test_the_own_fact_never_counts_in_its_own_source_only():
    assert value(KEYED.count(), asking=LANDINGS, id=3) == 3
    assert value(KEYED.count(), asking=SCHEDULE, id=3) == 4
    assert value(KEYED.count(), asking=LANDINGS, id=None) == 4


def test_an_integer_sum_beyond_64_bits_is_refused():
    facts = [fact(1, i, n=2**62) for i in range(2)]
    with pytest.raises(DataError, match="64 bits"):
        naive.column(KEYED.sum("n"), [{"origin": "a", "id": None, "__at": 9}], facts, KINDS, SCHEDULE)
