"""What is told of a replay once everything was walked: policies compared, curves, costs, and what was left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from trimtab.finding import Finding, Severity
from trimtab.labels.history import arrival_delays
from trimtab.release.exposure import exposure_finding
from trimtab.runtime.clock import Stopwatch
from trimtab.runtime.history import History
from trimtab.runtime.replay import batch
from trimtab.runtime.replay.evaluation import (
    arrival_curve,
    batch_cost,
    curve_points,
    ladder_rungs,
    rung,
    score_policies,
)
from trimtab.runtime.replay.examining import NOT_MEASURED
from trimtab.runtime.replay.floors import baselines, without_a_model
from trimtab.runtime.replay.hindsight import releases_of
from trimtab.runtime.replay.learned_worth import continued
from trimtab.runtime.replay.policies import OWN, SCRATCH
from trimtab.runtime.replay.result import PolicyResult, Replay
from trimtab.runtime.replay.sentence import recommendation
from trimtab.runtime.replay.timeline import Timeline
from trimtab.runtime.replay.walks import Found, answering_in_batch


def outcome(found: Found, watch: Stopwatch) -> Replay:
    """The outcome; `watch` ran from the start."""
    history, judge, period = found.history, found.judge, found.period.rows
    policies, verdict, unscored, rows = score_policies(judge, found.timelines, found.results, period)
    policies = _with_learned(found, _with_releases(found, policies), rows)
    stakes = history.system.stakes
    own = found.timelines[-1]
    batched = answering_in_batch([line.policy for line in found.timelines])
    late = {hours: batch.unknown_to_run(history, hours) for hours in batch.BATCH_HOURS}
    fallback = without_a_model(history, found.recipe, int(judge.at[period.start]))
    half_time = next(iter(found.questions.ladder.values()))
    floors = tuple(
        rung(judge, floor.name, 0, judged, floor.score)
        for floor, judged in baselines(history, judge, half_time, found.recipe.class_count)
    )
    delays = arrival_delays(history.labels.history, judge.at)
    return Replay(
        system=history.system.name,
        metric=judge.metric.name,
        loss=judge.metric.loss_name,
        task=judge.task,
        currency=stakes.currency if stakes else None,
        start=int(judge.at[period.start]),
        stop=int(judge.at[period.stop - 1]) + 1,
        rows=len(rows),
        unscored=unscored,
        policies=policies,
        verdict=verdict,
        sentence=recommendation(policies, verdict, judge.metric, stakes, len(rows)),
        baselines=floors,
        freshness=curve_points(judge, found.questions.freshness, found.results),
        volume=curve_points(judge, found.questions.volume, found.results),
        ladder=ladder_rungs(judge, found.questions.ladder, found.results),
        batch=batch_cost(judge, _line_of(found, batched), found.results, period, rows, late, fallback),
        arrival=arrival_curve(delays, len(judge.at)),
        decisions=tuple(decision for each in found.timelines if each is own for decision in each.decisions),
        findings=(*_findings(history, unscored), *_canary_findings(found)),
        watched=found.watched,
        seconds=watch.seconds,
        cpu_seconds=watch.cpu_seconds + _elsewhere(found),
        command=found.settings.command,
    )


def _with_releases(found: Found, policies: tuple[PolicyResult, ...]) -> tuple[PolicyResult, ...]:
    """The policies, those that were released with what came of it."""
    margin = found.history.system.release.margin
    return tuple(
        replace(
            each,
            releases=releases_of(found.judge, line, found.results, found.period.rows, margin, NOT_MEASURED),
        )
        if line.released and each.name == OWN
        else each
        for each, line in zip(policies, found.timelines, strict=True)
    )


def _with_learned(
    found: Found, policies: tuple[PolicyResult, ...], rows: NDArray[np.int64]
) -> tuple[PolicyResult, ...]:
    """The policies, the system's own with what continuing versions was worth."""
    named = {line.policy.name: (line, each) for line, each in zip(found.timelines, policies, strict=True)}
    if SCRATCH not in named or OWN not in named:
        return policies
    (own, result), (twin, other) = named[OWN], named[SCRATCH]
    spent = result.score.spent, other.score.spent
    learned = continued(found.judge, (own, twin), spent, found.results, found.period.rows, rows)
    return tuple(replace(each, learned=learned) if each is result else each for each in policies)


def _line_of(found: Found, name: str) -> Timeline:
    return next(line for line in found.timelines if line.policy.name == name)


def _elsewhere(found: Found) -> float:
    """CPU seconds of training processes other than this one."""
    own = found.settings.processes == 1
    return 0.0 if own else sum(result.cpu_seconds for result in found.results.values())


def _canary_findings(found: Found) -> tuple[Finding, ...]:
    if not any(line.released for line in found.timelines):
        return ()
    requests_a_day = len(found.period.rows) / len(found.period.ticks)
    warning = exposure_finding(found.history.system.release, requests_a_day)
    return () if warning is None else (warning,)


def _findings(history: History, unscored: Mapping[str, int]) -> tuple[Finding, ...]:
    found = [
        Finding(f"{count:,} requests not scored: {reason}", Severity.INFO)
        for reason, count in unscored.items()
    ]
    for reason, count in history.requests.excluded.items():
        found.append(
            Finding(
                f"{count:,} {reason}: left out", Severity.WATCH, owner=history.system.request.source.owner
            )
        )
    for name, facts in history.facts.items():
        owner = facts.source.owner
        found += [
            Finding(f"{name}: {count:,} facts left out: {reason}", Severity.WATCH, owner=owner)
            for reason, count in facts.excluded.items()
        ]
        found += [Finding(f"{name}: {remark}", Severity.INFO, owner=owner) for remark in facts.remarks]
    if history.system.feedback == "selective":
        found.append(
            Finding(
                "only acted-on requests get labels, so these comparisons hold for requests like those",
                Severity.WATCH,
                action="log propensities and keep a small random share to learn about the rest",
            )
        )
    return tuple(found)
