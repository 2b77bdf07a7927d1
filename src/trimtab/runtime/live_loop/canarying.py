"""What the logged answers of a split say: how many units each arm failed, how long its answers took, what they were."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from trimtab.declare.releasing import Release
from trimtab.ports import Ledger, Record
from trimtab.release.canary import ArmCounts, CanaryPlan, CanaryVerdict, judge_canary
from trimtab.release.events import CanaryJudged, Trouble
from trimtab.release.rollback import hard_limit
from trimtab.release.state import Candidate
from trimtab.runtime.logged import PREDICTIONS, Arm, Logged, decode
from trimtab.stats import UnitTotals, unit_totals
from trimtab.units import days, minutes

EDGES = tuple(float(round(10 * 2 ** (step / 2))) for step in range(40))
"""The upper ends of buckets of latency: from 10 microseconds to some seconds, two buckets to a doubling."""
CHUNK = 5_000
SUDDEN, USUAL = minutes(5), days(1)
"""What the hard limit compares: the last minutes with the day before."""


@dataclass
class _Counting:
    """One arm while its answers are read."""

    units: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    invalid: set[str] = field(default_factory=set)
    slow: set[str] = field(default_factory=set)
    requests: int = 0
    latency: list[int] = field(default_factory=lambda: [0] * (len(EDGES) + 1))
    scores: dict[str, list[float]] = field(default_factory=dict)

    def take_in(self, arm: Arm, logged: Logged, slow: float | None, *, numbers: bool) -> None:
        """Count one answer."""
        unit = arm.unit
        self.units.add(unit)
        self.requests += 1
        self.latency[bisect_left(EDGES, arm.microseconds)] += 1
        if logged.served != "champion":
            self.failed.add(unit)
        elif not _valid(logged, numbers=numbers):
            self.invalid.add(unit)
        elif isinstance(logged.score, float):
            self.scores.setdefault(unit, []).append(logged.score)
        if slow is not None and arm.microseconds > slow:
            self.slow.add(unit)

    def counts(self, *, scored: bool) -> ArmCounts:
        """What the arm met."""
        counts = ArmCounts(
            units=len(self.units),
            requests=self.requests,
            failed=len(self.failed),
            invalid=len(self.invalid),
            slow=len(self.slow),
            latency=tuple(self.latency),
        )
        if not scored or not self.scores:
            return counts
        unit = [unit for unit, scores in self.scores.items() for _ in scores]
        return replace(counts, scores=unit_totals([s for each in self.scores.values() for s in each], unit))


def judged_canary(
    ledger: Ledger,
    release: Release,
    candidate: Candidate,
    now: int,
    *,
    slow: float | None,
    numbers: bool,
    losses: Mapping[str, UnitTotals] | None = None,
) -> CanaryJudged:
    """What the answers since the stage began say of a candidate, and their labels where some are mature.

    Scores are compared of a change only: the same recipe on newer data may well answer a little differently.
    """
    share = release.canary[candidate.share]
    arms = {"canary": _Counting(), "control": _Counting()}
    for logged in _since(ledger, candidate.since):
        arm = logged.arm
        if arm is not None and arm.candidate == candidate.version and _of_stage(arm, share):
            arms[arm.name].take_in(arm, logged, slow, numbers=numbers)
    scored = candidate.kind == "change"
    canary, control = (
        replace(arms[name].counts(scored=scored), losses=(losses or {}).get(name))
        for name in ("canary", "control")
    )
    plan = CanaryPlan(
        share, exposures=release.exposures, deadline=release.deadline, latency_edges=(*EDGES, math.inf)
    )
    found = judge_canary(canary, control, plan, since=candidate.since, now=now)
    return CanaryJudged(now, candidate.version, share, found.verdict, _numbers(canary, control, found))


def sudden_trouble(ledger: Ledger, version: str, now: int) -> Trouble | None:
    """The hard limit: a version that suddenly fails far more often than answers usually do, without any label."""
    start = now - SUDDEN.microseconds
    recent, usual = [0, 0], [0, 0]
    for at, logged in answers_since(ledger, start - USUAL.microseconds):
        failed = logged.served != "champion"
        if at >= start and logged.version == version:
            recent = [recent[0] + failed, recent[1] + 1]
        elif at < start:
            usual = [usual[0] + failed, usual[1] + 1]
    if not hard_limit(recent[0], recent[1], *usual):
        return None
    return Trouble(now, version, f"{recent[0]} of {recent[1]} answers failed within {SUDDEN}")


def _of_stage(arm: Arm, share: float) -> bool:
    """A stage has its own share; what an earlier share assigned does not count."""
    return math.isclose(arm.propensity, share if arm.name == "canary" else 1 - share)


def _valid(logged: Logged, *, numbers: bool) -> bool:
    scores = logged.score if isinstance(logged.score, list) else [logged.score]
    return all(math.isfinite(score) and (numbers or 0 <= score <= 1) for score in scores)


def _numbers(canary: ArmCounts, control: ArmCounts, found: CanaryVerdict) -> Mapping[str, float | int | str]:
    arms = {"canary": canary, "control": control}
    told: dict[str, float | int | str] = {}
    for name, arm in arms.items():
        told |= {f"{what}_{name}": getattr(arm, what) for what in ("units", "requests", "failed")}
        told |= {f"{what}_{name}": getattr(arm, what) for what in ("invalid", "slow")}
    alarms = [finding.what for finding in found.findings if finding.severity.name in {"ACT", "WATCH"}]
    return {**told, **({"guards": "; ".join(alarms)} if alarms else {})}


def _since(ledger: Ledger, instant: int) -> Iterator[Logged]:
    return (logged for _, logged in answers_since(ledger, instant))


def answers_since(ledger: Ledger, instant: int) -> Iterator[tuple[int, Logged]]:
    """The answers recorded from an instant on, with their instants: pieces are read backwards until they are older."""
    stop, pieces = ledger.frontier(PREDICTIONS), []
    while stop > 0:
        start = max(stop - CHUNK, 0)
        piece = ledger.read_records(PREDICTIONS, since=start, until=stop)
        pieces.append(piece)
        stop = start
        if piece and piece[0][1].at < instant:
            break
    for piece in reversed(pieces):
        for _, record in piece:
            logged = _logged(record, instant)
            if logged is not None:
                yield record.at, logged


def _logged(record: Record, instant: int) -> Logged | None:
    return decode(record) if record.at >= instant else None
