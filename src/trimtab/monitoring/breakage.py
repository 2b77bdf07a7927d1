"""Is a column broken? Stuck, null, of a new scale, or full of words never seen: gross, and seen at once.

A window is broken when some bin gains more than 25 points of mass beyond its hour of the week, the recent past
and the window before: breakage is abrupt. Each window gets one value, 0 or 1, for a detector of bounded means.
While no bin truly gains more than its tolerance the value is 1 with a chance of at most `chance`, by exact binomial
tails over all bins. That chance is the detector's theta: a higher mean is breakage.

Columns that jump by themselves are left alone. The reference's own windows say how far each bin swings, and how
alike the rows of one window are: a holiday or the day's weather fill one bin for whole windows, and nobody should
be called for it. Nulls, no numbers and words never seen are not the world's doing where the reference has none:
they count row by row, in these columns too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from trimtab.finding import Finding, Severity
from trimtab.monitoring.attribution import Origin
from trimtab.monitoring.counts import Bins, Counts, Floats, NumberBins
from trimtab.monitoring.same_phase import SamePhase
from trimtab.monitoring.tolerances import BIN_TOLERANCE, Tolerances, fit_tolerances


@dataclass(frozen=True)
class Gain:
    """A bin that gained more mass than it may: expected at this hour or lately, found, and what that is called."""

    column: str
    bin: str
    expected: float
    found: float
    kind: str


@dataclass(frozen=True)
class WindowBreakage:
    """What one window says: the detector's value, 0 or 1, its theta, and the gains, one a column, largest first.

    value is None when the window has too few rows to say anything: no data is waiting, not a pass.
    """

    value: float | None
    theta: float
    gains: tuple[Gain, ...] = ()


@dataclass(frozen=True, eq=False)
class Recent:
    """Decayed counts (s,) of recent windows that were not broken, and the shares (s,) of the latest of them."""

    slots: Floats
    rows: float = 0.0
    latest: Floats | None = None


@dataclass(frozen=True, eq=False)
class BreakageMonitor:
    """Judges windows against a reference by hour of the week.

    outputs are columns that the model makes, such as its score: a bad day moves them all, so only nulls, no numbers
    and one value for all are breakage. chance is that of a false alarm in one window, design_effect how many rows of a window weigh as one,
    half_life that of the recent past, in windows.
    """

    reference: SamePhase
    chance: float = 1e-6
    design_effect: float = 1.0
    half_life: float = 7.0
    outputs: tuple[str, ...] = ()

    @cached_property
    def tolerances(self) -> Tolerances:
        """What each bin may gain."""
        return fit_tolerances(self.reference)

    @cached_property
    def unwatched(self) -> tuple[str, ...]:
        """The columns that swing so far by themselves that of single bins only nulls and the like are breakage."""
        room = np.zeros(len(self.reference.binning.columns), np.bool_)
        room[self.tolerances.column[(self.tolerances.tolerance < 1) & ~self.tolerances.faulty]] = True
        return tuple(name for name, seen in zip(self.reference.binning.names, room, strict=True) if not seen)

    def begin(self) -> Recent:
        """The recent past before any window: nothing."""
        return Recent(np.zeros(self.reference.binning.size))

    def remember(self, recent: Recent, window: Counts, verdict: WindowBreakage) -> Recent:
        """The recent past after one more window; a broken one leaves no trace."""
        if verdict.value != 0:
            return recent
        keep = 0.5 ** (1 / self.half_life)
        latest = window.slots / window.rows
        return Recent(recent.slots * keep + window.slots, recent.rows * keep + window.rows, latest)

    def judge(self, window: Counts, recent: Recent) -> WindowBreakage:
        """The value of one window, given the recent past."""
        rows = int(window.rows / self.design_effect)
        # with fewer rows even a full bin proves nothing
        if BIN_TOLERANCE**rows > self._each:
            return WindowBreakage(None, self.chance)
        shares, phase = window.slots / window.rows, self.reference.expected(window.phases)
        lately = recent.slots / recent.rows if recent.rows else phase
        normal = (phase, lately, phase if recent.latest is None else recent.latest)
        found = [*self._gains(window, shares, normal), *self._stuck(window, shares, phase)]
        found.sort(key=lambda gain: gain.expected - gain.found)
        largest = {gain.column: gain for gain in reversed(found)}
        gains = tuple(gain for gain in found if largest[gain.column] is gain)
        return WindowBreakage(float(bool(gains)), self.chance, gains)

    @cached_property
    def _each(self) -> float:
        """The chance of a false alarm left for each bin, run and column."""
        return self.chance / (self.tolerances.start.size + len(self.reference.binning.columns))

    @cached_property
    def _made(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Which columns (d,) the model makes."""
        return np.isin(self.reference.binning.names, self.outputs)

    def _gains(self, window: Counts, shares: Floats, normal: tuple[Floats, ...]) -> Iterator[Gain]:
        """The bins and runs whose share is surely above their tolerance."""
        from scipy.special import bdtrc  # noqa: PLC0415 - a third of a second that most commands never need

        tests, worth = self.tolerances, self.reference.effective_rows((window,))
        rows = np.where(tests.faulty, window.rows, worth[tests.column]) / self.design_effect
        found = tests.sums(shares)
        expected = np.max([tests.sums(each) for each in normal], axis=0)
        gained = (found - expected > tests.tolerance) & (tests.faulty | ~self._made[tests.column])
        for test in np.flatnonzero(gained):
            hits, most = np.floor(found[test] * rows[test] + 1e-6), expected[test] + tests.tolerance[test]
            if bdtrc(hits - 1, int(rows[test]), most) <= self._each:
                yield self._gain(window, int(test), float(expected[test]), float(found[test]))

    def _gain(self, window: Counts, test: int, expected: float, found: float) -> Gain:
        column = int(self.tolerances.column[test])
        bins, offset = self.reference.binning.columns[column], int(self.reference.binning.starts[column])
        first, last = int(self.tolerances.start[test]) - offset, int(self.tolerances.stop[test]) - 1 - offset
        labels = bins.labels()
        text = labels[first] if first == last else f"{labels[first]} through {labels[last]}"
        if self.tolerances.outside[test] and isinstance(bins, NumberBins):
            text = f"outside {bins.edges[0]:.4g} to {bins.edges[-1]:.4g}"
            return Gain(bins.name, text, expected, found, "new scale")
        constant = bool(window.low[column] == window.high[column])
        kind = "new scale" if first < last else _kind(bins, first, constant)
        return Gain(bins.name, text, expected, found, kind)

    def _stuck(self, window: Counts, shares: Floats, phase: Floats) -> Iterator[Gain]:
        """The columns with one value in all rows, where every window of the reference had others too.

        Rows of one window resemble each other, so they count only for as many as they are worth.
        """
        worth = self.reference.effective_rows((window,)) / self.design_effect
        chance = (1 - self.tolerances.least_minor / 2) ** worth
        for column in np.flatnonzero(chance <= self._each):
            part, bins = self.reference.binning.parts(int(column)), self.reference.binning.columns[column]
            slot = int(np.argmax(shares[part]))
            varies = window.low[column] < window.high[column]
            if shares[part][slot] == 1 and not varies:
                yield Gain(bins.name, bins.labels()[slot], float(phase[part][slot]), 1.0, "stuck")


def breakage_finding(
    verdict: WindowBreakage,
    origins: Mapping[str, Origin],
    *,
    since: int | None = None,
    cost: float | str | None = None,
    check_command: str | None = None,
) -> Finding | None:
    """The finding of a broken window, ACT, or None; `since` in epoch microseconds."""
    if not verdict.gains:
        return None
    first = verdict.gains[0]
    origin = origins.get(first.column)
    place = first.column if origin is None else f"{origin.source}.{origin.column}"
    others = ", ".join(gain.column for gain in verdict.gains[1:])
    return Finding(
        f"{first.column} is broken ({first.kind}): {first.found:.0%} of rows are {first.bin}, "
        f"at most {first.expected:.0%} at this hour or lately" + (f"; also {others}" if others else ""),
        Severity.ACT,
        since,
        first.found - first.expected,
        cost=cost,
        cause=f"{place}: {first.kind}",
        owner=None if origin is None else origin.owner,
        action=f"have {place} repaired, and trust no estimate that reads {first.column} until then",
        check_command=check_command,
        evidence=tuple((f"{gain.column}: {gain.bin}", gain.found) for gain in verdict.gains),
    )


def _kind(bins: Bins, slot: int, constant: bool) -> str:  # noqa: FBT001  # a fact about the column
    """What a gain of this slot is called."""
    if slot == bins.slots - 1:
        return "nulls"
    if not isinstance(bins, NumberBins):
        return "words never seen" if slot == bins.slots - 2 else "one word"
    if slot in {0, bins.slots - 2}:
        return "no number"
    return "stuck" if constant else "new scale" if slot in {1, bins.slots - 3} else "a jump"
