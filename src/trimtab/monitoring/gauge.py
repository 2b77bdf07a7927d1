"""How the units of one monitor become evidence: its scale, what its phase expects, and how far it may stray."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from trimtab.monitoring.budget import Monitor
from trimtab.monitoring.counts import Floats, Integers
from trimtab.monitoring.losses import on_grid
from trimtab.monitoring.window import WindowEvidence, window_evidence
from trimtab.stats.dispersion import MINIMUM_WINDOWS, row_dispersion, unit_dispersion
from trimtab.stats.phase import PhaseReference, phase_reference
from trimtab.stats.scale import SPREADS_ABOVE, SPREADS_BELOW, Scale, scale_of_reference


@dataclass(frozen=True)
class Part:
    """What the rows of one window gave a monitor: sum, sum of squares and number of values; merges by addition.

    evidence is that of single rows, None where the whole window is one unit.
    """

    total: float = 0.0
    square: float = 0.0
    rows: int = 0
    evidence: WindowEvidence | None = None

    @property
    def mean(self) -> float:
        """The mean of the rows' values; NaN without rows."""
        return self.total / self.rows if self.rows else float("nan")

    def merge(self, other: Part) -> Part:
        """The part of both sets of rows of the same window.

        >>> Part(1.0, 1.0, 2).merge(Part(0.5, 0.25, 1))
        Part(total=1.5, square=1.25, rows=3, evidence=None)
        """
        evidence = self.evidence
        if other.evidence is not None:
            evidence = other.evidence if evidence is None else evidence.merge(other.evidence)
        return Part(self.total + other.total, self.square + other.square, self.rows + other.rows, evidence)


def part_of(values: Floats) -> Part:
    """The sums of values (n,) on the grid of losses, exact in any order.

    >>> part_of(np.array([0.5, 0.25]))
    Part(total=0.75, square=0.3125, rows=2, evidence=None)
    """
    return Part(float(values.sum()), float(on_grid(values**2).sum()), len(values))


@dataclass(frozen=True, eq=False)
class Gauge:
    """Turns the values of a monitor into evidence that their mean exceeds what is tolerated.

    Values are losses or differences of losses; `scale` makes them numbers in [0, 1]. phase tells the mean that the
    hour and weekday expect; without it, `null` is the mean, in [0, 1], that means no harm. tolerance is in [0, 1]
    of the scale.
    """

    monitor: Monitor
    scale: Scale
    tolerance: float
    phase: PhaseReference | None = None
    null: float = 0.0

    def expected(self, at: int, offset: int = 0) -> float:
        """The mean, in [0, 1] of the scale, that is expected of a window that begins at `at`."""
        return self.null if self.phase is None else float(self.phase.mean_at([at], offset)[0])

    def expected_losses(self, starts: Integers, offsets: Integers) -> Floats:
        """The mean value, a loss or a difference of losses, that is expected of windows (w,) that begin at `starts`."""
        if self.phase is None:
            return np.full(len(starts), self.difference(self.null))
        return self.scale.low + self.phase.mean_at(starts, offsets) * (self.scale.high - self.scale.low)

    def theta(self, at: int, offset: int = 0, more: float = 0.0) -> float:
        """The bound of harm of a window; `more` is what else is tolerated, as a difference of losses."""
        room = self.tolerance + self.scale.width(more)
        if self.phase is None:
            return min(self.null + room, 1.0)
        return float(self.phase.theta_at([at], tolerance=room, offset=offset)[0])

    def part(self, values: Floats, at: int, offset: ArrayLike = 0, more: float = 0.0) -> Part:
        """What values (n,) of the rows of one window say; offset () or (n,), that of the zone."""
        part = part_of(values)
        if self.monitor.unit == "day":
            return part
        bounded, found = self.scale.bounded(values), WindowEvidence()
        offsets = np.broadcast_to(np.asarray(offset, np.int64), values.shape)
        for each in np.unique(offsets):
            found = found.merge(self._evidence(bounded[offsets == each], at, int(each), more))
        return replace(part, evidence=found)

    def evidence(self, part: Part, at: int, offset: int = 0, more: float = 0.0) -> WindowEvidence:
        """The evidence of a whole window; none without rows."""
        if not part.rows:
            return WindowEvidence()
        if part.evidence is not None:
            return part.evidence
        return self._evidence(self.scale.bounded([part.mean]), at, offset, more)

    def difference(self, bounded: float) -> float:
        """The loss that a number in [0, 1] of the scale stands for."""
        return self.scale.difference(bounded)

    def _evidence(self, bounded: Floats, at: int, offset: int, more: float) -> WindowEvidence:
        return window_evidence(bounded, self.theta(at, offset, more), tolerance=self.tolerance)


@dataclass(frozen=True, eq=False)
class Windows:
    """The reference's windows: where each begins (w,), the zone's offset there, and the window of each row (n,)."""

    starts: Integers
    offsets: Integers
    place: Integers
    length: int

    def __len__(self) -> int:
        return len(self.starts)


def fit_gauge(
    monitor: Monitor,
    values: Floats,
    rows: Integers,
    windows: Windows,
    tolerance: float,
    *,
    limits: tuple[float, float],
    null: float | None = None,
    spread: float = 0.0,
) -> Gauge | None:
    """The gauge of a monitor on reference values (n,), `rows` (n,) being their places among the windows' rows.

    limits are the values' own; null is the mean that means no harm, where that is known without a reference; spread
    is the least standard deviation of a unit to reckon with. None when fewer than 10 windows hold rows, or when
    rows are the units and no window holds two.
    """
    place = windows.place[rows]
    counts = np.bincount(place, minlength=len(windows))
    held = counts > 0
    by_row = monitor.unit == "row"
    if held.sum() < MINIMUM_WINDOWS or (by_row and counts.max() == 1):
        return None
    sums = np.bincount(place, values, minlength=len(windows))
    means = sums[held] / counts[held]
    starts, offsets = windows.starts[held], windows.offsets[held]
    scale = Scale(*limits) if by_row else _unit_scale(means, tolerance, spread)
    bounded = scale.bounded(values) if by_row else scale.bounded(means)
    units = np.bincount(place, bounded, minlength=len(windows))[held] / counts[held] if by_row else bounded
    phase = None
    if null is None:
        phase = phase_reference(starts, units, weights=counts[held], offset=offsets, width=windows.length)
        expected = phase.mean_at(starts, offsets)
    else:
        # clipping moves the mean: so does it that of the reference, shifted to where there is no harm
        expected = np.full(len(units), float(scale.bounded(means - means.mean() + null).mean()))
    if by_row:
        squares = np.bincount(place, bounded**2, minlength=len(windows))[held]
        around = expected if null is None else np.full(len(units), bounded.mean())
        dispersion = row_dispersion(units * counts[held], squares, counts[held], around)
    else:
        dispersion = unit_dispersion(units, expected)
    return Gauge(
        replace(monitor, dispersion=dispersion),
        scale,
        scale.width(tolerance),
        phase,
        0.0 if null is None else float(expected[0]),
    )


def _unit_scale(means: Floats, tolerance: float, spread: float) -> Scale:
    scale = scale_of_reference(means, tolerance)
    if float(means.std(ddof=1)) >= spread:
        return scale
    middle = float(means.mean())
    return Scale(middle - SPREADS_BELOW * spread, middle + SPREADS_ABOVE * spread + 2 * tolerance)


def make_windows(at: Integers, offset: Integers, length: int) -> Windows:
    """Windows of so many microseconds of local time that hold the rows at (n,), ascending."""
    place_of_local = (at + offset) // length
    found, first, place = np.unique(place_of_local, return_index=True, return_inverse=True)
    offsets = offset[first]
    return Windows(found * length - offsets, offsets, place.astype(np.int64), length)
