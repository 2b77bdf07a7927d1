"""What an answer takes: time for one row, bytes on disk, memory in a process of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from trimtab.errors import LearnerError, TrimtabError
from trimtab.evaluation.contracts import reloaded
from trimtab.finding import Fact, Finding, Severity
from trimtab.runtime.clock import Stopwatch
from trimtab.runtime.evaluating.clean import Elsewhere, measure_elsewhere
from trimtab.runtime.evaluating.trainer import Trainer, evenly
from trimtab.runtime.versions import ChooseEngine, Dump, container
from trimtab.training.fit import Fitted
from trimtab.training.predictor import Predictor

ROWS_ELSEWHERE = 500
ROWS_OF_AN_ENGINE = 5_000
"""Learned rows from which the sample is drawn that an engine must agree on."""

MEGABYTE = 1_000_000
"""Two processes that do the same differ by less."""

ROUNDS, LOOK_UPS = 9, 200
"""How often, and with how many look-ups, a table of answers is timed."""


@dataclass(frozen=True, eq=False)
class Footprint:
    """Microseconds for one row in the engine that serves it or would, stored bytes, and what a process took for it.

    None is not measured; `problem` says why no process could answer.
    """

    microseconds: float | None = None
    size: int | None = None
    there: Elsewhere | None = None
    problem: str = ""

    @property
    def memory(self) -> int | None:
        """The bytes that the model and its library take at most, to whole megabytes; None where it is not known."""
        taken = None if self.there is None else self.there.model_bytes
        return None if taken is None else round(taken / MEGABYTE) * MEGABYTE


def model_footprint(
    trainer: Trainer,
    predictor: Predictor,
    dump: Dump | None,
    choose: ChooseEngine | None,
    told: Mapping[str, Any] | None = None,
    *,
    elsewhere: bool = True,
) -> Footprint:
    """What a model takes; `told` is the provenance of a stored version, whose engine was timed when it was trained.

    `elsewhere` measures the memory, which takes a new process.
    """
    provenance = told or {}
    known = "microseconds" in provenance
    row = provenance["microseconds"] if known else _microseconds(trainer, predictor, choose)
    if dump is None:
        return Footprint(row)
    try:
        form, content = dump(container(Fitted(predictor, 0, 0.0, ())))
    except TrimtabError as error:
        return Footprint(row, problem=str(error))
    if not elsewhere:
        return Footprint(row, len(content))
    rows = trainer.split.judged[:ROWS_ELSEWHERE]
    try:
        there = measure_elsewhere(form, content, trainer.history.matrix.take(rows))
    except TrimtabError as error:
        return Footprint(row, len(content), problem=str(error))
    return Footprint(row, len(content), there)


def _microseconds(trainer: Trainer, predictor: Predictor, choose: ChooseEngine | None) -> float | None:
    """One row in the engine that would be chosen now; None where none agrees with the learner."""
    if choose is None:
        return None
    rows = evenly(trainer.split.learned, ROWS_OF_AN_ENGINE)
    try:
        return choose(predictor, trainer.history.matrix.take(rows), trainer.seed()).microseconds
    except LearnerError:
        return None


def table_footprint(answers: Mapping[str, Any]) -> Footprint:
    """What a rule takes: the bytes of its table as JSON, and the time of a look-up to a tenth of a microsecond.

    >>> table_footprint({"null": 0.2}).size
    13
    """
    size = len(json.dumps(dict(answers)).encode())
    keys = list(answers) or [""]
    asked = [keys[place % len(keys)] for place in range(LOOK_UPS)]
    rounds: list[float] = []
    for _ in range(ROUNDS):
        watch = Stopwatch()
        for key in asked:
            answers.get(key)
        rounds.append(1e6 * watch.seconds / LOOK_UPS)
    # the median, for another process may have had the processor in between
    return Footprint(round(median(rounds), 1), size)


def reload_finding(trainer: Trainer, predictor: Predictor, stored: Footprint) -> Finding:
    """Whether the stored bytes answer in a new process as the model does here."""
    if stored.there is None:
        what = "the stored model was not tried in a clean process"
        return Finding(what, Severity.NOT_RUN, cause=stored.problem)
    return reloaded(trainer.score(predictor, trainer.split.judged[:ROWS_ELSEWHERE]), stored.there.scores)


def footprint_finding(alone: float, stored: Footprint) -> Finding:
    """What one row takes (microseconds in the learner's own library, and in the engine that serves), and the memory.

    >>> print(footprint_finding(900.0, Footprint(12.0, 2048)).what)
    one row takes 900 µs in its own library, 12 µs in the engine that serves it; 2,048 bytes stored
    """
    engine = stored.microseconds
    served = "" if engine is None else f", {engine:,.0f} µs in the engine that serves it"
    size = "not stored" if stored.size is None else f"{stored.size:,} bytes stored"
    return Finding(
        f"one row takes {alone:,.0f} µs in its own library{served}; {size}{_memory(stored.memory)}",
        Severity.INFO,
        estimate=alone if engine is None else engine,
        evidence=_evidence(stored.there),
    )


def _memory(taken: int | None) -> str:
    return "" if taken is None else f", at most {taken / 1e6:,.0f} MB of memory for it and its library"


def _evidence(there: Elsewhere | None) -> tuple[Fact, ...]:
    if there is None:
        return ()
    told = (
        ("a process of its own, before the model", there.before),
        ("its peak after one prediction", there.one_row),
        (f"its peak after {len(there.scores):,} predictions", there.all_rows),
    )
    return tuple((name, f"{held / 1e6:,.1f} MB") for name, held in told if held is not None)
