"""A system's years under faults, with every law looked at after each step."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from trimtab.adapters.ledger.memory import MemoryLedger
from trimtab.declare.policy import Release, Retrain, Watch
from trimtab.declare.system import System
from trimtab.errors import UsageError
from trimtab.ports import Ledger
from trimtab.release.events import PromoteAsked, RollbackAsked
from trimtab.release.gate import Proof
from trimtab.runtime.loop import Declared, Event, begin, read_event, step
from trimtab.testing.simulation.chance import DAY, generator
from trimtab.testing.simulation.faults import Faults, World
from trimtab.testing.simulation.ground import Ground
from trimtab.testing.simulation.happenings import PARTS, Happenings
from trimtab.testing.simulation.invariants import Invariants, stale
from trimtab.testing.simulation.looks import Looks
from trimtab.testing.simulation.measures import Measures
from trimtab.testing.simulation.pager import Pager
from trimtab.testing.simulation.problems import InvariantError
from trimtab.testing.simulation.result import Simulated
from trimtab.testing.simulation.surroundings import BEFORE, Surroundings
from trimtab.testing.simulation.tally import Tally
from trimtab.testing.simulation.trained import Learner, Level
from trimtab.testing.simulation.turns import Turn, turns
from trimtab.testing.simulation.worker import DECISIONS, EVENTS, Boundary, CrashError, Worker, folded

LAST = 5
"""So many of the last events are told when a law is broken."""


@dataclass(frozen=True)
class Policies:
    """What a simulation tries: when to retrain, how a version earns traffic, what pages, and what the gate asks.

    refresh_proof: what the gate asks of a refresh; a change goes through a shadow, and its gate asks 'not refuted'.
    """

    retrain: Retrain = field(default_factory=Retrain)
    release: Release = field(default_factory=Release)
    watch: Watch = field(default_factory=Watch)
    refresh_proof: Proof = "not worse"


def simulate(
    system: System | Policies | None = None,
    seed: int = 0,
    years: float = 1.0,
    *,
    faults: Faults | None = None,
    world: World | None = None,
    learner: Learner | None = None,
) -> Simulated:
    """Simulate years of a system's life under faults, and return what happened; the same seed gives the same life.

    The real kernel, gate, shadow, canary, reverse shadow and page budget decide; requests, labels, models and persons
    are made up by `world` and `faults`. Of a system its retrain, release and watch are used, its data and learner are
    not; `learner` replaces the parametric model. Raises InvariantError with the seed when a law of the loop is broken,
    UsageError for less than 30 days.

    >>> done = simulate(Policies(), seed=1, years=0.25)
    >>> done.counts.trainings > 3, sorted(done.invariants)[0]
    (True, 'a restart is no restart')
    """
    if years * 365 < 30:
        raise UsageError("a simulation is of at least 30 days", found=f"years={years!r}", do="write years=1")
    around = Surroundings(seed, world or World(), faults or Faults(), BEFORE + round(years * 365))
    life = Life(_policies(system), around, learner or Level(), MemoryLedger())
    return life.run(years)


def _policies(system: System | Policies | None) -> Policies:
    if isinstance(system, System):
        return Policies(system.retrain, system.release, system.watch)
    return system or Policies()


class Life:
    """One simulated life of a system; `boundary` is called between any two appends or commands, and may crash."""

    def __init__(
        self,
        policies: Policies,
        around: Surroundings,
        learner: Learner,
        ledger: Ledger,
        boundary: Boundary | None = None,
    ) -> None:
        self.around, self.ledger = around, ledger
        self.declared = Declared(policies.retrain, policies.release, "r1")
        self.boundary = boundary or _chances(around)
        self.ground = Ground(around, learner)
        self.looks = Looks(self.ground, policies.release, policies.refresh_proof)
        self.pager = Pager(self.ground, policies.watch)
        self.measures = Measures(self.ground, policies.retrain.when)
        self.happenings = Happenings(self.looks, self.measures, self.pager)
        self.invariants, self.tally = Invariants(), Tally(self.looks)
        self.worker = Worker(self.ground, ledger, self.declared, self.boundary)
        self.expected, self.day, self.crashes = begin(self.declared), 0, 0

    def run(self, years: float) -> Simulated:
        """Live it to the end."""
        last = -1
        for turn in turns(self.around):
            self.day = turn[1]
            for day in range(last + 1, self.day):
                self.ground.begin_day(day)
            last = self.day - 1 if self.day > last + 1 else last
            self._turn(turn)
        self._require(self.invariants.restarted(self.worker.state, folded(self.ledger, self.declared)))
        counts = replace(self.tally.counts(self.pager), crashes=self.crashes)
        return Simulated(
            self.around.seed,
            years,
            counts,
            tuple(self.ledger.read_events(EVENTS)),
            tuple(self.ledger.read_events(DECISIONS)),
            dict(self.invariants.checked),
            self.worker.state,
            dict(self.tally.stopped),
        )

    def _turn(self, turn: Turn) -> None:
        name, day, now = turn
        self.ground.now = day * DAY
        if not name.endswith("-"):
            self.pager.look(day)
        try:
            self._declare(name, now)
        except CrashError:
            self._restart()
        for part in range(PARTS):
            self._tell(part, turn)
        self._late()
        self.tally.end_day(self.worker, day)

    def _tell(self, part: int, turn: Turn) -> None:
        """Tell the worker, or the one after a crash, all of a part that it has not heard."""
        while True:
            listed = self.happenings.of(part, self.worker, turn)
            fresh = next((each for each in listed if each[0] not in self.worker.heard), None)
            if fresh is None:
                return
            self._hear(fresh[1](), fresh[0])

    def _declare(self, name: str, now: int) -> None:
        """Let the declaration get another recipe, on some days."""
        key = f"declared/{name}"
        rate = self.around.world.new_recipes_per_year / 365
        if key not in self.worker.heard and generator(self.around.seed, key).random() < rate:
            number = int(self.worker.declared.recipe.removeprefix("r")) + 1
            self.worker.declare(f"r{number}", key, now)

    def _hear(self, event: Event, key: str) -> None:
        before = self.expected
        try:
            self.worker.hear(event, key)
            self.expected = self.worker.state
        except CrashError:
            self.expected, _, _ = step(before, event, self.worker.declared)
            self._restart()
        self._require(self.invariants.broken(self.worker, before, event))
        self.tally.hear(self.worker, event, self.day)

    def _restart(self) -> None:
        """Start the worker again from its journals, until it gets through."""
        while True:
            self.crashes += 1
            try:
                self.worker = Worker(self.ground, self.ledger, self.declared, self.boundary)
            except CrashError:
                continue
            break
        self._require(self.invariants.restarted(self.expected, self.worker.state))

    def _late(self) -> None:
        """Tell one old event again, on some days."""
        draw = generator(self.around.seed, "late", self.day)
        if draw.random() >= self.around.faults.repeats:
            return
        entries = [entry for entry in self.ledger.read_events(EVENTS) if entry.kind == "event"]
        if not entries:
            return
        event = read_event(entries[int(draw.integers(max(len(entries) - 50, 0), len(entries)))].body)
        if not isinstance(event, PromoteAsked | RollbackAsked):
            self._require(stale(self.worker, event))

    def _require(self, problem: str | None) -> None:
        if problem is not None:
            raise InvariantError(
                problem, seed=self.around.seed, day=self.day, last=self.ledger.read_events(EVENTS)[-LAST:]
            )


def _chances(around: Surroundings) -> Boundary:
    """Crash at a boundary by chance."""
    draw = generator(around.seed, "crashes")
    share = around.faults.crashes

    def boundary(_: str) -> None:
        if share and draw.random() < share:
            raise CrashError

    return boundary
