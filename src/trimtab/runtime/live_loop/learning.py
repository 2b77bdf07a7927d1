"""A live training in the declared manner: the version that answered when it was ordered is continued, or a fit is made anew.

Everything is read from the record as it stood when the training was ordered, so that a training that was cut off ends as
it would have ended. What decided is kept with the version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.declare.days import day_numbers
from trimtab.errors import ArtifactError, LearnerError
from trimtab.labels.history import LabelHistory
from trimtab.metrics import default_metric
from trimtab.ports import Blobs, Ledger
from trimtab.retrain.windows import selection
from trimtab.runtime.history import History
from trimtab.runtime.learning import Before, Learned, Learning, Raced, losses_by, race_numbers
from trimtab.runtime.live_loop.carrying import VERSIONS, stored_versions
from trimtab.runtime.live_loop.gathering import recipe_of
from trimtab.runtime.live_loop.journal import DECIDED, HEARD, LOOP
from trimtab.runtime.live_loop.routes import ACTIVATED
from trimtab.runtime.loop import Train
from trimtab.runtime.racing import Heat
from trimtab.runtime.training import FitResult, FitSpec, run_family
from trimtab.runtime.training_set import Version
from trimtab.runtime.versions import ChooseEngine, Dump, Parent, chain_of, load_version, train_version
from trimtab.stats import UnitTotals
from trimtab.training.fit import Fitted, Recipe
from trimtab.training.matrix import FeatureMatrix
from trimtab.training.predictor import Predictor
from trimtab.training.task import make_recipe

Load = Callable[[str, bytes], Any]


@dataclass(frozen=True)
class Keeping:
    """Where versions are kept: the record, their bytes, and how these are written and read."""

    ledger: Ledger
    blobs: Blobs
    dump: Dump
    load: Load


def learn(history: History, order: Train, keeping: Keeping, choose: ChooseEngine | None = None) -> Version:
    """Train, store and record the ordered version in the declared manner; an update that fails is made from scratch.

    Raises LearnerError when a fit from scratch fails too.
    """

    def made(parent: Parent | None, learned: Learned | None) -> Version:
        told = None if learned is None else _told(history, learned)
        return train_version(
            history,
            order.as_of,
            keeping.ledger,
            keeping.blobs,
            keeping.dump,
            choose,
            parent,
            name=order.version,
            learning=told,
        )

    if not history.system.retrain.continues:
        return made(None, None)
    past = _Past(history, order, keeping)
    learned = past.decided()
    manner = learned.spec.manner
    if learned.spec.parent is None or manner is None:
        return made(None, learned)
    try:
        version, predictor = past.loaded[learned.spec.parent]
        return made(Parent(version, predictor, manner), learned)
    except LearnerError as problem:
        return made(None, learned.from_scratch(str(problem)))


@dataclass(frozen=True)
class _InMemory:
    """A history as the inputs of fits."""

    history: History

    def matrix(self, name: str) -> FeatureMatrix:  # noqa: ARG002  # there is one matrix
        return self.history.matrix

    def at(self) -> NDArray[np.int64]:
        return self.history.requests.at

    def labels(self) -> LabelHistory:
        return self.history.labels.history


@dataclass(eq=False)
class _Past:
    """What the record held when a training was ordered."""

    history: History
    order: Train
    keeping: Keeping
    loaded: dict[FitSpec, tuple[Version, Predictor]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.stored = stored_versions(self.keeping.ledger)

    def decided(self) -> Learned:
        """How the training learns."""
        labels, system = self.history.labels, self.history.system
        recipe = make_recipe(system.model, labels.kind, labels.classes, labels.history.value)
        scratch = FitSpec(self.order.as_of, selection(system.retrain.window, self.order.as_of))
        steps = self._learning(recipe).steps(scratch, self._before())
        try:
            jobs = next(steps)
            while True:
                known = {spec: _fitted(predictor) for spec, (_, predictor) in self.loaded.items()}
                results = run_family(_InMemory(self.history), recipe, jobs, system.seed, known=known)
                jobs = steps.send(_by_spec(results))
        except StopIteration as stop:
            learned: Learned = stop.value
            return learned

    def _learning(self, recipe: Recipe) -> Learning:
        system, metric = self.history.system, self.history.system.model.metric
        if metric is None or metric.per_row is None:
            metric = default_metric(recipe.task)
        day = day_numbers(self.history.requests.at, system.zone)
        inputs = _InMemory(self.history)
        return Learning(system.retrain, recipe.learner, inputs, losses_by(metric), day, system.seed)

    def _before(self) -> Before | None:
        name = champion_when_ordered(self.keeping.ledger, self.order.version)
        spec = self._spec(name)
        if name is None or spec is None:
            return None
        return Before(name, spec, chain_of(self.stored[name]), self._answered, tuple(self._heats()))

    def _spec(self, name: str | None) -> FitSpec | None:
        """The fit of a version of the same recipe, loaded; None where there is none that could be continued."""
        version = self.stored.get(name or "")
        if version is None or recipe_of(version.provenance) != self.order.recipe:
            return None
        spec = FitSpec(version.as_of, selection(self.history.system.retrain.window, version.as_of))
        if spec not in self.loaded:
            try:
                self.loaded[spec] = (version, load_version(version, self.keeping.blobs, self.keeping.load))
            except ArtifactError:
                return None
        return spec

    def _answered(self, at: int) -> FitSpec | None:
        events = self.keeping.ledger.read_events(VERSIONS)
        names = [event.subject for event in events if event.kind == ACTIVATED and event.at < at]
        return self._spec(names[-1]) if names else None

    def _heats(self) -> Iterator[Heat]:
        """What earlier races of the same recipe showed."""
        for version in self.stored.values():
            same = recipe_of(version.provenance) == self.order.recipe
            race = version.provenance.get("learning", {}).get("race")
            if same and race and race["days"] and version.as_of < self.order.as_of:
                day, continued, scratch, count = map(np.asarray, zip(*race["days"], strict=True))
                yield Heat(UnitTotals(day, continued, count), UnitTotals(day, scratch, count))


def champion_when_ordered(ledger: Ledger, version: str) -> str | None:
    """Who answered when the loop ordered a version, by its own memory; None where it ordered no such version."""
    champion, found = None, None
    for event in ledger.read_events(LOOP):
        if event.kind == HEARD:
            champion = event.body["state"]["champion"]
        elif event.kind == DECIDED and (event.subject, event.body["kind"]) == (version, "train"):
            found = champion
    return found


def _by_spec(results: list[FitResult]) -> dict[FitSpec, FitResult]:
    return {result.spec: result for result in results}


def _fitted(predictor: Predictor) -> Fitted:
    return Fitted(predictor, 0, 0.0, ())


def _told(history: History, learned: Learned) -> dict[str, Any]:
    """What a version keeps of how it was decided to learn."""
    raced = None if learned.raced is None else _race(learned.raced)
    return {"manner": history.system.retrain.manner, "reason": learned.reason, "race": raced}


def _race(raced: Raced) -> Mapping[str, Any]:
    result, heat = raced.result, raced.heat
    days = [] if heat is None else [heat.continued.unit, heat.continued.sums, heat.scratch.sums]
    columns = [] if heat is None else [*days, heat.continued.counts]
    return {
        **race_numbers(raced),
        "keeps_up": result.keeps_up,
        "reason": result.reason,
        "saves": result.saves,
        "cpu_seconds": [result.continued_cpu_seconds, result.scratch_cpu_seconds],
        "days": [list(day) for day in zip(*(column.tolist() for column in columns), strict=True)],
    }
