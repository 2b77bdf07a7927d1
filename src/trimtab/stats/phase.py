"""What the reference expects at an hour of the day and a day of the week, and how sure it is of it.

A model may be worse at night than by day without anything being wrong. So the mean of the reference is a curve: a
Fourier regression on the day and the week, with as many harmonics as the data ask for (BIC). One matrix gives the
standard errors of all monitored quantities. What the reference never saw is widened, and said.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.stats.dispersion import long_run_effect

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

HOUR, DAY, WEEK, YEAR = 3_600_000_000, 86_400_000_000, 604_800_000_000, 31_557_600_000_000
"""Microseconds."""

MOST_HARMONICS = 3
"""Of the day and of the week each; three are all that seven weekdays can tell apart."""

UNITS_PER_COEFFICIENT = 5
"""Fewer units than this for each coefficient overfit."""

MINIMUM_UNITS = 5
"""Fewer units have no spread worth the name."""

Z = 3.0
"""Standard errors of the reference mean added to the bound: its error stays small against the page budget."""


@dataclass(frozen=True, eq=False)
class PhaseReference:
    """The expected mean of k quantities by phase, fitted on u reference units.

    coefficients (p, k); inverse (p, p), the shared hat-matrix part of the covariance; variance (k,) of a unit of
    mean weight around the curve, long-run; spread (k,), the variance of the unit means themselves; hours_seen
    (24,) and weekdays_seen (7,); missed: sentences on what the reference does not cover.

    >>> times = np.arange(24 * 28) * HOUR
    >>> night = 0.2 + 0.05 * np.cos(2 * np.pi * times / DAY)
    >>> reference = phase_reference(times, night)
    >>> reference.daily, reference.weekly, reference.mean_at([0, 12 * HOUR]).round(3)
    (1, 0, array([0.25, 0.15]))
    """

    daily: int
    weekly: int
    coefficients: Floats
    inverse: Floats
    variance: Floats
    spread: Floats
    hours_seen: Flags
    weekdays_seen: Flags
    units: int
    missed: tuple[str, ...] = field(default=())
    flat: bool = True

    def mean_at(self, times: ArrayLike, offset: ArrayLike = 0) -> Floats:
        """Return the expected mean at times (n,), epoch microseconds, with the zone's offset, () or (n,).

        The shape is (n,), or (n, k) when fitted on several quantities.

        >>> phase_reference(np.arange(40) * DAY, np.full(40, 0.3), width=DAY).mean_at([0]).round(6)
        array([0.3])
        """
        return self._shaped(_design(_local(times, offset), self.daily, self.weekly) @ self.coefficients)

    def standard_error_at(self, times: ArrayLike, offset: ArrayLike = 0) -> Floats:
        """Return the standard error of the expected mean, shaped as `mean_at`.

        In a phase that the reference never saw, the variance of its units is added: the unseen phase counts as one
        more draw from them.

        >>> reference = phase_reference(np.arange(5) * DAY, [0.2, 0.3, 0.2, 0.3, 0.2], width=DAY)
        >>> reference.standard_error_at([0, 5 * DAY]).round(2)
        array([0.02, 0.06])
        """
        local = _local(times, offset)
        design = _design(local, self.daily, self.weekly)
        leverage = np.einsum("np,pq,nq->n", design, self.inverse, design)
        unseen = ~(self.hours_seen[_hour(local)] & self.weekdays_seen[_weekday(local)])
        variance = leverage[:, None] * self.variance + unseen[:, None] * self.spread
        return self._shaped(np.sqrt(variance))

    def theta_at(self, times: ArrayLike, *, tolerance: float, z: float = Z, offset: ArrayLike = 0) -> Floats:
        """Return the bound of a [0, 1] quantity: mean + z standard errors + tolerance, at most 1; as `mean_at`.

        >>> reference = phase_reference(np.arange(40) * DAY, np.full(40, 0.3), width=DAY)
        >>> reference.theta_at([0], tolerance=0.02).round(6)
        array([0.32])
        """
        mean = np.clip(self.mean_at(times, offset), 0.0, 1.0)
        return np.minimum(mean + z * self.standard_error_at(times, offset) + tolerance, 1.0)

    def _shaped(self, values: Floats) -> Floats:
        return np.asarray(values[:, 0] if self.flat else values, np.float64)


def phase_reference(
    times: ArrayLike,
    values: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    offset: ArrayLike = 0,
    width: int = HOUR,
) -> PhaseReference:
    """Fit the expected mean on reference units: starts (u,) ascending, epoch microseconds, and means (u,) or (u, k).

    weights (u,) are the rows of each unit, offset () or (u,) the zone's at each start, width the microseconds of a
    unit: units of a day or more have no hour of the day. Raises ValueError for fewer than 5 units, NaN, or other
    lengths.

    >>> reference = phase_reference(np.arange(5) * DAY, [0.2, 0.3, 0.2, 0.3, 0.2], width=DAY)
    >>> reference.missed
    ('the reference holds no Tuesday, Wednesday: ...', 'the reference covers 5 days: ...')
    """
    local, means, weight = _checked(times, values, weights, offset)
    hours, weekdays = _seen(local, width)
    daily, weekly = _harmonics(local, means, weight, 0 if width >= DAY else int(hours.sum()), weekdays)
    design = _design(local, daily, weekly)
    coefficients, inverse, residuals = _fitted(design, means, weight)
    freedom = max(len(local) - design.shape[1], 1)
    effects = np.array([long_run_effect(column) for column in residuals.T])
    return PhaseReference(
        daily,
        weekly,
        coefficients,
        inverse,
        effects * (residuals**2).sum(axis=0) / freedom,
        means.var(axis=0, ddof=1),
        hours,
        weekdays,
        len(local),
        _missed(hours, weekdays, int(local[-1] - local[0]) + width),
        np.ndim(values) == 1,
    )


def _checked(
    times: ArrayLike, values: ArrayLike, weights: ArrayLike | None, offset: ArrayLike
) -> tuple[Integers, Floats, Floats]:
    """Return local times (u,), means (u, k) and weights (u,) of mean 1, or raise."""
    local, means = _local(times, offset), np.asarray(values, np.float64)
    weight = np.ones(local.size) if weights is None else np.asarray(weights, np.float64)
    if local.size < MINIMUM_UNITS or means.shape[:1] != local.shape or weight.shape != local.shape:
        raise ValueError(
            f"a reference is {MINIMUM_UNITS} units or more, with one time, mean and weight each; got times "
            f"{local.shape}, means {means.shape}, weights {weight.shape}"
        )
    if np.isnan(means).any() or not (weight > 0).all():
        raise ValueError("a reference unit has a mean and a weight above 0; leave out units without rows")
    return local, means.reshape(local.size, -1), weight / weight.mean()


def _harmonics(
    local: Integers, means: Floats, weight: Floats, hours: int, weekdays: Flags
) -> tuple[int, int]:
    """Return how many harmonics of the day and of the week the Bayesian information criterion asks for."""
    most_daily = min(MOST_HARMONICS, max(hours - 1, 0) // 2)
    most_weekly = min(MOST_HARMONICS, (int(weekdays.sum()) - 1) // 2)
    scores = {}
    for daily in range(most_daily + 1):
        for weekly in range(most_weekly + 1):
            size = 1 + 2 * (daily + weekly)
            if size == 1 or size * UNITS_PER_COEFFICIENT <= local.size:
                residuals = _fitted(_design(local, daily, weekly), means, weight)[2]
                scores[daily, weekly] = _criterion(residuals, size)
    return min(scores, key=lambda pair: (scores[pair], sum(pair)))


def _criterion(residuals: Floats, size: int) -> float:
    """Return the Bayesian information criterion of weighted residuals (u, k). Source: Schwarz 1978."""
    units, quantities = residuals.shape
    mean_squares = np.maximum((residuals**2).mean(axis=0), 1e-18)
    return float(units * np.log(mean_squares).sum() + quantities * size * np.log(units))


def _fitted(design: Floats, means: Floats, weight: Floats) -> tuple[Floats, Floats, Floats]:
    """Return coefficients (p, k), (X' W X)^-1 (p, p) and residuals (u, k) times the root of their weight."""
    root = np.sqrt(weight)[:, None]
    inverse = np.asarray(np.linalg.pinv((design * root).T @ (design * root), hermitian=True), np.float64)
    coefficients = inverse @ (design * weight[:, None]).T @ means
    return coefficients, inverse, (means - design @ coefficients) * root


def _design(local: Integers, daily: int, weekly: int) -> Floats:
    """Return one column for the level and a cosine and a sine for each harmonic, (n, 1 + 2 (daily + weekly))."""
    columns = [np.ones(local.size)]
    for period, harmonics in ((DAY, daily), (WEEK, weekly)):
        angle = 2 * np.pi * (local % period) / period
        for harmonic in range(1, harmonics + 1):
            columns += [np.cos(harmonic * angle), np.sin(harmonic * angle)]
    return np.stack(columns, axis=1)


def _local(times: ArrayLike, offset: ArrayLike) -> Integers:
    """Return local microseconds (n,) from epoch microseconds and the zone's offset."""
    return np.asarray(np.atleast_1d(np.asarray(times, np.int64)) + np.asarray(offset, np.int64), np.int64)


def _hour(local: Integers) -> Integers:
    return np.asarray(local % DAY // HOUR, np.int64)


def _weekday(local: Integers) -> Integers:
    """Return 0 for Monday; 1 January 1970 was a Thursday."""
    return np.asarray((local // DAY + 3) % 7, np.int64)


def _seen(local: Integers, width: int) -> tuple[Flags, Flags]:
    """Return which hours (24,) and weekdays (7,) the units overlap."""
    hours, weekdays = np.zeros(24, bool), np.zeros(7, bool)
    for step in range(0, min(width, WEEK), HOUR):
        hours[_hour(local + step)] = True
        weekdays[_weekday(local + step)] = True
    return hours, weekdays


def _missed(hours: Flags, weekdays: Flags, span: int) -> tuple[str, ...]:
    """Say what the reference does not cover."""
    names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    widened = "the bound is widened there by the spread of its units"
    notes = []
    if not hours.all():
        notes.append(f"the reference holds no hour {_listed(np.flatnonzero(~hours))}: {widened}")
    if not weekdays.all():
        missing = [name for name, seen in zip(names, weekdays, strict=True) if not seen]
        notes.append(f"the reference holds no {_listed(missing)}: {widened}")
    if span < YEAR:
        notes.append(f"the reference covers {span / DAY:.0f} days: the season of the year is not in it")
    return tuple(notes)


def _listed(items: ArrayLike) -> str:
    return ", ".join(str(item) for item in np.asarray(items))
