"""What a window of rows comes down to: counts and sums that merge by addition, and no row is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from trimtab.monitoring.counts import Columns, Counts, Floats
from trimtab.monitoring.gauge import Part
from trimtab.monitoring.losses import on_grid
from trimtab.monitoring.observed import Observed, aligned
from trimtab.monitoring.reference import Reference
from trimtab.monitoring.residual import concept_residuals
from trimtab.monitoring.reweighted import Reweighted, reweighted_estimate


@dataclass(frozen=True, eq=False)
class InputSummary:
    """The requests of one window, before any label: counts of every column, and what the error model expects.

    start in epoch microseconds, offset what local time was ahead of UTC. reweighted is there when it was asked for.
    """

    start: int
    rows: int
    counts: Counts
    offset: int = 0
    estimated: Part = field(default_factory=Part)
    reweighted: Reweighted | None = None

    def merge(self, other: InputSummary) -> InputSummary:
        """The summary of both sets of rows of the same window."""
        return replace(
            self,
            rows=self.rows + other.rows,
            counts=self.counts.merge(other.counts),
            estimated=self.estimated.merge(other.estimated),
        )


@dataclass(frozen=True, eq=False)
class OutcomeSummary:
    """The matured rows of one window of requests: a part for each monitor that labels feed, by its name.

    loss, reference_loss and estimated are the parts that verdicts are told from; gap is realised less estimated.
    """

    start: int
    offset: int = 0
    parts: Mapping[str, Part] = field(default_factory=dict)
    loss: Part = field(default_factory=Part)
    reference_loss: Part = field(default_factory=Part)
    estimated: Part = field(default_factory=Part)
    gap: Part = field(default_factory=Part)

    def merge(self, other: OutcomeSummary) -> OutcomeSummary:
        """The summary of both sets of rows of the same window."""
        names = dict.fromkeys((*self.parts, *other.parts))
        none = Part()
        return OutcomeSummary(
            self.start,
            self.offset,
            {name: self.parts.get(name, none).merge(other.parts.get(name, none)) for name in names},
            self.loss.merge(other.loss),
            self.reference_loss.merge(other.reference_loss),
            self.estimated.merge(other.estimated),
            self.gap.merge(other.gap),
        )


def summarise_inputs(
    reference: Reference, rows: Observed, start: int, *, weigh: bool = False, uncertainty: float = 0.0
) -> InputSummary:
    """The summary of the requests (n,) of the window that begins at `start`.

    weigh: estimate the loss a second time, by re-weighting the reference, which takes about 0.2 s. uncertainty: how
    wrong the estimate has been, as a loss.
    """
    columns = aligned(rows.columns, reference.names, reference.words)
    seen = replace(rows, columns=columns)
    binning = reference.breakage.reference.binning
    counted = seen.counted() if binning.names[-1] not in reference.names else columns
    counts = binning.count(counted, rows.at, rows.offset)
    offset = int(rows.offset[0]) if len(rows) else 0
    summary = InputSummary(start, len(rows), counts, offset)
    gauge = reference.gauges.get("estimated")
    if reference.estimate is None or gauge is None or not len(rows):
        return summary
    values = _known(columns, reference)
    estimates = reference.estimate.model.estimate(values, rows.score)
    part = gauge.part(estimates, start, offset, uncertainty)
    second = None
    if weigh:
        second = reweighted_estimate(reference.estimate, values, rows.score, seed=reference.options.seed)
    return replace(summary, estimated=part, reweighted=second)


def summarise_outcomes(reference: Reference, rows: Observed, start: int) -> OutcomeSummary:
    """The summary of matured rows (n,) of requests of the window that begins at `start`.

    Rows without a score or label are left out; so are those without an answer of the model compared with.
    """
    known = rows.labelled()
    loss = reference.loss
    if loss is None or not len(known):
        return OutcomeSummary(start)
    columns = aligned(known.columns, reference.names, reference.words)
    offset = int(known.offset[0])
    lost = loss.losses(known.label, known.score)
    other = None if known.reference_score is None else loss.losses(known.label, known.reference_score)
    parts = dict(_realised(reference, columns, lost, other, start, offset))
    pair = ~np.isnan(other) if other is not None else np.zeros(len(lost), bool)
    summary = OutcomeSummary(
        start,
        offset,
        parts,
        loss=_part(lost),
        reference_loss=_part(other[pair]) if other is not None else Part(),
    )
    if reference.estimate is None or "residual" not in reference.gauges:
        return summary
    estimates = reference.estimate.model.estimate(_known(columns, reference), known.score)
    residuals = concept_residuals(lost, estimates)
    parts["residual"] = reference.gauges["residual"].part(residuals, start, offset)
    return replace(summary, estimated=_part(estimates), gap=_part(on_grid(lost - estimates)))


def _realised(
    reference: Reference, columns: Columns, lost: Floats, other: Floats | None, start: int, offset: int
) -> list[tuple[str, Part]]:
    """The part of the whole and of every slice."""
    values, known = lost, np.ones(len(lost), bool)
    if reference.paired:
        if other is None:
            return []
        values, known = lost - other, ~np.isnan(other)
    found = []
    for name, gauge in reference.gauges.items():
        if gauge.monitor.kind == "realised":
            rows = known
            if gauge.monitor.slice:
                piece = reference.slice_named(gauge.monitor.slice)
                rows = known & piece.rows(columns.values[:, reference.names.index(piece.column)])
            found.append((name, gauge.part(values[rows], start, offset)))
    return found


def _part(values: Floats) -> Part:
    return Part(float(values.sum()), float(on_grid(values**2).sum()), len(values))


def _known(columns: Columns, reference: Reference) -> Floats:
    """The values (n, d) with words that the reference never saw as missing, which the error model can read."""
    values = columns.values
    for place, name in enumerate(reference.names):
        words = reference.words.get(name)
        if words is not None and len(columns.dictionaries.get(name, ())) > len(words):
            values = values.copy() if values is columns.values else values
            column = values[:, place]
            column[column >= len(words)] = np.nan
    return values
