"""What a system is compared with: everything that is learned once from rows of a period that was accepted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from trimtab.declare.days import DAY
from trimtab.errors import DataError, nearest
from trimtab.monitoring.breakage import BreakageMonitor
from trimtab.monitoring.budget import Monitor, weights
from trimtab.monitoring.contract import Contract
from trimtab.monitoring.counts import Floats, Integers, fit_bins
from trimtab.monitoring.estimated import (
    MINIMUM_REFERENCE_ROWS,
    EstimateReference,
    fit_reference,
)
from trimtab.monitoring.gauge import Gauge, Windows, fit_gauge, make_windows
from trimtab.monitoring.inference import infer_contract
from trimtab.monitoring.losses import BoundedLoss, brier, decision_error, default_loss
from trimtab.monitoring.observed import PREDICTION, Observed
from trimtab.monitoring.options import Options
from trimtab.monitoring.realised import paired_totals
from trimtab.monitoring.residual import concept_residuals
from trimtab.monitoring.same_phase import fit_same_phase
from trimtab.monitoring.slices import Slice, declared_slices, worst_slices
from trimtab.stats.clusters import UnitTotals
from trimtab.stats.dispersion import MINIMUM_WINDOWS, Dispersion

MOST_ROWS = 20_000
"""Reference rows that the error model is fitted on at most: more of them cost time and teach little."""

SPREAD = 0.5
"""The least spread of paired differences, as a share of that of the loss itself: on day one model and challenger agree,
so their differences tell no spread, and one that is too small would clip good days more than bad ones."""


@dataclass(frozen=True, eq=False)
class Reference:
    """An accepted period, as what every later window is compared with.

    breakage holds the columns' counts by hour of the week, contract what accepted rows look like. With mature labels
    there are also: loss, the quantity that harm is measured in; estimate, the error model; gauges by monitor name;
    slices; tolerance and baseline, both as a mean loss in [0, 1]; ground, the paired losses of each window. paired
    says whether the model is compared with another one on the same rows. missing: what is not watched, and why.
    """

    options: Options
    names: tuple[str, ...]
    words: Mapping[str, tuple[str, ...]]
    breakage: BreakageMonitor
    contract: Contract
    since: int
    until: int
    rows: int
    loss: BoundedLoss | None = None
    estimate: EstimateReference | None = None
    gauges: Mapping[str, Gauge] = field(default_factory=dict)
    slices: tuple[Slice, ...] = ()
    tolerance: float = 0.0
    baseline: float = float("nan")
    ground: UnitTotals | None = None
    paired: bool = False
    missing: tuple[str, ...] = ()

    @cached_property
    def monitors(self) -> tuple[Monitor, ...]:
        """Everything that is able to page."""
        return (Monitor("breakage"), *(gauge.monitor for gauge in self.gauges.values()))

    @property
    def window(self) -> int:
        """The length of a window, microseconds."""
        return self.options.budget.window.microseconds

    def slice_named(self, name: str) -> Slice:
        """The slice of that name."""
        return next(piece for piece in self.slices if piece.name == name)


def accept(observed: Observed, options: Options) -> Reference:
    """The reference of an accepted period; raises DataError without rows.

    Rows must be such that the model had not seen their labels, else it looks better than it is.
    """
    if not len(observed):
        raise DataError("no rows to learn a reference from", do="name a period that holds predictions")
    scored = bool(observed.answered.any())
    labelled = observed.labelled()
    loss = _loss(labelled, options) if len(labelled) else None
    blank = Reference(
        options,
        observed.columns.names,
        observed.columns.dictionaries,
        _breakage(observed, options, loss, scored=scored),
        infer_contract(observed.columns, day=(observed.at + observed.offset) // DAY),
        int(observed.at[0]),
        int(observed.at[-1]) + 1,
        len(observed),
    )
    known = blank if loss is None else _with_outcomes(blank, labelled, loss)
    missing = known.missing if len(labelled) else ("no mature labels: only inputs are watched",)
    return _affordable(replace(known, missing=missing))


def _affordable(reference: Reference) -> Reference:
    """The reference with breakage that pages at once: one such window must be as rare as its share of the budget."""
    shares = dict(zip((m.name for m in reference.monitors), weights(reference.monitors), strict=True))
    chance = reference.options.budget.theta_at_once(float(shares["breakage"]))
    return replace(reference, breakage=replace(reference.breakage, chance=chance))


def _loss(labelled: Observed, options: Options) -> BoundedLoss:
    if options.loss == "decision" and options.task != "regression":
        return decision_error(options.task, options.threshold)
    if options.loss == "brier" and options.task != "regression":
        return brier(options.task)
    return default_loss(options.task, options.stakes, labelled.label, labelled.score)


def _breakage(
    observed: Observed, options: Options, loss: BoundedLoss | None, *, scored: bool
) -> BreakageMonitor:
    columns = observed.counted() if scored else observed.columns
    lost = None if loss is None else loss.losses(observed.label, observed.score)
    said = observed.score if scored and observed.score.ndim == 1 else None
    return BreakageMonitor(
        fit_same_phase(
            fit_bins(columns),
            columns,
            observed.at,
            zone_offset=observed.offset,
            window=options.budget.window.microseconds,
            loss=lost,
            score=said,
        ),
        outputs=(PREDICTION,),
    )


def _with_outcomes(blank: Reference, labelled: Observed, loss: BoundedLoss) -> Reference:
    options = blank.options
    lost = loss.losses(labelled.label, labelled.score)
    other = _reference_losses(labelled, loss)
    paired = other is not None
    compared = lost if other is None else other
    baseline = float(lost.mean())
    tolerance = options.share(paired=paired) * max(float(compared.mean()), 1e-6)
    windows = make_windows(labelled.at, labelled.offset, blank.window)
    if len(windows) < MINIMUM_WINDOWS:
        why = f"{len(windows)} windows with mature labels; evidence of harm needs {MINIMUM_WINDOWS}"
        return replace(blank, loss=loss, baseline=baseline, tolerance=tolerance, missing=(why,))
    known = replace(
        blank,
        loss=loss,
        baseline=baseline,
        tolerance=tolerance,
        ground=paired_totals(lost, compared, windows.starts[windows.place]),
        paired=paired,
        slices=_slices(labelled, lost, options),
    )
    estimate = _estimate(labelled, lost, windows, options)
    gauges = [gauge for gauge in _gauges(known, labelled, lost, other, estimate, windows) if gauge]
    few = () if estimate else (f"{len(labelled):,} labelled rows; an error model needs more",)
    named = {gauge.monitor.name: gauge for gauge in gauges}
    return replace(known, estimate=estimate and estimate[0], gauges=named, missing=few)


def _reference_losses(labelled: Observed, loss: BoundedLoss) -> Floats | None:
    if labelled.reference_score is None:
        return None
    found = loss.losses(labelled.label, labelled.reference_score)
    return None if np.isnan(found).any() else found


def _slices(labelled: Observed, lost: Floats, options: Options) -> tuple[Slice, ...]:
    columns = labelled.columns
    found = list[Slice]()
    for name in options.slices:
        if name not in columns.names:
            raise DataError(
                f"no column {name!r} to watch slices of",
                found=", ".join(columns.names),
                nearest=nearest(name, columns.names),
            )
        values = columns.values[:, columns.names.index(name)]
        found += declared_slices(name, values, columns.dictionaries.get(name))
    if options.worst:
        found += worst_slices(
            columns.names, columns.values, lost, columns.dictionaries, at_most=options.worst
        )
    return tuple(dict.fromkeys(found))


def _estimate(
    labelled: Observed, lost: Floats, windows: Windows, options: Options
) -> tuple[EstimateReference, Integers] | None:
    """The error model and the rows (m,) that it was fitted on, evenly spaced."""
    if len(lost) < MINIMUM_REFERENCE_ROWS:
        return None
    step = -(-len(lost) // MOST_ROWS)
    rows = np.arange(0, len(lost), step)
    columns = labelled.columns
    fitted = fit_reference(
        columns.values[rows],
        labelled.score[rows],
        lost[rows],
        unit=windows.place[rows],
        categorical=[name in columns.dictionaries for name in columns.names],
        threshold=options.threshold,
        seed=options.seed,
    )
    return fitted, rows


def _gauges(
    known: Reference,
    labelled: Observed,
    lost: Floats,
    other: Floats | None,
    estimate: tuple[EstimateReference, Integers] | None,
    windows: Windows,
) -> Iterator[Gauge | None]:
    """The gauges of everything that labels allow, None for what has too few windows."""
    unit, tolerance, everything = known.options.unit, known.tolerance, np.arange(len(lost))
    values = lost if other is None else lost - other
    limits, null = ((0.0, 1.0), None) if other is None else ((-1.0, 1.0), 0.0)
    for piece in (None, *known.slices):
        rows = everything if piece is None else np.flatnonzero(_rows(piece, labelled))
        yield fit_gauge(
            _monitor("realised", "" if piece is None else piece.name, unit),
            values[rows],
            rows,
            windows,
            tolerance,
            limits=limits,
            null=null,
            spread=SPREAD * _spread(lost[rows], windows.place[rows]),
        )
    if estimate is not None:
        fitted, rows = estimate
        yield fit_gauge(
            _monitor("estimated", "", unit), fitted.estimates, rows, windows, tolerance, limits=(0.0, 1.0)
        )
        residuals = concept_residuals(lost[rows], fitted.estimates)
        yield fit_gauge(
            _monitor("residual", "", unit), residuals, rows, windows, tolerance / 2, limits=(0.0, 1.0)
        )


def _monitor(kind: str, piece: str, unit: str) -> Monitor:
    return Monitor(kind, piece, unit, Dispersion(0))


def _rows(piece: Slice, labelled: Observed) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return piece.rows(labelled.columns.values[:, labelled.columns.names.index(piece.column)])


def _spread(values: Floats, place: Integers) -> float:
    """The standard deviation of the windows' means; 0 for a single window."""
    counts = np.bincount(place)
    held = counts > 0
    means = np.bincount(place, values)[held] / counts[held]
    return float(means.std(ddof=1)) if means.size > 1 else 0.0
