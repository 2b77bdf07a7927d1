"""What each operation means, by examples computed by the engine and by the closure."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from sqlglot import exp

from trimtab.declare import expression
from trimtab.declare.closure import to_closure
from trimtab.declare.expression import (
    col,
    concat,
    greatest,
    least,
    lit,
    when,
)
from trimtab.declare.kinds import Kind
from trimtab.declare.operations import OPERATIONS
from trimtab.declare.sql import to_sql
from trimtab.units import hours, minutes

INT_MIN = -(2**63)
NULL_INT, NULL_FLOAT = when(lit(False)).then(1).otherwise(None), when(lit(False)).then(1.0).otherwise(None)
NULL_BOOL = when(lit(False)).then(True).otherwise(None)
AT = "at"


ENGINE = duckdb.connect()


def both(tree, at: int = 0):
    """The value that the engine and the closure agree on."""
    kinds = {AT: Kind.TIMESTAMP}
    value = to_sql(tree, kinds, exp.column).sql("duckdb")
    engine = ENGINE.execute(f"SELECT {value} FROM (SELECT CAST({at} AS BIGINT) AS at)").fetchall()[0][0]  # noqa: S608  # our own text
    closure = to_closure(tree, kinds)({AT: at})
    assert repr(engine) == repr(closure)
    return closure


@pytest.mark.parametrize(
    ("tree", "value"),
    [
        (lit(-7) // 2, -4),
        (lit(-7) % 2, 1),
        (lit(7) % -2, -1),
        (lit(INT_MIN) % -1, 0),
        (lit(-7.5) // 2, -4.0),
        (lit(-7.5) % 2, 0.5),
        (lit(5) / 2, 2.5),
        (lit(1) / 0, None),
        (lit(1) // 0, None),
        (lit(1.0) % 0.0, None),
        (lit(1e308) * 10, None),
        (1 / (lit(1e308) * 10), None),
        (least(lit(1e308) * 10, 1.0), None),
        (lit(True) + True, 2),
        (lit(2**53 + 1) == 2.0**53, True),
        (lit(2**53 + 1) == 2**53, False),
        (-lit(0.0), -0.0),
        (lit(-0.0) == 0.0, True),
        (least(0.0, -0.0), 0.0),
        (least(-0.0, 0.0), -0.0),
        (least(1, NULL_INT, 0), None),
        (greatest(1, 2.5), 2.5),
        (lit(5).clip(0, 3), 3),
        (lit(2.5).round(), 2.0),
        (lit(-0.5).round(), -0.0),
        (lit(-0.5).ceil(), -0.0),
        (lit(-0.5).floor(), -1.0),
        (lit(7).round(), 7),
        (lit(-1.0).sqrt(), None),
        (lit(0.0).log(), None),
        (lit(1000.0).exp(), None),
        (lit(-1.9).to_int(), -1),
        (lit(2.0**63).to_int(), None),
        (lit(-(2.0**63)).to_int(), INT_MIN),
        (lit(True).to_float(), 1.0),
        (NULL_BOOL & False, False),
        (NULL_BOOL & True, None),
        (NULL_BOOL | True, True),
        (~NULL_BOOL, None),
        (NULL_INT.is_null(), True),
        (NULL_FLOAT.fill_null(1), 1.0),
        (NULL_INT.is_in(1), None),
        (lit(1).is_in(1.0, 2), True),
        (when(NULL_BOOL).then("a").otherwise("b"), "b"),
        (when(lit(True)).then(1).otherwise(lit(2**62) * 4), 1),
        (lit(1).fill_null(lit(2**62) * 4), 1),
        (lit("é") > "z", True),
        (lit("😀") > "\uffff", True),
        (lit("ÀBc").str.lower(), "Àbc"),
        (lit("ßaé").str.upper(), "ßAé"),
        (lit("e\u0301😀").str.length(), 3),
        (lit("100%").str.contains("%"), True),
        (lit("100").str.contains("_"), False),
        (lit("a_b").str.starts_with("a_"), True),
        (lit("abc").str.ends_with("bc"), True),
        (concat("a", "b", "c"), "abc"),
        (lit(hours(3)) / hours(2), 1.5),
        (lit(hours(3)) // hours(2), 1),
        (lit(hours(3)) % hours(2), 3_600_000_000),
        (lit(hours(3)) * 2, 21_600_000_000),
        (lit(hours(3)) // 2, 5_400_000_000),
        (col(AT) + minutes(1) - col(AT), 60_000_000),
    ],
    ids=repr,
)
def test_an_operation_gives(tree, value):
    assert repr(both(tree)) == repr(value)


def utc(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("at", "zone", "expected"),
    [
        (utc(1970, 1, 1), "UTC", (1970, 1, 1, 1, 3, 0, 0, 0)),
        (utc(2024, 3, 10, 6, 59), "America/New_York", (2024, 3, 10, 70, 6, 1, 59, 119)),
        (utc(2024, 3, 10, 7, 0), "America/New_York", (2024, 3, 10, 70, 6, 3, 0, 180)),
        (utc(2024, 12, 31, 18, 15), "Asia/Kathmandu", (2025, 1, 1, 1, 2, 0, 0, 0)),
        (utc(2024, 12, 31, 23, 59), "UTC", (2024, 12, 31, 366, 1, 23, 59, 1439)),
        (utc(1900, 1, 1), "America/New_York", (1899, 12, 31, 365, 6, 19, 0, 1140)),
        (utc(2100, 12, 31, 23), "Pacific/Apia", (2101, 1, 1, 1, 5, 12, 0, 720)),
        (utc(1899, 12, 31, 23, 59), "UTC", (None,) * 8),
        (utc(2101, 1, 1), "UTC", (None,) * 8),
    ],
)
def test_calendar_parts(at, zone, expected):
    parts = ("year", "month", "day", "day_of_year", "weekday", "hour", "minute", "minute_of_day")
    assert tuple(both(getattr(col(AT).dt, part)(zone), at) for part in parts) == expected


def test_integer_overflow_is_an_error_of_the_engine():
    for tree in (lit(2**62) * 4, lit(INT_MIN) // -1, -lit(INT_MIN), abs(lit(INT_MIN)), col(AT) - hours(1)):
        with pytest.raises(duckdb.OutOfRangeException):
            both(tree, at=INT_MIN)


def test_the_table_holds_exactly_the_operations_that_can_be_written():
    written = set(re.findall(r'(?:operation|_part)\("(\w+)"', Path(expression.__file__).read_text()))
    assert written == set(OPERATIONS)


def of_x(value, x: float):
    """The values of the engine and of the closure for one x."""
    kinds = {"x": Kind.FLOAT}
    query = exp.select(to_sql(value, kinds, exp.column)).from_(
        exp.select(exp.convert(x).as_("x")).subquery("t")
    )
    engine = ENGINE.execute(query.sql("duckdb")).fetchall()[0][0]
    return len(query.sql("duckdb")), engine, to_closure(value, kinds)({"x": x})


def test_sql_grows_with_the_expression_and_no_faster():
    value = col("x")
    for _ in range(10):
        value = (value * 1.5 + 1).clip(0.0, 10.0) % 7
    size, engine, closure = of_x(value, 2.5)
    assert engine == closure
    assert size < 10 * 4_000


def test_a_sum_of_many_columns_works():
    size, engine, closure = of_x(sum([col("x") * i for i in range(300)], start=lit(0.0)), 0.1)
    assert engine == closure
    assert size < 20_000


def test_spark_says_the_same_in_its_own_words():
    def spark(tree):
        return to_sql(tree, {"x": Kind.FLOAT, "s": Kind.STRING}, exp.column, "spark").sql("spark")

    assert spark(col("x").to_int()) == "TRY_CAST(CASE WHEN x < 9.223372036854776e+18 THEN x END AS BIGINT)"
    assert spark(col("s").str.starts_with("a")) == "STARTSWITH(s, 'a')"
    assert "RINT(x)" in spark(col("x").round())
    assert "FLOOR" not in spark(col("x").floor())
