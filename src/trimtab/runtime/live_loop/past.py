"""The past as the loop judges by it: every request with its features and labels as known now, loaded once a turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.declare.days import day_numbers
from trimtab.errors import LearnerError
from trimtab.evaluation.scored import Scored, money
from trimtab.labels.history import LabelView, as_known
from trimtab.metrics import Metric, default_metric, fit_prior
from trimtab.runtime.history import History, assemble, identity
from trimtab.runtime.intake import facts_from
from trimtab.runtime.live_loop.keeping import as_served
from trimtab.runtime.live_loop.means import Means
from trimtab.runtime.served import served_requests
from trimtab.runtime.training_set import Version
from trimtab.runtime.versions import load_version
from trimtab.training.fit import Recipe
from trimtab.training.matrix import FeatureMatrix
from trimtab.training.predictor import Predictor
from trimtab.training.task import make_recipe

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


def load_history(means: Means) -> History:
    """A system's past as its record holds it, with the requests that were answered live."""
    system, ledger, engine = means.system, means.ledger, means.engine()
    try:
        facts = facts_from(ledger, system, engine)
        kinds = facts[system.request.source.name].kinds
        return assemble(system, facts, engine, served_requests(ledger, identity(system), kinds))
    finally:
        engine.close()


@dataclass(eq=False)
class Past:
    """A system's past as known just before `now`; nothing is read before it is asked for."""

    means: Means
    now: int
    loaded: dict[str, Predictor] = field(default_factory=dict)

    @cached_property
    def history(self) -> History:
        """Requests, features and labels."""
        return load_history(self.means)

    @cached_property
    def kept(self) -> FeatureMatrix:
        """The features with those that are not declared any more and that versions in use learned."""
        served = as_served(self.means.system, self.means.ledger)
        return load_history(replace(self.means, system=served)).matrix

    @cached_property
    def view(self) -> LabelView:
        """Every label as known now."""
        return as_known(self.history.labels.history, self.now)

    @property
    def at(self) -> NDArray[np.int64]:
        """When each request was asked, ascending."""
        return self.history.requests.at

    @cached_property
    def day(self) -> NDArray[np.int64]:
        """The local day of each request."""
        return day_numbers(self.at, self.means.system.zone)

    @cached_property
    def recipe(self) -> Recipe:
        """How the present declaration learns."""
        labels = self.history.labels
        return make_recipe(self.means.system.model, labels.kind, labels.classes, labels.history.value)

    @cached_property
    def metric(self) -> Metric:
        """The loss that is compared, one for each row."""
        metric = self.means.system.model.metric
        if metric is None or metric.per_row is None:
            return default_metric(self.recipe.task)
        return metric

    @cached_property
    def places(self) -> dict[tuple[Any, ...], int]:
        """The row of each request by its identity."""
        names = identity(self.means.system)
        table = self.history.requests.table
        if not set(names) <= set(table.column_names):
            return {}
        columns = (table[name].to_pylist() for name in names)
        return {who: row for row, who in enumerate(zip(*columns, strict=True))}

    def losses(self, rows: Rows, score: Floats) -> Floats:
        """The loss of each of some mature rows under scores."""
        return self._scored(rows).losses_of(self.metric, score)

    def money(self, rows: Rows, score: Floats) -> Floats | None:
        """What each of some mature rows cost under scores, None where the stakes price no outcome."""
        stakes = self.means.system.stakes
        return None if stakes is None else money(self._scored(rows), score, stakes, self.recipe.task)

    def constant(self, rows: Rows) -> Floats:
        """The loss of each row under the best constant answer to these very rows."""
        classes = self.recipe.class_count if self.recipe.task == "multiclass" else None
        answers = self._scored(rows).answers(self.metric)
        prior = fit_prior(answers, self.recipe.task, classes=classes, quantile=self.metric.quantile)
        return self._scored(rows).losses_of(self.metric, prior.predict(len(rows)))

    def predictor(self, version: Version) -> Predictor:
        """A stored version; raises ArtifactError when it cannot be loaded."""
        if version.name not in self.loaded:
            self.loaded[version.name] = load_version(version, self.means.blobs, self.means.load)
        return self.loaded[version.name]

    def features(self, predictor: Predictor) -> FeatureMatrix:
        """All requests with what a version reads; raises LearnerError where it reads features that are gone."""
        names = predictor.encoder.names
        matrix = self.history.matrix if set(names) <= set(self.history.matrix.names) else self.kept
        gone = [name for name in names if name not in matrix.names]
        if gone:
            raise LearnerError("the version reads features that are not declared any more", found=gone)
        return matrix

    def score(self, predictor: Predictor, rows: Rows) -> Floats:
        """The scores of some rows; raises LearnerError, also where the version reads features that are gone."""
        return predictor.score(self.features(predictor).take(rows).only(predictor.encoder.names))

    def mature(self, since: int, until: int) -> Rows:
        """The rows asked in [since, until) whose label is mature."""
        start, stop = np.searchsorted(self.at, [since, until])
        return np.arange(start, stop)[self.view.mature[start:stop]]

    def slices(self, rows: Rows, names: Sequence[str]) -> dict[str, NDArray[np.bool_]]:
        """Which of the rows belong to each value of some features, by "feature=value"."""
        matrix = self.history.matrix
        found = {}
        for name in names:
            column = matrix.values[rows, matrix.names.index(name)]
            words = matrix.dictionaries.get(name)
            for value in np.unique(column[~np.isnan(column)]):
                shown = words[int(value)] if words is not None else f"{value:g}"
                found[f"{name}={shown}"] = column == value
        return found

    def _scored(self, rows: Rows) -> Scored:
        return Scored(self.view.value[rows], self.day[rows], self.at[rows], {})
