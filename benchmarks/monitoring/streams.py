"""The streams that every tool reads: a labelled reference, then hourly windows whose labels come a day late."""

from dataclasses import dataclass

import numpy as np
from benchmarks.monitoring.world import BROKEN, LEVELS, NAMES, NUMBERS, World

START = 1_700_438_400_000_000  # Monday 20 November 2023, 00:00 UTC, in epoch microseconds
HOUR = 3_600_000_000
REFERENCE_ROWS, REFERENCE_HOURS = 10_000, 240
WINDOWS, ROWS, CHANGE, LATE = 200, 1000, 100, 24


@dataclass(frozen=True)
class Scenario:
    """What happens at window 100: a change that costs so many points of error, at once or over so many windows."""

    name: str
    change: str = ""
    points: float = 0.0
    gradual: int = 0
    season: bool = False

    @property
    def harmful(self):
        return self.change not in {"", "benign"}

    @property
    def needs_labels(self):
        return self.change == "concept"


QUIET = (
    Scenario("i.i.d."),
    Scenario("daily cycle", season=True),
    Scenario("irrelevant columns move", "benign"),
)
HARM = (
    Scenario("covariate +8", "covariate", 8),
    Scenario("covariate +5", "covariate", 5),
    Scenario("covariate +8 over 50 windows", "covariate", 8, 50),
    Scenario("daily cycle, covariate +8", "covariate", 8, season=True),
    Scenario("concept +8", "concept", 8),
    Scenario("concept +5", "concept", 5),
    Scenario("concept +8 over 50 windows", "concept", 8, 50),
    Scenario("daily cycle, concept +8", "concept", 8, season=True),
    *(Scenario(f"top column {how}", how) for how in BROKEN),
)
CURVE = tuple(
    Scenario(f"{change} +{points}", change, points)
    for change in ("covariate", "concept")
    for points in (4, 5, 6, 7, 8, 10)
)
BELOW = tuple(Scenario(f"{change} +1", change, 1) for change in ("covariate", "concept"))


@dataclass(frozen=True)
class Stream:
    """Reference rows and windows of one scenario and seed, as arrays; error_gained is the truth, in points."""

    scenario: Scenario
    seed: int
    reference: dict
    rows: dict
    error_gained: float

    def save(self, path):
        """Write what a tool may see; labels are in it, and each tool has to wait for them itself."""
        arrays = {f"reference_{name}": values for name, values in self.reference.items()}
        np.savez(path, names=np.array(NAMES), numbers=NUMBERS, late=LATE, window=ROWS, **arrays, **self.rows)


def make(scenario, seed, worlds):
    """One stream; `worlds` keeps the models of each seed, with and without a season."""
    world = worlds.setdefault((seed, scenario.season), World(seed, scenario.season))
    size = 0.5 if scenario.change == "benign" or scenario.change in BROKEN else 0.0
    if scenario.points:
        size = world.size_for(scenario.change, scenario.points)
    since = np.repeat(np.arange(WINDOWS), ROWS) - CHANGE + 1
    strength = np.clip(since / max(scenario.gradual, 1), 0, 1)
    before = START + np.arange(REFERENCE_ROWS) * (REFERENCE_HOURS * HOUR // REFERENCE_ROWS)
    after = START + (REFERENCE_HOURS * ROWS + np.arange(WINDOWS * ROWS)) * (HOUR // ROWS)
    # the reference does not depend on what happens later, and quiet windows neither
    generators = [np.random.default_rng([seed, scenario.season, part]) for part in (3, 4)]
    reference, _ = _rows(world, generators[0], before, "", 0.0)
    rows, wrong = _rows(world, generators[1], after, scenario.change, size * strength)
    late = since > max(scenario.gradual, 1) - 1
    gained = wrong[late].mean() - world.error()
    return Stream(scenario, seed, reference, rows, 100 * float(gained))


def _rows(world, generator, at, change, size):
    found = world.draw(generator, (at - START) / HOUR % 24, change, size)
    score = world.score(found.values)
    wrong = np.abs((score >= 0.5) - found.probability)
    return {"at": at, "values": found.values, "score": score, "label": found.label}, wrong


__all__ = ["BELOW", "CURVE", "HARM", "LEVELS", "QUIET", "Scenario", "Stream", "make"]
