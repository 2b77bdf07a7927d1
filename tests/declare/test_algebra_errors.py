"""Every mistake in an expression is told with its line, what was found and what to do."""

from __future__ import annotations

import inspect

import pytest

from trimtab.declare.closure import to_closure
from trimtab.declare.expression import Operation, col, concat, lit, operation, when
from trimtab.declare.kinds import Kind
from trimtab.declare.typed import infer, typed
from trimtab.errors import DataError, DeclarationError
from trimtab.units import Duration, hours

KINDS = {
    "carrier": Kind.STRING,
    "delay": Kind.INT,
    "distance": Kind.FLOAT,
    "departs": Kind.TIMESTAMP,
    "turnaround": Kind.DURATION,
    "late": Kind.BOOL,
}


def message(expression):
    with pytest.raises(DeclarationError) as caught:
        infer(expression, KINDS)
    return str(caught.value)


def here(offset: int) -> str:
    """The line so many below the call of this function, as errors write it."""
    return f"test_algebra_errors.py:{inspect.currentframe().f_back.f_lineno + offset}"


def test_an_unknown_column_is_told_with_the_nearest_and_all_columns():
    line = here(1)
    told = message(col("carier") == "AA")
    assert told == (
        f"no column 'carier' (declared at {line}); found: carrier, delay, distance, departs, turnaround, late; "
        "did you mean 'carrier'?; do: use one of the columns found"
    )


def test_text_is_not_compared_with_a_number():
    line = here(1)
    told = message(col("carrier") > 15)
    assert told == (
        f'greater(col("carrier"), 15) does not work: greater takes (same kind, same kind) (declared at {line}); '
        'found: col("carrier") is string, 15 is int; '
        "do: compare text with text and numbers with numbers; turn text into a number at the source"
    )


def test_the_line_is_that_of_the_operation_not_of_its_user():
    line = here(1)
    wrong = col("carrier") + "x"
    told = message(wrong.is_null() & col("late"))
    assert f"(declared at {line})" in told
    assert told.endswith("do: turn text into a number at the source, or join texts with concat(a, b)")


def test_a_bare_number_never_means_time():
    assert message(col("departs") - 3).endswith(
        "do: write lengths of time as hours(3), or divide a duration by one: (a - b) / hours(1)"
    )
    assert "hours(3)" in message(col("turnaround") > 60)


def test_two_timestamps_have_no_sum():
    assert "add takes" in message(col("departs") + col("departs"))


def test_a_condition_is_a_comparison():
    assert message(col("delay") & col("late")).endswith(
        "do: make conditions of comparisons, such as col(name) > 0"
    )
    assert "col(name) > 0" in message(when(col("delay")).then(1).otherwise(0))


def test_calendar_parts_need_a_timestamp_and_a_zone_that_exists():
    assert "do: name a timestamp" in message(col("carrier").dt.hour("UTC"))
    line = here(1)
    told = message(col("departs").dt.hour("America/NewYork"))
    assert told.startswith(
        f"no time zone 'America/NewYork' (declared at {line}); did you mean 'America/New_York'?"
    )


def test_comparing_with_none_is_refused():
    assert message(operation("equal", col("delay"), None)).endswith("do: ask with .is_null() or ~x.is_null()")
    assert ".is_null()" in message(col("delay").is_in(1, None))


def test_is_in_takes_constants_of_one_kind():
    assert "list constants" in message(Operation("is_in", (col("delay"), col("delay"))))
    assert "is string, 1 is int" in message(col("carrier").is_in("AA", 1))
    assert "is_in takes" in message(col("carrier").is_in())


def test_branches_share_a_kind():
    assert '"none" is' not in message(when(col("late")).then("none").otherwise(0))
    assert "'x' is string" in message(col("delay").fill_null("x"))


@pytest.mark.parametrize("value", [2**63, float("nan"), float("inf"), "\ud800", Duration(2**63)])
def test_a_constant_that_no_column_can_hold_is_refused(value):
    assert "fits no column" in message(lit(value))


@pytest.mark.parametrize(
    "nothing", [lit(None), col("delay") + None, when(col("late")).then(None).otherwise(None)]
)
def test_an_expression_that_is_always_null_is_refused(nothing):
    assert "is always null" in message(nothing)


def test_an_operation_outside_the_algebra_is_refused():
    assert "did you mean 'subtract'?" in message(operation("substract", col("delay"), 1))


def test_joining_nothing_is_refused():
    assert "found: no arguments; do: give it at least one value" in message(concat())


def test_long_expressions_are_cut_in_messages():
    long = col("carrier")
    for _ in range(40):
        long = concat(long, "x")
    assert len(message(long + 1)) < 600


def test_overflow_of_integers_names_the_expression_and_the_values():
    line = here(1)
    function = to_closure(col("delay") * 2, KINDS)
    with pytest.raises(DataError) as caught:
        function({"delay": 2**62})
    assert str(caught.value) == (
        f'multiply(col("delay"), 2) leaves the 64-bit integers (declared at {line}); '
        "found: 4611686018427387904, 2; do: compute in floats with .to_float(), or guard it with tt.when(...)"
    )


def test_a_row_without_a_column_is_told_with_the_nearest():
    function = to_closure(col("delay") > 0, KINDS)
    with pytest.raises(
        DataError, match=r"no column 'delay' in the row .*found: dellay; did you mean 'dellay'\?"
    ):
        function({"dellay": 1})


def test_conversions_stand_in_the_typed_tree():
    tree = typed((col("late") + col("delay")) / 2, KINDS)
    left, right = tree.arguments
    assert (left.name, left.arguments[0].arguments[0].name, right.value) == ("to_float", "to_int", 2.0)
    assert infer(col("turnaround") / hours(1), KINDS) is Kind.FLOAT
    assert infer(when(col("late")).then(None).otherwise(col("departs")), KINDS) is Kind.TIMESTAMP
