"""The search of one learner's settings: Optuna proposes, successive halving ends early what falls behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from trimtab.errors import LearnerError, UsageError
from trimtab.evaluation.evaluated import Floats
from trimtab.runtime.evaluating.trainer import Positions, Trainer, evenly
from trimtab.runtime.tuning.spaces import Range, Space

SHARES = (1 / 9, 1 / 3, 1.0)
"""The parts of the rows that a setting is tried on, one after the other; the best third of each goes on."""

ROWS = 60_000
"""Rows of a whole training here, evenly spaced over those that may be learned from."""

Loss = Callable[[Floats], float]
"""The mean loss of the scores (n,) or (n, k) of the validation rows."""


@dataclass(frozen=True)
class Searched:
    """What a search found: the settings with the lowest loss on the validation rows, and what it cost.

    declared is the loss of the settings as they were, `spent` whole trainings in all. trials were begun, finished on
    all rows; failed could not be trained. edges are the settings that lie at a bound of their range.
    """

    settings: Mapping[str, Any]
    loss: float
    declared: float
    spent: float
    trials: int
    finished: int
    failed: int
    edges: tuple[str, ...]


def search(trainer: Trainer, learner: Any, space: Space, budget: float, loss: Loss, seed: int) -> Searched:
    """Try settings until `budget` whole trainings are spent; a part of the rows costs as much of one.

    The settings as they are come first, on all rows, so that what is found is never worse on the validation rows.
    Raises LearnerError where these cannot be trained, UsageError without Optuna.
    """
    optuna = _optuna()
    declared = _tried(trainer, learner, {}, 1.0, loss)
    found = _Found(declared)
    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=seed),
        pruner=optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=3),
    )
    # what is begun may be finished on all rows within the budget
    while space and found.spent + sum(SHARES) <= budget:
        trial = study.ask()
        settings = _suggested(trial, space)
        found.trials += 1
        try:
            value = _climbed(trainer, learner, settings, trial, loss, found)
        except LearnerError:
            found.failed += 1
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
            continue
        study.tell(trial, value, state=None if value is not None else optuna.trial.TrialState.PRUNED)
    return found.told(space)


@dataclass
class _Found:
    """The best so far, and what was spent."""

    declared: float
    spent: float = 1.0
    trials: int = 0
    finished: int = 0
    failed: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)
    loss: float = float("inf")

    def told(self, space: Space) -> Searched:
        better = self.loss < self.declared
        settings = self.settings if better else {}
        edges = tuple(
            each.name
            for each in space
            if isinstance(each, Range) and each.name in settings and each.at_edge(settings[each.name])
        )
        loss = self.loss if better else self.declared
        return Searched(
            settings, loss, self.declared, self.spent, self.trials, self.finished, self.failed, edges
        )


def _climbed(
    trainer: Trainer, learner: Any, settings: Mapping[str, Any], trial: Any, loss: Loss, found: _Found
) -> float | None:
    """The loss on all rows; None for settings that were ended on a part of them."""
    value = float("inf")
    for step, share in enumerate(SHARES, 1):
        found.spent += share
        value = _tried(trainer, learner, settings, share, loss)
        trial.report(value, step)
        if share < 1 and trial.should_prune():
            return None
    found.finished += 1
    if value < found.loss:
        found.settings, found.loss = settings, value
    return value


def _tried(trainer: Trainer, learner: Any, settings: Mapping[str, Any], share: float, loss: Loss) -> float:
    fitted = trained(trainer, learner, settings, parts(trainer, share))
    value = loss(trainer.score(fitted, trainer.split.judged))
    if not np.isfinite(value):
        raise LearnerError("a loss is no finite number", found=repr(value))
    return value


def parts(trainer: Trainer, share: float = 1.0) -> Positions:
    """A part of the rows that may be learned from, evenly spaced in time."""
    rows = evenly(trainer.split.learned, ROWS)
    return evenly(rows, max(int(share * len(rows)), 1))


def trained(trainer: Trainer, learner: Any, settings: Mapping[str, Any], rows: Positions) -> Any:
    """The predictor of a learner with some settings, with the class weights that the system declares."""
    from sklearn.base import clone  # noqa: PLC0415  # scikit-learn is loaded only where something is trained

    tuned = clone(learner).set_params(**settings)
    return replace(trainer, recipe=replace(trainer.recipe, learner=tuned)).fit(rows).predictor


def _suggested(trial: Any, space: Space) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for each in space:
        if not isinstance(each, Range):
            settings[each.name] = trial.suggest_categorical(each.name, each.values)
        elif each.whole:
            settings[each.name] = trial.suggest_int(each.name, each.low, each.high, log=each.in_ratios)
        else:
            value = trial.suggest_float(each.name, each.low, each.high, log=each.in_ratios)
            settings[each.name] = _short(value, each)
    return settings


def _short(value: float, between: Range) -> float:
    """Three digits, so that what is shown is what was tried."""
    return min(max(float(f"{value:.3g}"), between.low), between.high)


def _optuna() -> Any:
    try:
        import optuna  # noqa: PLC0415  # an extra, loaded when used
    except ImportError as error:
        raise UsageError("tuning needs Optuna", do='pip install "trimtab[tune]"') from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna
