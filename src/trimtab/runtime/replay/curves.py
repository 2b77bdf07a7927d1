"""Questions beside the policies: how fast does a model age, how much past does it need, what is each input worth."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trimtab.declare.aggregate import Aggregate
from trimtab.declare.days import DAY
from trimtab.declare.features import Features
from trimtab.retrain.windows import Selection
from trimtab.runtime.replay.period import Period
from trimtab.runtime.replay.service import Jobs, merge
from trimtab.runtime.training import FitSpec, Serve

FRESHNESS_WINDOW_DAYS = 28
AGES_DAYS = (0, 7, 28, 84)
LENGTHS_DAYS = (7, 28, 84)
THOROUGH_AGES_DAYS = (0, 7, 14, 28, 56, 112)
THOROUGH_LENGTHS_DAYS = (7, 14, 28, 56, 112)
ALL_DAYS = 0
"""Stands for everything known, among the lengths."""
BETWEEN_TESTS_DAYS = 28


@dataclass(frozen=True)
class Test:
    """One fit of a curve and the rows that judge it: x is the age or length in days."""

    x: int
    spec: FitSpec
    serve: Serve


@dataclass(frozen=True)
class Curve:
    """The tests of one curve; all x are judged on the same rows."""

    tests: tuple[Test, ...]

    def jobs(self) -> Jobs:
        """The fits that the curve needs."""
        return {test.spec: (test.serve,) for test in self.tests}

    @property
    def xs(self) -> tuple[int, ...]:
        """The points of the curve, in order."""
        return tuple(dict.fromkeys(test.x for test in self.tests))


@dataclass(frozen=True)
class Questions:
    """All questions that a replay asks beside the policies."""

    freshness: Curve
    volume: Curve
    ladder: Mapping[str, Test]

    def jobs(self) -> Jobs:
        """The fits that they need together."""
        rungs: Jobs = {test.spec: (test.serve,) for test in self.ladder.values()}
        return merge(self.freshness.jobs(), self.volume.jobs(), rungs)


def freshness(at: NDArray[np.int64], period: Period, lag: int, *, thorough: bool) -> Curve:
    """A 28-day window that ends 0 to 84 days before the newest mature label, judged on the four weeks after."""
    ages = THOROUGH_AGES_DAYS if thorough else AGES_DAYS
    reach = (FRESHNESS_WINDOW_DAYS + max(ages)) * DAY + lag
    tests = []
    for now, serve in _test_points(at, period, reach):
        for age in ages:
            stop = now - lag - age * DAY
            selection = Selection(start=stop - FRESHNESS_WINDOW_DAYS * DAY, stop=stop)
            tests.append(Test(age, FitSpec(now, selection), serve))
    return Curve(tuple(tests))


def volume(at: NDArray[np.int64], period: Period, lag: int, *, thorough: bool) -> Curve:
    """Windows of growing length that all end at the newest mature label, judged on the four weeks after."""
    lengths = THOROUGH_LENGTHS_DAYS if thorough else LENGTHS_DAYS
    tests = []
    for now, serve in _test_points(at, period, max(lengths) * DAY + lag):
        for length in (*lengths, ALL_DAYS):
            start = None if length == ALL_DAYS else now - lag - length * DAY
            tests.append(Test(length, FitSpec(now, Selection(start=start)), serve))
    return Curve(tuple(tests))


def _test_points(at: NDArray[np.int64], period: Period, reach: int) -> list[tuple[int, Serve]]:
    """Every fourth week that has `reach` of history, with the rows of the four weeks after.

    They are ticks of the loop, so that fits which a weekly policy makes at the same instant are made once.
    """
    ticks, points = period.ticks[::BETWEEN_TESTS_DAYS], []
    for now, after in itertools.pairwise(ticks):
        start, stop = np.searchsorted(at, [now, after])
        if now >= int(at[0]) + reach and start < stop:
            points.append((now, Serve("online", int(start), int(stop))))
    return points


def ladder_inputs(features: Features) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The ladder of inputs: what the request itself says, then each source added in the order of declaration.

    Expressions that use an aggregate count as inputs of its source.
    """
    source_of = {name: each.source.name for name, each in features if isinstance(each, Aggregate)}
    groups: dict[str, list[str]] = {"request fields": []}
    for name, feature in features:
        used = [source_of[column] for column in _columns(feature) if column in source_of]
        groups.setdefault(source_of.get(name) or (used[-1] if used else "request fields"), []).append(name)
    rungs, taken = list[tuple[str, tuple[str, ...]]](), set[str]()
    for group, names in groups.items():
        if names:
            taken |= set(names)
            inputs = group if not rungs else f"+ {group}"
            rungs.append((inputs, tuple(name for name in features.names if name in taken)))
    return tuple(rungs)


def _columns(feature: object) -> Sequence[str]:
    columns = getattr(feature, "columns", None)
    return list(columns()) if callable(columns) else []


def ladder(features: Features, at: NDArray[np.int64], stop: int) -> Mapping[str, Test]:
    """Each rung fitted on what was known at half time and judged on the second half."""
    middle = int(at[0]) + (int(at[stop - 1]) - int(at[0])) // 2
    serve = Serve("online", int(np.searchsorted(at, middle)), stop)
    return {
        inputs: Test(len(names), FitSpec(middle, Selection(), names), serve)
        for inputs, names in ladder_inputs(features)
    }
