"""The assessment of a system from its own history."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from trimtab.declare.triggers import Every, Never, Trigger
from trimtab.errors import DataError
from trimtab.evaluation.assess_ladder import Ladder, climb
from trimtab.evaluation.assess_questions import Answered, questions_finding
from trimtab.evaluation.assess_value import Worth, cheaper_at, worth
from trimtab.evaluation.assess_verdict import Evidence, judge, too_little
from trimtab.evaluation.months import month_name, months
from trimtab.finding import Finding, Severity
from trimtab.labels.history import CENSORED, LabelView, as_known
from trimtab.runtime.assessing import findings
from trimtab.runtime.assessing.fits import Built, Judging, build
from trimtab.runtime.assessing.learning import Flattery, Learning, flattery, learn
from trimtab.runtime.assessing.result import Assessment, MonthScore
from trimtab.runtime.clock import Stopwatch
from trimtab.runtime.evaluating.split import rehearsed
from trimtab.runtime.evaluating.trainer import Trainer
from trimtab.runtime.history import History
from trimtab.stats import Bootstrap
from trimtab.training.task import make_recipe

Progress = Callable[[str, int, int], None]
DRAWS = 2000
DAY, YEAR = 86_400_000_000, 365.0
WEEKLY = 52.0


def assess(history: History, answers: Sequence[Answered], now: int, progress: Progress) -> Assessment:
    """Assess a history; `now` (epoch microseconds) only dates the answers of people: data speaks as of its own end."""
    watch = Stopwatch()
    labels, system = history.labels, history.system
    end = max(int(labels.history.known.max(initial=0)), int(history.requests.at[-1])) + 1
    view = as_known(labels.history, end)
    task = make_recipe(system.model, labels.kind, labels.classes, labels.history.value).task
    first = [
        *findings.volume(history, view, task),
        *findings.feedback(history, view),
        questions_finding(answers, now, system.name),
    ]
    try:
        split = rehearsed(history, end)
    except DataError as error:
        verdict = too_little(str(error.found or "what has matured"), error.do or "wait for more")
        return Assessment(system.name, verdict, tuple(first), "", answers=tuple(answers))
    judging = Judging.of(Trainer.of(history, split))
    return _judged(judging, view, first, tuple(answers), progress, watch)


def _judged(  # what was learned before the ladder
    judging: Judging,
    view: LabelView,
    first: list[Finding],
    answers: tuple[Answered, ...],
    progress: Progress,
    watch: Stopwatch,
) -> Assessment:
    split, system = judging.trainer.split, judging.trainer.history.system
    bootstrap = Bootstrap(seed=system.seed, block=7, draws=DRAWS)
    built = build(judging, progress)
    day = split.day[split.judged]
    ladder = climb(built.rungs, day, bootstrap, judging.metric.loss_unit)
    paid, range_ = _worth(judging, built, ladder, bootstrap)
    learning, flat = _again(judging, built, bootstrap)
    evidence = Evidence(
        ladder,
        paid,
        None if learning is None else learning.doubling,
        split.days,
        len(split.judged),
        _labelled(view),
        system.feedback,
    )
    told = [
        *first,
        *_doubling(learning),
        *_flattered(flat),
        *findings.availability(judging),
        *findings.ceilings(judging),
        *findings.selective(judging, view, built.top),
        *findings.latency(judging, *_slowest(ladder)),
    ]
    return Assessment(
        system.name,
        judge(evidence),
        tuple(told),
        judging.metric.loss_unit,
        ladder,
        paid,
        range_,
        learning,
        flat,
        _months(built, ladder, day),
        built.problems,
        answers,
        watch.cpu_seconds,
    )


def _labelled(view: LabelView) -> float:
    due = int(np.sum(view.mature | (view.state == CENSORED)))
    return float(view.mature.sum() / due) if due else 0.0


def _worth(
    judging: Judging, built: Built, ladder: Ladder, bootstrap: Bootstrap
) -> tuple[Worth | None, tuple[float, ...]]:
    """The worth of the chosen model (else the best) against the best rule, and the thresholds where it is cheaper."""
    name, by_name = ladder.chosen or ladder.best, {rung.name: rung for rung in built.rungs}
    if name is None:
        return None, ()
    split, system = judging.trainer.split, judging.trainer.history.system
    day, own, rule = split.day[split.judged], by_name[name].money, by_name[ladder.rule].money
    range_: tuple[float, ...] = ()
    if judging.task == "binary":
        scores = built.scores
        range_ = cheaper_at(judging.label(split.judged), scores[name], scores[ladder.rule], day, bootstrap)
    if own is None or rule is None or system.stakes is None:
        return None, range_
    at = judging.trainer.history.requests.at
    span = max((int(at[-1]) - int(at[0])) / DAY, 1.0)
    found = worth(
        own,
        rule,
        day,
        bootstrap,
        currency=system.stakes.currency,
        metric_gain=ladder.step(name).to_rule.transformed(lambda value: -value),
        requests_a_day=len(at) / span,
        fits_a_year=fits_a_year(system.retrain.when),
        fit=system.stakes.fit,
    )
    return found, range_


def fits_a_year(when: Trigger) -> float:
    """How many fits a trigger makes in a year: by its shortest period, weekly where it has none.

    >>> from trimtab.declare.triggers import every
    >>> from trimtab.units import days
    >>> round(fits_a_year(every(days(7))))
    52
    """
    if isinstance(when, Never):
        return 0.0
    periods = [each.period.microseconds / DAY for each in _parts(when) if isinstance(each, Every)]
    return YEAR / min(periods) if periods else WEEKLY


def _parts(when: Trigger) -> Iterator[Trigger]:
    yield when
    for part in getattr(when, "triggers", ()):
        yield from _parts(part)


def _again(judging: Judging, built: Built, bootstrap: Bootstrap) -> tuple[Learning | None, Flattery | None]:
    """The top rung fitted on less and on mixed rows; nothing where it could not be fitted at all."""
    losses = {rung.name: rung.losses for rung in built.rungs}
    if built.top is None:
        return None, None
    top, constant = losses[built.top_name], built.rungs[0].losses
    return learn(judging, top, bootstrap), flattery(judging, top, constant, bootstrap)


def _doubling(learning: Learning | None) -> Iterator[Finding]:
    if learning is None or learning.doubling is None:
        yield Finding("whether more data would help was not measured", Severity.NOT_RUN, cause="too few days")
        return
    gain = learning.doubling
    bounds = (gain.low, gain.high) if gain.known else None
    direction = (
        "more data of this kind still helps"
        if gain.below(0.0)
        else "more data of this kind does not help"
        if gain.above(0.0)
        else "whether more data helps cannot be told"
    )
    what = f"twice the days changed the loss by {gain}: {direction}"
    yield Finding(what, Severity.INFO, estimate=gain.estimate, interval=bounds)


def _flattered(found: Flattery | None) -> Iterator[Finding]:
    if found is None:
        return
    what = f"a random split promises a skill of {found.mixed}, later days keep {found.later}" + (
        ": it memorises its days, so judge by time only" if found.flatters else ""
    )
    yield Finding(
        what,
        Severity.WATCH if found.flatters else Severity.OK,
        estimate=found.mixed.estimate - found.later.estimate,
    )


def _slowest(ladder: Ladder) -> tuple[str, float | None]:
    timed = [step for step in ladder.steps if step.milliseconds is not None]
    slowest = max(timed, key=lambda step: step.milliseconds or 0.0, default=None)
    return ("", None) if slowest is None else (slowest.name, slowest.milliseconds)


def _months(built: Built, ladder: Ladder, day: np.ndarray) -> tuple[MonthScore, ...]:
    losses = {rung.name: rung.losses for rung in built.rungs}
    name = ladder.chosen or ladder.best
    if name is None:
        return ()
    scores = findings.by_month(losses[name], losses[ladder.rule], months(day))
    return tuple(
        MonthScore(month_name(month), rows, own, rule) for month, (own, rule, rows) in scores.items()
    )
