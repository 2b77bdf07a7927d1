"""Which version of a policy would have served when: the loop's own step, driven through every tick."""

from __future__ import annotations

import heapq
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from trimtab.declare.policy import Policy
from trimtab.release import events as release
from trimtab.release.events import Gated
from trimtab.retrain.seen import Measured
from trimtab.retrain.windows import Selection
from trimtab.runtime.learning import Before, Learned, race_numbers
from trimtab.runtime.loop import (
    Command,
    Decision,
    Declared,
    Event,
    State,
    Tick,
    Train,
    Trained,
    begin,
    step,
)
from trimtab.runtime.loop.events import DECLARED
from trimtab.runtime.racing import Heat
from trimtab.runtime.replay.timeline import (
    AT_GATE,
    MODELLED_TRAINING,
    Continuing,
    Examiner,
    Jobs,
    Measure,
    Outcome,
    Served,
    Timeline,
    Unmeasured,
    Walked,
)
from trimtab.runtime.training import FitSpec
from trimtab.training.chain import Chain
from trimtab.units import Duration, days


@dataclass(frozen=True)
class Look:
    """A step that ends between two ticks: look at it then."""

    at: int


def walk(policy: Policy, ticks: Sequence[int], outcome: Outcome, measure: Measure | None = None) -> Timeline:
    """The timeline of a policy over ticks, given how each of its trainings would end."""
    *_, whole = walking(policy, ticks, outcome, measure)
    return whole


def walking(
    policy: Policy,
    ticks: Sequence[int],
    outcome: Outcome,
    measure: Measure | None = None,
    examiner: Examiner | None = None,
    continuing: Continuing | None = None,
) -> Iterator[Timeline]:
    """The timeline so far, as it grows; the last one is whole.

    The first model learns from everything and is ready at the first tick, alike for all policies; later ones serve
    after the modelled training time. At equal times a tick comes before the end of a training, and before a tick the
    releases are looked at.

    Where decisions read scores, the walk stops at each training, with the timeline as if that succeeded: before the
    next step the caller makes sure that `outcome`, `measure` and `examiner` know the fit. So no tick is ever walked
    twice. Without an examiner every version that could be trained serves; without `continuing` each is from scratch.
    """
    yield from _Walk(policy, outcome, measure or Unmeasured(), examiner, continuing).steps(ticks)


@dataclass(eq=False)
class _Walk:
    """A walk under way: the loop's state, what is still to come, and what is written down."""

    policy: Policy
    outcome: Outcome
    measure: Measure
    examiner: Examiner | None
    continuing: Continuing | None = None
    learned: dict[str, Learned] = field(default_factory=dict)
    heats: list[Heat] = field(default_factory=list)
    contests: Jobs = field(default_factory=dict)
    specs: dict[str, FitSpec] = field(default_factory=dict)
    served: list[Served] = field(default_factory=list)
    shadowed: list[Served] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    rehearsals: Jobs = field(default_factory=dict)
    waits: set[str] = field(default_factory=set)
    coming: list[tuple[int, int, int, Event | Look]] = field(default_factory=list)
    order: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        release = None if self.examiner is None else self.examiner.release
        self.declared = Declared(self.policy.retrain, release)
        self.state: State = begin(self.declared)

    def steps(self, ticks: Sequence[int]) -> Iterator[Timeline]:
        """The timeline at each stop, and at the end."""
        for at in ticks:
            self._expect(at, 0, Tick(at))
        while self.coming:
            *_, event = heapq.heappop(self.coming)
            if isinstance(event, Tick | Look):
                for told in self._looked(event.at):
                    yield from self._take(told)
            if isinstance(event, Tick):
                incident = self.measure.opened(event.at, self.served)
                if incident is not None:
                    self._expect(incident.at, 1, incident)
                event = Tick(event.at, self._known(event.at))
            if not isinstance(event, Look):
                yield from self._take(event)
            if isinstance(event, Tick):
                for version in self._at_gate():
                    yield from self._gate(version, event.at)
        yield self._so_far()

    def _expect(self, at: int, rank: int, event: Event | Look) -> None:
        heapq.heappush(self.coming, (at, rank, next(self.order), event))

    def _take(self, event: Event) -> Iterator[Timeline]:
        self.state, commands, made = step(self.state, event, self.declared)
        self.decisions.extend(made)
        for command in commands:
            yield from self._carry_out(command)

    def _carry_out(self, command: Command) -> Iterator[Timeline]:
        match command:
            case Train():
                yield from self._train(command)
            case release.Gate():
                yield from self._gate(command.version, command.at)
            case release.Route():
                self._expect(command.at + days(1).microseconds, 2, Look(command.at + days(1).microseconds))
            case release.Shadow():
                self.shadowed.append(Served(command.version, command.at, self.specs[command.version]))
            case release.Promote():
                self.served.append(Served(command.version, command.at, self.specs[command.version]))
            case release.RollBack():
                self.served.append(Served(command.to, command.at, self.specs[command.to]))

    def _train(self, command: Train) -> Iterator[Timeline]:
        first = not self.specs
        spec = FitSpec(command.as_of, Selection() if first else command.selection)
        if self.continuing is not None and not first:
            spec = yield from self._learned(command, spec, self.continuing)
        end = command.as_of + (Duration(0) if first else MODELLED_TRAINING).microseconds
        self.specs[command.version] = spec
        if self._stops:
            hoped = (*self.served, Served(command.version, end, spec))
            yield replace(self._so_far(), served=hoped)
        accepted = DECLARED if self.examiner is None else self.examiner.accepted
        recipe = accepted if first else command.recipe
        self._expect(end, 1, Trained(end, command.version, self.outcome(spec), recipe))

    @property
    def _stops(self) -> bool:
        """Whether what follows from a training is decided by its scores, or by how it ended."""
        return self.measure.reads_scores or self.examiner is not None or self.continuing is not None

    def _learned(
        self, command: Train, scratch: FitSpec, continuing: Continuing
    ) -> Generator[Timeline, None, FitSpec]:
        """From scratch or continued, with what decided it written down; an update that fails is made from scratch."""
        steps = continuing.learning.steps(scratch, self._before())
        try:
            jobs = next(steps)
            while True:
                self.contests |= {spec: tuple(serves) for spec, serves in jobs.items()}
                yield self._so_far()
                jobs = steps.send(continuing.results)
        except StopIteration as stop:
            found: Learned = stop.value
        if found.spec.parent is not None:
            self.contests.setdefault(found.spec, ())
            yield self._so_far()
            problem = self.outcome(found.spec)
            found = found if problem is None else found.from_scratch(problem)
        self._note(command, found)
        return found.spec

    def _note(self, command: Train, found: Learned) -> None:
        self.learned[command.version] = found
        if found.raced is not None and found.raced.heat is not None:
            self.heats.append(found.raced.heat)
        numbers = {"updates": float(found.spec.updates), **race_numbers(found.raced)}
        kind = "continue" if found.spec.parent is not None else "from scratch"
        self.decisions.append(Decision(command.as_of, kind, command.version, found.reason, numbers))

    def _before(self) -> Before | None:
        """What a training may continue: whoever answers now."""
        name = self.state.champion
        if name is None:
            return None
        spec = self.specs[name]
        chain = Chain() if spec.parent is None else Chain(self._named(spec.parent), "", spec.updates)
        return Before(name, spec, chain, self._answered, tuple(self.heats))

    def _named(self, spec: FitSpec) -> str:
        return next(name for name, each in self.specs.items() if each == spec)

    def _answered(self, at: int) -> FitSpec | None:
        """The fit of the version that answered just before an instant."""
        return next((each.spec for each in reversed(self.served) if each.since < at), None)

    def _gate(self, version: str, at: int) -> Iterator[Timeline]:
        candidate = None if self.state.release is None else self.state.release.candidate(version)
        if self.examiner is None or candidate is None:
            return
        jobs = self.examiner.rehearsal(candidate, at, self.specs[version])
        if jobs:
            self.rehearsals |= jobs
            yield self._so_far()
        told = self.examiner.gated(candidate, at, self._walked())
        if isinstance(told, Gated):
            self._expect(at, 1, told)
        elif version not in self.waits:
            self.waits.add(version)
            self.decisions.append(Decision(at, AT_GATE, version, told.reason, told.numbers))

    def _at_gate(self) -> list[str]:
        """The candidates that wait at the gate; each is looked at again once a day."""
        found = () if self.state.release is None else self.state.release.candidates
        return [each.version for each in found if each.version in self.waits and each.stage == "gate"]

    def _looked(self, at: int) -> Sequence[Event]:
        if self.examiner is None or self.state.release is None or not self.served:
            return ()
        return self.examiner.looked(self.state.release, at, self._walked())

    def _walked(self) -> Walked:
        return Walked(self.served, self.shadowed, self.specs)

    def _known(self, at: int) -> Measured:
        attempts = tuple(self.specs.values())
        measured = self.measure(at, self.served, attempts)
        return replace(measured, attempts=tuple(spec.as_of for spec in attempts))

    def _so_far(self) -> Timeline:
        return Timeline(
            self.policy,
            tuple(self.specs.items()),
            tuple(self.served),
            tuple(self.decisions),
            tuple(dict.fromkeys((*self.measure.jobs(), *self.rehearsals, *self.contests))),
            tuple(self.rehearsals.items()),
            self.examiner is not None,
            tuple(self.learned.items()),
            tuple(self.contests.items()),
        )
