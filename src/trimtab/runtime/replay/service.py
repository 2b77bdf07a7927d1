"""From timelines to scores: which fits are needed, which rows each must score, and each policy's scores."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from trimtab.declare.policy import Policy
from trimtab.errors import LearnerError
from trimtab.runtime.learning import Learning
from trimtab.runtime.replay.period import Span
from trimtab.runtime.replay.timeline import (
    Continuing,
    Examiner,
    Jobs,
    Measure,
    Timeline,
    unmeasured,
)
from trimtab.runtime.replay.walk import walk, walking
from trimtab.runtime.training import FitResult, FitSpec, Serve

__all__ = ["Jobs", "Measures", "Results", "covering", "jobs_for", "merge", "scores_of", "settle", "spans"]

Results = Mapping[FitSpec, FitResult]
Measures = Callable[[Policy, Results], Measure]
"""The measure of each policy, which reads scores from results as fits are made."""

Examiners = Mapping[str, Callable[[Results], Examiner]]
"""What the releases of some policies, by name, would have known; all others serve whatever could be trained."""

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
    measures: Measures = unmeasured,
    examiners: Examiners | None = None,
    learnings: Mapping[str, Learning] | None = None,
) -> tuple[tuple[Timeline, ...], dict[FitSpec, FitResult]]:
    """Walk all policies until every fit that they need is there, and how each ended is known.

    Policies that follow a calendar come first: their fits are taken to succeed, and when one fails, its policy is
    walked again knowing that. Then those whose triggers or releases read scores, or that continue versions, go on
    together, each from one of its trainings to the next, so that there are as many rounds of fits as the busiest of them
    has trainings, and for those that continue versions a round or two more for each.
    """
    fits = _Fits(run)
    measured = {policy.name: measures(policy, fits.results) for policy in policies}
    examined = {name: make(fits.results) for name, make in (examiners or {}).items()}
    taught = {name: Continuing(each, fits.results) for name, each in (learnings or {}).items()}
    readers = [
        each
        for each in policies
        if measured[each.name].reads_scores or each.name in examined or each.name in taught
    ]
    calendar = [policy for policy in policies if policy not in readers]
    ahead = merge(*(measured[policy.name].jobs() for policy in readers))
    foreseen = [each for each in readers if _on_calendar(measured[each.name]) and each.name not in taught]
    ahead = merge(ahead, *(_candidates(each, ticks, needs) for each in foreseen))
    lines: dict[str, Timeline] = {}
    waiting = True
    while waiting:
        lines = {each.name: walk(each, ticks, fits.problem, measured[each.name]) for each in calendar}
        waiting = fits.make(merge(needs(tuple(lines.values())), ahead))
        _require_first(lines.values(), fits.results)
    walks = {
        each.name: walking(
            each, ticks, fits.problem, measured[each.name], examined.get(each.name), taught.get(each.name)
        )
        for each in readers
    }
    while walks:
        further = {name: line for name, steps in walks.items() if (line := next(steps, None)) is not None}
        rehearsed = (dict(jobs) for line in further.values() for jobs in (line.rehearsals, line.contests))
        fits.make(merge(needs(tuple(further.values())), *rehearsed))
        _require_first(further.values(), fits.results)
        walks = {name: walks[name] for name in further}
        lines |= further
    timelines = tuple(lines[policy.name] for policy in policies)
    fits.cut(needs(timelines))
    return timelines, fits.results


def _on_calendar(measure: Measure) -> bool:
    return measure.foreseeable


def _candidates(policy: Policy, ticks: Sequence[int], needs: Callable[[Sequence[Timeline]], Jobs]) -> Jobs:
    """The fits of a released policy that follows a calendar, made ahead together: each scores all it might serve."""
    whole = walk(policy, ticks, lambda _: None)
    return needs([replace(whole, served=(each,)) for each in whole.served])


@dataclass
class _Fits:
    """The fits made so far, each once, and the means to make more."""

    run: Run
    results: dict[FitSpec, FitResult] = field(default_factory=dict)

    def problem(self, spec: FitSpec) -> str | None:
        """Why a fit cannot serve; None also while it is not made yet."""
        return self.results[spec].problem if spec in self.results else None

    def make(self, jobs: Jobs) -> bool:
        """Run what is not there yet, and tell whether that was anything."""
        missing = {
            spec: wanted
            for spec, serves in jobs.items()
            if self.problem(spec) is None
            and ((wanted := self._unscored(spec, serves)) or spec not in self.results)
        }
        for spec, result in (self.run(missing) if missing else {}).items():
            before = self.results[spec].scores if spec in self.results else {}
            self.results[spec] = replace(result, scores={**before, **result.scores})
        return bool(missing)

    def cut(self, jobs: Jobs) -> None:
        """Hold the scores of exactly the rows asked for, cut out of longer stretches where they were made so."""
        for spec, serves in jobs.items():
            result, scores = self.results[spec], dict(self.results[spec].scores)
            for serve in serves:
                whole = self._covering(spec, serve)
                if whole is not None:
                    scores[serve] = scores[whole][serve.start - whole.start : serve.stop - whole.start]
            self.results[spec] = replace(result, scores=scores)

    def _unscored(self, spec: FitSpec, serves: Sequence[Serve]) -> list[Serve]:
        return [serve for serve in serves if self._covering(spec, serve) is None]

    def _covering(self, spec: FitSpec, serve: Serve) -> Serve | None:
        return covering(self.results[spec], serve) if spec in self.results else None


def covering(result: FitResult, rows: Serve) -> Serve | None:
    """The stretch of rows scored by a fit that holds all of these, or None."""
    for serve in result.scores:
        if serve.matrix == rows.matrix and serve.start <= rows.start and rows.stop <= serve.stop:
            return serve
    return None


def _require_first(timelines: Iterable[Timeline], results: Mapping[FitSpec, FitResult]) -> None:
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
        whole = covering(results[spec], Serve(matrix, span.start, span.stop))
        if whole is None:
            raise KeyError(f"rows {span} of {matrix!r} were not scored by {spec}")
        piece = results[spec].scores[whole][span.start - whole.start : span.stop - whole.start]
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
