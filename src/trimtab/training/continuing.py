"""From a parent and new rows to a child: the parent stays as it was, and same parent, rows and seed give the same child.

Only the last step of a pipeline learns. Whatever comes before it (scales, imputed values, columns of words) stays as the
parent fitted it: coefficients mean something on that scale alone, and a scale that moved under them would change every
answer without a row having been learned. The next fit from scratch measures scales anew.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.errors import LearnerError
from trimtab.training.encoder import Encoder
from trimtab.training.fit import Fitted, Recipe, _sample, _target, _weights, effective_rows
from trimtab.training.inputs import shape
from trimtab.training.manners.appending import continue_by_append, offer_append_trees
from trimtab.training.manners.leaves import continue_by_leaf_refit, offer_leaf_refit
from trimtab.training.manners.manner import Manner, Name, Refusal, last_step
from trimtab.training.manners.partial import continue_by_one_pass, offer_partial_fit
from trimtab.training.manners.refusals import SCRATCH, not_offered, silently_destroyed
from trimtab.training.matrix import FeatureMatrix
from trimtab.training.predictor import Predictor

_OFFERS: dict[Name, Callable[[Any], Manner | Refusal | None]] = {
    "leaf_refit": offer_leaf_refit,
    "partial_fit": offer_partial_fit,
    "append_trees": offer_append_trees,
}


def how_to_continue(learner: Any, name: Name | None = None) -> Manner | Refusal:
    """How a learner, fitted or not, can learn from new rows alone, or why it must not; the best way unless one is named.

    >>> from sklearn.linear_model import LogisticRegression, SGDClassifier
    >>> print(how_to_continue(SGDClassifier(loss="log_loss")))
    one pass over the new rows
    >>> print(how_to_continue(LogisticRegression()))
    a warm start of LogisticRegression only begins its solver elsewhere: on new rows it ends at what these alone say; ...
    """
    last = last_step(learner)
    refusal = silently_destroyed(last)
    if refusal is not None:
        return refusal
    offers = [_OFFERS[way](last) for way in ([name] if name else _OFFERS)]
    known = [offer for offer in offers if offer is not None]
    return known[0] if known else not_offered(last, name)


def continue_fit(  # a parent, a manner, and what a fit needs
    parent: Predictor,
    recipe: Recipe,
    matrix: FeatureMatrix,
    label: NDArray[np.float64],
    weight: NDArray[np.float64] | None,
    seed: int,
    manner: Manner | None = None,
) -> Fitted:
    """The parent's child, continued on new rows of features and labels (n,) in its best manner, or in the given one.

    Rows of the result are the new ones. Raises LearnerError when the learner is refused, when there is no new row or a
    class or column that the parent does not know, or when the learner itself fails.
    """
    offer = how_to_continue(recipe.learner, None if manner is None else manner.name)
    if isinstance(offer, Refusal):
        raise LearnerError(offer.reason, do=offer.do)
    manner = manner or offer
    _check(parent, matrix, label)
    remarks = [*_told(parent.encoder, matrix), *([manner.warning] if manner.warning else [])]
    kept = _sample(recipe.sampling, label, seed)
    if kept is not None:
        matrix, label, weight = matrix.take(kept), label[kept], None if weight is None else weight[kept]
    weight = _weights(recipe.weights, label, weight)
    inputs = shape(parent.family, parent.encoder.encode(matrix), parent.encoder)
    child = copy.deepcopy(parent.estimator)
    _seed(last_step(child), last_step(recipe.learner), seed)
    target = _target(label, parent.task)
    remarks += _guarded(
        lambda: _learn(child, inputs, target, weight, manner, list(parent.encoder.categorical))
    )
    predictor = Predictor(
        child, parent.family, parent.encoder, parent.task, parent.classes, parent.class_count, parent.emphasis
    )
    return Fitted(predictor, len(label), effective_rows(weight, len(label)), tuple(remarks))


def _check(parent: Predictor, matrix: FeatureMatrix, label: NDArray[np.float64]) -> None:
    if not len(label):
        raise LearnerError("there is no new mature labelled row to continue with", do="wait for labels")
    absent = [name for name in parent.encoder.names if name not in matrix.names]
    if absent:
        raise LearnerError("a feature of the parent is gone", found=", ".join(absent), do=SCRATCH)
    strange = [] if parent.task == "regression" else sorted(set(np.unique(label)) - set(parent.classes))
    if strange:
        found = ", ".join(f"{code:g}" for code in strange)
        raise LearnerError("the new rows hold a class that the parent never saw", found=found, do=SCRATCH)


def _told(encoder: Encoder, matrix: FeatureMatrix) -> list[str]:
    """What new rows hold that a child, having its parent's columns and words, cannot take in."""
    remarks = []
    for name in matrix.names:
        column = matrix.values[:, matrix.names.index(name)]
        if name not in encoder.names:
            seen = int(np.sum(~np.isnan(column)))
            if seen:
                remarks.append(f"{name} was left out by the parent; {seen} new rows have it")
        elif name in encoder.words:
            unseen = _unseen(column, matrix.dictionaries.get(name, ()), encoder.words[name])
            if unseen:
                remarks.append(
                    f"{name}: {unseen} of {len(column)} new rows hold a word that the parent does not know and "
                    "count as missing until the next fit from scratch"
                )
    return remarks


def _unseen(codes: NDArray[np.float64], dictionary: tuple[str, ...], words: tuple[str, ...]) -> int:
    if not dictionary:
        return 0
    known = set(words)
    strange = np.array([word not in known for word in dictionary])
    return int(strange[codes[~np.isnan(codes)].astype(np.int64)].sum())


def _seed(child: Any, declared: Any, seed: int) -> None:
    """Give a seed of its own to each update of a learner that was declared without one."""
    if declared.get_params().get("random_state", 0) is None:
        child.set_params(random_state=seed % 2**31)


def _learn(  # one place that knows all three
    child: Any,
    inputs: Any,
    target: NDArray[Any],
    weight: NDArray[np.float64] | None,
    manner: Manner,
    categorical: list[int],
) -> None:
    while hasattr(child, "steps"):
        inputs = child[:-1].transform(inputs) if len(child.steps) > 1 else inputs
        child, categorical = child.steps[-1][1], []
    match manner.name:
        case "partial_fit":
            continue_by_one_pass(child, inputs, target, weight)
        case "leaf_refit":
            continue_by_leaf_refit(child, inputs, target, weight, manner.decay)
        case "append_trees":
            continue_by_append(child, inputs, target, weight, manner.trees, categorical)


def _guarded(learn: Callable[[], None]) -> tuple[str, ...]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            learn()
        except LearnerError:
            raise
        except Exception as error:  # whatever the user's learner raises is the user's to read
            raise LearnerError(f"the learner failed to continue: {type(error).__name__}: {error}") from error
    return tuple(dict.fromkeys(f"{warning.category.__name__}: {warning.message}" for warning in caught))
