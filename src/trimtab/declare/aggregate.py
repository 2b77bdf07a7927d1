"""A windowed aggregate over the facts of a source: what is computed, over which window, on which grid."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from trimtab.declare.checks import require_duration
from trimtab.declare.expression import Expression
from trimtab.declare.site import Site, declared_here
from trimtab.errors import DeclarationError
from trimtab.units import Duration, days, hours, minutes

if TYPE_CHECKING:
    from trimtab.declare.source import Source

FUNCTIONS = ("count", "sum", "mean", "share", "min", "max", "var", "std", "first", "last", "time_since_last")
EXACT_SUMS = frozenset({"sum", "mean", "share", "var", "std"})

DEFAULT_SCALE = 1e-6
"""The unit in which floating-point values are summed exactly."""


def default_hop(over: Duration) -> Duration:
    """The grid on which a window's start moves: exact below 1 hour, then 5 minutes, 1 hour, 1 day.

    >>> default_hop(hours(3)), default_hop(days(7)), default_hop(days(30)), default_hop(minutes(30))
    (minutes(5), hours(1), days(1), microseconds(0))
    """
    if over < hours(1):
        return Duration(0)
    if over < hours(12):
        return minutes(5)
    if over < days(12):
        return hours(1)
    return days(1)


@dataclass(frozen=True)
class Aggregate:
    """One aggregate of a source's facts by key over a window that ends, exclusively, at the request's time.

    The window covers facts with known in [floor((t - over) / hop) * hop, t); `over=None` is all history. `where`
    keeps only facts for which it is true. `scale` is the unit in which floating-point sums are exact.
    """

    source: Source
    keys: tuple[tuple[str, str], ...]
    function: str
    value: Expression | None = None
    over: Duration | None = None
    where: Expression | None = None
    hop: Duration | None = None
    scale: float = DEFAULT_SCALE
    site: Site = field(default_factory=declared_here, compare=False)

    def __post_init__(self) -> None:
        _check_window(self)
        if self.hop is None:
            hop = Duration(0) if self.over is None else default_hop(self.over)
            object.__setattr__(self, "hop", hop)

    @property
    def hop_microseconds(self) -> int:
        """The width of the window grid; 0 is exact."""
        return 0 if self.hop is None else self.hop.microseconds

    def __repr__(self) -> str:
        keys = ", ".join(f"{fact}={request}" if fact != request else fact for fact, request in self.keys)
        value = "" if self.value is None else f"{self.value!r}, "
        return f"{self.source.name}.by({keys}).{self.function}({value}over={self.over!r})"


def _check_window(aggregate: Aggregate) -> None:
    over, hop, where = aggregate.over, aggregate.hop, aggregate.site
    if over is not None and require_duration("over=", over).microseconds <= 0:
        raise DeclarationError("a window must be longer than nothing", where=where, found=repr(over))
    if hop is None:
        return
    if require_duration("hop=", hop).microseconds < 0:
        raise DeclarationError("hop= must not be negative; 0 is exact", where=where, found=repr(hop))
    if over is not None and hop * 12 > over:
        raise DeclarationError(
            f"hop {hop!r} is too coarse for a window of {over!r}",
            where=where,
            do=f"use at most a twelfth of the window, or hop={Duration(0)!r} for exact windows",
        )
