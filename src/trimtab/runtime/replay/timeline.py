"""Which version of a policy would have served when: the loop's own step, driven through every tick."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Protocol

from trimtab.declare.policy import Policy
from trimtab.declare.releasing import Release
from trimtab.release import events as release
from trimtab.release import state as releasing
from trimtab.release.events import Gated
from trimtab.retrain.seen import NOTHING, Measured
from trimtab.retrain.windows import Selection
from trimtab.runtime.learning import Before, Learned, Learning, Results, race_numbers
from trimtab.runtime.loop import (
    Command,
    Decision,
    Declared,
    Event,
    IncidentOpened,
    State,
    Tick,
    Train,
    Trained,
    begin,
    step,
)
from trimtab.runtime.loop.events import DECLARED
from trimtab.runtime.racing import Heat
from trimtab.runtime.training import FitSpec, Serve
from trimtab.training.chain import Chain
from trimtab.units import Duration, days, minutes

MODELLED_TRAINING = minutes(30)
"""How long a training is taken to last in a replay: a stated constant, so that replays are repeatable."""

Jobs = dict[FitSpec, tuple[Serve, ...]]
"""Fits with the rows that each must score."""

Outcome = Callable[[FitSpec], str | None]
"""Why a fit's result cannot serve, or None."""


@dataclass(frozen=True)
class Served:
    """From `since` (epoch microseconds) on, the version trained by `spec` answers requests."""

    version: str
    since: int
    spec: FitSpec


@dataclass(frozen=True)
class Timeline:
    """One policy's year: every training, who served from when, each decision with its reason.

    `challengers` are the fits that its triggers or its gate read and that never serve; they cost what others cost.
    `rehearsals` are those among them that a gate asked for, with the rows that they score, and `contests` those of
    races and updates that were tried. `released` says whether versions had to earn their traffic. `learned` says of each
    training after the first how it was decided to learn, where the policy continues versions.
    """

    policy: Policy
    trained: tuple[tuple[str, FitSpec], ...]
    served: tuple[Served, ...]
    decisions: tuple[Decision, ...]
    challengers: tuple[FitSpec, ...] = ()
    rehearsals: tuple[tuple[FitSpec, tuple[Serve, ...]], ...] = ()
    released: bool = False
    learned: tuple[tuple[str, Learned], ...] = ()
    contests: tuple[tuple[FitSpec, tuple[Serve, ...]], ...] = ()


@dataclass(frozen=True)
class Continuing:
    """How a policy that continues versions decides that, with the results of fits as they are made."""

    learning: Learning
    results: Results


class Measure(Protocol):
    """What is known of a policy at a tick."""

    @property
    def reads_scores(self) -> bool:
        """Whether that takes the scores of versions in service."""
        ...

    @property
    def foreseeable(self) -> bool:
        """Whether trainings can be foretold as long as no incident comes."""
        ...

    def opened(self, now: int, served: Sequence[Served]) -> IncidentOpened | None:
        """The incident that the monitors opened when the day that ends at `now` was over; called tick by tick."""
        ...

    def jobs(self) -> Jobs:
        """The fits that it reads besides those of the policy."""
        ...

    def __call__(self, now: int, served: Sequence[Served], attempts: Sequence[FitSpec]) -> Measured:
        """What was measured by `now`, given who served so far and every training so far; called tick by tick."""
        ...


@dataclass(frozen=True)
class Unmeasured:
    """Nothing is known but what the walk itself does."""

    reads_scores: bool = False
    foreseeable: bool = True

    def opened(self, now: int, served: Sequence[Served]) -> IncidentOpened | None:  # noqa: ARG002
        """None."""
        return None

    def jobs(self) -> Jobs:
        """None."""
        return {}

    def __call__(self, now: int, served: Sequence[Served], attempts: Sequence[FitSpec]) -> Measured:  # noqa: ARG002
        """Nothing."""
        return NOTHING


class Examiner(Protocol):
    """What a release would have known at each of its steps, from the labels that were mature by then."""

    @property
    def release(self) -> Release:
        """How a candidate earns traffic."""
        ...

    @property
    def accepted(self) -> str:
        """The recipe of the first model."""
        ...

    def rehearsal(self, candidate: releasing.Candidate, trained: FitSpec) -> Jobs:
        """The fits that a gate reads besides those of the policy."""
        ...

    def gated(self, candidate: releasing.Candidate, at: int, walked: Walked) -> Gated:
        """What the gate says of a candidate."""
        ...

    def looked(self, state: releasing.State, at: int, walked: Walked) -> Sequence[Event]:
        """What labels and guards say at an instant of whoever is in reverse shadow, shadow or canary."""
        ...


@dataclass(frozen=True)
class Walked:
    """Who served so far, who scored unseen from when on, and the fit of each version."""

    served: Sequence[Served]
    shadowed: Sequence[Served]
    specs: Mapping[str, FitSpec]


@dataclass(frozen=True)
class Look:
    """A step that ends between two ticks: look at it then."""

    at: int


def unmeasured(policy: Policy, results: object) -> Measure:  # noqa: ARG001
    """The measure where no labels are at hand."""
    return Unmeasured()


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
                yield from self._gate(command)
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

    def _gate(self, command: release.Gate) -> Iterator[Timeline]:
        candidate = None if self.state.release is None else self.state.release.candidate(command.version)
        if self.examiner is None or candidate is None:
            return
        jobs = self.examiner.rehearsal(candidate, self.specs[command.version])
        if jobs:
            self.rehearsals |= jobs
            yield self._so_far()
        self._expect(command.at, 1, self.examiner.gated(candidate, command.at, self._walked()))

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
