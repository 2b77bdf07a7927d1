"""What each promotion was worth, judged with everything that the record knows in the end."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np

from trimtab.runtime.replay.evaluation import Judge
from trimtab.runtime.replay.period import Span
from trimtab.runtime.replay.releases import SAID, Promotion, Releases
from trimtab.runtime.replay.service import Results, covering
from trimtab.runtime.replay.timeline import Served, Timeline
from trimtab.runtime.training import Serve
from trimtab.stats import Interval, unit_totals
from trimtab.units import days

AFTER = days(28)
"""A promotion is judged in hindsight on the four weeks after it."""


def releases_of(
    judge: Judge, timeline: Timeline, results: Results, period: Span, margin: float, not_measured: str
) -> Releases:
    """The releases of a policy; `margin` is the declared share of the loss that counts as harm."""
    rolled = tuple(each for each in timeline.decisions if each.kind == "roll back")
    ended = {each.subject: each.at for each in rolled}
    return Releases(
        timeline.policy.name,
        len(timeline.trained) - 1,
        tuple(_promotions(judge, timeline, results, period, margin, ended)),
        tuple(each for each in timeline.decisions if each.kind in {"refuse", "stop", "supersede"}),
        rolled,
        len(timeline.rehearsals),
        tuple(each for each in timeline.decisions if each.kind in SAID),
        not_measured,
    )


def _promotions(
    judge: Judge,
    timeline: Timeline,
    results: Results,
    period: Span,
    margin: float,
    ended: Mapping[str, int],
) -> Iterator[Promotion]:
    promoted = {(each.at, each.subject) for each in timeline.decisions if each.kind == "promote"}
    for old, new in pairwise(timeline.served):
        if (new.since, new.version) in promoted:
            extra, loss = _extra(judge, old, new, results, period)
            harmful = extra.known and extra.low > 0 and extra.estimate > margin * loss
            yield Promotion(new.since, new.version, old.version, extra, harmful, ended.get(new.version))


def _extra(judge: Judge, old: Served, new: Served, results: Results, period: Span) -> tuple[Interval, float]:
    """What the new version lost more than the old one on the requests of the next four weeks, and what the old one lost."""
    start, stop = np.searchsorted(judge.at, [new.since, new.since + AFTER.microseconds])
    serve = Serve("online", int(start), min(int(stop), period.stop))
    rows = np.arange(serve.start, serve.stop)
    rows = rows[judge.view.mature[rows]]
    losses = []
    for spec in (new.spec, old.spec):
        whole = covering(results[spec], serve)
        if whole is None or not len(rows):
            return Interval(math.nan, reason="no mature request followed"), 0.0
        losses.append(judge.losses(rows, results[spec].scores[whole][rows - whole.start]))
    day = judge.day[rows]
    return judge.bootstrap.difference(*(unit_totals(each, day) for each in losses)), float(losses[1].mean())
