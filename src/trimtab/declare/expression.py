"""The column algebra: a frozen tree of named operations over the columns of one row.

The tree says what, never how: `sql.py` compiles it for engines and `closure.py` for one row in Python. The
written semantics of each operation stand in `operations.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

from trimtab.declare.site import Site, declared_here
from trimtab.errors import DeclarationError
from trimtab.units import Duration

Scalar = bool | int | float | str | Duration


class Expression:
    """A value computed from one row; combine with + - * / // % comparisons & | ~ and the methods below.

    `==` builds an expression too; asked for its truth value, an `==` expression tells whether both sides are
    the same tree, so expressions work as keys and inside frozen values.
    """

    __slots__ = ()

    key: tuple[Any, ...]
    site: Site

    @property
    def children(self) -> tuple[Expression, ...]:
        """The expressions this one is computed from."""
        return ()

    def columns(self) -> Iterator[str]:
        """The names of all columns used, in order of appearance, repeated when used twice."""
        for child in self.children:
            yield from child.columns()

    def __hash__(self) -> int:
        return hash(self.key)

    def __add__(self, other: Any) -> Expression:
        return operation("add", self, other)

    def __radd__(self, other: Any) -> Expression:
        return operation("add", other, self)

    def __sub__(self, other: Any) -> Expression:
        return operation("subtract", self, other)

    def __rsub__(self, other: Any) -> Expression:
        return operation("subtract", other, self)

    def __mul__(self, other: Any) -> Expression:
        return operation("multiply", self, other)

    def __rmul__(self, other: Any) -> Expression:
        return operation("multiply", other, self)

    def __truediv__(self, other: Any) -> Expression:
        return operation("divide", self, other)

    def __rtruediv__(self, other: Any) -> Expression:
        return operation("divide", other, self)

    def __floordiv__(self, other: Any) -> Expression:
        return operation("floor_divide", self, other)

    def __rfloordiv__(self, other: Any) -> Expression:
        return operation("floor_divide", other, self)

    def __mod__(self, other: Any) -> Expression:
        return operation("modulo", self, other)

    def __rmod__(self, other: Any) -> Expression:
        return operation("modulo", other, self)

    def __neg__(self) -> Expression:
        return operation("negate", self)

    def __abs__(self) -> Expression:
        return operation("absolute", self)

    def __eq__(self, other: object) -> Expression:  # type: ignore[override]
        return operation("equal", self, other)

    def __ne__(self, other: object) -> Expression:  # type: ignore[override]
        return operation("not_equal", self, other)

    def __lt__(self, other: Any) -> Expression:
        return operation("less", self, other)

    def __le__(self, other: Any) -> Expression:
        return operation("less_equal", self, other)

    def __gt__(self, other: Any) -> Expression:
        return operation("greater", self, other)

    def __ge__(self, other: Any) -> Expression:
        return operation("greater_equal", self, other)

    def __and__(self, other: Any) -> Expression:
        return operation("and", self, other)

    def __rand__(self, other: Any) -> Expression:
        return operation("and", other, self)

    def __or__(self, other: Any) -> Expression:
        return operation("or", self, other)

    def __ror__(self, other: Any) -> Expression:
        return operation("or", other, self)

    def __invert__(self) -> Expression:
        return operation("not", self)

    def __bool__(self) -> bool:
        raise _no_truth(self)

    def __iter__(self) -> NoReturn:
        raise DeclarationError(f"{self!r} is a column expression and cannot be looped over", where=self.site)

    def is_null(self) -> Expression:
        """True where the value is missing, else false."""
        return operation("is_null", self)

    def fill_null(self, value: Any) -> Expression:
        """The value, or the given one where it is missing."""
        return operation("fill_null", self, value)

    def is_in(self, *values: Scalar) -> Expression:
        """True where the value equals one of the given constants; null stays null."""
        return operation("is_in", self, *values)

    def clip(self, low: Any, high: Any) -> Expression:
        """The value limited to [low, high]."""
        return operation("least", operation("greatest", self, low), high)

    def floor(self) -> Expression:
        """The largest whole number not above the value."""
        return operation("floor", self)

    def ceil(self) -> Expression:
        """The smallest whole number not below the value."""
        return operation("ceil", self)

    def round(self) -> Expression:
        """The nearest whole number, halves to the even neighbour."""
        return operation("round", self)

    def sqrt(self) -> Expression:
        """The square root; null for negative values."""
        return operation("sqrt", self)

    def exp(self) -> Expression:
        """The exponential; null where it overflows."""
        return operation("exp", self)

    def log(self) -> Expression:
        """The natural logarithm; null for values that are not positive."""
        return operation("log", self)

    def to_float(self) -> Expression:
        """The value as a 64-bit float; true is 1.0."""
        return operation("to_float", self)

    def to_int(self) -> Expression:
        """The value as a 64-bit integer, floats cut toward zero; null where it does not fit."""
        return operation("to_int", self)

    @property
    def dt(self) -> Calendar:
        """Calendar parts of a timestamp; each names its time zone."""
        return Calendar(self)

    @property
    def str(self) -> Text:
        """Operations on text."""
        return Text(self)


def _no_truth(expression: Expression) -> DeclarationError:
    return DeclarationError(
        f"{expression!r} is a column expression and has no truth value of its own",
        where=expression.site,
        do="combine conditions with & | ~ and choose with tt.when(condition).then(a).otherwise(b)",
    )


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Column(Expression):
    """The value of one named column."""

    name: str
    site: Site = field(default_factory=declared_here)

    @property
    def key(self) -> tuple[Any, ...]:  # type: ignore[override]
        """The structure as a tuple."""
        return ("column", self.name)

    def columns(self) -> Iterator[str]:
        """Its own name."""
        yield self.name

    def __repr__(self) -> str:
        return f'col("{self.name}")'


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Literal(Expression):
    """A constant: bool, int (64 bit), float, text or duration; None is null."""

    value: Scalar | None
    site: Site = field(default_factory=declared_here)

    @property
    def key(self) -> tuple[Any, ...]:  # type: ignore[override]
        """The structure as a tuple; True, 1 and 1.0 are three different constants."""
        return ("literal", type(self.value).__name__, repr(self.value))

    def __repr__(self) -> str:
        return repr(self.value)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Operation(Expression):
    """A named operation over expressions; `options` are plain constants such as a time zone."""

    name: str
    arguments: tuple[Expression, ...]
    options: tuple[str, ...] = ()
    site: Site = field(default_factory=declared_here)

    @property
    def key(self) -> tuple[Any, ...]:  # type: ignore[override]
        """The structure as a tuple."""
        return (self.name, self.options, *(argument.key for argument in self.arguments))

    @property
    def children(self) -> tuple[Expression, ...]:
        """The arguments."""
        return self.arguments

    def __bool__(self) -> bool:
        if self.name in {"equal", "not_equal"}:
            same = self.arguments[0].key == self.arguments[1].key
            return same if self.name == "equal" else not same
        raise _no_truth(self)

    def __repr__(self) -> str:
        inner = ", ".join(map(repr, (*self.arguments, *self.options)))
        return f"{self.name}({inner})"


@dataclass(frozen=True)
class Calendar:
    """The calendar parts of a timestamp in a named zone of the pinned time-zone table."""

    of: Expression

    def _part(self, name: str, zone: str) -> Expression:
        return operation(name, self.of, options=(zone,))

    def year(self, zone: str) -> Expression:
        """The year."""
        return self._part("year", zone)

    def month(self, zone: str) -> Expression:
        """The month, 1 to 12."""
        return self._part("month", zone)

    def day(self, zone: str) -> Expression:
        """The day of the month, 1 to 31."""
        return self._part("day", zone)

    def weekday(self, zone: str) -> Expression:
        """The day of the week, Monday is 0."""
        return self._part("weekday", zone)

    def hour(self, zone: str) -> Expression:
        """The hour, 0 to 23."""
        return self._part("hour", zone)

    def minute(self, zone: str) -> Expression:
        """The minute, 0 to 59."""
        return self._part("minute", zone)

    def minute_of_day(self, zone: str) -> Expression:
        """Minutes on the local clock since midnight, 0 to 1,439."""
        return self._part("minute_of_day", zone)

    def day_of_year(self, zone: str) -> Expression:
        """The day of the year, 1 to 366."""
        return self._part("day_of_year", zone)


@dataclass(frozen=True)
class Text:
    """Operations on text; letters outside A to Z keep their case."""

    of: Expression

    def lower(self) -> Expression:
        """The letters A to Z in lower case."""
        return operation("lower", self.of)

    def upper(self) -> Expression:
        """The letters a to z in upper case."""
        return operation("upper", self.of)

    def length(self) -> Expression:
        """The number of Unicode code points."""
        return operation("length", self.of)

    def starts_with(self, prefix: str) -> Expression:
        """True where the text begins with the prefix."""
        return operation("starts_with", self.of, prefix)

    def ends_with(self, suffix: str) -> Expression:
        """True where the text ends with the suffix."""
        return operation("ends_with", self.of, suffix)

    def contains(self, part: str) -> Expression:
        """True where the text holds the part, taken literally."""
        return operation("contains", self.of, part)


def as_expression(value: Any) -> Expression:
    """An expression as it is; a constant as a literal."""
    if isinstance(value, Expression):
        return value
    if value is None or isinstance(value, (bool, int, float, str, Duration)):
        return Literal(value)
    raise DeclarationError(
        f"{value!r} cannot stand in a column expression",
        where=declared_here(),
        found=type(value).__name__,
        do="use col(name), a number, a text, a boolean, None or a duration such as hours(3)",
    )


def operation(name: str, *arguments: Any, options: tuple[str, ...] = ()) -> Operation:
    """An operation node over expressions or constants."""
    return Operation(name, tuple(as_expression(argument) for argument in arguments), options)


def col(name: str) -> Column:
    """The column of that name in the row at hand.

    >>> (col("arrival_delay") >= 15).key
    ('greater_equal', (), ('column', 'arrival_delay'), ('literal', 'int', '15'))
    """
    return Column(name)


def lit(value: Scalar | None) -> Literal:
    """A constant as an expression.

    >>> lit(True)
    True
    """
    return Literal(value)


def least(*values: Any) -> Expression:
    """The smallest of the values; null if any is null."""
    return operation("least", *values)


def greatest(*values: Any) -> Expression:
    """The largest of the values; null if any is null."""
    return operation("greatest", *values)


def concat(*values: Any) -> Expression:
    """The texts joined; null if any is null."""
    return operation("concat", *values)


@dataclass(frozen=True)
class Then:
    """Half of a choice: call `.otherwise(value)` to finish it."""

    condition: Expression
    value: Any

    def otherwise(self, value: Any) -> Expression:
        """The finished choice; a null condition counts as false."""
        return operation("when", self.condition, self.value, value)


@dataclass(frozen=True)
class When:
    """The start of a choice: call `.then(value)`."""

    condition: Expression

    def then(self, value: Any) -> Then:
        """The value where the condition holds."""
        return Then(self.condition, value)


def when(condition: Expression) -> When:
    """A choice between two values by a condition.

    >>> when(col("a") > 0).then(1).otherwise(0)
    when(greater(col("a"), 0), 1, 0)
    """
    return When(condition)


Row = dict[str, Any]
RowFunction = Callable[[Row], Any]
