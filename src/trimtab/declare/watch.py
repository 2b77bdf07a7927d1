"""How a system is watched, and how many false pages a year its owner accepts."""

from __future__ import annotations

from dataclasses import dataclass, field

from trimtab.declare.sinks import Sink, check_sinks
from trimtab.declare.site import Site, declared_here
from trimtab.errors import DeclarationError, nearest

UNITS = ("day", "row")


@dataclass(frozen=True)
class Watch:
    """How many false pages a year are accepted, which slices are looked at besides the whole, and who is told.

    `slices` are features whose values are watched on their own; `worst` more slices are kept by themselves, because
    the model does worst there. `tolerance` is the share of the loss by which a model may do worse before it harms
    (default: 0.05 compared with a fresh model, 0.10 compared with the accepted period). `unit` is what carries
    evidence: 'day', or 'row', which is quicker and needs rows that are measured to be nearly independent. `sinks`
    get the pages. `challenger` has a model fitted once a week that never answers, so that realised loss is compared with
    it, row by row, rather than with the accepted period. Raises DeclarationError for a budget or tolerance that is no positive number, or another unit.

    >>> Watch(false_pages_per_year=0.5, slices=("carrier",)).unit
    'day'
    """

    false_pages_per_year: float = 1.0
    slices: tuple[str, ...] = ()
    worst: int = 0
    tolerance: float | None = None
    unit: str = "day"
    sinks: tuple[Sink, ...] = ()
    challenger: bool = False
    site: Site = field(default_factory=declared_here, compare=False)

    def __post_init__(self) -> None:
        if not 0 < self.false_pages_per_year < 365:
            raise DeclarationError(
                "a page budget is above 0 and below one page a day",
                where=self.site,
                found=f"false_pages_per_year={self.false_pages_per_year!r}",
                do="state the false pages a year that you accept, such as 1",
            )
        if self.tolerance is not None and not 0 < self.tolerance < 1:
            raise DeclarationError(
                "a tolerance is a share of the loss between 0 and 1",
                where=self.site,
                found=f"tolerance={self.tolerance!r}",
                do="write tolerance=0.05 for 5 %",
            )
        check_sinks(self.sinks)
        if self.unit not in UNITS:
            raise DeclarationError(
                f"no unit of evidence {self.unit!r}",
                where=self.site,
                found=", ".join(UNITS),
                nearest=nearest(self.unit, UNITS),
            )
