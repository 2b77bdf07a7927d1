"""What a gate asks of every candidate where it was declared: promises, expectations, golden rows, groups.

The gate of a live system and that of a replay ask the same; they differ in where the candidate and the fits come from.
Promises and expectations need no labels: the candidate itself is asked, on the newest requests. Groups need rows with
labels that it has not learned, and the newest model has none: its recipe is trained on older rows and judged on newer
ones, as `trimtab evaluate` does. What could not be checked keeps a candidate waiting, a refresh too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from threadpoolctl import threadpool_limits

from trimtab.declare.days import day_numbers
from trimtab.declare.system import System
from trimtab.errors import TrimtabError
from trimtab.evaluation.contracts import contract_findings, reloaded
from trimtab.evaluation.directions import directions, expectation_findings, golden_findings
from trimtab.evaluation.evaluated import Evaluated, Floats
from trimtab.evaluation.fairness import fairness_findings, groups
from trimtab.finding import Finding, Severity, by_severity
from trimtab.metrics import Metric
from trimtab.release.gate import GateResult
from trimtab.runtime.evaluating.clean import score_elsewhere
from trimtab.runtime.evaluating.split import Rows, Split, rehearsed
from trimtab.runtime.evaluating.trainer import predict_with, rows_of
from trimtab.runtime.history import History
from trimtab.training.fit import Recipe
from trimtab.training.matrix import FeatureMatrix
from trimtab.training.predictor import Predictor

NEWEST = 2_000
"""Requests on which a candidate's behaviour is looked at."""

ELSEWHERE = 500
"""Of these, how many are scored in a clean process."""


@dataclass(frozen=True, eq=False)
class Shown:
    """A candidate at a gate, and the past that it is looked at in; nothing that was known from `now` on is read.

    predictor: the candidate. features: all requests with the columns that it reads. stored: its format and bytes.
    rehearse: the scores that its recipe, trained on one part of a split, gives to the rows that judge. Each is called
    only where it is needed, and raises TrimtabError where it cannot be had.
    """

    history: History
    now: int
    recipe: Recipe
    metric: Metric
    predictor: Callable[[], Predictor]
    features: Callable[[Predictor], FeatureMatrix]
    stored: Callable[[], tuple[str, bytes]]
    rehearse: Callable[[Split], Floats]

    @cached_property
    def split(self) -> Split:
        """The newest rows with labels, and what was known before them; raises DataError where there are too few."""
        return rehearsed(self.history, self.now)

    @cached_property
    def newest(self) -> Rows:
        """The newest requests by position."""
        count = int(np.searchsorted(self.history.requests.at, self.now))
        return np.arange(max(count - NEWEST, 0), count)


def reads_predictor(system: System) -> bool:
    """Whether anything is declared of which the candidate itself has to be asked."""
    return bool(system.release.evaluation or system.expectations or system.golden)


def asks(system: System) -> bool:
    """Whether anything at all is declared of every version."""
    return reads_predictor(system) or _tolerance(system) is not None


def judges_groups(system: System, names: Sequence[str]) -> bool:
    """Whether a tolerance for groups is declared, and groups among the features of these names."""
    return _tolerance(system) is not None and bool(_groups(system, names))


def joined(found: GateResult, suite: Sequence[Finding]) -> GateResult:
    """A gate's findings with those of the suite; what is missing of these keeps a refresh waiting as well.

    >>> weekly = GateResult("v2", (Finding("not shown to be worse", Severity.INFO),), refresh=True)
    >>> joined(weekly, (Finding("not checked", Severity.NOT_RUN),)).verdict
    'waiting'
    """
    missing = any(each.severity is Severity.NOT_RUN for each in suite)
    findings = by_severity((*found.findings, *suite))
    return replace(found, findings=findings, refresh=found.refresh and not missing)


def suite_findings(shown: Shown) -> Iterator[Finding]:
    """Everything that is declared of every version, held against this one; nothing where nothing is declared."""
    system = shown.history.system
    checks = (
        ("the predictor's promises", system.release.evaluation, _promises),
        ("what is expected of its behaviour", system.expectations or system.golden, _expectations),
        ("how groups are served", _tolerance(system) is not None, _fairness),
    )
    for what, wanted, check in checks:
        if not wanted:
            continue
        try:
            yield from check(shown)
        except TrimtabError as problem:
            yield Finding(f"not checked: {what}", Severity.NOT_RUN, cause=str(problem))


def _promises(shown: Shown) -> Iterator[Finding]:
    """One finding for all promises that are kept, one for each that is broken, and one for a clean process."""
    found = _behaviour(shown)
    told = contract_findings(found.rows, found.predict, found.task)
    broken = [each for each in told if each.severity is not Severity.OK]
    yield from broken or [Finding(f"the predictor keeps its {len(told)} promises", Severity.OK)]
    rows = found.rows.take(np.arange(min(ELSEWHERE, len(found))))
    matrix = FeatureMatrix(rows.names, rows.values, rows.dictionaries)
    yield reloaded(found.score[: len(rows)], score_elsewhere(*shown.stored(), matrix))


def _expectations(shown: Shown) -> Iterator[Finding]:
    system, found = shown.history.system, _behaviour(shown)
    if system.expectations:
        expected = {each.feature for each in system.expectations}
        yield from expectation_findings(found, directions(found, expected), system.expectations)
    yield from golden_findings(found, system.golden)


def _fairness(shown: Shown) -> Iterator[Finding]:
    system, history = shown.history.system, shown.history
    names = _groups(system, history.matrix.names)
    if not names:
        yield from fairness_findings((), _tolerance(system))
        return
    split = shown.split
    judged = split.judged
    found = Evaluated(
        rows_of(history.matrix.take(judged)),
        split.label[judged],
        history.requests.at[judged],
        split.day[judged],
        shown.rehearse(split),
        shown.recipe.task,
        shown.metric,
        lambda rows: np.full(len(rows), np.nan),  # groups are judged by the scores above
        split.then[split.learned],
        slices=names,
        threshold=system.stakes.threshold_or_default if system.stakes is not None else 0.5,
        seed=system.seed,
    )
    yield from fairness_findings(groups(found), _tolerance(system))


def _tolerance(system: System) -> float | None:
    return None if system.requires is None else system.requires.fairness


def _groups(system: System, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in system.watch.slices if name in names)


def _behaviour(shown: Shown) -> Evaluated:
    """The newest requests with the candidate's scores; labels play no part in what is asked of them."""
    places, history = shown.newest, shown.history
    if not len(places):
        raise TrimtabError("there is no request on record", do="wait for the first ones")
    predictor = shown.predictor()
    matrix = shown.features(predictor).take(places).only(predictor.encoder.names)
    with threadpool_limits(1):
        score = predictor.score(matrix)
    unknown = np.full(len(places), np.nan)
    at = history.requests.at[places]
    return Evaluated(
        rows_of(matrix),
        unknown,
        at,
        day_numbers(at, history.system.zone),
        score,
        predictor.task,
        shown.metric,
        predict_with(predictor),
        unknown,
        seed=history.system.seed,
    )
