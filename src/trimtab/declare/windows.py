"""On which part of the past a training learns, and with what weight."""

from __future__ import annotations

from dataclasses import dataclass

from trimtab.declare.checks import require_duration
from trimtab.declare.triggers import require_number
from trimtab.units import Duration


@dataclass(frozen=True)
class Window:
    """Which matured rows a training uses, and with what weight.

    `length` limits them to the most recent stretch of request time; `half_life` halves a row's weight for each so
    much age. Neither: everything, equally.
    """

    length: Duration | None = None
    half_life: Duration | None = None

    def __str__(self) -> str:
        base = "everything" if self.length is None else f"the last {self.length}"
        return base if self.half_life is None else f"{base}, weights halving every {self.half_life}"


@dataclass(frozen=True, kw_only=True)
class SeasonalUnion(Window):
    """The most recent stretch and `season` around the same date last year."""

    season: Duration

    def __str__(self) -> str:
        return f"the last {self.length} and {self.season} around this date last year"


@dataclass(frozen=True, kw_only=True)
class RecentAndReservoir(Window):
    """The most recent stretch and a fixed random sample of so many rows from before it."""

    rows: int
    seed: int = 0

    def __str__(self) -> str:
        return f"the last {self.length} and {self.rows:,} rows from before it"


def expanding() -> Window:
    """Everything known so far, equally weighted.

    >>> print(expanding())
    everything
    """
    return Window()


def sliding(length: Duration) -> Window:
    """Only the most recent stretch.

    >>> from trimtab.units import days
    >>> print(sliding(days(60)))
    the last 60 days
    """
    return Window(length=require_duration("sliding()", length))


def recency_weighted(half_life: Duration) -> Window:
    """Everything, each row's weight halving with every `half_life` of its age.

    >>> from trimtab.units import days
    >>> print(recency_weighted(days(60)))
    everything, weights halving every 60 days
    """
    return Window(half_life=require_duration("recency_weighted()", half_life))


def seasonal_union(recent: Duration, same_season_of_last_year: Duration) -> Window:
    """The most recent stretch, and a stretch of last year with the same date in its middle.

    Last year is 364 days ago, so that weekdays stay what they are.

    >>> from trimtab.units import days
    >>> print(seasonal_union(days(56), days(84)))
    the last 56 days and 84 days around this date last year
    """
    return SeasonalUnion(
        length=require_duration("seasonal_union(recent)", recent),
        season=require_duration("seasonal_union(same_season_of_last_year)", same_season_of_last_year),
    )


def recent_and_reservoir(recent: Duration, rows: int, seed: int = 0) -> Window:
    """The most recent stretch, and a random sample of `rows` older ones, so that what is rare is not forgotten.

    Each row has one coin, made of the row itself and `seed`: the sample depends on no order, and changes little
    from one training to the next.

    >>> from trimtab.units import days
    >>> print(recent_and_reservoir(days(56), rows=20_000))
    the last 56 days and 20,000 rows from before it
    """
    do = "write recent_and_reservoir(days(56), rows=20_000)"
    length = require_duration("recent_and_reservoir(recent)", recent)
    require_number("recent_and_reservoir(rows)", rows, least=1, whole=True, do=do)
    require_number("recent_and_reservoir(seed)", seed, whole=True, do=do)
    return RecentAndReservoir(length=length, rows=rows, seed=seed)
