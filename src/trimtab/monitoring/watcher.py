"""The fold of a system's monitors: windows of requests and of matured labels in, pages and their ends out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import nan

import numpy as np

from trimtab.monitoring.breakage import Recent, WindowBreakage
from trimtab.monitoring.reference import Reference
from trimtab.monitoring.residual import PastError, past_error
from trimtab.monitoring.summary import InputSummary, OutcomeSummary
from trimtab.monitoring.tempering import EVERY, tempered
from trimtab.monitoring.trust import MINIMUM_ROWS, Trust, trust
from trimtab.monitoring.watching import Closed, Page, Watching, start_watching, watch, with_monitors
from trimtab.monitoring.window import WindowEvidence, window_evidence
from trimtab.stats.clusters import UnitTotals

DAY = 86_400_000_000
NOT_YET = Trust(("not yet compared with the re-weighted estimate",))

CALM = 3
"""How many times as seldom the estimate is compared with the re-weighted one while it does not move."""

LOOKED_AT = 4
"""Windows whose mean tells whether the estimate moves: a single one strays by chance."""

KEPT_INPUTS = 28
"""Windows of requests that are kept for drift."""

KEPT_OUTCOMES = 400
"""Windows of matured rows that are kept: what a harm that began so long ago is measured by."""

JUDGED = 56
"""Windows that the estimate's past error is told from."""


@dataclass(frozen=True, eq=False)
class State:
    """What is remembered between windows; small, whatever came in.

    weighed is the window that was last estimated by re-weighting, weighed_after how many windows came before it;
    lag: how much later than its window of requests the latest matured window was taken in, microseconds.
    """

    watching: Watching
    recent: Recent
    inputs: tuple[InputSummary, ...] = ()
    outcomes: tuple[OutcomeSummary, ...] = ()
    broken: WindowBreakage | None = None
    trust: Trust = NOT_YET
    weighed: InputSummary | None = None
    weighed_after: int = 0
    windows: int = 0
    lag: int = 0

    @property
    def past(self) -> PastError:
        """How wrong the estimate has been over the latest windows with labels."""
        return past_error(gap_of(self.outcomes[-JUDGED:]))

    @property
    def uncertainty(self) -> float:
        """What the estimate may be wrong by, as a loss, as far as labels told; 0 while unknown."""
        past = self.past
        return past.likely if past.known else 0.0


@dataclass(frozen=True, eq=False)
class Watcher:
    """Judges windows against a reference: (state, window) -> (state, what happened)."""

    reference: Reference

    def begin(self) -> State:
        """The state before any window."""
        return State(
            start_watching(self.reference.options.budget, self.reference.monitors),
            self.reference.breakage.begin(),
        )

    def carry_over(self, state: State) -> State:
        """The state of an older reference under this one: what was gathered stays, so the promise does too."""
        return replace(
            state,
            watching=with_monitors(state.watching, self.reference.monitors),
            recent=self.reference.breakage.begin(),
            inputs=(),
            broken=None,
            weighed=None,
            trust=NOT_YET,
        )

    def weighs(self, state: State) -> bool:
        """Whether the next window of requests should be estimated by re-weighting, too, which costs most of all.

        Once a day or, for windows of a day, a week; three times as seldom while nothing has moved.
        """
        if self.reference.estimate is None:
            return False
        every = 7 if self.reference.window >= DAY else max(DAY // self.reference.window, 1)
        passed = state.windows - state.weighed_after
        return state.weighed is None or passed >= (every if self._moved(state) else CALM * every)

    def _moved(self, state: State) -> bool:
        """Whether the latest estimates stray from the accepted period by half of what is tolerated, or are distrusted."""
        if not state.inputs or not state.trust.trusted:
            return True
        latest = [each.estimated for each in state.inputs[-LOOKED_AT:]]
        rows = sum(part.rows for part in latest)
        mean = sum(part.total for part in latest) / rows if rows else nan
        return not abs(mean - self.reference.baseline) < self.reference.tolerance / 2

    def step(
        self, state: State, inputs: InputSummary | None, outcomes: Sequence[OutcomeSummary] = ()
    ) -> tuple[State, Page | Closed | None]:
        """Take in the requests of one window, and the windows whose labels have matured since the last step.

        Windows come in order of time, each once. Raises DataError as `watch` does.
        """
        evidence = dict[str, WindowEvidence]()
        at = inputs.start if inputs is not None else max((each.start for each in outcomes), default=0)
        if state.windows % EVERY == 0:
            state = replace(state, watching=tempered(state.watching, self.reference.gauges, state.outcomes))
        if inputs is not None and inputs.rows:
            state = self._inputs(state, inputs, evidence)
        for summary in outcomes:
            state = self._outcomes(state, summary, evidence, at)
        watching, happened = watch(state.watching, evidence, at=at)
        return replace(state, watching=watching, windows=state.windows + 1), happened

    def _inputs(self, state: State, inputs: InputSummary, evidence: dict[str, WindowEvidence]) -> State:
        monitor = self.reference.breakage
        verdict = monitor.judge(inputs.counts, state.recent)
        if verdict.value is not None:
            evidence["breakage"] = window_evidence([verdict.value], verdict.theta, recovery_theta=0.5)
        recent = monitor.remember(state.recent, inputs.counts, verdict)
        after = replace(state, recent=recent, broken=verdict, inputs=(*state.inputs, inputs)[-KEPT_INPUTS:])
        # what is broken would be compared until the next time, long after it was repaired
        if inputs.reweighted is not None and not verdict.gains:
            after = replace(after, weighed=inputs, weighed_after=state.windows)
        after = replace(after, trust=self._trust(after, verdict))
        gauge = self.reference.gauges.get("estimated")
        if gauge is not None and after.trust.trusted:
            found = gauge.evidence(inputs.estimated, inputs.start, inputs.offset, state.uncertainty)
            evidence["estimated"] = found
        return after

    def _trust(self, state: State, verdict: WindowBreakage) -> Trust:
        if self.reference.estimate is None:
            return Trust(("no error model: " + "; ".join(self.reference.missing),))
        weighed = None if state.weighed is None else state.weighed.reweighted
        broken = [gain.column for gain in verdict.gains]
        found = trust(weighed, state.past, self.reference.tolerance, broken=broken)
        few = state.inputs[-1].rows
        if weighed is None and few < MINIMUM_ROWS:
            return replace(found, reasons=(*found.reasons, f"only {few:,} rows (needs {MINIMUM_ROWS:,})"))
        return found

    def _outcomes(
        self, state: State, summary: OutcomeSummary, evidence: dict[str, WindowEvidence], at: int
    ) -> State:
        for name, part in summary.parts.items():
            if part.rows and name in self.reference.gauges:
                found = self.reference.gauges[name].evidence(part, summary.start, summary.offset)
                before = evidence.get(name)
                evidence[name] = found if before is None else before.merge(found)
        kept = (*state.outcomes, summary)[-KEPT_OUTCOMES:] if summary.loss.rows else state.outcomes
        return replace(state, outcomes=kept, lag=max(at - summary.start, 0))


def gap_of(outcomes: Sequence[OutcomeSummary]) -> UnitTotals:
    """The totals of realised, estimated and squared gap of windows, as `past_error` reads them."""
    held = [each for each in outcomes if each.gap.rows]
    sums = [(each.loss.total, each.estimated.total, each.gap.square) for each in held]
    return UnitTotals(
        np.array([each.start for each in held], np.int64),
        np.array(sums, np.float64).reshape(-1, 3),
        np.array([each.gap.rows for each in held], np.float64),
    )
