"""Candidates that are broken on purpose: how each kind looks at each step that could stop it."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Broken:
    """What a kind of broken candidate does, in losses of a perfect model, shares of units and days.

    at_gate: added to what the gate measures. live: added to every day's loss. in_slice: added to the loss of the
    smallest slice. failing: the share of units whose answers fail. slow: whether it is slow. breaks_after: days as a
    champion until most of its answers fail, None for never.
    """

    at_gate: float = 0.0
    live: float = 0.0
    in_slice: float = 0.0
    failing: float = 0.002
    slow: bool = False
    breaks_after: int | None = None


SOUND = Broken()

SMALL_SLICE = 0.05
"""The share of rows in the smallest slice."""

BROKEN = MappingProxyType(
    {
        "leak": Broken(at_gate=-0.3, live=0.15),  # shines on stored rows, and has nothing to lean on live
        "unit": Broken(at_gate=0.3, live=0.3),
        "slow": Broken(slow=True),
        "slice": Broken(at_gate=0.02, live=0.02, in_slice=0.4),
        "failing": Broken(failing=0.02),
        "breaks later": Broken(breaks_after=3),
    }
)
"""The kinds of broken candidates by name."""
