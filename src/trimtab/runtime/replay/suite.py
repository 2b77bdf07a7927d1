"""What the suite would have said of a candidate at the gate of a replay, with what was known at that instant."""

from __future__ import annotations

from dataclasses import dataclass, field

from trimtab.errors import DataError, LearnerError
from trimtab.evaluation.evaluated import Floats
from trimtab.finding import Finding
from trimtab.metrics import Metric
from trimtab.runtime.evaluating.split import Split
from trimtab.runtime.gate_suite import Shown, judges_groups, suite_findings
from trimtab.runtime.history import History
from trimtab.runtime.kept_fits import KeptFits
from trimtab.runtime.replay.service import Jobs, Results, covering
from trimtab.runtime.training import FitSpec, Serve
from trimtab.runtime.versions import Dump, container
from trimtab.training.fit import Fitted, Recipe


@dataclass(eq=False)
class ReplayedSuite:
    """What is declared of every version, held against the candidates of a replay.

    kept: where the fits lie that are asked. dump: how a model is stored, None where none is. `results` is filled by
    the caller as fits are made.
    """

    history: History
    recipe: Recipe
    metric: Metric
    kept: KeptFits | None
    dump: Dump | None
    results: Results
    latest: tuple[FitSpec, Shown] | None = field(default=None, init=False)

    def jobs(self, spec: FitSpec, at: int) -> Jobs:
        """The fit that judges groups at an instant: the recipe on older rows, which scores newer ones."""
        if not judges_groups(self.history.system, self.history.matrix.names):
            return {}
        try:
            split = self._shown(spec, at).split
        except DataError:
            return {}  # the findings will say so
        return {_older(split): (_judged(split),)}

    def findings(self, spec: FitSpec, at: int) -> tuple[Finding, ...]:
        """What is found of a candidate at an instant; nothing where nothing is declared."""
        return tuple(suite_findings(self._shown(spec, at)))

    def _shown(self, spec: FitSpec, at: int) -> Shown:
        """A candidate at an instant; the latest one is remembered, so that its rows are split once."""
        if self.latest is not None and (self.latest[0], self.latest[1].now) == (spec, at):
            return self.latest[1]
        shown = Shown(
            self.history,
            at,
            self.recipe,
            self.metric,
            predictor=lambda: self._fitted(spec).predictor,
            features=lambda _: self.history.matrix,
            stored=lambda: self._stored(spec),
            rehearse=self._rehearsed,
        )
        self.latest = spec, shown
        return shown

    def _fitted(self, spec: FitSpec) -> Fitted:
        made = None if self.kept is None else self.kept.get(spec)
        if made is None or made.fitted is None:
            raise LearnerError(
                "the model could not be kept, so that it cannot be asked",
                do="use a learner that can be pickled",
            )
        fitted: Fitted = made.fitted
        return fitted

    def _stored(self, spec: FitSpec) -> tuple[str, bytes]:
        if self.dump is None:
            raise LearnerError("this replay was not told how a model is stored")
        return self.dump(container(self._fitted(spec)))

    def _rehearsed(self, split: Split) -> Floats:
        result, rows = self.results[_older(split)], _judged(split)
        whole = covering(result, rows)
        if whole is None:
            raise LearnerError(f"its recipe could not be rehearsed: {result.problem}")
        return result.scores[whole][split.judged - whole.start]


def _older(split: Split) -> FitSpec:
    return FitSpec(split.as_of, split.chosen)


def _judged(split: Split) -> Serve:
    return Serve("online", int(split.judged[0]), int(split.judged[-1]) + 1)
