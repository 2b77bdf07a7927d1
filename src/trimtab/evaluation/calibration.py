"""Do probabilities mean what they say: slope, intercept and Spiegelhalter's test, all clustered by day.

A fixed limit on the calibration error is wrong: a perfect model has one of 0.06 on 200 rows and 0.01 on 5,000. So
there is a test, and an effect that has to matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trimtab.evaluation.evaluated import Evaluated, Floats
from trimtab.evaluation.slicing import cut
from trimtab.finding import Finding, Severity
from trimtab.stats import holm
from trimtab.stats.clustered import Test, mean_test
from trimtab.stats.resample import MINIMUM_UNITS

SURE, EFFECT = 0.01, 0.02
"""A finding needs a p-value below 0.01 and probabilities that are off by 0.02 on average."""

ROWS_OF_A_SLICE = 200
FLOOR = 1e-6


@dataclass(frozen=True)
class Calibration:
    """The logit of the truth as intercept + slope x the logit of the score (n,): 0 and 1 are perfect.

    errors are standard errors by day; p_value is that of both together, off the mean change of a probability that the
    correction makes, and spiegelhalter the test of the Brier score against what it should be.
    """

    intercept: float
    slope: float
    errors: tuple[float, float]
    p_value: float
    off: float
    spiegelhalter: Test

    def corrected(self, score: Floats) -> Floats:
        """Scores (n,) as they should have been.

        >>> even = Test(0.0, 1.0, 20)
        >>> Calibration(0.0, 1.0, (0.1, 0.1), 1.0, 0.0, even).corrected(np.array([0.25]))
        array([0.25])
        """
        return _sigmoid(self.intercept + self.slope * _logit(score))


def calibrate(label: Floats, score: Floats, day: NDArray[np.int64]) -> Calibration:
    """The calibration of yes/no labels (n,) and probabilities (n,), with errors by day (n,).

    >>> generator = np.random.default_rng(0)
    >>> truth = generator.random(20000)
    >>> label = (generator.random(20000) < truth) * 1.0
    >>> abs(calibrate(label, truth, np.arange(20000) // 200).slope - 1) < 0.05
    True
    """
    design = np.column_stack([np.ones(len(label)), _logit(score)])
    if float(np.ptp(design[:, 1])) < 1e-9:
        design[:, 1] = 0.0
    found = np.array([0.0, 1.0])
    for _ in range(25):
        chance = _sigmoid(design @ found)
        information = (design * (chance * (1 - chance))[:, None]).T @ design + 1e-9 * np.eye(2)
        step = np.linalg.solve(information, design.T @ (label - chance))
        found = found + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-8:
            break
    covariance = _sandwich(design, label - _sigmoid(design @ found), information, day)
    off = float(np.abs(_sigmoid(design @ found) - score).mean())
    brier = mean_test((label - score) * (1 - 2 * score), day)
    errors = tuple(float(each) for each in np.sqrt(np.diag(covariance)))
    p_value = _both(found - [0.0, 1.0], covariance, len(np.unique(day)))
    return Calibration(float(found[0]), float(found[1]), (errors[0], errors[1]), p_value, off, brier)


def _sandwich(design: Floats, residual: Floats, information: Floats, day: NDArray[np.int64]) -> Floats:
    """The covariance of a fit whose rows of one day depend on each other (Liang and Zeger 1986)."""
    codes = np.unique(day, return_inverse=True)[1]
    units = int(codes.max()) + 1
    pull = np.column_stack([np.bincount(codes, residual * column) for column in design.T])
    bread = np.linalg.inv(information)
    return np.asarray(bread @ (pull.T @ pull) @ bread * units / max(units - 1, 1), np.float64)


def _both(apart: Floats, covariance: Floats, units: int) -> float:
    """The p-value of two numbers both being 0: Hotelling's test, with the days as observations."""
    from scipy.special import fdtrc  # noqa: PLC0415 - a third of a second that most commands never need

    if units < MINIMUM_UNITS:
        return float("nan")
    wald = float(apart @ np.linalg.pinv(covariance) @ apart)
    return float(fdtrc(2, units - 2, wald * (units - 2) / (2 * (units - 1))))


def calibration_findings(found: Evaluated) -> tuple[Finding, ...]:
    """Whether the probabilities can be taken at their word: on the whole, then in the slices that a person named."""
    if found.task == "regression":
        return ()
    if found.score.ndim == 2:
        return tuple(_per_class(found))
    fitted = calibrate(found.label, found.score, found.day)
    return (_whole(fitted), *_slices(found))


def _per_class(found: Evaluated) -> Iterator[Finding]:
    """Each class against the rest; the classes share one chance of a false claim."""
    fitted = [
        calibrate((found.label == code) * 1.0, found.score[:, code], found.day)
        for code in range(found.score.shape[1])
    ]
    adjusted = holm([each.p_value for each in fitted])
    for code, (each, p_value) in enumerate(zip(fitted, adjusted, strict=True)):
        yield _whole(each, f" of class {found.class_named(code)}", float(p_value))


def _whole(fitted: Calibration, of: str = "", p_value: float | None = None) -> Finding:
    sure = fitted.p_value if p_value is None else p_value
    if np.isnan(sure):
        return Finding(f"calibration{of} was not tested", Severity.NOT_RUN, cause="fewer than 10 days")
    wrong = sure < SURE and fitted.off > EFFECT
    what = f"probabilities{of} are off by {fitted.off:.3f} on average"
    half = 1.96 * fitted.errors[1]
    return Finding(
        what if wrong else f"no miscalibration{of} that matters: {what}",
        Severity.WATCH if wrong else Severity.OK,
        estimate=fitted.slope,
        interval=(fitted.slope - half, fitted.slope + half),
        cause=_direction(fitted) if wrong else None,
        action="recalibrate on newer rows, or train on a newer window" if wrong else None,
        evidence=(
            ("slope", f"{fitted.slope:.3f}, standard error {fitted.errors[1]:.3f}"),
            ("intercept", f"{fitted.intercept:.3f}, standard error {fitted.errors[0]:.3f}"),
            ("p-value of slope 1 and intercept 0", fitted.p_value),
            ("p-value of Spiegelhalter's test", fitted.spiegelhalter.p_value),
        ),
    )


def _direction(fitted: Calibration) -> str:
    if fitted.slope < 0.9:
        return "scores are too sure of themselves: the truth lies nearer to the base rate"
    if fitted.slope > 1.1:
        return "scores are too timid: the truth lies farther from the base rate"
    return "scores are too low" if fitted.intercept > 0 else "scores are too high"


def _slices(found: Evaluated) -> Iterator[Finding]:
    """The mean of label less score in each bin of the named columns."""
    tested: list[tuple[str, int, Test]] = []
    for name in found.slices:
        bins = cut(found.rows, name)
        for code, words in enumerate(bins.names):
            rows = bins.codes == code
            if rows.sum() >= ROWS_OF_A_SLICE:
                test = mean_test((found.label - found.score)[rows], found.day[rows])
                tested.append((words, int(rows.sum()), test))
    adjusted = holm([test.p_value for _, _, test in tested])
    off = [
        (words, rows, test)
        for (words, rows, test), p_value in zip(tested, adjusted, strict=True)
        if p_value < SURE and abs(test.estimate) > EFFECT
    ]
    if off:
        words, _, worst = max(off, key=lambda each: abs(each[2].estimate))
        yield Finding(
            f"probabilities are too {'low' if worst.estimate > 0 else 'high'} where {words}",
            Severity.WATCH,
            estimate=worst.estimate,
            interval=worst.bounds(),
            action="recalibrate these rows by themselves, or train on a newer window",
            evidence=tuple((words, f"{test.estimate:+.3f} on {rows:,} rows") for words, rows, test in off),
        )
    elif tested:
        yield Finding(f"no miscalibration that matters in {len(tested)} named slices", Severity.OK)


def _logit(score: Floats) -> Floats:
    clipped = np.clip(score, FLOOR, 1 - FLOOR)
    return np.asarray(np.log(clipped / (1 - clipped)), np.float64)


def _sigmoid(value: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(value, -30, 30))), np.float64)
