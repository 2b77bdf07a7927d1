"""A share of bad cases today against what is usual: worse only where neither chance nor the weekday explains it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from trimtab.finding import Finding, Severity

CHANCE = 1e-3
"""How often chance alone may put a share beyond its bound."""

FEWEST_DAYS = 7
"""Fewer days do not tell what is usual."""

MARGIN = 0.01
"""What a share may be worse by without being worth a line, where a little does no harm."""

DAY = 86_400_000_000
WEEK = 7
APART = 4
"""How many standard deviations of days from what is usual are still usual; 28 days tell the deviation roughly."""

SPREAD = 1.4826
"""The standard deviation of normal values over the median of their distances from the median."""


@dataclass(frozen=True)
class Share:
    """How many of how many.

    >>> print(Share(3, 400))
    0.75 %
    """

    count: float = 0
    of: float = 0

    def __add__(self, other: Share) -> Share:
        return Share(self.count + other.count, self.of + other.of)

    def __str__(self) -> str:
        return percent(self.rate)

    @property
    def rate(self) -> float:
        """The share; NaN of nothing."""
        return self.count / self.of if self.of else math.nan

    def bounds(self, chance: float = CHANCE) -> tuple[float, float]:
        """The least and the most that the true share may be, each wrong as often as `chance`. Source: Wilson 1927.

        >>> [round(bound, 3) for bound in Share(0, 100).bounds()]
        [0.0, 0.087]
        """
        if not self.of:
            return 0.0, 1.0
        square = NormalDist().inv_cdf(1 - chance) ** 2 / self.of
        middle = self.rate + square / 2
        half = math.sqrt(self.rate * (1 - self.rate) * square + square**2 / 4)
        return max((middle - half) / (1 + square), 0.0), min((middle + half) / (1 + square), 1.0)


@dataclass(frozen=True)
class Days:
    """The share of bad cases in the last 24 hours, and in each 24 hours before these, the oldest first."""

    today: Share = Share()
    before: tuple[Share, ...] = ()

    @classmethod
    def of(cls, cases: Iterable[tuple[int, float, float]], now: int) -> Days:
        """Counts of bad cases and of all, each with its instant, by the 24 hours in which they lie.

        >>> Days.of([(0, 1, 2), (5 * DAY, 1, 1), (5 * DAY, 0, 1)], now=5 * DAY).today
        Share(count=1, of=2)
        """
        found: dict[int, list[float]] = {}
        for at, bad, of in cases:
            counted = found.setdefault(max(now - at, 0) // DAY, [0, 0])
            counted[0] += bad
            counted[1] += of
        shares = {ago: Share(*counted) for ago, counted in found.items()}
        before = (shares.get(ago, Share()) for ago in range(max(shares, default=0), 0, -1))
        return cls(shares.get(0, Share()), tuple(before))

    @property
    def held(self) -> tuple[Share, ...]:
        """The days before that had any case, good or bad."""
        return tuple(day for day in self.before if day.of)


@dataclass(frozen=True)
class Change:
    """What came of a comparison: the usual share, None where too few days tell, and whether today is surely worse.

    `interval` bounds today's true share; `days` is how many days it has been worse, today among them.
    """

    usual: float | None
    interval: tuple[float, float]
    days: int = 0

    @property
    def worse(self) -> bool:
        """Whether today's share is surely beyond what is usual."""
        return self.days > 0

    @property
    def usually(self) -> str:
        """The usual share in words; nothing where it is not known."""
        return "" if self.usual is None else f", usually {percent(self.usual)}"


def compare(days: Days, *, margin: float = 0.0, chance: float = CHANCE) -> Change:
    """Today's share against the days before; worse when all that it may be lies beyond them by more than the margin.

    Usual is the median of the days before, or of the same weekday where that is higher. The bound above it leaves
    room for how much days differ, as rows of one day share its troubles, and for how few cases there were.

    >>> steady = tuple(Share(2, 1000) for _ in range(28))
    >>> compare(Days(Share(3, 1000), steady)).worse, compare(Days(Share(30, 1000), steady)).worse
    (False, True)
    """
    interval, held = days.today.bounds(chance), days.held
    if len(held) < FEWEST_DAYS or not days.today.of:
        return Change(None, interval)
    median = _median(held)
    usual = max(median, _median(day for day in days.before[-WEEK::-WEEK] if day.of))
    total = sum(day.of for day in held)
    spread = SPREAD * float(np.median([abs(day.rate - median) for day in held]))
    spread *= usual / median if median else 1.0  # days with more of it differ by more
    chosen = Share(usual * total, total).bounds(chance)[1]
    bound = max(chosen, usual + APART * spread) + margin
    return Change(usual, interval, 1 + _run(days, bound) if interval[0] > bound else 0)


def watched(what: str, days: Days, change: Change, now: int) -> Finding:
    """The finding of a comparison at an instant: WATCH since the day on which it became worse, OK where it is not."""
    severity, since = (Severity.WATCH, now - change.days * DAY) if change.worse else (Severity.OK, None)
    return Finding(what, severity, since, days.today.rate, change.interval)


def percent(rate: float) -> str:
    """A share in words.

    >>> percent(0.8125), percent(0.00012), percent(1), percent(0)
    ('81.2 %', '0.012 %', '100 %', '0 %')
    """
    digits = f"{100 * rate:.1f}" if rate >= 0.01 else f"{100 * rate:.2g}"
    return f"{digits.removesuffix('.0')} %"


def _median(shares: Iterable[Share]) -> float:
    rates = [share.rate for share in shares]
    return float(np.median(rates)) if rates else 0.0


def _run(days: Days, bound: float) -> int:
    """How many days up to yesterday were beyond the bound, one after the other."""
    found = 0
    for day in reversed(days.before):
        if not day.of or day.rate <= bound:
            break
        found += 1
    return found
