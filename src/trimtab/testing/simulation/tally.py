"""Counting what the loop did, against what the world knows to be true."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from trimtab.release.events import (
    Call,
    CanaryJudged,
    Gated,
    Promote,
    PromoteAsked,
    RollBack,
    RollbackAsked,
    ShadowJudged,
    Trouble,
)
from trimtab.runtime.loop import Event, Tick, Train, Trained
from trimtab.testing.simulation.looks import Looks
from trimtab.testing.simulation.pager import Pager
from trimtab.testing.simulation.result import Counts
from trimtab.testing.simulation.worker import Worker


@dataclass
class Tally:
    """What happened so far, by the names of `Counts`; replaced: whom each champion replaced."""

    looks: Looks
    found: Counter[str] = field(default_factory=Counter)
    stopped: Counter[tuple[str, str]] = field(default_factory=Counter)
    replaced: dict[str, str] = field(default_factory=dict)

    def hear(self, worker: Worker, event: Event, day: int) -> None:
        """Count what an event led to."""
        for order in worker.orders:
            match order:
                case Train():
                    self.found["trainings"] += 1
                case Promote(version, str(old)):
                    self._promoted(version, old, day, asked=isinstance(event, PromoteAsked))
                case RollBack(version, to):
                    self._rolled_back(version, to, day, event)
                case Call():
                    self.found["calls"] += 1
        if isinstance(event, Trained) and event.problem is not None:
            self.found["failed_trainings"] += 1
        for decision in worker.decided:
            if decision.kind in {"refuse", "stop"} and decision.subject in self.looks.ground.versions:
                self.found["refused"] += 1
                self._stopped(decision.subject, _where(event))

    def _stopped(self, version: str, where: str) -> None:
        kind = self.looks.ground.versions[version].kind
        if kind:
            self.stopped[kind, where] += 1

    def _promoted(self, version: str, old: str, day: int, *, asked: bool) -> None:
        self.replaced[version] = old
        self.found["promotions"] += 1
        if not asked:
            self.found["harmful_promotions"] += self._worse(version, old, day)
            kind = self.looks.ground.versions[version].kind
            if kind:
                self.stopped[kind, "promoted"] += 1

    def _worse(self, version: str, other: str, day: int) -> bool:
        versions = self.looks.ground.versions
        return bool(versions[version].true[day] - versions[other].true[day] >= self.looks.margin(day))

    def _rolled_back(self, version: str, to: str, day: int, event: Event) -> None:
        self.found["rollbacks"] += 1
        if isinstance(event, RollbackAsked):
            return
        self._stopped(version, "rolled back")
        if isinstance(event, Trouble):
            return
        first = min(self.looks.ground.since.get(version, day), day - 1)
        versions = self.looks.ground.versions
        gone = versions[version].true[first:day] - versions[to].true[first:day]
        self.found["false_rollbacks"] += bool(gone.mean() <= 0)

    def end_day(self, worker: Worker, day: int) -> None:
        """Count the day itself."""
        champion = worker.ground.champion
        self.found["days_without_a_champion"] += champion is None
        old = self.replaced.get(champion or "")
        if champion is not None and old is not None:
            self.found["days_on_a_bad_model"] += self._worse(champion, old, day)
        release = worker.state.release
        self.found["frozen_days"] += release is not None and release.frozen

    def counts(self, pager: Pager) -> Counts:
        """All of it."""
        false = sum(was_false for _, was_false in pager.sent)
        return Counts(**self.found, pages=len(pager.sent), false_pages=false)


def _where(event: Event) -> str:
    """The step at which an event ended a candidate; it rests when its recipe was rolled back."""
    names = {
        Gated: "gate",
        Tick: "deadline",
        PromoteAsked: "by a person",
        ShadowJudged: "shadow",
        CanaryJudged: "canary",
    }
    return names.get(type(event), "rest")
