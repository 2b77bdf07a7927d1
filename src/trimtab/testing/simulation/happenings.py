"""Everything that the loop is told in one turn, each with a key of its own, so that nothing is told twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from trimtab.release.events import Trouble
from trimtab.release.rollback import hard_limit
from trimtab.release.state import Candidate
from trimtab.retrain.seen import Measured
from trimtab.runtime.loop import Event, IncidentOpened, Tick, Trained
from trimtab.testing.simulation.chance import number_of
from trimtab.testing.simulation.looks import Looks
from trimtab.testing.simulation.measures import Measures
from trimtab.testing.simulation.pager import Pager
from trimtab.testing.simulation.people import asked
from trimtab.testing.simulation.turns import Turn
from trimtab.testing.simulation.worker import Worker

STEP = 60_000_000
"""Microseconds between the parts of a turn."""

PARTS = 10
"""Trainings, trouble, persons, incidents, the tick, gates, shadows, canaries, the reverse shadow, gates again."""

Happening = tuple[str, Callable[[], Event]]
"""A key, and how to make the event; made only when its key was not heard."""


@dataclass(frozen=True)
class Moment:
    """A part of a turn: for which worker, the turn's name, the true day, and what the clock says."""

    worker: Worker
    turn: str
    day: int
    at: int


@dataclass
class Happenings:
    """What the loop is told in each part of a turn, in a fixed order.

    Listed from the worker's state as it is when it is asked for: what was heard is left out by its key, and a part
    that is over is not gone back to. So a crash changes neither what is told nor when.
    """

    looks: Looks
    measures: Measures
    pager: Pager

    def of(self, part: int, worker: Worker, turn: Turn) -> Iterator[Happening]:
        """What there is to tell in a part of a turn, from 0 to `PARTS` - 1."""
        name, day, now = turn
        parts = (
            _ended,
            _trouble,
            _persons,
            self._incidents,
            self._tick,
            self._gates,
            self._shadows,
            self._canaries,
            self._reverse,
            self._gates,
        )
        return parts[part](Moment(worker, name, day, now + part * STEP))

    def _incidents(self, moment: Moment) -> Iterator[Happening]:
        for number, _ in enumerate(self.pager.sent, 1):
            yield f"incident/i{number}", partial(IncidentOpened, moment.at, f"i{number}")

    def _tick(self, moment: Moment) -> Iterator[Happening]:
        yield f"{moment.turn}/tick", lambda: Tick(moment.at, self._measured(moment))

    def _measured(self, moment: Moment) -> Measured:
        return self.measures.at(moment.worker.state, moment.day, moment.at)

    def _gates(self, moment: Moment) -> Iterator[Happening]:
        champion = moment.worker.state.champion
        for each in _candidates(moment.worker, "gate"):
            at = moment.at + number_of(each.version)
            yield f"gate/{moment.at}/{each.version}", partial(self.looks.gate, each, champion, at, moment.day)

    def _shadows(self, moment: Moment) -> Iterator[Happening]:
        for each in _candidates(moment.worker, "shadow"):
            look = partial(self.looks.shadow, each, moment.at, moment.day, moment.at)
            yield f"{moment.turn}/shadow/{each.version}", look

    def _canaries(self, moment: Moment) -> Iterator[Happening]:
        for each in _candidates(moment.worker, "canary"):
            look = partial(self.looks.canary, each, moment.at, moment.day, moment.at)
            yield f"{moment.turn}/canary/{each.version}", look

    def _reverse(self, moment: Moment) -> Iterator[Happening]:
        state, at = moment.worker.state.release, moment.at
        if state is not None and state.champion is not None:
            for watch in state.watches:
                look = partial(self.looks.reverse, watch, state.champion, at, moment.day, at)
                yield f"{moment.turn}/reverse/{watch.anchor}", look


def _persons(moment: Moment) -> Iterator[Happening]:
    ground, release = moment.worker.ground, moment.worker.state.release
    if release is not None:
        for key, event in asked(release, ground.around, moment.day, moment.at):
            yield key, partial(_as_it_is, event)


def _ended(moment: Moment) -> Iterator[Happening]:
    ground = moment.worker.ground
    for version, ended in ground.ended.items():
        if ended.at <= ground.now:
            at = moment.at + number_of(version)
            yield f"trained/{version}", partial(Trained, at, version, ended.problem, ended.recipe)


def _trouble(moment: Moment) -> Iterator[Happening]:
    ground, champion = moment.worker.ground, moment.worker.ground.champion
    if champion is None:
        return
    after, since = ground.versions[champion].broken.breaks_after, ground.since.get(champion)
    breaks = after is not None and since is not None and moment.day - since >= after
    if breaks and hard_limit(60, 100, 20, 10_000):
        told = partial(Trouble, moment.at, champion, "most of its answers fail")
        yield f"trouble/{champion}/{moment.day}", told


def _as_it_is(event: Event) -> Event:
    return event


def _candidates(worker: Worker, stage: str) -> tuple[Candidate, ...]:
    release = worker.state.release
    return () if release is None else tuple(each for each in release.candidates if each.stage == stage)
