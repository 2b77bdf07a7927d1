"""What commands change outside the loop's memory: trainings, artifacts, routes. Each command twice is as once."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from trimtab.adapters.blobs.memory import MemoryBlobs
from trimtab.release.events import (
    Call,
    Gate,
    Promote,
    Quarantine,
    Retire,
    RollBack,
    Route,
    Shadow,
)
from trimtab.runtime.loop import Command, Train
from trimtab.testing.simulation.surroundings import Floats, Surroundings
from trimtab.testing.simulation.trained import (
    Ended,
    Learner,
    Version,
    learned_until,
    lesson_of,
    training_fault,
    version_of,
)


@dataclass
class Ground:
    """The outside of one system: what runs, what is stored, who answers.

    ended: how each training ended or will end. gates: the looks that were asked for, version -> when. shares: who
    answers which share of units beside the champion. line: the loss of whoever answered, by day, for the days until
    `begun`. now: the true instant. since: the day on which each champion first answered.
    """

    around: Surroundings
    learner: Learner
    blobs: MemoryBlobs = field(default_factory=MemoryBlobs)
    ended: dict[str, Ended] = field(default_factory=dict)
    versions: dict[str, Version] = field(default_factory=dict)
    champion: str | None = None
    line: Floats = field(init=False)
    begun: int = 0
    now: int = 0
    since: dict[str, int] = field(default_factory=dict)
    gates: dict[str, int] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)
    shadows: set[str] = field(default_factory=set)
    quarantined: set[str] = field(default_factory=set)
    calls: dict[tuple[int, str], None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.line = np.zeros(self.around.days)

    def begin_day(self, day: int) -> None:
        """Let whoever is the champion answer the requests of a day."""
        if self.champion is not None:
            self.line[day] = self.versions[self.champion].seen[day]
            self.since.setdefault(self.champion, day)
        self.begun = day + 1

    def carry_out(self, command: Command) -> None:
        """Do what the loop orders."""
        match command:
            case Train():
                self._train(command)
            case Gate(version, at):
                self.gates[version] = at
            case Shadow(version):
                self.shadows.add(version)
                self.shares.pop(version, None)
            case Route(version, share):
                self.shadows.discard(version)
                self.shares[version] = share
            case Promote(version):
                self._answers(version)
            case RollBack(_, to):
                self._answers(to)
            case Retire(version):
                self._stops(version)
            case Quarantine(version):
                self._stops(version)
                self.quarantined.add(version)
            case Call(reason, at):
                self.calls[(at, reason)] = None

    def _train(self, order: Train) -> None:
        if order.version in self.ended:
            return
        problem, lasts = training_fault(self.around, order.version)
        lesson = lesson_of(order, self.around)
        if problem is None and not len(lesson.rows):
            problem = "no mature rows"
        if problem is not None:
            self.ended[order.version] = Ended(order.as_of, self.now + lasts, order.recipe, problem)
            return
        artifact = self.learner.fit(lesson, self.around)
        ended = Ended(order.as_of, self.now + lasts, order.recipe, None, self.blobs.put(artifact))
        self.ended[order.version] = ended
        known = learned_until(lesson, self.around)
        self.versions[order.version] = version_of(
            order.version, ended, artifact, known, self.around, self.learner
        )

    def _answers(self, version: str) -> None:
        self.champion = version
        self.shares.pop(version, None)
        self.shadows.discard(version)

    def _stops(self, version: str) -> None:
        self.shares.pop(version, None)
        self.shadows.discard(version)
        self.gates.pop(version, None)

    def loads(self, version: str) -> bool:
        """Whether the artifact of a version is there, unchanged."""
        ended = self.ended.get(version)
        return ended is not None and ended.artifact is not None and ended.artifact in self.blobs

    def picture(self) -> tuple[object, ...]:
        """Everything that a command can change, for comparison."""
        return (
            self.champion,
            tuple(sorted(self.ended)),
            tuple(sorted(self.gates.items())),
            tuple(sorted(self.shares.items())),
            tuple(sorted(self.shadows)),
            tuple(sorted(self.quarantined)),
            tuple(self.calls),
        )
