"""A crash between any two appends or commands, and a restart from the journals, change nothing."""

import pytest

from trimtab.adapters.ledger.memory import MemoryLedger
from trimtab.testing.simulation import Faults, Policies, World
from trimtab.testing.simulation.run import Life
from trimtab.testing.simulation.surroundings import BEFORE, Surroundings
from trimtab.testing.simulation.trained import Level
from trimtab.testing.simulation.worker import DECISIONS, DONE, EVENTS, CrashError

CAMPAIGN = pytest.mark.campaign
SCRIPT = Faults(crashes=0.0, broken_candidates=0.2, interventions_per_year=6)
WORLD = World(new_recipes_per_year=12)


class Everywhere:
    """Crashes once at each boundary: after each append, and after each command."""

    def __init__(self, ledger):
        self.ledger, self.seen = ledger, set()

    def __call__(self, name):
        place = (self.ledger.frontier(EVENTS), name)
        if place not in self.seen:
            self.seen.add(place)
            raise CrashError


class Once:
    """Crashes at one boundary, counted from 0."""

    def __init__(self, place):
        self.place, self.count = place, -1

    def __call__(self, name):
        self.count += 1
        if self.count == self.place:
            raise CrashError


def never(_):
    """No crash."""


def lived(length, crashing=None):
    ledger = MemoryLedger()
    boundary = crashing(ledger) if crashing is not None else never
    life = Life(Policies(), Surroundings(11, WORLD, SCRIPT, BEFORE + length), Level(), ledger, boundary)
    done = life.run(length / 365)
    journals = [ledger.read_events(stream) for stream in (EVENTS, DECISIONS, DONE)]
    return journals, life.ground.picture(), done.counts.crashes


@pytest.mark.parametrize("length", [100, pytest.param(365, marks=CAMPAIGN)])
def test_a_crash_at_every_boundary_of_a_scripted_life_gives_the_same_ledger(length):
    calm, ground, _ = lived(length)
    crashed, again, crashes = lived(length, Everywhere)
    assert crashed == calm
    assert again == ground
    assert crashes > 2 * len(calm[0])


@pytest.mark.parametrize("place", [*range(0, 90, 7), *[pytest.param(p, marks=CAMPAIGN) for p in range(400)]])
def test_one_crash_anywhere_gives_the_same_ledger(place):
    calm, ground, _ = lived(40)
    crashed, again, crashes = lived(40, lambda _: Once(place))
    assert (crashed, again) == (calm, ground)
    assert crashes <= 1


def test_chance_crashes_do_not_change_what_happens():
    """Other coins than those of crashes stay what they are."""
    calm, _, _ = lived(60)
    around = Surroundings(
        11, WORLD, Faults(crashes=0.05, broken_candidates=0.2, interventions_per_year=6), 120
    )
    ledger = MemoryLedger()
    done = Life(Policies(), around, Level(), ledger).run(60 / 365)
    assert done.counts.crashes > 0
    assert [ledger.read_events(stream) for stream in (EVENTS, DECISIONS, DONE)] == calm
