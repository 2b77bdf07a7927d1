"""What a training gives in a simulation: an artifact, and what its model would lose on each day."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from trimtab.labels.history import as_known
from trimtab.retrain.windows import select, weights
from trimtab.runtime.loop import Train
from trimtab.testing.simulation.broken import BROKEN, SOUND, Broken
from trimtab.testing.simulation.chance import DAY, generator
from trimtab.testing.simulation.surroundings import Floats, Surroundings

NEVER = 2**62
"""After all other times."""


@dataclass(frozen=True, eq=False)
class Lesson:
    """The rows that a training may use: positions, label values and weights (n,), and when it was asked for."""

    rows: np.ndarray[tuple[int], np.dtype[np.int64]]
    values: Floats
    weight: Floats | None
    as_of: int


class Learner(Protocol):
    """Learns from rows, and says what its artifact would lose on each day beyond a perfect model."""

    def fit(self, lesson: Lesson, around: Surroundings) -> bytes:
        """The artifact of a model."""
        ...

    def excess(self, artifact: bytes, around: Surroundings) -> Floats:
        """The loss (days,) beyond that of a perfect model."""
        ...


class Level:
    """The smallest learner: the weighted mean of the labels; it loses the square of how far the concept is from it."""

    def fit(self, lesson: Lesson, around: Surroundings) -> bytes:
        """The mean as JSON."""
        del around
        level = float(np.average(lesson.values, weights=lesson.weight))
        return json.dumps({"level": level}).encode()

    def excess(self, artifact: bytes, around: Surroundings) -> Floats:
        """The squared distance of the concept from the mean, by day."""
        return np.asarray((around.concept - json.loads(artifact)["level"]) ** 2, np.float64)


@dataclass(frozen=True, eq=False)
class Version:
    """A trained version. true: its loss by day beyond a perfect model's, without chance; seen: with its own chance.

    learned_until: when the newest label that it used became known. kind: how it is broken, '' for sound.
    """

    name: str
    recipe: str
    kind: str
    learned_until: int
    true: Floats
    seen: Floats

    @property
    def broken(self) -> Broken:
        """What is wrong with it."""
        return BROKEN.get(self.kind, SOUND)


@dataclass(frozen=True)
class Ended:
    """How a training ended: asked for when, when, what is wrong with it, and the artifact's digest if there is one."""

    as_of: int
    at: int
    recipe: str
    problem: str | None
    artifact: str | None = None


def lesson_of(order: Train, around: Surroundings) -> Lesson:
    """The rows that an order to train may use: mature, inside its window, as known before it was asked for."""
    view = as_known(around.labels, order.as_of)
    rows = select(order.selection, around.at, view.mature)
    return Lesson(rows, view.value[rows], weights(order.selection, around.at[rows], order.as_of), order.as_of)


def learned_until(lesson: Lesson, around: Surroundings) -> int:
    """When the newest label that a lesson holds became known, told in another way than the lesson was made.

    The end of time when a value is not the last one that was known of its row.
    """
    labels = around.labels
    known_by_then = np.bincount(labels.row[labels.known < lesson.as_of], minlength=len(around.at))[
        lesson.rows
    ]
    place = np.searchsorted(labels.row, lesson.rows) + known_by_then - 1
    if not known_by_then.all() or not np.array_equal(labels.value[place], lesson.values):
        return NEVER
    return int(labels.known[place].max())


def broken_kind(seed: int, version: str, share: float) -> str:
    """How a version is broken, '' for not at all."""
    draw = generator(seed, "broken", version)
    return str(draw.choice(list(BROKEN))) if draw.random() < share else ""


def training_fault(around: Surroundings, version: str) -> tuple[str | None, int]:
    """What goes wrong with a training, None for nothing, and how long it takes in microseconds."""
    draw, faults = generator(around.seed, "training", version), around.faults
    chance, slow = draw.random(2)
    lasts = DAY // 24 if slow >= faults.slow_trainings else int(draw.integers(2, 12)) * DAY
    if chance < faults.failing_trainings:
        return "the learner failed: out of memory", lasts
    if chance < faults.failing_trainings + faults.nan_trainings:
        return "a score is NaN", lasts
    return None, lasts


def version_of(
    name: str, ended: Ended, artifact: bytes, known: int, around: Surroundings, learner: Learner
) -> Version:
    """What a trained version will lose on each day."""
    kind = broken_kind(around.seed, name, around.faults.broken_candidates)
    offset = recipe_effect(ended.recipe, around) + BROKEN.get(kind, SOUND).live
    true = learner.excess(artifact, around) + offset
    own = around.world.day_noise * generator(around.seed, "own days", name).standard_normal(around.days)
    return Version(name, ended.recipe, kind, known, true, around.shared + true + own)


def recipe_effect(recipe: str, around: Surroundings) -> float:
    """How much more a recipe loses than the first one; each recipe builds on the one before."""
    found = 0.0
    for number in range(2, int(recipe.removeprefix("r")) + 1):
        found += float(generator(around.seed, "recipe", number).choice(around.world.recipe_effects))
    return found
