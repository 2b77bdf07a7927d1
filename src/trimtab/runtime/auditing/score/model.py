"""Tests for model development."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np

from trimtab.evaluation.acceptances import day
from trimtab.runtime.auditing.record import OnRecord
from trimtab.runtime.auditing.score.shown import (
    AUTOMATIC,
    BY_HAND,
    Shown,
    Test,
    by_evaluation,
    evaluations,
    gate_or_evaluation,
    missing,
    ran,
    worst,
)

FEWEST_RELEASES = 3
"""Versions whose figures offline and in service are compared; fewer have no order to agree on."""


def _specified(record: OnRecord) -> Shown:
    newest, command = record.newest, f"trimtab history {record.called}"
    if newest is None or "declaration" not in newest.provenance:
        return missing(f"trimtab train {record.called}", "no version is on record")
    approved = [each.subject for each in record.asked if each.kind == "approve"]
    told = f"{newest.name} keeps its declaration {newest.provenance['declaration'][:12]}"
    if newest.name in approved:
        return Shown(AUTOMATIC, f"{told}, and a person approved it", command)
    return Shown(BY_HAND, f"{told}; no approval of it is on record", command)


def _correlates(record: OnRecord) -> Shown:
    """Whether versions that lose less offline lose less in service: the order of both, over versions."""
    offline = {name: loss for name, body, _ in evaluations(record) if (loss := _loss(body, name)) is not None}
    served: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for event in record.cohorts:
        for name, totals in event.body.get("served", {}).items():
            served[name][0] += totals[0]
            served[name][1] += totals[2]
    both = [name for name in offline if served[name][1]]
    if len(both) < FEWEST_RELEASES:
        why = f"{len(both)} versions were judged offline and in service; {FEWEST_RELEASES} are needed"
        return missing(f"trimtab evaluate {record.called} VERSION", why)
    ours = [offline[name] for name in both]
    theirs = [served[name][0] / served[name][1] for name in both]
    told = f"rank correlation {_rank_correlation(ours, theirs):+.2f} over {len(both)} versions"
    return Shown(AUTOMATIC, told, f"trimtab history {record.called}")


def _rank_correlation(one: list[float], other: list[float]) -> float:
    """Spearman's, of figures without ties.

    >>> _rank_correlation([0.1, 0.2, 0.3], [1.0, 3.0, 9.0])
    1.0
    """
    ranks = (np.argsort(np.argsort(values)).astype(np.float64) for values in (one, other))
    first, second = ((each - each.mean()) / each.std() for each in ranks)
    return round(float((first * second).mean()), 12)


def _loss(body: Mapping[str, Any], name: str) -> float | None:
    """The loss of a version on its own unseen rows; None where its recipe was judged instead."""
    own = [each["loss"]["estimate"] for each in body["options"] if each["name"] == name == body["candidate"]]
    return own[0] if own else None


def _tuned(record: OnRecord) -> Shown:
    command = f"trimtab tune {record.called}"
    if not record.tuned:
        return missing(command, "no search of hyperparameters is on record")
    last = record.tuned[-1]
    rungs = {each.subject for each in record.tuned if each.at == last.at}
    told = f"{len(rungs)} kinds of models were searched with one budget on {day(last.at)}; best: {last.body['best']}"
    return Shown(BY_HAND, told, command)


def _stale(record: OnRecord) -> Shown:
    found = by_evaluation(record, _aged)
    if found.points or record.replay is None:
        return found
    named = [f"{each.subject} {each.body['loss']:.4g}" for each in record.replay.policies[:4]]
    if len(named) < 2:
        return found
    told = f"{record.replay.policies[0].kind} of the replayed year by how often it was trained: {', '.join(named)}"
    return Shown(BY_HAND, told, f"trimtab replay {record.called}")


def _aged(body: Mapping[str, Any]) -> str | None:
    if len(body["ages"]) < 2:
        return None
    first, last = body["ages"][0], body["ages"][-1]
    gains = [each["saved"]["estimate"] for each in (first, last)]
    if None in gains:
        return None
    return f"it saves {gains[0]:.4g} a row at first and {gains[1]:.4g} after {last['first_day']} days"


def _simple(record: OnRecord) -> Shown:
    return gate_or_evaluation(record, ("baseline",), lambda body: worst(ran(body, "comparisons")))


def _slices(record: OnRecord) -> Shown:
    words = ("no slice is surely worse", "the candidate is worse in", "the candidate looks worse in")
    return gate_or_evaluation(record, words, lambda body: worst(_of_slices(body)))


def _of_slices(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What an evaluation found of slices, and of the probabilities within those that a person named."""
    named = [
        each
        for each in ran(body, "calibration")
        if "named slices" in each["what"] or " where " in each["what"]
    ]
    return [*ran(body, "slices"), *named]


def _inclusion(record: OnRecord) -> Shown:
    words = ("served worse than is allowed",)
    found = gate_or_evaluation(record, words, lambda body: worst(ran(body, "fairness")))
    if found.points:
        return found
    why = "no group with a tolerance was judged: declare tt.Watch(slices=...) and tt.Requires(fairness=...)"
    return missing(f"trimtab evaluate {record.called}", why)


MODEL = (
    Test(1, "model specifications are reviewed and submitted", _specified),
    Test(2, "offline and online metrics correlate", _correlates),
    Test(3, "all hyperparameters have been tuned", _tuned),
    Test(4, "the impact of model staleness is known", _stale),
    Test(5, "a simpler model is not better", _simple),
    Test(6, "quality is sufficient on important slices", _slices),
    Test(7, "the model is tested for considerations of inclusion", _inclusion),
)
