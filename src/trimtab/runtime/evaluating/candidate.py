"""Who is evaluated, against whom, and on which rows."""

from __future__ import annotations

from dataclasses import dataclass

from trimtab.evaluation.evaluated import Evaluated, Floats
from trimtab.metrics import Metric, default_metric
from trimtab.runtime.evaluating.rungs import rungs
from trimtab.runtime.evaluating.split import Split
from trimtab.runtime.evaluating.trainer import Trainer, predict_with, rows_of
from trimtab.runtime.history import History
from trimtab.runtime.training_set import Version
from trimtab.training.predictor import Predictor


@dataclass(frozen=True, eq=False)
class Stored:
    """A stored version with its predictor."""

    version: Version
    predictor: Predictor


@dataclass(frozen=True, eq=False)
class Candidate:
    """The predictor under evaluation, its name, and the version that it is; None for a rehearsed training."""

    name: str
    predictor: Predictor
    version: Version | None = None


def evaluated(
    history: History, split: Split, trainer: Trainer, candidate: Candidate, champion: Stored | None
) -> tuple[Evaluated, str]:
    """The judging rows with everybody's scores, and why there is no linear rung (empty: there is one)."""
    system = history.system
    task = trainer.recipe.task
    metric = system.model.metric or default_metric(task)
    judged = split.judged
    losses: Metric = metric if metric.per_row is not None else default_metric(task)
    baselines, problem = rungs(trainer, losses)
    matrix = history.matrix.take(judged)
    stakes = system.stakes
    found = Evaluated(
        rows=rows_of(matrix),
        label=split.label[judged],
        at=history.requests.at[judged],
        day=split.day[judged],
        score=trainer.score(candidate.predictor, judged),
        task=task,
        metric=metric,
        predict=predict_with(candidate.predictor),
        learned=split.then[split.learned],
        champion=_champion_scores(champion, split, trainer),
        baselines=baselines,
        slices=tuple(name for name in system.watch.slices if name in matrix.names),
        threshold=stakes.threshold_or_default if stakes is not None else 0.5,
        seed=system.seed,
    )
    return found, problem


def _champion_scores(champion: Stored | None, split: Split, trainer: Trainer) -> Floats | None:
    """Nothing where the champion has learned from rows that are to judge it."""
    if champion is None or champion.version.as_of > split.as_of:
        return None
    return trainer.score(champion.predictor, split.judged)
