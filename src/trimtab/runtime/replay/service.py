"""From timelines to scores: which fits are needed, which rows each must score, and each policy's scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from trimtab.declare.policy import Policy
from trimtab.errors import LearnerError
from trimtab.runtime.replay.period import Span
from trimtab.runtime.replay.timeline import Timeline, walk
from trimtab.runtime.training import FitResult, FitSpec, Serve

Jobs = dict[FitSpec, tuple[Serve, ...]]
Run = Callable[[Mapping[FitSpec, Sequence[Serve]]], Mapping[FitSpec, FitResult]]


def spans(timeline: Timeline, at: NDArray[np.int64], period: Span) -> list[tuple[FitSpec, Span]]:
    """Which rows of the period each version of a timeline answers."""
    edges = [int(np.searchsorted(at, served.since)) for served in timeline.served] + [period.stop]
    pairs = []
    for served, start, stop in zip(timeline.served, edges, edges[1:], strict=False):
        span = Span(max(start, period.start), min(stop, period.stop))
        if span.start < span.stop:
            pairs.append((served.spec, span))
    return pairs


def settle(
    policies: Sequence[Policy],
    ticks: Sequence[int],
    needs: Callable[[Sequence[Timeline]], Jobs],
    run: Run,
) -> tuple[tuple[Timeline, ...], dict[FitSpec, FitResult]]:
    """Walk all policies until every fit that they need is there, and how each ended is known.

    Fits are first taken to succeed; when one fails, its policy is walked again knowing that.
    """
    results: dict[FitSpec, FitResult] = {}

    def outcome(spec: FitSpec) -> str | None:
        return results[spec].problem if spec in results else None

    while True:
        timelines = tuple(walk(policy, ticks, outcome) for policy in policies)
        missing = {
            spec: serves
            for spec, serves in needs(timelines).items()
            if not _answers(results.get(spec), serves)
        }
        if not missing:
            return timelines, results
        results |= run(missing)
        _require_first(timelines, results)


def _answers(result: FitResult | None, serves: Sequence[Serve]) -> bool:
    return result is not None and (
        result.problem is not None or all(serve in result.scores for serve in serves)
    )


def _require_first(timelines: Sequence[Timeline], results: Mapping[FitSpec, FitResult]) -> None:
    for timeline in timelines:
        version, spec = timeline.trained[0]
        problem = results[spec].problem if spec in results else None
        if problem is not None:
            raise LearnerError(
                f"the first model of policy {timeline.policy.name!r} ({version}) could not be trained: {problem}",
                found=f"{results[spec].rows} mature labelled rows",
                do="fix the learner, or start later with --from so that more labels are known",
            )


def jobs_for(
    timelines: Sequence[Timeline], at: NDArray[np.int64], period: Span, matrices: Mapping[str, Sequence[str]]
) -> Jobs:
    """Each distinct fit with the rows it must score; `matrices` names the matrices wanted for each policy."""
    cover: dict[tuple[FitSpec, str], Span] = {}
    jobs: dict[FitSpec, set[Serve]] = {spec: set() for timeline in timelines for _, spec in timeline.trained}
    for timeline in timelines:
        for spec, span in spans(timeline, at, period):
            for matrix in matrices[timeline.policy.name]:
                seen = cover.get((spec, matrix), span)
                cover[spec, matrix] = Span(min(seen.start, span.start), max(seen.stop, span.stop))
    for (spec, matrix), span in cover.items():
        jobs[spec].add(Serve(matrix, span.start, span.stop))
    return {spec: tuple(sorted(serves, key=lambda serve: serve.matrix)) for spec, serves in jobs.items()}


def scores_of(
    timeline: Timeline,
    results: Mapping[FitSpec, FitResult],
    at: NDArray[np.int64],
    period: Span,
    matrix: str = "online",
) -> NDArray[np.float64]:
    """The score each row of the period got from the version then in service; NaN where none served."""
    pieces = []
    done = period.start
    width: tuple[int, ...] = ()
    for spec, span in spans(timeline, at, period):
        serve, scores = next(
            (key, value) for key, value in results[spec].scores.items() if key.matrix == matrix
        )
        piece = scores[span.start - serve.start : span.stop - serve.start]
        width = piece.shape[1:]
        pieces += [np.full((span.start - done, *width), np.nan), piece]
        done = span.stop
    pieces.append(np.full((period.stop - done, *width), np.nan))
    return np.concatenate(pieces)


def merge(*many: Jobs) -> Jobs:
    """All jobs together, each fit once with everything that any of them asks of it."""
    merged: Jobs = {}
    for jobs in many:
        for spec, serves in jobs.items():
            merged[spec] = tuple(dict.fromkeys((*merged.get(spec, ()), *serves)))
    return merged
