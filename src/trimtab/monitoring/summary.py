"""What a window of rows comes down to: counts and sums that merge by addition, and no row is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from trimtab.monitoring.counts import Columns, Counts, Floats
from trimtab.monitoring.gauge import Part, part_of
from trimtab.monitoring.observed import Observed, aligned
from trimtab.monitoring.reference import Reference
from trimtab.monitoring.residual import concept_residuals
from trimtab.monitoring.reweighted import Reweighted, reweighted_estimate
from trimtab.monitoring.trust import MINIMUM_ROWS


@dataclass(frozen=True, eq=False)
class InputSummary:
    """The requests of one window, before any label: counts of every column, and what the error model expects.

    start in epoch microseconds, offset the least that local time was ahead of UTC. reweighted is there when it was
    asked for and rows are enough.
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
            offset=_offset((self.offset, self.rows), (other.offset, other.rows)),
            counts=self.counts.merge(other.counts),
            estimated=self.estimated.merge(other.estimated),
            reweighted=self.reweighted or other.reweighted,
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
            _offset((self.offset, self.loss.rows), (other.offset, other.loss.rows)),
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

    weigh: estimate the loss a second time, by re-weighting the reference, which takes about 0.15 s. uncertainty: how
    wrong the estimate has been, as a loss.
    """
    columns = aligned(rows.columns, reference.names, reference.words)
    seen = replace(rows, columns=columns)
    binning = reference.breakage.reference.binning
    counted = seen.counted() if binning.names != reference.names else columns
    counts = binning.count(counted, rows.at, rows.offset)
    summary = InputSummary(start, len(rows), counts, int(rows.offset.min()) if len(rows) else 0)
    gauge = reference.gauges.get("estimated")
    if reference.estimate is None or gauge is None or not len(rows):
        return summary
    values = _known(columns, reference)
    estimates = reference.estimate.model.estimate(values, rows.score)
    part = gauge.part(estimates, start, rows.offset, uncertainty)
    second = None
    if weigh and len(rows) >= MINIMUM_ROWS:
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
    lost = loss.losses(known.label, known.score)
    other = None if known.reference_score is None else loss.losses(known.label, known.reference_score)
    parts = dict(_realised(reference, replace(known, columns=columns), lost, other, start))
    pair = ~np.isnan(other) if other is not None else np.zeros(len(lost), bool)
    summary = OutcomeSummary(
        start,
        int(known.offset.min()),
        parts,
        loss=part_of(lost),
        reference_loss=part_of(other[pair]) if other is not None else Part(),
    )
    if reference.estimate is None or "residual" not in reference.gauges:
        return summary
    estimates = reference.estimate.model.estimate(_known(columns, reference), known.score)
    residuals = concept_residuals(lost, estimates)
    parts["residual"] = reference.gauges["residual"].part(residuals, start, known.offset)
    return replace(summary, estimated=part_of(estimates), gap=part_of(lost - estimates))


def _offset(first: tuple[int, int], second: tuple[int, int]) -> int:
    """The lesser of two offsets that have rows."""
    return min((offset for offset, rows in (first, second) if rows), default=0)


def _realised(
    reference: Reference, rows: Observed, lost: Floats, other: Floats | None, start: int
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
            held = known
            if gauge.monitor.slice:
                piece = reference.slice_named(gauge.monitor.slice)
                held = known & piece.rows(rows.columns.values[:, reference.names.index(piece.column)])
            found.append((name, gauge.part(values[held], start, rows.offset[held])))
    return found


def _known(columns: Columns, reference: Reference) -> Floats:
    """The values (n, d) that the error model can read: words never seen, and text for a number, are missing."""
    values = columns.values
    for place, name in enumerate(reference.names):
        words, given = reference.words.get(name), columns.dictionaries.get(name)
        if (words is None) != (given is None):
            known = 0
        elif words is None or given is None or len(given) <= len(words):
            continue
        else:
            known = len(words)
        values = values.copy() if values is columns.values else values
        column = values[:, place]
        column[column >= known if known else slice(None)] = np.nan
    return values
