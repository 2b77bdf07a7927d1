"""What is asked of a log: which column is what, how it is cut into windows, and what counts as harm."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields

from trimtab.declare.model import Stakes
from trimtab.errors import UsageError, nearest
from trimtab.units import MICROSECONDS, Duration

LOSSES = ("decision", "brier", "absolute", "money")
TASKS = ("binary", "multiclass", "regression")
UNITS = ("day", "row")

_DURATION = re.compile(r"(?P<count>\d+(?:\.\d+)?)\s*(?P<unit>[a-z]+)")
_UNITS = {
    "w": "weeks",
    "d": "days",
    "h": "hours",
    "m": "minutes",
    "min": "minutes",
    "s": "seconds",
}


@dataclass(frozen=True)
class Wish:
    """Everything that `watch` may be told of a log; what is None or empty follows from the log itself.

    Columns by name: time, score (one, or one a class), label, label_known, id, reference_score, features, without,
    slices. Times: zone, matures_after, window, every (rows a window), and where the accepted period ends: the
    instant, in epoch microseconds, that is meant in a zone, or a number of rows. Harm: loss, false_alarm, miss,
    currency, threshold, tolerance, unit, false_pages_per_year, windows_per_year.
    """

    time: str | None = None
    score: tuple[str, ...] = ()
    label: str | None = None
    label_known: str | None = None
    id: str | None = None
    reference_score: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    slices: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    positive: str | None = None
    task: str | None = None
    zone: str | None = None
    matures_after: str | Duration | None = None
    window: str | Duration | None = None
    every: int | None = None
    reference_until: Callable[[str], int | None] | None = None
    reference_rows: int | None = None
    windows_per_year: float | None = None
    false_pages_per_year: float = 1.0
    loss: str | None = None
    false_alarm: float | None = None
    miss: float | None = None
    currency: str = "EUR"
    threshold: float | None = None
    tolerance: float | None = None
    unit: str | None = None

    def __post_init__(self) -> None:
        for name, valid in (("loss", LOSSES), ("task", TASKS), ("unit", UNITS)):
            value = getattr(self, name)
            if value is not None and value not in valid:
                raise UsageError(
                    f"no {name} {value!r}", found=", ".join(valid), nearest=nearest(value, valid)
                )
        for name in ("score", "reference_score", "features", "without", "slices", "classes"):
            object.__setattr__(self, name, names_of(getattr(self, name)))
        self._check_numbers()

    def _check_numbers(self) -> None:
        if self.window is not None and self.every is not None:
            raise UsageError("windows are cut by time or by rows", do="give --window or --every, not both")
        positive = ("every", "windows_per_year", "tolerance", "false_pages_per_year")
        for name in positive:
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise UsageError(f"--{name.replace('_', '-')} is a number above 0", found=value)
        if self.threshold is not None and not 0 <= self.threshold <= 1:
            raise UsageError("a threshold is a probability", found=self.threshold, do="give one from 0 to 1")
        prices = [each for each in (self.false_alarm, self.miss) if each is not None]
        if prices and (min(prices) < 0 or max(prices) == 0):
            raise UsageError("a mistake costs 0 or more, and one of them something", found=str(prices)[1:-1])
        if self.loss == "money" and (self.false_alarm is None or self.miss is None):
            raise UsageError(
                "a loss in money needs the price of both mistakes", do="give --false-alarm and --miss"
            )

    @property
    def stakes(self) -> Stakes | None:
        """The prices of mistakes and the threshold, None where nothing was said."""
        if self.false_alarm is None and self.miss is None and self.threshold is None:
            return None
        return Stakes(
            currency=self.currency, false_alarm=self.false_alarm, miss=self.miss, threshold=self.threshold
        )


WISHES = frozenset(field.name for field in fields(Wish))


def names_of(value: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """The names in a text with commas, or in a sequence.

    >>> names_of("p_a, p_b"), names_of(["carrier"])
    (('p_a', 'p_b'), ('carrier',))
    """
    given = value.split(",") if isinstance(value, str) else value or ()
    return tuple(dict.fromkeys(name.strip() for name in given if name.strip()))


def duration(value: str | Duration) -> Duration:
    """A duration, or a text such as 2d, 12h, 30min; raises UsageError for anything else.

    >>> duration("36h")
    hours(36)
    """
    if isinstance(value, Duration):
        return value
    found = _DURATION.fullmatch(value.strip().lower())
    unit = found and _UNITS.get(found["unit"], f"{found['unit'].rstrip('s')}s")
    if found is None or unit not in MICROSECONDS:
        raise UsageError(
            f"{value!r} is no duration", do="write a number with its unit, such as 2d, 12h or 30min"
        )
    return Duration(round(float(found["count"]) * MICROSECONDS[unit]))
