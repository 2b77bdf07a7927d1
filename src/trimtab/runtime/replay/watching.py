"""Would the monitors have caught it? Policies of a replay, watched day by day as if they had been live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from trimtab.errors import DataError
from trimtab.evaluation.months import months
from trimtab.finding import Finding, Severity
from trimtab.monitoring.explaining import About
from trimtab.monitoring.following import Followed, follow
from trimtab.monitoring.observed import Observed
from trimtab.monitoring.reference import Reference, accept
from trimtab.retrain.windows import Selection
from trimtab.runtime.history import History
from trimtab.runtime.replay.evaluation import Judge
from trimtab.runtime.replay.period import Period
from trimtab.runtime.replay.policies import NEVER
from trimtab.runtime.replay.service import scores_of
from trimtab.runtime.replay.timeline import Timeline
from trimtab.runtime.replay.watched import WatchedPolicy
from trimtab.runtime.training import FitResult, FitSpec
from trimtab.runtime.watching.accepted import accepted, observed
from trimtab.runtime.watching.declared import about, options_of
from trimtab.training.fit import Recipe

CHALLENGERS = ("weekly-expanding", "own")
"""Policies whose versions serve as the fresh model, the first that was walked."""


def watch_policies(
    history: History,
    judge: Judge,
    period: Period,
    recipe: Recipe,
    timelines: Sequence[Timeline],
    results: Mapping[FitSpec, FitResult],
    command: str,
) -> tuple[WatchedPolicy, ...]:
    """What would have been said of the model that is never retrained, and of the system's own policy."""
    named = {each.policy.name: each for each in timelines}
    challenger = next((name for name in CHALLENGERS if name in named), None)
    fresh = None if challenger is None else scores_of(named[challenger], results, judge.at, period.rows)
    ground = accepted(
        history, period.ticks[0], recipe, Selection(), history.system.seed, paired=fresh is not None
    )
    told = about(history.system, history.features, command, f"trimtab train {history.system.name}")
    options = options_of(history.system, history.features, recipe.task)
    reference = None if ground is None else _accept(ground, options)
    wanted = dict.fromkeys((NEVER, timelines[-1].policy.name))
    found = []
    for name in wanted:
        if not isinstance(reference, Reference):
            why = reference or "too little is known before the first model for a period to compare with"
            found.append(WatchedPolicy(name, "", 0, options.budget.false_pages_per_year, problem=why))
            continue
        score = scores_of(named[name], results, judge.at, period.rows)
        log = _log(history, judge, period, score, fresh)
        found.append(_watched(name, challenger, reference, log, period, history, told))
    return tuple(found)


def _accept(ground: Observed, options: object) -> Reference | str:
    try:
        return accept(ground, options)  # type: ignore[arg-type]
    except DataError as problem:
        return str(problem)


def _log(
    history: History,
    judge: Judge,
    period: Period,
    score: NDArray[np.float64],
    fresh: NDArray[np.float64] | None,
) -> Observed:
    rows = np.arange(period.rows.start, period.rows.stop)
    log = observed(history, judge.view, rows, score, fresh)
    answered = np.flatnonzero(~np.isnan(score.reshape(len(rows), -1)).any(axis=1))
    return log.take(answered)


def _watched(
    name: str,
    challenger: str | None,
    reference: Reference,
    log: Observed,
    period: Period,
    history: History,
    told: About,
) -> WatchedPolicy:
    lag = history.system.model.label.matures_after.microseconds
    month = months(np.array(period.ticks) // 86_400_000_000)
    last_of = {
        int(tick)
        for tick, one, other in zip(period.ticks[1:], month, month[1:], strict=False)
        if one != other
    }
    followed = follow(reference, log, period.ticks, lag, told, tell=lambda _, stop: stop in last_of)
    loss = reference.loss
    return WatchedPolicy(
        name,
        challenger or "the accepted period",
        followed.windows,
        reference.options.budget.false_pages_per_year,
        followed.pages,
        tuple(_headlines(followed)),
        followed.figures,
        loss.unit if loss is not None else "",
        loss.scale if loss is not None else 1.0,
        "; ".join(reference.missing) if reference.ground is None else "",
    )


def _headlines(followed: Followed) -> list[tuple[int, Finding]]:
    """The verdict of realised performance at each instant; what was not run where there is none."""
    found = []
    for at, findings in followed.told:
        line = next((each for each in findings if each.what.startswith("the model is")), None)
        found.append((at, line or Finding("realised performance is unknown", Severity.NOT_RUN)))
    return found
