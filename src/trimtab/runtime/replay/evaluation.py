"""From scores to what people compare: policies, curves, ladder and batch cost, each with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trimtab.declare.days import day_numbers
from trimtab.declare.model import Stakes
from trimtab.evaluation.policies import Spent, Verdict, judge_policies
from trimtab.evaluation.scored import Scored, money
from trimtab.labels.history import CENSORED, LabelView, as_known
from trimtab.metrics import Metric, Task
from trimtab.metrics.rows import score_columns
from trimtab.runtime.history import History
from trimtab.runtime.replay.curves import Curve, Test
from trimtab.runtime.replay.period import Span
from trimtab.runtime.replay.policies import NEVER
from trimtab.runtime.replay.result import BatchCost, Moving, Point, PolicyResult, Rung
from trimtab.runtime.replay.service import scores_of
from trimtab.runtime.replay.timeline import Timeline
from trimtab.runtime.training import FitResult, FitSpec
from trimtab.stats import Bootstrap, Interval, UnitTotals, bootstrap_roc_auc, unit_totals

Results = Mapping[FitSpec, FitResult]
DRAWS = 2000
MOVING_DAYS = 35
"""The window of the performance chart."""


@dataclass(frozen=True)
class Judge:
    """What every evaluation of one replay shares: labels as known at the end, days, metric, task, stakes, seed."""

    view: LabelView
    at: NDArray[np.int64]
    day: NDArray[np.int64]
    metric: Metric
    task: Task
    stakes: Stakes | None
    seed: int

    @property
    def bootstrap(self) -> Bootstrap:
        """Week blocks of days."""
        return Bootstrap(seed=self.seed, block=7, draws=DRAWS)

    def scored(self, rows: NDArray[np.int64], scores: Mapping[str, NDArray[np.float64]]) -> Scored:
        """The given rows with their answers; all must be mature."""
        return Scored(self.view.value[rows], self.day[rows], self.at[rows], scores)

    def losses(self, rows: NDArray[np.int64], score: NDArray[np.float64]) -> NDArray[np.float64]:
        """The loss of each of the given rows."""
        return self.scored(rows, {}).losses_of(self.metric, score)

    def auc(self, rows: NDArray[np.int64], score: NDArray[np.float64]) -> Interval | None:
        """The ROC-AUC of a yes/no task with its interval by days."""
        if self.task != "binary":
            return None
        return bootstrap_roc_auc(
            self.view.value[rows].astype(np.int64), score, self.day[rows], self.bootstrap
        )


def make_judge(history: History, metric: Metric, task: Task) -> Judge:
    """The judge over a whole history: labels count as known once everything that is recorded has been seen."""
    labels, at = history.labels.history, history.requests.at
    end = max(int(labels.known.max(initial=0)), int(at.max(initial=0))) + 1
    system = history.system
    day = day_numbers(at, system.zone)
    return Judge(as_known(labels, end), at, day, metric, task, system.stakes, system.seed)


def score_policies(
    judge: Judge, timelines: Sequence[Timeline], results: Results, period: Span
) -> tuple[tuple[PolicyResult, ...], Verdict, dict[str, int], NDArray[np.int64]]:
    """Each policy on the rows that are mature and that every policy answered; the rows left out, by reason."""
    scores = {each.policy.name: scores_of(each, results, judge.at, period) for each in timelines}
    rows = np.arange(period.start, period.stop)
    answered = np.all([~np.isnan(score_columns(score)).any(axis=1) for score in scores.values()], axis=0)
    state = judge.view.state[rows]
    keep = judge.view.mature[rows] & answered
    unscored = {
        "label not mature when the record ends": int(np.sum(~judge.view.mature[rows] & (state != CENSORED))),
        "censored (no label by maturity)": int(np.sum(state == CENSORED)),
        "no version in service": int(np.sum(judge.view.mature[rows] & ~answered)),
    }
    kept = rows[keep]
    scored = judge.scored(kept, {name: score[keep] for name, score in scores.items()})
    spent = {each.policy.name: _spent(each, results) for each in timelines}
    verdict = judge_policies(
        scored.losses(judge.metric), scored.day, spent, never=NEVER, bootstrap=judge.bootstrap
    )
    policies = tuple(
        _policy(judge, each, verdict, scored, kept, place) for place, each in enumerate(timelines)
    )
    return policies, verdict, {reason: count for reason, count in unscored.items() if count}, kept


def _spent(timeline: Timeline, results: Results) -> Spent:
    """The common first model is charged to nobody; a challenger that triggers read, like any fit."""
    first, *later = (spec for _, spec in timeline.trained)
    wanted = [spec for spec in dict.fromkeys((*later, *timeline.challengers)) if spec != first]
    within = {spec for spec, _ in timeline.contests} - set(later)
    made = [results[spec] for spec in wanted]
    return Spent(
        len(made),
        sum(each.cpu_seconds for each in made),
        sum(each.rows for each in made),
        sum(spec in within for spec in wanted),
    )


def _policy(
    judge: Judge, timeline: Timeline, verdict: Verdict, scored: Scored, rows: NDArray[np.int64], place: int
) -> PolicyResult:
    score = scored.scores[timeline.policy.name]
    losses = judge.losses(rows, score)
    return PolicyResult(
        policy=timeline.policy,
        score=verdict.scores[place],
        auc=judge.auc(rows, score),
        skill=_skill(judge, scored, losses),
        money=_money(judge, scored, score, verdict.scores[place].spent),
        moving=moving_mean(judge, scored.day, losses, judge.losses(rows, scored.scores[NEVER])),
        retrained_at=tuple(served.since for served in timeline.served[1:]),
        refused=tuple(each for each in timeline.decisions if each.kind in {"refuse", "stop"}),
    )


def _skill(judge: Judge, scored: Scored, losses: NDArray[np.float64]) -> Interval:
    """Skill over always answering the rate (or mean) of the same rows: the hardest constant, known only afterwards."""
    constant = _constant(scored.label, judge.task, scored)
    reference = unit_totals(scored.losses_of(judge.metric, constant), scored.day)
    return judge.bootstrap.skill(unit_totals(losses, scored.day), reference)


def _constant(label: NDArray[np.float64], task: Task, scored: Scored) -> NDArray[np.float64]:
    if task != "multiclass":
        return np.full(len(label), label.mean())
    classes = next(iter(scored.scores.values())).shape[1]
    rates = np.bincount(label.astype(np.int64), minlength=classes) / len(label)
    return np.tile(rates, (len(label), 1))


def _money(judge: Judge, scored: Scored, score: NDArray[np.float64], spent: Spent) -> float | None:
    costs = None if judge.stakes is None else money(scored, score, judge.stakes, judge.task)
    return (
        None if costs is None or judge.stakes is None else float(costs.sum()) + spent.fits * judge.stakes.fit
    )


def moving_mean(
    judge: Judge, day: NDArray[np.int64], losses: NDArray[np.float64], never: NDArray[np.float64]
) -> tuple[Moving, ...]:
    """The mean loss of the five weeks around the middle of each week, and its paired gap to never retraining."""
    totals, reference = unit_totals(losses, day), unit_totals(never, day)
    middles = np.arange(
        int(totals.unit[0]) + MOVING_DAYS // 2, int(totals.unit[-1]) - MOVING_DAYS // 2 + 1, 7
    )
    return tuple(_moving(judge, int(middle), totals, reference) for middle in middles)


def _moving(judge: Judge, middle: int, totals: UnitTotals, reference: UnitTotals) -> Moving:
    own, other = _around(totals, middle), _around(reference, middle)
    return Moving(middle, float(own.mean), judge.bootstrap.difference(own, other))


def _around(totals: UnitTotals, middle: int) -> UnitTotals:
    near = np.abs(totals.unit - middle) <= MOVING_DAYS // 2
    return UnitTotals(totals.unit[near], totals.sums[near], totals.counts[near])


def curve_points(judge: Judge, curve: Curve, results: Results) -> tuple[Point, ...]:
    """The points of a curve; differences are paired with its first point, on the same rows."""
    columns = {x: _tests(judge, [test for test in curve.tests if test.x == x], results) for x in curve.xs}
    usable = {x: found for x, found in columns.items() if found is not None}
    if not usable:
        return ()
    rows = next(iter(usable.values()))[0]
    day = judge.day[rows]
    first = unit_totals(next(iter(usable.values()))[1], day)
    return tuple(
        _point(judge, x, unit_totals(losses, day), first, trained)
        for x, (_, losses, trained) in usable.items()
    )


def _tests(
    judge: Judge, tests: Sequence[Test], results: Results
) -> tuple[NDArray[np.int64], NDArray[np.float64], float] | None:
    rows, losses, trained = [], [], []
    for test in tests:
        result = results[test.spec]
        if result.problem is not None:
            return None
        span = np.arange(test.serve.start, test.serve.stop)
        keep = judge.view.mature[span]
        rows.append(span[keep])
        losses.append(judge.losses(span[keep], result.scores[test.serve][keep]))
        trained.append(result.rows)
    return np.concatenate(rows), np.concatenate(losses), float(np.mean(trained))


def _point(judge: Judge, x: int, totals: UnitTotals, first: UnitTotals, trained: float) -> Point:
    extra = judge.bootstrap.difference(totals, first)
    return Point(float(x), judge.bootstrap.mean(totals), extra, trained)


def ladder_rungs(judge: Judge, ladder: Mapping[str, Test], results: Results) -> tuple[Rung, ...]:
    """Each rung's loss and ranking on the same later rows."""
    rungs = []
    for inputs, test in ladder.items():
        result = results[test.spec]
        if result.problem is None:
            span = np.arange(test.serve.start, test.serve.stop)
            keep = judge.view.mature[span]
            rungs.append(rung(judge, inputs, test.x, span[keep], result.scores[test.serve][keep]))
    return tuple(rungs)


def rung(
    judge: Judge, inputs: str, columns: int, rows: NDArray[np.int64], score: NDArray[np.float64]
) -> Rung:
    """One way of answering the given rows: its loss and ranking with their intervals."""
    loss = judge.bootstrap.mean(unit_totals(judge.losses(rows, score), judge.day[rows]))
    return Rung(inputs, columns, loss, judge.auc(rows, score))


def batch_cost(
    judge: Judge,
    timeline: Timeline,
    results: Results,
    period: Span,
    rows: NDArray[np.int64],
    late: Mapping[int, NDArray[np.bool_]],
    fallback: NDArray[np.float64],
) -> tuple[BatchCost, ...]:
    """What answering from the latest run of a batch every so many hours would have cost the same versions.

    `late` marks, per hours, the requests that the run could not know yet; they get the answer `fallback`.
    """
    online = scores_of(timeline, results, judge.at, period)[rows - period.start]
    base = unit_totals(judge.losses(rows, online), judge.day[rows])
    found = []
    for hours, unknown in late.items():
        score = scores_of(timeline, results, judge.at, period, f"batch_{hours}")[rows - period.start].copy()
        score[unknown[rows]] = fallback
        totals = unit_totals(judge.losses(rows, score), judge.day[rows])
        extra = judge.bootstrap.difference(totals, base)
        more = _extra_money(judge, rows, score, online)
        found.append(BatchCost(hours, judge.bootstrap.mean(totals), extra, float(unknown[rows].mean()), more))
    return tuple(found)


def _extra_money(
    judge: Judge, rows: NDArray[np.int64], score: NDArray[np.float64], online: NDArray[np.float64]
) -> float | None:
    if judge.stakes is None:
        return None
    scored = judge.scored(rows, {})
    batch, live = (money(scored, each, judge.stakes, judge.task) for each in (score, online))
    return None if batch is None or live is None else float(batch.sum() - live.sum())


def arrival_curve(delays: NDArray[np.int64], requests: int) -> tuple[tuple[float, float], ...]:
    """Hours after the request against the share of all requests answered by then."""
    hours = np.sort(delays) / 3_600_000_000
    shares = np.linspace(0.01, 1.0, 100)
    if not len(hours):
        return ()
    places = np.clip((shares * len(hours)).astype(int) - 1, 0, len(hours) - 1)
    return tuple((float(hours[place]), float((place + 1) / requests)) for place in places)
