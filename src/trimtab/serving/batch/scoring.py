"""A chunk of requests to scores: time, features from the batch plan, the version's engine; no row is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trimtab.declare.features import Features
from trimtab.declare.system import System
from trimtab.errors import DataError, LearnerError
from trimtab.ports import Engine
from trimtab.runtime.history import AT, ROW, compute_features
from trimtab.serving.champion import Loaded
from trimtab.serving.engines.sample import python_rows
from trimtab.sources.facts import Facts, evaluate
from trimtab.sources.identity import SEQUENCE
from trimtab.training.matrix import FeatureMatrix, from_table

NO_TIME, FEATURES_FAILED, MODEL_FAILED = "no time", "features failed", "model failed"

FAILURES_AT_MOST = 20
"""Rows of one chunk whose features may fail before the whole run stops: so many are no accident of the data."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ScoredChunk:
    """What came of n rows: times in epoch microseconds, (n,) or (n, k) scores with NaN for none, and why.

    `features` has a row for each row with a time, whose places are `timed`.
    """

    at: pa.ChunkedArray
    as_of: pa.ChunkedArray
    scores: Floats
    problems: tuple[str | None, ...]
    features: pa.Table
    timed: NDArray[np.int64]


@dataclass(frozen=True)
class ChunkScorer:
    """Scores chunks with one version, as of each request's time, or as of `now` where that is still to come.

    `instant` is the time of every request where it is given. `facts` are registered with the engine.
    """

    system: System
    features: Features
    facts: Mapping[str, Facts]
    engine: Engine
    loaded: Loaded
    now: int
    instant: int | None = None

    def score(self, rows: pa.Table) -> ScoredChunk:
        """One score a row; raises TrimtabError where the declaration or many rows are at fault."""
        at = self._at(rows)
        as_of = pc.min_element_wise(at, pa.scalar(self.now, pa.int64()), skip_nulls=False)
        timed = np.flatnonzero(np.asarray(pc.is_valid(at)))
        asked = rows.append_column(AT, as_of).take(pa.array(timed))
        features, failed = self._features(asked, [])
        scores, refused = self._scores(features, failed, asked)
        problems: list[str | None] = [NO_TIME] * len(rows)
        for place, row in enumerate(timed.tolist()):
            problems[row] = FEATURES_FAILED if place in failed else MODEL_FAILED if place in refused else None
        whole = np.full((len(rows), *scores.shape[1:]), np.nan)
        whole[timed] = scores
        return ScoredChunk(at, as_of, whole, tuple(problems), features, timed)

    def _at(self, rows: pa.Table) -> pa.ChunkedArray:
        if self.instant is not None:
            return pa.chunked_array([pa.array(np.full(len(rows), self.instant))])
        numbered = rows.append_column(SEQUENCE, pa.array(np.arange(len(rows))))
        kinds = self.facts[self.system.request.source.name].kinds
        return evaluate(self.system.request.at, numbered, kinds, self.engine)

    def _features(self, asked: pa.Table, found: list[int], first: int = 0) -> tuple[pa.Table, set[int]]:
        """The features, and the places of rows for which they fail, found by halving; theirs are null."""
        numbered = asked.append_column(ROW, pa.array(np.arange(len(asked))))
        try:
            return compute_features(self.system, self.features, self.facts, numbered, self.engine), set()
        except (DataError, LearnerError) as error:
            if len(asked) > 1:
                return self._halves(asked, found, first, error)
            found.append(first)
            if len(found) > FAILURES_AT_MOST:
                raise
            return pa.table({name: pa.nulls(1) for name in self.features.names}), {first}

    def _halves(
        self, asked: pa.Table, found: list[int], first: int, error: DataError | LearnerError
    ) -> tuple[pa.Table, set[int]]:
        middle = len(asked) // 2
        one, failed = self._features(asked.slice(0, middle), found, first)
        other, also = self._features(asked.slice(middle), found, first + middle)
        try:
            return pa.concat_tables([one, other], promote_options="permissive"), failed | also
        except pa.ArrowException:  # a function that returns one kind here and another there
            raise error from None

    def _scores(self, features: pa.Table, failed: set[int], asked: pa.Table) -> tuple[Floats, set[int]]:
        """The scores, and the places of rows that the model refused; where anything failed, the fallback's."""
        matrix = from_table(features.select(list(self.loaded.chosen.scorer.names)))
        refused: set[int] = set()
        try:
            scores = self.loaded.chosen.scorer.many(matrix)
        except Exception:  # noqa: BLE001  # whatever a learner raises, the other rows get their answer
            scores, refused = self._one_by_one(matrix)
        replaced = sorted(failed | refused)
        rows = asked.drop_columns([AT]).take(pa.array(replaced, pa.int64())).to_pylist()
        scores = np.array(scores)  # an engine may hand out an array of its own
        for place, row in zip(replaced, rows, strict=True):
            scores[place] = self.loaded.fallback.score(row)
        return scores, refused

    def _one_by_one(self, matrix: FeatureMatrix) -> tuple[Floats, set[int]]:
        scores: list[Any] = []
        refused: set[int] = set()
        for place, values in enumerate(python_rows(matrix)):
            try:
                scores.append(self.loaded.chosen.scorer.one(values))
            except Exception:  # noqa: BLE001  # as above
                refused.add(place)
                scores.append(None)
        answered = next((score for score in scores if score is not None), self.loaded.fallback.prior)
        missing = np.full(np.shape(answered), np.nan)
        return np.array([missing if score is None else score for score in scores], np.float64), refused
