"""What the columns of a dated table probably are; every guess is for a person to correct."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

LIKELY = ("label", "target", "y", "outcome", "churned", "default", "converted", "fraud")
"""Names that labels often have."""

DAYS = 30
"""How long to wait for answers where the table tells no delays."""

SHARE = 0.99
"""Of the answers, how many are known when they count as final."""

CLASSES_AT_MOST = 50
"""A whole number with more values than these is an amount."""


@dataclass(frozen=True)
class Guess:
    """The columns of a request's time, its answer, when that was known, and the id; `days` until an answer is final."""

    at: str
    label: str
    known: str
    id: str | None
    days: int
    why: str
    learner: str


def guess(table: pa.Table, times: list[str]) -> Guess:
    """Guess the part of each column from names, kinds and values; `times` are its columns of times, at least one.

    >>> import datetime as dt
    >>> import pyarrow as pa
    >>> day = [dt.datetime(2025, 1, each) for each in (1, 2, 3)]
    >>> late = [dt.datetime(2025, 1, each) for each in (4, 5, 7)]
    >>> found = guess(pa.table({"shop": ["a", "a", "b"], "late": late, "y": [1.5, 2.0, 0.5], "asked": day}), ["late", "asked"])
    >>> found.at, found.known, found.label, found.days, found.learner
    ('asked', 'late', 'y', 4, 'HistGradientBoostingRegressor')
    """
    order = sorted(times, key=lambda name: _middle(table, name))
    at, known = order[0], order[-1]
    label = _label([name for name in table.column_names if name not in times] or table.column_names)
    delay = _delay_days(table, at, known)
    why = "nothing tells" if delay is None else f"{SHARE:.0%} of them are known by then"
    return Guess(at, label, known, _id(table, {label, *times}), delay or DAYS, why, _learner(table, label))


def _middle(table: pa.Table, name: str) -> float:
    """The mean instant of a column, last of all where it is empty."""
    import pyarrow as pa  # noqa: PLC0415  # only guessing needs it
    import pyarrow.compute as pc  # noqa: PLC0415

    found = pc.mean(table[name].cast(pa.timestamp("us")).cast(pa.int64())).as_py()
    return float("inf") if found is None else found


def _delay_days(table: pa.Table, at: str, known: str) -> int | None:
    """Whole days after which nearly all answers are known; None where no answer comes later than its request."""
    import numpy as np  # noqa: PLC0415
    import pyarrow as pa  # noqa: PLC0415

    asked, answered = (table[name].cast(pa.timestamp("us")).to_numpy() for name in (at, known))
    delay = (answered - asked)[~np.isnat(answered) & ~np.isnat(asked)]
    most = np.quantile(delay / np.timedelta64(1, "D"), SHARE) if len(delay) else 0.0
    return int(np.ceil(most)) if most > 0 else None


def _label(names: list[str]) -> str:
    return next((name for name in names if name.lower() in LIKELY), names[-1])


def _id(table: pa.Table, taken: set[str]) -> str | None:
    """The first column of words or whole numbers in which no value is missing or repeats."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    for field in table.schema:
        plain = pa.types.is_integer(field.type) or pa.types.is_string(field.type)
        if field.name not in taken and plain and len(table) > 1:
            column = table[field.name]
            if not column.null_count and pc.count_distinct(column).as_py() == len(column):
                return str(field.name)
    return None


def _learner(table: pa.Table, label: str) -> str:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    kind = table.schema.field(label).type
    whole = pa.types.is_integer(kind) and pc.count_distinct(table[label]).as_py() > CLASSES_AT_MOST
    number = pa.types.is_floating(kind) or pa.types.is_decimal(kind) or whole
    return "HistGradientBoostingRegressor" if number else "HistGradientBoostingClassifier"
