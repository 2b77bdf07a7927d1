"""How each feature moved one score: by the learner's own account where it gives one, else by Shapley values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from trimtab.errors import TrimtabError
from trimtab.evaluation.attribution import ENUMERATED_AT_MOST, Shapley, shapley
from trimtab.runtime.explaining.margins import margins
from trimtab.training.matrix import FeatureMatrix
from trimtab.training.predictor import Predictor

BACKGROUND_ROWS = 100
"""Accepted training rows that a score is compared with, evenly spaced."""

Scale = Literal["log-odds", "probability", "units of the label"]


@dataclass(frozen=True)
class Contribution:
    """What one feature adds to the score, on the scale of the attributions, with the standard error of sampling."""

    feature: str
    amount: float
    error: float = 0.0


@dataclass(frozen=True)
class Attributions:
    """The parts of one score: the base and the contributions add up to `total`, which is the score on this scale.

    The largest contribution stands first. `background` is how many rows the base is the mean of; 0 where it is the
    learner's own. `of` names the class that is explained, where there are several.
    """

    method: str
    scale: Scale
    base: float
    total: float
    contributions: tuple[Contribution, ...]
    background: int
    of: str | None = None

    @property
    def error(self) -> float:
        """The largest standard error of a contribution; 0 where they are exact."""
        return max((each.error for each in self.contributions), default=0.0)


def attribute(
    predictor: Predictor, row: FeatureMatrix, background: FeatureMatrix | None, classes: tuple[str, ...] = ()
) -> Attributions:
    """The parts of the score of one row, of its likeliest class where there are several, against accepted training rows.

    Raises LearnerError when the predictor refuses the row, TrimtabError when there is nothing to compare it with.
    """
    some = None if background is None else _evenly(background)
    with threadpool_limits(1):
        own = margins(predictor, row, some)
        if own is not None:
            return _own(predictor, own, some)
        if some is None or not len(some):
            raise TrimtabError(
                "there is no row to compare this one with",
                found="a version that kept no accepted rows",
                do="train a version on more history, or use a learner that explains itself (LightGBM, XGBoost, CatBoost)",
            )
        return _by_moving(predictor, row, some, classes)


def _own(predictor: Predictor, found: Shapley, background: FeatureMatrix | None) -> Attributions:
    booster = predictor.family in {"lightgbm", "xgboost", "catboost"}
    method = f"TreeSHAP by {predictor.family}, exact" if booster else "coefficient times deviation, exact"
    rows = 0 if booster or background is None else len(background)
    scale: Scale = "units of the label" if predictor.task == "regression" else "log-odds"
    return _told(method, scale, found, predictor.encoder.names, rows)


def _by_moving(
    predictor: Predictor, row: FeatureMatrix, background: FeatureMatrix, named: tuple[str, ...]
) -> Attributions:
    names = predictor.encoder.names
    joined = _same_words(row.only(names), background.only(names))
    classes = predictor.score(row)
    place = int(classes[0].argmax()) if classes.ndim == 2 else None

    def score(values: NDArray[np.float64]) -> NDArray[np.float64]:
        found = predictor.score(replace(joined, values=values))
        return found if place is None else found[:, place]

    found = shapley(score, joined.values[0], joined.values[1:])
    exact = "exact, every subset" if len(names) <= ENUMERATED_AT_MOST else "sampled"
    scale: Scale = "units of the label" if predictor.task == "regression" else "probability"
    told = _told(f"Shapley values, {exact}", scale, found, names, len(background))
    if place is None:
        return told
    return replace(told, of=named[place] if place < len(named) else f"class {place}")


def _told(method: str, scale: Scale, found: Shapley, names: tuple[str, ...], rows: int) -> Attributions:
    parts = [
        Contribution(name, float(amount), float(error))
        for name, amount, error in zip(names, found.amounts, found.errors, strict=True)
    ]
    parts.sort(key=lambda each: -abs(each.amount))
    return Attributions(method, scale, found.base, found.total, tuple(parts), rows)


def _evenly(rows: FeatureMatrix) -> FeatureMatrix:
    if len(rows) <= BACKGROUND_ROWS:
        return rows
    return rows.take(np.linspace(0, len(rows) - 1, BACKGROUND_ROWS).astype(np.int64))


def _same_words(row: FeatureMatrix, background: FeatureMatrix) -> FeatureMatrix:
    """The row and then the background as one matrix, texts of both as codes into one dictionary a column."""
    values = np.concatenate([row.values, background.values])
    words = {}
    for place, name in enumerate(row.names):
        mine, theirs = row.dictionaries.get(name, ()), background.dictionaries.get(name, ())
        if mine or theirs:
            known = tuple(sorted({*mine, *theirs}))
            words[name] = known
            values[:1, place] = _recoded(values[:1, place], mine, known)
            values[1:, place] = _recoded(values[1:, place], theirs, known)
    return FeatureMatrix(row.names, values, words)


def _recoded(
    codes: NDArray[np.float64], words: tuple[str, ...], known: tuple[str, ...]
) -> NDArray[np.float64]:
    place = np.array([float(known.index(word)) for word in words] + [np.nan])
    return place[np.where(np.isnan(codes), len(words), codes).astype(np.int64)]
