"""Answers on record as the monitors read them: a stretch of time, bounded in cost, with labels as known at an instant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from trimtab.declare.arrow import ARROW
from trimtab.declare.days import offsets_at
from trimtab.declare.model import Label
from trimtab.declare.system import System
from trimtab.labels.history import LabelHistory, as_known
from trimtab.labels.join import Arm, JoinedLabels, join_labels
from trimtab.monitoring.counts import Floats, Integers
from trimtab.monitoring.observed import NEVER, Observed
from trimtab.ports import Engine, Ledger, Record
from trimtab.runtime import given_labels
from trimtab.runtime.history import REQUESTS, ROW, ROW_NUMBER, identity, registered
from trimtab.runtime.intake import facts_from
from trimtab.runtime.logged import Logged, decode
from trimtab.runtime.watching.accepted import columns_of, ready_at
from trimtab.sources.facts import Facts
from trimtab.training.matrix import FeatureMatrix, from_rows

Records = Callable[[int, int, int], Sequence[Record]]
"""The records made at since <= at < until: all of them, or about `most`, from places at even distances."""

MOST_ROWS = 100_000
"""Answers of one window that are read at most; of more, a sample."""


@dataclass(frozen=True)
class Served:
    """The answers on record: when the first was given, None without any, and those of a stretch of time."""

    first: int | None
    records: Records


FALLBACKS, ERASED, OTHERS = "answers of the fallback", "erased answers", "answers of other versions"
"""What is left out of a window, and counted."""

LATEST = 0.99
"""The share of requests whose labels are waited for, where some are asked long before their time."""


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers of one stretch of time: what monitors count, the requests (n,), and what was left out and why.

    asked (n,): the time that was asked for, or when it was answered where that is later. as_of (n,): when their features
    hold, which is neither later than the time that was asked for nor than the answer.
    """

    observed: Observed
    requests: tuple[Mapping[str, object], ...]
    asked: Integers
    as_of: Integers
    left_out: Mapping[str, int]

    @property
    def lead(self) -> int:
        """By how much requests come before the time that they ask for, microseconds; of nearly all."""
        ahead = self.asked - self.observed.at
        return int(np.quantile(ahead, LATEST, method="higher")) if len(ahead) else 0


def answers(
    records: Records, since: int, until: int, versions: Collection[str], names: Sequence[str], zone: str
) -> Answers:
    """The champion's answers in a stretch of time by any of these versions, in order of time."""
    kept, left_out = list[tuple[int, Logged]](), Counter[str]()
    for record in records(since, until, MOST_ROWS):
        logged = decode(record)
        if logged is None:
            left_out[ERASED] += 1
        elif logged.served != "champion" or not logged.features:
            left_out[FALLBACKS] += 1
        elif logged.version not in versions:
            left_out[OTHERS] += 1
        else:
            kept.append((record.at, logged))
    kept.sort(key=lambda pair: pair[0])
    return _answers(kept, names, zone, left_out)


def _answers(
    kept: Sequence[tuple[int, Logged]], names: Sequence[str], zone: str, left_out: Mapping[str, int]
) -> Answers:
    at = np.array([when for when, _ in kept], np.int64)
    rows = [[logged.features.get(name) for name in names] for _, logged in kept]
    matrix = from_rows(names, rows) if rows else FeatureMatrix(tuple(names), np.empty((0, len(names))), {})
    observed = Observed(
        at,
        columns_of(matrix),
        np.array([logged.score for _, logged in kept], np.float64),
        np.full(len(kept), np.nan),
        np.full(len(kept), NEVER),
        zone_offset=offsets_at(at, zone),
    )
    asked = np.maximum(np.array([logged.at for _, logged in kept], np.int64), at)
    as_of = np.array([logged.as_of for _, logged in kept], np.int64)
    return Answers(observed, tuple(logged.request for _, logged in kept), asked, as_of, dict(left_out))


class Labels:
    """Joins labels to answers by the rule of training sets; facts are read once, when the first label is asked for."""

    def __init__(self, system: System, ledger: Ledger, engine: Callable[[], Engine]) -> None:
        self._system, self._ledger, self._engine = system, ledger, engine
        self._open: tuple[Engine, Mapping[str, Facts]] | None = None

    def joined(self, found: Answers, now: int, classes: Sequence[str] | None) -> Observed:
        """The answers with their labels as known, and mature, just before `now`."""
        names = identity(self._system)
        if ROW_NUMBER in names or not len(found.observed):
            return found.observed
        joined = self._joined(found, names)
        history = joined.history
        value = _coded(history.value, joined.classes, classes)
        history = LabelHistory(history.row, history.known, value, history.matures_at, self._silence(classes))
        view = as_known(history, now)
        label = np.where(view.mature, view.value, np.nan)
        return replace(found.observed, label=label, label_at=np.where(view.mature, ready_at(history), NEVER))

    def close(self) -> None:
        """Let go of the engine."""
        if self._open is not None:
            self._open[0].close()

    def _joined(self, found: Answers, names: tuple[str, ...]) -> JoinedLabels:
        if self._open is None:
            engine = self._engine()
            self._open = engine, facts_from(self._ledger, self._system, engine)
        engine, facts = self._open
        kinds = facts[self._system.request.source.name].kinds
        columns = {
            name: pa.array([request.get(name) for request in found.requests], ARROW[kinds[name]])
            for name in names
        }
        columns[ROW] = pa.array(np.arange(len(found.requests), dtype=np.int64))
        engine.register(REQUESTS, pa.table(columns))
        label = self._system.model.label
        given = facts.get(given_labels.NAME)
        arms = [(source.name, value) for source, value in label.arms]
        arms += [] if given is None else [(given_labels.NAME, given_labels.VALUE)]
        # a class of silence may have no label among these rows; it is filled in with the version's own codes
        told = Label(dict(label.arms), matures_after=label.matures_after)
        tables = [Arm(registered(facts[name].source), facts[name].kinds, value, name) for name, value in arms]
        return join_labels(engine, told, tables, REQUESTS, names, found.asked)

    def _silence(self, classes: Sequence[str] | None) -> float:
        silence = self._system.model.label.silence
        if silence is None:
            return float("nan")
        if isinstance(silence, str):
            return float(classes.index(silence)) if classes and silence in classes else float("nan")
        return float(silence)


def _coded(value: Floats, given: Sequence[str] | None, known: Sequence[str] | None) -> Floats:
    """Codes into the given classes as codes into the known ones; NaN for a class that is not known."""
    if given is None or known is None:
        return value
    codes = {name: float(code) for code, name in enumerate(known)}
    table = np.array([codes.get(name, np.nan) for name in given], np.float64)
    return table[value.astype(np.int64)] if len(value) else value
