"""Which engine serves a version: the first that agrees with the learner on every row of a sample."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

import numpy as np

from trimtab.errors import LearnerError
from trimtab.runtime.clock import Stopwatch
from trimtab.serving.engines import catboost, lightgbm, linear, original, treelite, xgboost
from trimtab.serving.engines.base import Core, Floats, Scorer
from trimtab.serving.engines.sample import python_rows
from trimtab.serving.engines.scorer import CoreScorer
from trimtab.training.matrix import FeatureMatrix
from trimtab.training.predictor import Predictor

INLINE_AT_MOST = 300.0
"""Microseconds up to which one row is scored at once; slower engines score all rows that wait together."""

Build = Callable[[Predictor], Core | None]

BUILDERS: tuple[Build, ...] = (
    lightgbm.build,
    xgboost.build,
    catboost.build,
    treelite.build,
    linear.build,
    original.build_flattened,
    original.build_flattened_apart,
    original.build,
    original.build_apart,
)
"""The candidates, fastest first; the last one always agrees with itself."""

_REPEATS, _ROWS_TIMED, _SECONDS_AT_MOST = 7, 32, 0.3


@dataclass(frozen=True)
class Trial:
    """One candidate: the largest difference from the learner, decisions that flip, and why it was refused."""

    name: str
    difference: float | None = None
    flips: int = 0
    microseconds: float | None = None
    refused: str | None = None


@dataclass(frozen=True)
class Report:
    """How an engine was chosen: on how many rows, what was tried, and the median time of one row.

    `batched` says that one row takes too long to score at once: the server scores all that wait together.
    """

    engine: str
    rows: int
    microseconds: float | None
    batched: bool
    tried: tuple[Trial, ...]

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return asdict(self) | {"tried": [asdict(trial) for trial in self.tried]}


@dataclass(frozen=True)
class Chosen:
    """The engine of a version, and how it was chosen."""

    scorer: Scorer
    report: Report


def choose(
    predictor: Predictor,
    sample: FeatureMatrix,
    *,
    threshold: float | None = None,
    builders: Sequence[Build] = BUILDERS,
) -> Chosen:
    """The first engine that agrees with the predictor on every sample row.

    No score may differ by more than the engine's stated resolution (not at all, for a booster's own call), no decision
    may flip at the threshold, and one row and many must give the same bits. Raises LearnerError when the predictor
    itself cannot score the sample, or no candidate agrees.
    """
    check = Check(sample, predictor.score(sample), threshold, numbers=predictor.task == "regression")
    return first_agreeing(candidates(predictor, builders), check)


def candidates(predictor: Predictor, builders: Sequence[Build] = BUILDERS) -> Iterator[CoreScorer | Trial]:
    """Each builder's scorer, or the trial that says why it has none; builders for other learners give nothing."""
    told: set[str] = set()
    for build in builders:
        try:
            core = build(predictor)
        except Exception as error:  # noqa: BLE001  # a library that cannot take this model is no engine for it
            why = f"{type(error).__name__}: {error}"
            if why not in told:
                yield Trial(build.__module__.rpartition(".")[2], refused=why)
            told.add(why)
            continue
        if core is not None:
            yield CoreScorer(predictor, core)


@dataclass(frozen=True)
class Check:
    """Sample rows, the scores they must get, and the threshold at which decisions may not flip.

    `numbers` says that scores are numbers, not probabilities. `elsewhere` is set when the scores come from another machine or from other library versions, where even a booster's
    own call may differ in the last bits.
    """

    sample: FeatureMatrix
    expected: Floats
    threshold: float | None = None
    numbers: bool = False
    elsewhere: bool = False

    def trial(self, scorer: CoreScorer) -> Trial:
        """What comes of one candidate; `refused` is None when it agrees."""
        rows = python_rows(self.sample)
        try:
            many, first = scorer.many(self.sample), [scorer.one(row) for row in rows[:_ROWS_TIMED]]
            alike = np.array_equal(first, many[:_ROWS_TIMED]) and np.array_equal(
                [scorer.one(row) for row in rows], many
            )
        except LearnerError as error:
            return Trial(scorer.name, refused=str(error))
        difference = _difference(many, self.expected, numbers=self.numbers)
        flips = self._flips(many)
        allowed = 0.0 if scorer.core.exact and not self.elsewhere else scorer.core.resolution
        refused = None
        if not alike:
            refused = "one row and many do not give the same bits"
        elif not difference <= allowed:
            refused = f"scores differ by up to {difference:.3g}, at most {allowed:g} is allowed"
        elif flips:
            refused = f"{flips} decisions flip at the threshold"
        return Trial(scorer.name, difference, flips, microseconds_of(scorer, rows), refused)

    def _flips(self, scores: Floats) -> int:
        if self.threshold is None or scores.ndim > 1:
            return 0
        return int(np.sum((scores >= self.threshold) != (self.expected >= self.threshold)))


def first_agreeing(tried: Iterator[CoreScorer | Trial], check: Check) -> Chosen:
    """The first scorer that agrees; raises LearnerError, with every trial, when none does."""
    trials: list[Trial] = []
    for candidate in tried:
        trial = candidate if isinstance(candidate, Trial) else check.trial(candidate)
        trials.append(trial)
        if trial.refused is None and isinstance(candidate, CoreScorer):
            slow = trial.microseconds is None or trial.microseconds > INLINE_AT_MOST
            report = Report(candidate.name, len(check.sample), trial.microseconds, slow, tuple(trials))
            return Chosen(candidate, report)
    raise NoEngineError(tuple(trials))


class NoEngineError(LearnerError):
    """No way to call a learner gives the scores it must give."""

    def __init__(self, trials: tuple[Trial, ...]) -> None:
        self.trials = trials
        super().__init__(
            "no engine agrees with the learner on its sample",
            found="; ".join(f"{trial.name}: {trial.refused}" for trial in trials),
            do="check that the learner gives the same scores twice for the same rows",
        )


def _difference(scores: Floats, expected: Floats, *, numbers: bool) -> float:
    """The largest difference: of probabilities as it is, of numbers as a share of the expected or the usual size.

    The usual size is the median, so that numbers of any unit are judged alike.
    """
    if scores.shape != expected.shape:
        return float("inf")
    if not scores.size:
        return 0.0
    apart, size = np.abs(scores - expected), np.abs(expected)
    usual = float(np.median(size) or np.max(size) or 1.0)
    return float(np.max(apart / np.maximum(size, usual) if numbers else apart))


def microseconds_of(scorer: Scorer, rows: Sequence[Sequence[Any]]) -> float | None:
    """The median time of one row over a few rounds through some rows; None without rows."""
    timed = rows[:_ROWS_TIMED]
    if not timed:
        return None
    rounds: list[float] = []
    total = Stopwatch()
    while len(rounds) < _REPEATS and (not rounds or total.seconds < _SECONDS_AT_MOST):
        watch = Stopwatch()
        for row in timed:
            scorer.one(row)
        rounds.append(watch.seconds / len(timed) * 1e6)
    return round(median(rounds), 1)
