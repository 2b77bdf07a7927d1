"""The columns of a batch's output: who was asked, when, the score, the decision, and everything to trace them by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trimtab.declare.kinds import Kind
from trimtab.declare.system import System
from trimtab.features.gather import in_order
from trimtab.runtime.history import identity
from trimtab.serving.batch.ports import Counts
from trimtab.serving.batch.scoring import ScoredChunk
from trimtab.serving.champion import Loaded

OWN = ("at", "score", "decision", "version", "as_of", "problem")
_INSTANT = pa.timestamp("us", "UTC")


@dataclass(frozen=True)
class Layout:
    """What is told of each row; `kinds` are those of the requests' columns, `features` adds the features' values."""

    system: System
    kinds: Mapping[str, Kind]
    loaded: Loaded
    features: bool

    def table(self, rows: pa.Table, scored: ScoredChunk, first: int) -> pa.Table:
        """The output for a chunk whose first row has the number `first`; the same rows in the same order."""
        columns = {self._named(name): self._identity(rows, name, first) for name in identity(self.system)}
        columns["at"] = pc.cast(scored.at, _INSTANT)
        columns |= self._scores(scored)
        columns["version"] = pa.array([self.loaded.version.name] * len(rows), pa.string())
        columns["as_of"] = pc.cast(scored.as_of, _INSTANT)
        columns["problem"] = pa.array(scored.problems, pa.string())
        if self.features:
            aligned = in_order(pa.array(scored.timed), scored.features, len(rows))
            columns |= {f"feature_{name}": aligned[name] for name in aligned.column_names}
        return pa.table(columns)

    def _named(self, name: str) -> str:
        return f"request_{name}" if name in OWN else name

    def _identity(self, rows: pa.Table, name: str, first: int) -> Any:
        if name not in rows.column_names:  # rows without an id are told apart by their place
            return pa.array(np.arange(first, first + len(rows)))
        return pc.cast(rows[name], _INSTANT) if self.kinds[name] is Kind.TIMESTAMP else rows[name]

    def _scores(self, scored: ScoredChunk) -> dict[str, Any]:
        if scored.scores.ndim > 1:
            count = scored.scores.shape[1]
            classes = self.loaded.version.provenance.get("classes") or range(count)
            return {f"score_{name}": _nullable(scored.scores[:, i]) for i, name in enumerate(classes)}
        score = _nullable(scored.scores)
        threshold = self._threshold()
        return {"score": score} | (
            {} if threshold is None else {"decision": pc.greater_equal(score, threshold)}
        )

    def _threshold(self) -> float | None:
        yes_or_no = self.loaded.version.provenance.get("task") == "binary"
        return self.system.threshold if yes_or_no else None


def _nullable(scores: Any) -> pa.Array:
    return pa.array(scores, mask=np.isnan(scores))


def counts_of(scored: ScoredChunk, now: int) -> Counts:
    """How many rows there were, have a score, ask about a time to come, and had which problem."""
    missing: NDArray[np.bool_] = np.isnan(scored.scores)
    without = missing if missing.ndim == 1 else np.asarray(missing.any(axis=1))
    ahead = pc.sum(pc.greater(scored.at, now)).as_py() or 0
    problems = Counter(problem for problem in scored.problems if problem is not None)
    return {"rows": len(without), "scored": int((~without).sum()), "ahead": ahead, **problems}
