"""How many facts a source brings on each weekday, and how long it is ever silent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.errors import DataError
from trimtab.finding import Finding, Severity
from trimtab.monitoring.same_phase import DAY
from trimtab.units import Duration

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

FEWEST_DAYS = 14
"""Fewer whole days say nothing about weekdays."""

STRETCH = 1.5
"""How much further than it ever was a day may be from its weekday, as a power of the ratio."""

SLACK = 1.25
"""A ratio that is always allowed: small sources vary by chance."""

PATIENCE = 2
"""How many times its longest silence a source may be silent."""


@dataclass(frozen=True)
class Flow:
    """What a source's facts did over time: the usual number on each weekday from Monday, None when too few days.

    least and most are ratios of a day's number to that of its weekday that the contract allows; silence the
    longest allowed time without a fact, in microseconds; zone_offset what local time is ahead of UTC.
    """

    usual: tuple[float, ...] | None
    least: float
    most: float
    silence: int
    zone_offset: int = 0

    def __str__(self) -> str:
        """The contract in words."""
        silent = f"never silent for more than {Duration(self.silence)}"
        if self.usual is None:
            return silent
        days = ", ".join(f"{name[:3]} {usual:.0f}" for name, usual in zip(WEEKDAYS, self.usual, strict=True))
        return f"{self.least:.0%} to {self.most:.0%} of the usual rows a day ({days}), {silent}"


def infer_flow(known: ArrayLike, *, zone_offset: int = 0) -> Flow:
    """The flow of accepted facts by when they became known, (n,) in epoch microseconds.

    The first and last day are left out of the volume, as they may be cut. Raises DataError with fewer than 2
    facts.
    """
    times = np.sort(np.asarray(known, np.int64))
    if times.size < 2:
        raise DataError("too few facts for a contract on their flow", found=times.size)
    silence = PATIENCE * int(np.diff(times).max())
    day, counts = _by_day(times, zone_offset)
    if counts.size - 2 < FEWEST_DAYS:
        return Flow(None, 0.0, float("inf"), silence, zone_offset)
    usual = np.array([_usual(counts[1:-1], day[1:-1], weekday) for weekday in range(7)])
    ratios = counts[1:-1] / usual[_weekday(day[1:-1])]
    least, most = float(ratios.min()), float(ratios.max())
    return Flow(
        tuple(float(each) for each in usual),
        min(least**STRETCH, 1 / SLACK),
        max(most**STRETCH, SLACK),
        silence,
        zone_offset,
    )


def check_volume(
    source: str, flow: Flow, known: ArrayLike, *, owner: str | None = None
) -> tuple[Finding, ...]:
    """One finding for each whole day of facts known at (n,) whose number is not what its weekday brings.

    The first and last day are left out, as they may be cut.
    """
    if flow.usual is None or not np.size(known):
        return ()
    day, counts = _by_day(np.sort(np.asarray(known, np.int64)), flow.zone_offset)
    found = []
    for each, rows in zip(day[1:-1], counts[1:-1], strict=True):
        usual = flow.usual[int(_weekday(each))]
        # a day's number varies by its root through chance alone
        chance = 4 * np.sqrt(max(usual, 1))
        if usual * flow.least - chance <= rows <= usual * flow.most + chance:
            continue
        found.append(_volume_finding(source, owner, int(each), int(rows), usual, flow))
    return tuple(found)


def check_silence(
    source: str, flow: Flow, latest: int, now: int, *, owner: str | None = None
) -> Finding | None:
    """The finding of a source whose last fact, known at `latest`, is too long ago; both in epoch microseconds.

    WATCH once its silence breaks the contract, ACT at twice that: features then are what they were.
    """
    silent = now - latest
    if silent <= flow.silence:
        return None
    return Finding(
        f"{source} is silent: no facts for {Duration(silent)}, its contract allows {Duration(flow.silence)}",
        Severity.ACT if silent > 2 * flow.silence else Severity.WATCH,
        latest,
        silent / flow.silence,
        cause=f"{source} brings nothing",
        owner=owner,
        action=f"ask {owner or 'the owner'} why {source} stopped; features over it go stale",
        evidence=(("last fact", _date(latest, "s")), ("times its contract", silent / flow.silence)),
    )


def _volume_finding(source: str, owner: str | None, day: int, rows: int, usual: float, flow: Flow) -> Finding:
    start = day * DAY - flow.zone_offset
    weekday = WEEKDAYS[int(_weekday(np.int64(day)))]
    return Finding(
        f"{source} brought {rows:,} rows on {weekday} {_date(day * DAY, 'D')}, usually {usual:,.0f}",
        Severity.WATCH,
        start,
        rows / max(usual, 1.0),
        (flow.least, flow.most),
        cause=f"{source}: too {'few' if rows < usual else 'many'} rows",
        owner=owner,
        action=f"ask {owner or 'the owner'} whether rows of {source} were lost or sent twice",
        evidence=(("rows", rows), ("usual on this weekday", usual)),
    )


def _by_day(times: NDArray[np.int64], zone_offset: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every day from the first to the last, also those without facts, and how many facts each has."""
    days = (times + zone_offset) // DAY
    counts = np.bincount(days - days[0])
    return np.arange(days[0], days[0] + counts.size), counts


def _weekday(day: NDArray[np.int64] | np.int64) -> NDArray[np.int64]:
    return np.asarray((day + 3) % 7)


def _usual(counts: NDArray[np.int64], day: NDArray[np.int64], weekday: int) -> float:
    """The median of the weekday, at least 1 so that ratios stay numbers."""
    return max(float(np.median(counts[_weekday(day) == weekday])), 1.0)


def _date(at: int, unit: str) -> str:
    return str(np.datetime64(at, "us").astype(f"datetime64[{unit}]"))
