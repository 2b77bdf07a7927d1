"""The column algebra in one table: what each operation takes, what it gives, and what it means.

`typed.py` finds the kinds by this table, `sql.py` and `closure.py` give the same values for it bit for bit
(logarithm and exponential: within 4 units in the last place). What holds for all of it:

- A null argument gives null, except where an operation says otherwise.
- INT is a 64-bit integer; a result outside is an error, never a wrapped number. TIMESTAMP and DURATION are such
  integers too: microseconds since 1970 in UTC, and microseconds.
- FLOAT is a 64-bit binary float; a result that is infinite or not a number is null. -0.0 is kept as IEEE 754
  makes it, and equals 0.0 in every comparison.
- BOOL counts as 0 or 1 where a number is wanted, and INT becomes the nearest FLOAT beside a FLOAT.
- STRING is compared as UTF-8 bytes, which is the order of its code points.
- All arguments are computed, except the branch of `when` not taken and a `fill_null` value not needed. An engine
  may still leave out what it can do without, and then misses an overflow in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from trimtab.declare.kinds import Kind

_COUNTS_AS = {Kind.BOOL: frozenset({Kind.INT, Kind.FLOAT}), Kind.INT: frozenset({Kind.FLOAT})}


def fits(found: Kind | None, wanted: Kind) -> bool:
    """True where a value of one kind may stand for another; None is a bare null and fits everywhere.

    >>> fits(Kind.INT, Kind.FLOAT), fits(Kind.FLOAT, Kind.INT)
    (True, False)
    """
    return found is None or found is wanted or wanted in _COUNTS_AS.get(found, ())


@dataclass(frozen=True, slots=True)
class Signature:
    """The kinds an operation takes and the kind it gives; the last argument may repeat."""

    arguments: tuple[Kind, ...]
    result: Kind
    repeats: bool = False

    def wanted(self, count: int) -> tuple[Kind, ...]:
        """The kinds wanted of so many arguments."""
        return self.arguments + self.arguments[-1:] * (count - len(self.arguments) if self.repeats else 0)

    def takes(self, kinds: Sequence[Kind | None]) -> bool:
        """True where arguments of these kinds fit."""
        wanted = self.wanted(len(kinds))
        return len(wanted) == len(kinds) and all(map(fits, kinds, wanted))


@dataclass(frozen=True, slots=True)
class Rule:
    """One operation: its forms as text for people, the signatures they stand for, and its meaning."""

    name: str
    meaning: str
    forms: tuple[str, ...]
    strict: bool = True

    @property
    def signatures(self) -> tuple[Signature, ...]:
        """The signatures in the order in which they are tried."""
        return _signatures(self.forms)


@cache
def _signatures(forms: tuple[str, ...]) -> tuple[Signature, ...]:
    return tuple(signature for form in forms for signature in _parsed(form))


def _parsed(form: str) -> Iterator[Signature]:
    """The signatures of one form; 'any' is one same kind throughout, '...' lets the last argument repeat."""
    for kind in Kind if "any" in form else ("",):
        left, _, result = form.replace("any", kind).partition(" -> ")
        names = left.removesuffix("...").split(", ")
        yield Signature(tuple(map(Kind, names)), Kind(result), repeats=left.endswith("..."))


_SUM = ("int, int -> int", "float, float -> float", "duration, duration -> duration")
_NUMBER = ("int -> int", "float -> float")
_FLOAT = ("float -> float",)
_COMPARE = ("any, any -> bool",)
_LOGIC = ("bool, bool -> bool",)
_CALENDAR = ("timestamp -> int",)
_SEARCH = ("string, string -> bool",)

_RULES = (
    Rule("add", "The sum.", (*_SUM, "timestamp, duration -> timestamp", "duration, timestamp -> timestamp")),
    Rule(
        "subtract",
        "The difference.",
        (*_SUM, "timestamp, duration -> timestamp", "timestamp, timestamp -> duration"),
    ),
    Rule(
        "multiply",
        "The product.",
        ("int, int -> int", "float, float -> float", "duration, int -> duration", "int, duration -> duration"),
    ),
    Rule(
        "divide",
        "The quotient as a float, both sides made floats first; null for a divisor of 0.",
        ("float, float -> float", "duration, duration -> float"),
    ),
    Rule(
        "floor_divide",
        "The quotient rounded down, for floats floor(a / b); null for a divisor of 0.",
        (*_SUM[:2], "duration, duration -> int", "duration, int -> duration"),
    ),
    Rule(
        "modulo",
        "What a rounded-down quotient leaves, with the divisor's sign, for floats a - b * floor(a / b);"
        " null for a divisor of 0.",
        _SUM,
    ),
    Rule("negate", "The value with the other sign.", (*_NUMBER, "duration -> duration")),
    Rule("absolute", "The value without its sign.", (*_NUMBER, "duration -> duration")),
    Rule("equal", "True where both are the same value.", _COMPARE),
    Rule("not_equal", "True where both are different values.", _COMPARE),
    Rule("less", "True where the first comes before the second; false comes before true.", _COMPARE),
    Rule("less_equal", "True where the first does not come after the second.", _COMPARE),
    Rule("greater", "True where the first comes after the second.", _COMPARE),
    Rule("greater_equal", "True where the first does not come before the second.", _COMPARE),
    Rule("and", "False if either is false, else null if either is null, else true.", _LOGIC, strict=False),
    Rule("or", "True if either is true, else null if either is null, else false.", _LOGIC, strict=False),
    Rule("not", "True becomes false and false becomes true.", ("bool -> bool",)),
    Rule("is_null", "True for null, else false; never null.", ("any -> bool",), strict=False),
    Rule(
        "fill_null", "The first value, or the second where the first is null.", ("any, any -> any",), strict=False
    ),
    Rule("is_in", "True where the value equals one of the constants, else false.", ("any, any... -> bool",)),
    Rule(
        "when",
        "The second value where the condition is true, the third where it is false or null.",
        ("bool, any, any -> any",),
        strict=False,
    ),
    Rule("least", "The smallest value, the first of equals; null if any is null.", ("any... -> any",)),
    Rule("greatest", "The largest value, the first of equals; null if any is null.", ("any... -> any",)),
    Rule("floor", "The largest whole number not above the value, of the value's own kind.", _NUMBER),
    Rule("ceil", "The smallest whole number not below the value, of the value's own kind.", _NUMBER),
    Rule("round", "The nearest whole number, halves to the even one, of the value's own kind.", _NUMBER),
    Rule("sqrt", "The square root, correctly rounded; null for a negative value.", _FLOAT),
    Rule("exp", "e to the power of the value, within 4 units in the last place; null on overflow.", _FLOAT),
    Rule("log", "The natural logarithm, within 4 units in the last place; null unless positive.", _FLOAT),
    Rule("to_float", "The nearest float.", _FLOAT),
    Rule("to_int", "The integer, fractions cut off toward zero; null outside 64 bits.", (_NUMBER[0], "float -> int")),
    Rule("concat", "The texts joined without anything between; null if any is null.", ("string... -> string",)),
    Rule("lower", "The letters A to Z in lower case; all others stay.", ("string -> string",)),
    Rule("upper", "The letters a to z in upper case; all others stay.", ("string -> string",)),
    Rule("length", "The number of Unicode code points.", ("string -> int",)),
    Rule("starts_with", "True where the text begins with the second, letter by letter.", _SEARCH),
    Rule("ends_with", "True where the text ends with the second, letter by letter.", _SEARCH),
    Rule("contains", "True where the second stands anywhere in the text, letter by letter.", _SEARCH),
    Rule("year", "The year on the zone's calendar; like all calendar parts null outside 1900 to 2100 UTC.", _CALENDAR),
    Rule("month", "The month on the zone's calendar, 1 to 12.", _CALENDAR),
    Rule("day", "The day of the month on the zone's calendar, 1 to 31.", _CALENDAR),
    Rule("day_of_year", "The day of the year on the zone's calendar, 1 to 366.", _CALENDAR),
    Rule("weekday", "The day of the week on the zone's calendar, Monday 0 to Sunday 6.", _CALENDAR),
    Rule("hour", "The hour on the zone's clock, 0 to 23.", _CALENDAR),
    Rule("minute", "The minute on the zone's clock, 0 to 59.", _CALENDAR),
    Rule("minute_of_day", "The hour times 60 plus the minute on the zone's clock, 0 to 1439.", _CALENDAR),
)  # fmt: skip

OPERATIONS = {rule.name: rule for rule in _RULES}
