"""A replay's record: every version, decision and measurement, appended to a ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from trimtab.metrics.rows import score_columns
from trimtab.ports import Event, Ledger
from trimtab.runtime.history import History
from trimtab.runtime.history import identity as identity_columns
from trimtab.runtime.replay.evaluation import Judge, Results
from trimtab.runtime.replay.period import Span
from trimtab.runtime.replay.result import Replay
from trimtab.runtime.replay.service import scores_of, spans
from trimtab.runtime.replay.timeline import Timeline
from trimtab.runtime.training import FitResult, FitSpec


def record(
    ledger: Ledger, done: Replay, timelines: Sequence[Timeline], results: Mapping[FitSpec, FitResult]
) -> None:
    """Append what was decided, with which versions, and how each policy did."""
    for timeline in timelines:
        ledger.append_events("versions", list(_versions(timeline, results)))
        ledger.append_events("decisions", list(_decisions(timeline)))
    ledger.append_events("measurements", list(_measurements(done)))


def record_served(
    ledger: Ledger, history: History, judge: Judge, timeline: Timeline, results: Results, rows: Span
) -> None:
    """Append the predictions of one policy's versions and the labels that came, one row a request."""
    at = judge.at[rows.start : rows.stop]
    identity = history.requests.table.select(list(identity_columns(history.system))).slice(
        rows.start, len(rows)
    )
    stamp = int(at[-1])
    version = np.full(len(rows), "", dtype=object)
    names = {spec: name for name, spec in timeline.trained}
    for spec, span in spans(timeline, judge.at, rows):
        version[span.start - rows.start : span.stop - rows.start] = names[spec]
    scores = scores_of(timeline, results, judge.at, rows)
    columns = score_columns(scores)
    predictions = identity.append_column("at", pa.array(at)).append_column(
        "version", pa.array(version, pa.string())
    )
    for place in range(columns.shape[1]):
        name = "score" if columns.shape[1] == 1 else f"score_{place}"
        predictions = predictions.append_column(name, pa.array(columns[:, place]))
    subject = identity.column_names[0]
    ledger.append_rows("predictions", predictions, at=stamp, subject=subject)
    ledger.append_rows("labels", _labels(history, identity, rows), at=stamp, subject=subject)


def _labels(history: History, identity: pa.Table, rows: Span) -> pa.Table:
    labels = history.labels.history
    inside = (labels.row >= rows.start) & (labels.row < rows.stop)
    named = identity.take(pa.array(labels.row[inside] - rows.start))
    named = named.append_column("known", pa.array(labels.known[inside]))
    return named.append_column("value", pa.array(labels.value[inside]))


def _versions(timeline: Timeline, results: Mapping[FitSpec, FitResult]) -> Iterator[Event]:
    names = {spec: version for version, spec in reversed(timeline.trained)}
    for version, spec in timeline.trained:
        result = results[spec]
        yield Event(
            spec.as_of,
            "trained" if result.problem is None else "failed",
            f"{timeline.policy.name}/{version}",
            {
                "rows": result.rows,
                "effective_rows": round(result.effective_rows, 1),
                "dataset": result.fingerprint,
                "remarks": list(result.remarks),
                "problem": result.problem,
                **_lineage(spec, names),
            },
        )


def _lineage(spec: FitSpec, names: Mapping[FitSpec, str]) -> dict[str, Any]:
    """The parent of a continued version, the manner, and the length of its chain; nothing for one from scratch."""
    if spec.parent is None or spec.manner is None:
        return {}
    return {"parent": names[spec.parent], "manner": spec.manner.name, "chain": spec.updates}


def _decisions(timeline: Timeline) -> Iterator[Event]:
    for decision in timeline.decisions:
        body = {"reason": decision.reason, **dict(decision.numbers)}
        yield Event(decision.at, decision.kind, f"{timeline.policy.name}/{decision.subject}", body)


def _measurements(done: Replay) -> Iterator[Event]:
    for each in done.policies:
        loss = each.score.loss
        spent = each.score.spent
        body = {"loss": loss.estimate, "low": loss.low, "high": loss.high, "fits": spent.fits}
        body |= {"trainings": spent.trainings, "training_rows": spent.rows}
        yield Event(
            done.stop, done.metric, each.name, body if loss.known else {**body, "low": None, "high": None}
        )
