"""Who is evaluated, against whom, and on which rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

from trimtab.evaluation.evaluated import Evaluated, Floats
from trimtab.metrics import default_metric
from trimtab.runtime.evaluating.rungs import Rung, rungs
from trimtab.runtime.evaluating.trainer import Trainer, predict_with, rows_of
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
    trainer: Trainer, candidate: Candidate, champion: Stored | None
) -> tuple[Evaluated, tuple[Rung, ...], str]:
    """The judging rows with everybody's scores, the rungs, and why there is no linear one (empty: there is one)."""
    whole = judged_by(trainer, candidate.predictor)
    baselines, problem = rungs(trainer, whole.judged_by)
    found = replace(
        whole,
        champion=_champion_scores(champion, trainer),
        baselines={each.name: each.score for each in baselines},
    )
    return found, baselines, problem


def judged_by(trainer: Trainer, predictor: Predictor) -> Evaluated:
    """The judging rows with the scores of one predictor, and nobody beside it."""
    history, split, task = trainer.history, trainer.split, trainer.recipe.task
    system, judged = history.system, split.judged
    matrix, stakes = history.matrix.take(judged), system.stakes
    return Evaluated(
        rows=rows_of(matrix),
        label=split.label[judged],
        at=history.requests.at[judged],
        day=split.day[judged],
        score=trainer.score(predictor, judged),
        task=task,
        metric=system.model.metric or default_metric(task),
        predict=predict_with(predictor),
        learned=split.then[split.learned],
        slices=tuple(name for name in system.watch.slices if name in matrix.names),
        threshold=stakes.threshold_or_default if stakes is not None else 0.5,
        seed=system.seed,
        classes=tuple(str(name) for name in history.labels.classes or ()),
    )


def _champion_scores(champion: Stored | None, trainer: Trainer) -> Floats | None:
    """Nothing where the champion has learned from rows that are to judge it."""
    if champion is None or champion.version.as_of > trainer.split.as_of:
        return None
    return trainer.score(champion.predictor, trainer.split.judged)
