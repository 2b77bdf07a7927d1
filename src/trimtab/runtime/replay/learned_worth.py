"""What continuing versions was worth, measured against the same policy with every training from scratch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from trimtab.evaluation.policies import Spent
from trimtab.runtime.learning import Learned
from trimtab.runtime.replay.evaluation import Judge
from trimtab.runtime.replay.learned import Continued, RunRace
from trimtab.runtime.replay.period import Span
from trimtab.runtime.replay.service import Results, scores_of
from trimtab.runtime.replay.timeline import Timeline
from trimtab.stats import Interval, unit_totals


def continued(
    judge: Judge,
    pair: tuple[Timeline, Timeline],
    spent: tuple[Spent, Spent],
    results: Results,
    period: Span,
    rows: NDArray[np.int64],
) -> Continued:
    """How a policy learned that continues versions, against its twin from scratch, in that order; on judged `rows`."""
    own, twin = pair
    totals = [
        unit_totals(
            judge.losses(rows, scores_of(line, results, judge.at, period)[rows - period.start]),
            judge.day[rows],
        )
        for line in pair
    ]
    learned = [each for _, each in own.learned]
    return Continued(
        own.policy.name,
        twin.policy.name,
        sum(each.spec.parent is not None for each in learned),
        sum(each.spec.parent is None for each in learned),
        sum(each.failed for each in learned),
        tuple(_races(own.learned)),
        spent[0].cpu_seconds,
        spent[1].cpu_seconds,
        judge.bootstrap.difference(*totals),
        judge.metric.loss_name,
    )


def _races(learned: Sequence[tuple[str, Learned]]) -> Iterator[RunRace]:
    for version, each in learned:
        if each.raced is not None:
            result, skill = each.raced.result, each.raced.result.skill
            costs = Interval(-skill.estimate, -skill.high, -skill.low, reason=skill.reason)
            seconds = result.continued_cpu_seconds, result.scratch_cpu_seconds
            yield RunRace(each.spec.as_of, version, costs, result.keeps_up, *seconds)
