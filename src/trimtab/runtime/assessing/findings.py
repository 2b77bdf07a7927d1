"""What the data says before any ladder: how much there is, how answers come, what is missing when asked."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from trimtab.evaluation.assess_ceilings import FEW, conflicts, repeated
from trimtab.finding import Finding, Severity
from trimtab.labels.history import CENSORED, LabelView, arrival_delays
from trimtab.metrics import Task
from trimtab.runtime.assessing.fits import Floats, Judging
from trimtab.runtime.history import History
from trimtab.runtime.replay.period import date
from trimtab.stats.clustered import excess
from trimtab.training.predictor import Predictor

DAY, HOUR = 86_400_000_000, 3_600_000_000
FEW_EVENTS = 200
MISSING, MORE_MISSING = 0.5, 0.1
"""A feature missing in half of the requests, or in a tenth more of them than when the model learned, is told."""


def volume(history: History, view: LabelView, task: Task) -> Iterator[Finding]:
    """Rows, the rarer answer, the span against the time that labels take, and entities where they are declared."""
    at, mature = history.requests.at, view.mature
    span = (int(at[-1]) - int(at[0])) / DAY
    waits = history.system.model.label.matures_after.microseconds / DAY
    months = max(span / 30.4, 1.0)
    text = (
        f"{len(at):,} requests from {date(at[0])} to {date(at[-1])}, {int(mature.sum()):,} with a final answer, "
        f"{len(at) / months:,.0f} a month"
    )
    short = span < 4 * waits
    yield Finding(
        f"{text}; the history is only {span / waits:.1f} times as long as an answer takes" if short else text,
        Severity.WATCH if short else Severity.INFO,
        estimate=float(len(at)),
        action="judge again after a few more label windows" if short else None,
    )
    if task == "regression" or not mature.any():
        return
    counts = np.unique(view.value[mature], return_counts=True)[1]
    rarest = int(counts.min())
    few = rarest < FEW_EVENTS
    yield Finding(
        f"the rarest answer was seen {rarest:,} times ({rarest / mature.sum():.1%})",
        Severity.WATCH if few else Severity.OK,
        estimate=float(rarest),
        action=f"wait for {FEW_EVENTS} of them before trusting any comparison" if few else None,
    )


def feedback(history: History, view: LabelView) -> Iterator[Finding]:
    """How long answers take, how many never come, and whether acting decides which ones come."""
    delays = arrival_delays(history.labels.history, history.requests.at)
    label = history.system.model.label
    if len(delays):
        half, most = np.quantile(delays, [0.5, 0.95]) / HOUR
        yield Finding(
            f"half of the answers are known after {_time(half)}, 95 % after {_time(most)}, and final after "
            f"{label.matures_after}: a mistake is seen that much later",
            Severity.INFO,
            estimate=float(half),
        )
    due = view.mature | (view.state == CENSORED)
    silent = float(np.mean(view.state[due] == CENSORED)) if due.any() else 0.0
    if silent > 0.01:
        yield Finding(
            f"{silent:.0%} of requests never get an answer and are left out",
            Severity.WATCH,
            estimate=silent,
            action="ask whether they differ; if silence is an answer, declare silence=",
        )
    declared = history.system.feedback
    if declared != "none":
        yield Finding(
            f"feedback is declared as {declared}: the past holds only what earlier decisions let happen",
            Severity.WATCH,
            action="keep a random share of requests free of decisions, and judge on those",
        )


def _time(hours: float) -> str:
    return f"{hours:.0f} h" if hours < 72 else f"{hours / 24:.0f} days"


def selective(judging: Judging, view: LabelView, top: Predictor | None) -> Iterator[Finding]:
    """Whether the requests that stay silent look different to the model from those that answer."""
    split, at = judging.trainer.split, judging.trainer.history.requests.at
    rows = np.flatnonzero((at >= split.as_of) & (view.mature | (view.state == CENSORED)))
    silent = view.state[rows] == CENSORED
    if top is None or silent.sum() < FEW or judging.task == "multiclass":
        return
    score = judging.trainer.score(top, rows)
    apart = excess(score, silent, split.day[rows])
    bounds = apart.bounds()
    differ = bounds is not None and not bounds[0] <= 0 <= bounds[1]
    text = f"requests without an answer are predicted {apart.estimate:+.3g} beside those with one"
    yield Finding(
        f"{text}: answers are selective" if differ else text,
        Severity.WATCH if differ else Severity.INFO,
        estimate=apart.estimate,
        interval=bounds,
        action="label a random sample of the silent ones" if differ else None,
    )


def availability(judging: Judging) -> Iterator[Finding]:
    """What is unknown at the time of asking: requests, and features that are missing or go missing."""
    history, split = judging.trainer.history, judging.trainer.split
    for reason, count in history.requests.excluded.items():
        yield Finding(
            f"{count:,} {reason}: left out",
            Severity.WATCH,
            action="check the known time of the request's source",
        )
    gaps = np.isnan(history.matrix.values)
    now, then = gaps[split.judged].mean(axis=0), gaps[split.learned].mean(axis=0)
    bad = [
        place for place in np.argsort(-now) if now[place] > MISSING or now[place] - then[place] > MORE_MISSING
    ]
    for place in bad[:3]:
        name = history.matrix.names[place]
        yield Finding(
            f"feature {name!r} is unknown for {now[place]:.0%} of the newest requests ({then[place]:.0%} before)",
            Severity.WATCH,
            estimate=float(now[place]),
            action="check that its source is in time, or leave it out",
        )
    if not bad:
        whole = float(np.mean(~gaps[split.judged].any(axis=1)))
        yield Finding(
            f"every feature holds only what was known when it was asked; {whole:.0%} of requests have all of them",
            Severity.OK,
            estimate=whole,
        )


def ceilings(judging: Judging) -> Iterator[Finding]:
    """The least error that these features allow, and how often answers differ from themselves."""
    history, split = judging.trainer.history, judging.trainer.split
    found = conflicts(history.matrix.values[split.judged], judging.label(split.judged), judging.task)
    if found.twins < FEW:
        yield Finding(
            "no ceiling from conflicting answers",
            Severity.NOT_RUN,
            cause=f"{found.twins:,} of {found.rows:,} requests share all features with another; {FEW} are needed",
        )
    else:
        least = "root mean squared error" if judging.task == "regression" else "share of wrong answers"
        yield Finding(
            f"{found.share:.1%} of requests share all features with another; among them no model gets the {least} "
            f"below {found.floor:.3g}",
            Severity.INFO,
            estimate=found.floor,
            evidence=(("pairs that disagree", found.disagree),),
        )
    labels = history.labels.history
    again = repeated(labels.row, labels.value)
    if again.rows < FEW:
        cause = f"{again.rows:,} requests were answered more than once; {FEW} are needed"
        yield Finding("the noise of the answers themselves was not measured", Severity.NOT_RUN, cause=cause)
    else:
        yield Finding(
            f"{again.disagree:.1%} of the {again.rows:,} requests that were answered more than once changed their answer",
            Severity.WATCH if again.disagree > 0.05 else Severity.INFO,
            estimate=again.disagree,
        )


def latency(judging: Judging, name: str, milliseconds: float | None) -> Iterator[Finding]:
    """What one request takes beside what it may take; without a declared need only the figure."""
    requires = judging.trainer.history.system.requires
    need = requires.p99 if requires is not None else None
    if milliseconds is None:
        return
    if need is None:
        yield Finding(
            f"{name} takes {milliseconds:.2g} ms for one request here; no latency is required",
            Severity.INFO,
            estimate=milliseconds,
        )
        return
    allowed = need.microseconds / 1000
    bad = milliseconds > allowed
    yield Finding(
        f"{name} takes {milliseconds:.2g} ms for one request here, and {allowed:g} ms are allowed",
        Severity.WATCH if bad else Severity.OK,
        estimate=milliseconds,
        action="serve it, where the fastest exact engine is chosen, and see trimtab status" if bad else None,
    )


def by_month(losses: Floats, reference: Floats, month: np.ndarray) -> dict[int, tuple[float, float, int]]:
    """Mean loss, mean loss of the reference and rows of each month number."""
    return {
        int(each): (
            float(losses[month == each].mean()),
            float(reference[month == each].mean()),
            int(np.sum(month == each)),
        )
        for each in np.unique(month)
    }
