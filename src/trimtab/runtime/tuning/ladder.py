"""Which learners are tuned beside the declared one, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trimtab.runtime.evaluating.rungs import BOOSTED, BOOSTING, LINEAR, boosting_learner, linear_learner
from trimtab.runtime.tuning.spaces import Space, declared_space, space_of
from trimtab.training.fit import Recipe
from trimtab.training.inputs import family

DECLARED = "the declared learner"


@dataclass(frozen=True, eq=False)
class Wanted:
    """A learner to be tuned, and what is tried of it."""

    name: str
    learner: Any
    space: Space


def ladder(recipe: Recipe, given: Mapping[str, Sequence[Any]]) -> tuple[tuple[Wanted, ...], str]:
    """A linear model, gradient boosting and the declared learner, each kind once, and in words why these."""
    declared, linear = recipe.learner, linear_learner(recipe.task)
    found: list[Wanted] = []
    why = "Rules have no settings: they stand in the table of all ways to answer."
    if type(declared) is type(linear):
        why += " The declared learner is the linear model."
    else:
        found.append(_usual(LINEAR, linear))
    if family(declared) in BOOSTED:
        why += " The declared learner is gradient boosting itself, which therefore has no rung of its own."
    else:
        found.append(_usual(BOOSTING, boosting_learner(recipe.task)))
    space = declared_space(given, declared) if given else space_of(declared, family(declared))
    found.append(Wanted(f"{DECLARED} ({type(declared).__name__})", declared, space))
    return tuple(found), why


def _usual(name: str, learner: Any) -> Wanted:
    return Wanted(name, learner, space_of(learner, family(learner)))
