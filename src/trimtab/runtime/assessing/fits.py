"""The rungs of the ladder, fitted on what the split allows and asked about the rows that judge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.declare.model import Stakes
from trimtab.errors import LearnerError
from trimtab.evaluation.assess_ladder import Rung
from trimtab.evaluation.scored import Scored, money
from trimtab.metrics import Metric, Task, default_metric, fit_prior
from trimtab.runtime.clock import Stopwatch
from trimtab.runtime.evaluating.rungs import BOOSTED, BOOSTING, LINEAR, boosting_learner, rungs
from trimtab.runtime.evaluating.trainer import Trainer
from trimtab.training.inputs import family
from trimtab.training.predictor import Predictor
from trimtab.training.rule import Rule

Floats = NDArray[np.float64]
Positions = NDArray[np.int64]

SAME = "always the same answer"
RULE = "a rule on one column"
DECLARED = "the declared learner"
ASKED_ALONE = 30
"""Rows asked one by one to see how long one takes."""


@dataclass(frozen=True, eq=False)
class Judging:
    """How rows are judged: the trainer with its split, the metric of the losses, and what outcomes cost."""

    trainer: Trainer
    metric: Metric
    stakes: Stakes | None

    @classmethod
    def of(cls, trainer: Trainer) -> Judging:
        """By the declared metric, or the task's own where that one only ranks."""
        system, task = trainer.history.system, trainer.recipe.task
        metric = system.model.metric or default_metric(task)
        return cls(trainer, metric if metric.per_row is not None else default_metric(task), system.stakes)

    @property
    def task(self) -> Task:
        """What kind of question the label asks."""
        return self.trainer.recipe.task

    def label(self, rows: Positions) -> Floats:
        """The answers of requests as known now."""
        return self.trainer.split.label[rows]

    def losses(self, rows: Positions, score: Floats) -> Floats:
        """The loss of each row (n,)."""
        label = self.label(rows)
        return self.metric.losses(label if self.task == "regression" else label.astype(np.int64), score)

    def money(self, rows: Positions, score: Floats) -> Floats | None:
        """What each row cost (n,); None where nothing is priced."""
        if self.stakes is None:
            return None
        split = self.trainer.split
        scored = Scored(self.label(rows), split.day[rows], self.trainer.history.requests.at[rows], {})
        return money(scored, score, self.stakes, self.task)

    def constant(self, learned: Floats, rows: int) -> Floats:
        """The same answer for each row, from the labels that were learned."""
        codes = learned if self.task == "regression" else learned.astype(np.int64)
        classes = self.trainer.recipe.class_count if self.task == "multiclass" else None
        return fit_prior(codes, self.task, classes=classes, quantile=self.metric.quantile).predict(rows)


@dataclass(frozen=True, eq=False)
class Built:
    """The rungs from the simplest up, the score of each on the judging rows, the predictor of the last, problems."""

    rungs: tuple[Rung, ...]
    scores: dict[str, Floats]
    top: Predictor | None
    top_name: str
    problems: tuple[str, ...]


def build(judging: Judging, progress: Callable[[str, int, int], None]) -> Built:
    """Every rung that can be fitted; what cannot is a problem in words."""
    trainer = judging.trainer
    split, found, problems = trainer.split, _Found(judging), list[str]()
    found.add(SAME, judging.constant(split.then[split.learned], len(split.judged)), model=False)
    progress("rates and last answers", 1, 4)
    rungs_, problem = rungs(trainer, judging.metric)
    floors = {each.name: each.score for each in rungs_}
    for name, score in floors.items():
        if name != LINEAR:
            found.add(name, score, model=False)
    problems += [f"{LINEAR}: {problem}"] if problem else []
    rule = Rule(numbers=judging.task == "regression", quantile=judging.metric.quantile)
    wanted = [(RULE, rule, False), *_models(trainer)]
    top, top_name = None, wanted[-1][0]
    for place, (name, learner, model) in enumerate(wanted):
        if place == 1 and LINEAR in floors:
            found.add(LINEAR, floors[LINEAR], model=True)
        progress(name, 2 + min(place, 2), 4)
        try:
            fitted = found.fit(name, learner, model=model)
        except LearnerError as error:
            problems.append(f"{name}: {error.what}")
            continue
        top = fitted if name == top_name else top
    return Built(tuple(found.rungs), found.scores, top, top_name, tuple(problems))


def _models(trainer: Trainer) -> list[tuple[str, Any, bool]]:
    """Gradient boosting, and the declared learner where that is another one; a None stands for the declared one."""
    declared = trainer.recipe.learner
    name = f"{DECLARED} ({type(declared).__name__})"
    if family(declared) in BOOSTED:
        return [(name, None, True)]
    trees = boosting_learner(trainer.recipe.task)
    return [(BOOSTING, trees, True), (name, None, family(declared) != "rule")]


class _Found:
    """The rungs that were fitted so far."""

    def __init__(self, judging: Judging) -> None:
        self.judging = judging
        self.rungs: list[Rung] = []
        self.scores: dict[str, Floats] = {}

    def add(  # one rung
        self,
        name: str,
        score: Floats,
        *,
        model: bool,
        words: str = "",
        seconds: float = 0.0,
        milliseconds: float | None = None,
    ) -> None:
        rows = self.judging.trainer.split.judged
        losses, costs = self.judging.losses(rows, score), self.judging.money(rows, score)
        self.rungs.append(Rung(name, model, losses, costs, words, seconds, milliseconds))
        self.scores[name] = score

    def fit(self, name: str, learner: Any, *, model: bool) -> Predictor:
        trainer, watch = self.judging.trainer, Stopwatch()
        predictor = trainer.fit(learner=learner).predictor
        spent = watch.cpu_seconds
        score = trainer.score(predictor, trainer.split.judged)
        words = predictor.estimator.described() if isinstance(predictor.estimator, Rule) else ""
        self.add(
            name, score, model=model, words=words, seconds=spent, milliseconds=_alone(trainer, predictor)
        )
        return predictor


def _alone(trainer: Trainer, predictor: Predictor) -> float:
    """The median time of one row asked alone, in milliseconds."""
    times = []
    for row in trainer.split.judged[:ASKED_ALONE]:
        watch = Stopwatch()
        trainer.score(predictor, np.array([row]))
        times.append(1000 * watch.seconds)
    return float(np.median(times))
