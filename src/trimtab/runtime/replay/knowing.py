"""What the policies of a replay may know: labels as they mature, their releases, how they continue, kept fits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trimtab.declare.policy import Policy
from trimtab.declare.system import System
from trimtab.retrain.windows import selection
from trimtab.runtime.gate_suite import reads_predictor
from trimtab.runtime.history import History
from trimtab.runtime.kept_fits import KeptFits
from trimtab.runtime.learning import Learning, losses_by
from trimtab.runtime.replay.daily import Answers
from trimtab.runtime.replay.evaluation import (
    Judge,
)
from trimtab.runtime.replay.examining import ReleaseExaminer
from trimtab.runtime.replay.maturing import maturing
from trimtab.runtime.replay.paired import Slices
from trimtab.runtime.replay.period import Period
from trimtab.runtime.replay.policies import OWN, SCRATCH
from trimtab.runtime.replay.service import Examiners, Results
from trimtab.runtime.replay.suite import ReplayedSuite
from trimtab.runtime.training import FitSpec, Inputs
from trimtab.training.fit import Recipe


def answers_of(history: History, period: Period, judge: Judge, recipe: Recipe) -> Answers:
    """What triggers that read scores may know: labels as they matured, judged as the replay judges."""
    return Answers(
        at=judge.at,
        day=judge.day,
        ticks=np.asarray(period.ticks),
        maturing=maturing(history.labels.history, period.ticks),
        period=period.rows,
        metric=judge.metric,
        task=judge.task,
        classes=recipe.class_count,
        stakes=judge.stakes,
    )


def examiners_of(
    history: History,
    answers: Answers,
    policies: Sequence[Policy],
    suite: Callable[[Results], ReplayedSuite],
) -> Examiners:
    """The system's own policy has to earn its traffic as declared; named ones serve whatever could be trained.

    What the own one would be from scratch has to earn it too, so that nothing but the manner tells them apart.
    """
    system, slices = history.system, _slices(history)

    def examiner(policy: Policy, results: Results) -> ReleaseExaminer:
        return ReleaseExaminer(
            answers,
            policy,
            system.release,
            system.model.label.matures_after.microseconds,
            results,
            slices,
            feedback=system.feedback,
            suite=suite(results),
        )

    return {policy.name: partial(examiner, policy) for policy in policies if policy.name in {OWN, SCRATCH}}


def learnings_of(
    policies: Sequence[Policy], recipe: Recipe, inputs: Inputs, judge: Judge
) -> dict[str, Learning]:
    """How the policies that continue versions decide that, by name."""
    losses = losses_by(judge.metric)
    return {
        policy.name: Learning(policy.retrain, recipe.learner, inputs, losses, judge.day, judge.seed)
        for policy in policies
        if policy.retrain.continues
    }


def kept_fits(
    system: System, policies: Sequence[Policy], folder: Path
) -> tuple[KeptFits | None, Callable[[FitSpec], bool] | None]:
    """Where fits are kept and which: all where some are continued, else candidates that a gate has to ask."""
    kept = KeptFits(str(folder))
    if any(policy.retrain.continues for policy in policies):
        return kept, None
    windows = [policy.retrain.window for policy in policies if policy.name == OWN]
    if not windows or not reads_predictor(system):
        return None, None
    return kept, lambda spec: spec.selection == selection(windows[0], spec.as_of)


def _slices(history: History) -> tuple[Slices, ...]:
    """The declared slices that the request itself names."""
    table = history.requests.table
    found = []
    for column in history.system.watch.slices:
        if column in table.column_names:
            encoded = pc.dictionary_encode(table[column].cast(pa.string()).combine_chunks())
            codes = np.asarray(pc.fill_null(encoded.indices, -1)).astype(np.int64)
            found.append(Slices(column, tuple(encoded.dictionary.to_pylist()), codes))
    return tuple(found)
