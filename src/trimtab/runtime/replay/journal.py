"""A replay's record: every version, decision and measurement, appended to a ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from trimtab.ports import Event, Ledger
from trimtab.runtime.replay.result import Replay
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


def _versions(timeline: Timeline, results: Mapping[FitSpec, FitResult]) -> Iterator[Event]:
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
            },
        )


def _decisions(timeline: Timeline) -> Iterator[Event]:
    for decision in timeline.decisions:
        body = {"reason": decision.reason, **dict(decision.numbers)}
        yield Event(decision.at, decision.kind, f"{timeline.policy.name}/{decision.subject}", body)


def _measurements(done: Replay) -> Iterator[Event]:
    for each in done.policies:
        loss = each.score.loss
        body = {"loss": loss.estimate, "low": loss.low, "high": loss.high, "fits": each.score.spent.fits}
        yield Event(
            done.stop, done.metric, each.name, body if loss.known else {**body, "low": None, "high": None}
        )
