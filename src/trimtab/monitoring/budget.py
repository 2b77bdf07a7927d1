"""The false pages a year that a system may send, spent over everything that is able to page.

The rule: page when sum over monitors of weight x R reaches c = windows a year / false pages a year, and start all
again at 0. Then E[false pages in n windows] <= n / c. The weight is put in as the inflow of each window, so that
weights may change, and monitors may come, go or wait for data: each window adds at most 1 in all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.errors import DeclarationError, nearest
from trimtab.stats.betting import FRACTIONS
from trimtab.stats.detector import Detector
from trimtab.stats.dispersion import Dispersion
from trimtab.units import Duration, days

Floats = NDArray[np.float64]

PARTS: Mapping[str, float] = {"realised": 0.4, "estimated": 0.2, "residual": 0.2, "breakage": 0.2}
"""Which part of the budget each kind of monitor gets: realised loss, estimated loss, concept residual, broken input."""

DAY, YEAR = days(1), days(365.25)


@dataclass(frozen=True)
class Monitor:
    """One quantity that can page: a kind of `PARTS`, of the whole or of a slice.

    unit is 'day' for one value per unit (a day, or an entity), or 'row' for products over rows, which need their
    over-dispersion measured. dispersion: how evidence is tempered. Raises DeclarationError for another kind or
    unit, or for rows without a dispersion.

    >>> Monitor("realised", slice="carrier=AA").name
    'realised, carrier=AA'
    """

    kind: str
    slice: str = ""
    unit: str = "day"
    dispersion: Dispersion | None = None

    def __post_init__(self) -> None:
        if self.kind not in PARTS:
            raise DeclarationError(
                f"no monitor kind {self.kind!r}", found=", ".join(PARTS), nearest=nearest(self.kind, PARTS)
            )
        if self.unit not in {"day", "row"}:
            raise DeclarationError(f"no unit {self.unit!r}", found="day, row", do="name one of them")
        if self.unit == "row" and self.dispersion is None:
            raise DeclarationError(
                f"{self.name} multiplies over rows without knowing how independent they are",
                do="measure row_dispersion on the reference, or use unit='day'",
            )

    @property
    def name(self) -> str:
        """The kind, and the slice if any."""
        return f"{self.kind}, {self.slice}" if self.slice else self.kind

    def design_effect(self, rows: int) -> float:
        """Return by how much the evidence of a window of so many rows is tempered, 1 for not at all.

        >>> Monitor("breakage").design_effect(1000)
        1.0
        """
        return 1.0 if self.dispersion is None else self.dispersion.design_effect(rows)


def weights(monitors: Sequence[Monitor]) -> Floats:
    """Return the share of the budget of each monitor (k,), summing to 1.

    The parts of kinds that are not there go to the others in proportion. Of a kind with slices the whole gets half
    of the part, the slices share the rest equally. Raises DeclarationError for no monitor, or one named twice.

    >>> weights([Monitor("realised"), Monitor("realised", "AA"), Monitor("realised", "UA"), Monitor("breakage")])
    array([0.33333333, 0.16666667, 0.16666667, 0.33333333])
    """
    if not monitors:
        raise DeclarationError("nothing can page", do="watch at least one of " + ", ".join(PARTS))
    if len({monitor.name for monitor in monitors}) < len(monitors):
        raise DeclarationError("a monitor is named twice", found=", ".join(m.name for m in monitors))
    total = sum(PARTS[kind] for kind in {monitor.kind for monitor in monitors})
    shares = [PARTS[m.kind] / total * _share_of_kind(m, monitors) for m in monitors]
    return np.array(shares)


def _share_of_kind(monitor: Monitor, monitors: Sequence[Monitor]) -> float:
    """Return the share of a monitor within its kind."""
    kin = [other for other in monitors if other.kind == monitor.kind]
    slices = sum(1 for other in kin if other.slice)
    if slices in {0, len(kin)}:
        return 1 / len(kin)
    return 0.5 / slices if monitor.slice else 0.5


@dataclass(frozen=True)
class Budget:
    """At most so many false pages a year, with windows of this length, whatever is monitored.

    Raises DeclarationError unless 0 < false_pages_per_year < windows a year.

    >>> Budget(false_pages_per_year=0.5).threshold
    730.5
    """

    false_pages_per_year: float = 1.0
    window: Duration = DAY

    def __post_init__(self) -> None:
        if not 0 < self.false_pages_per_year < self.windows_per_year:
            raise DeclarationError(
                "a page budget is above 0 and below one page a window",
                found=f"{self.false_pages_per_year:g} a year, {self.windows_per_year:g} windows",
                do="state the false pages a year that you accept, such as 1",
            )

    @property
    def windows_per_year(self) -> float:
        """How many windows a year has."""
        return YEAR / self.window

    @property
    def threshold(self) -> float:
        """The total evidence c at which a page is sent: windows a year / false pages a year."""
        return self.windows_per_year / self.false_pages_per_year

    def false_pages_at_most(self, windows: int) -> float:
        """Return the promise: the expected false pages in any so many windows are at most this.

        >>> Budget(1.0).false_pages_at_most(730).__round__(2)
        2.0
        """
        return windows / self.threshold

    def theta_at_once(self, share: float) -> float:
        """Return the largest bound at which one window with the value 1 pages by itself, for a monitor's share.

        For what must page at once, such as a broken column: such a window has to be as rare as this without a fault.

        >>> Budget(1.0).theta_at_once(0.2)
        0.00015...
        """
        mean = float(FRACTIONS.mean())
        return mean * share / (self.threshold - share * (1 - mean)) * (1 - 1e-9)

    def exceeded(self, detector: Detector) -> NDArray[np.bool_]:
        """True where the evidence of monitors (..., k) in all reaches the threshold, (...).

        >>> from trimtab.stats.detector import empty_detector
        >>> bool(Budget().exceeded(empty_detector((4,))))
        False
        """
        return np.asarray(total_log_evidence(detector) >= np.log(self.threshold))


def log_inflows(shares: Floats, present: ArrayLike) -> Floats:
    """Return the log inflow of each monitor in a window, (..., k, 1): its share, nothing where data is missing.

    >>> log_inflows(np.array([0.5, 0.5]), [True, False])[:, 0].round(3)
    array([-0.693, -inf])
    """
    return np.where(present, np.log(shares), -np.inf)[..., None]


def total_log_evidence(detector: Detector) -> Floats:
    """Return the log of the evidence of all monitors (..., k) together, (...): weights are in it as inflows.

    >>> from trimtab.stats.detector import advance, empty_detector
    >>> inflows = log_inflows(np.array([0.5, 0.5]), [True, True])
    >>> state = advance(empty_detector((2,)), np.full((2, 8), np.log(4.0)), at=1, log_inflow=inflows)
    >>> float(np.exp(total_log_evidence(state)).round(9))
    4.0
    """
    return np.asarray(np.logaddexp.reduce(detector.log_evidence, axis=-1))
