"""The figures of a live system for whoever watches it: counters and gauges by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from trimtab.ports import Clock
from trimtab.serving.answering import Answering
from trimtab.serving.champion import Champions
from trimtab.serving.committing import Committer
from trimtab.serving.service import Taken
from trimtab.serving.shadow_scores import ShadowScores

Labelled = Sequence[tuple[Mapping[str, str], float]]
Figure = tuple[str, str, str, Labelled]

_OPERATIONS = {
    "fallback_share": "Share of the answers of 24 hours that the fallback gave, of a sample.",
    "label_share": "Share of the requests matured in 24 hours that had a label then, of a sample.",
    "label_lag_seconds": "What 95 of 100 labels take at most from request to known.",
    "labels_pending": "Requests whose label is not due yet.",
    "shadow_dropped_share": "Share of the shadow scores of 24 hours that were dropped.",
    "shadow_failed_share": "Share of the shadow scores of 24 hours that the version could not give.",
    "shadow_late_seconds": "What 99 of 100 shadow scores take at most from the answer to the record.",
}
"""What was put on record last of `operations.figures_of`, by name without its prefix."""


def _by_outcome(scores: ShadowScores) -> Labelled:
    """Shadow scores by outcome; nothing where none was ever asked for."""
    if not scores.offered:
        return []
    counts = {
        "scored": scores.on_record - scores.failed,
        "failed": scores.failed,
        "dropped": scores.dropped,
    }
    return [({"outcome": outcome}, float(count)) for outcome, count in counts.items()]


class Tally:
    """What became of facts and labels since the start, by source."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()

    def took(self, source: str, taken: Taken) -> None:
        """Count one call."""
        self.counts[source, "accepted"] += taken.accepted
        self.counts[source, "repeated"] += taken.repeated
        self.counts[source, "refused"] += len(taken.refused)


class Figures:
    """Reads the parts of a live system.

    `parity` gives the latest sample on record, or None; `operations` the figures put on record last, or nothing.
    Both are asked on the thread that answers, so neither may gather anything.
    """

    def __init__(
        self,
        champions: Champions,
        answering: Answering,
        committer: Committer,
        tally: Tally,
        clock: Clock,
        parity: Callable[[], Mapping[str, Any] | None] = lambda: None,
        operations: Callable[[], Mapping[str, float]] = dict,
    ) -> None:
        self._champions, self._answering, self._committer = champions, answering, committer
        self._tally, self._clock, self._parity, self._operations = tally, clock, parity, operations

    def all(self) -> list[Figure]:
        """Every figure."""
        return [*self._predictions(), *self._model(), *self._log(), *self._checked(), *self._beside()]

    def _predictions(self) -> list[Figure]:
        served = [({"version": v, "served": s}, float(n)) for (v, s), n in self._answering.served.items()]
        failed = [({"reason": reason}, float(n)) for reason, n in self._answering.failures.items()]
        taken = [({"source": s, "outcome": o}, float(n)) for (s, o), n in self._tally.counts.items()]
        return [
            (
                "trimtab_predictions_total",
                "Predictions on record, by version and who answered.",
                "counter",
                served,
            ),
            (
                "trimtab_failures_total",
                "Features or models that failed; a fallback answered.",
                "counter",
                failed,
            ),
            ("trimtab_facts_total", "Facts and given labels by what became of them.", "counter", taken),
            (
                "trimtab_shadow_scores_total",
                "Scores that versions in shadow were to give, by what became of them.",
                "counter",
                _by_outcome(self._answering.shadowing.scores),
            ),
        ]

    def _model(self) -> list[Figure]:
        champion = self._champions.champion
        if champion is None:
            return []
        version = champion.version
        age = (self._clock.now() - version.as_of) / 1e6
        name = {"version": version.name}
        return [
            (
                "trimtab_champion_age_seconds",
                "Time since the champion's training data ends.",
                "gauge",
                [(name, age)],
            ),
            (
                "trimtab_champion_rows",
                "Rows that taught the champion.",
                "gauge",
                [(name, float(version.rows))],
            ),
        ]

    def _log(self) -> list[Figure]:
        committer = self._committer
        per_group = committer.records / committer.groups if committer.groups else 0.0
        return [
            (
                "trimtab_commit_seconds",
                "A commit of predictions, running mean.",
                "gauge",
                [({}, committer.seconds)],
            ),
            ("trimtab_commit_records", "Predictions in one commit, mean.", "gauge", [({}, per_group)]),
            (
                "trimtab_commit_waiting",
                "Callers that wait for the disk.",
                "gauge",
                [({}, float(committer.waiting))],
            ),
        ]

    def _checked(self) -> list[Figure]:
        latest = self._parity()
        if latest is None:
            return []
        checked, mismatches = float(latest["values"]), float(latest["differing"])
        return [
            (
                "trimtab_parity_values",
                "Served features checked against batch in the last sample.",
                "gauge",
                [({}, checked)],
            ),
            (
                "trimtab_parity_mismatches",
                "Of these, how many differ; should be 0.",
                "gauge",
                [({}, mismatches)],
            ),
        ]

    def _beside(self) -> list[Figure]:
        noted = self._operations()
        return [
            (f"trimtab_{name}", about, "gauge", [({}, float(noted[name]))])
            for name, about in _OPERATIONS.items()
            if name in noted
        ]
