"""One rung: its settings searched on older rows, then tested once on later ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trimtab.evaluation.evaluated import Floats
from trimtab.metrics import Metric
from trimtab.ports import Blobs
from trimtab.runtime.clock import Stopwatch
from trimtab.runtime.evaluating.split import Split
from trimtab.runtime.evaluating.trainer import Trainer
from trimtab.runtime.tuning.ladder import Wanted
from trimtab.runtime.tuning.records import to_parquet
from trimtab.runtime.tuning.result import TunedRung
from trimtab.runtime.tuning.search import search, trained
from trimtab.runtime.tuning.written import written
from trimtab.stats import Bootstrap, Interval, unit_totals
from trimtab.training.predictor import Predictor

DRAWS = 2000


@dataclass(frozen=True, eq=False)
class Work:
    """What every rung reads: trainers for the search and for the test, how losses are taken, where records go."""

    outer: Trainer
    inner: Trainer
    metric: Metric
    blobs: Blobs

    def losses(self, split: Split, score: Floats) -> Floats:
        """The loss of each judging row (n,)."""
        label = split.label[split.judged]
        numbers = self.outer.recipe.task == "regression"
        return self.metric.losses(label if numbers else label.astype(np.int64), score)

    def difference(self, *losses: Floats) -> tuple[Interval, ...]:
        """The mean of each array of losses (n,) of the test rows, with its interval by day."""
        split = self.outer.split
        bootstrap = Bootstrap(seed=self.outer.history.system.seed, block=7, draws=DRAWS)
        totals = unit_totals(np.column_stack(losses), split.day[split.judged])
        return bootstrap.means(totals, units=self.metric.loss_unit)


@dataclass(frozen=True, eq=False)
class Model:
    """A predictor that the test asked: its scores of the test rows and their losses (n,)."""

    predictor: Predictor
    score: Floats
    losses: Floats


@dataclass(frozen=True, eq=False)
class Tested:
    """A rung with the models behind it: with the settings that it had, and with those that were found."""

    rung: TunedRung
    before: Model
    after: Model


def tuned_rung(work: Work, wanted: Wanted, budget: float) -> Tested:
    """Search the settings of one learner, and test what was found; raises LearnerError where it cannot be trained."""
    watch, inner, outer = Stopwatch(), work.inner, work.outer
    found = search(
        inner,
        wanted.learner,
        wanted.space,
        budget,
        lambda score: float(work.losses(inner.split, score).mean()),
        inner.seed(),
    )
    before = _model(work, wanted, {})
    after = _model(work, wanted, dict(found.settings)) if found.settings else before
    split = outer.split
    rows = to_parquet(outer.history, split.judged, split.label[split.judged], after.score)
    was, loss, gain = work.difference(before.losses, after.losses, before.losses - after.losses)
    rung = TunedRung(
        name=wanted.name,
        learner=type(wanted.learner).__name__,
        settings=found.settings,
        written=written(wanted.learner, found.settings),
        declared=found.declared,
        validation=found.loss,
        before=was,
        loss=loss,
        gain=gain,
        spent=found.spent,
        trials=found.trials,
        finished=found.finished,
        failed=found.failed,
        edges=found.edges,
        predictions=work.blobs.put(rows),
        cpu_seconds=watch.cpu_seconds,
    )
    return Tested(rung, before, after)


def _model(work: Work, wanted: Wanted, settings: dict[str, object]) -> Model:
    """Trained on all rows, as it will be where it serves: a gain on a part of them is often larger."""
    outer = work.outer
    predictor = trained(outer, wanted.learner, settings, outer.split.learned)
    score = outer.score(predictor, outer.split.judged)
    return Model(predictor, score, work.losses(outer.split, score))
