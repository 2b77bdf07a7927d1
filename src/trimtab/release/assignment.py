"""Who sees the candidate: the same unit always, by a hash and not by a coin."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal

Arm = Literal["canary", "control"]


@dataclass(frozen=True)
class Assignment:
    """The arm of a unit and the probability with which it got that arm; both are logged with each prediction."""

    arm: Arm
    propensity: float


def position(release: str, unit: str) -> float:
    """Return where a unit lies in [0, 1) for a release: uniform over units, independent between releases.

    >>> position("r1", "customer 7") == position("r1", "customer 7") != position("r2", "customer 7")
    True
    """
    # lengths keep ("ab", "c") and ("a", "bc") apart
    text = f"{len(release)}:{release}{unit}".encode()
    # 53 bits: exactly what a float holds, so that the largest one is still below 1
    return (int.from_bytes(blake2b(text, digest_size=8).digest(), "big") >> 11) / (1 << 53)


def assign(release: str, unit: str, share: float) -> Assignment:
    """Return the arm of a unit at a canary share in [0, 1].

    Sticky: a larger share of the same release moves units into the canary and none out of it.

    >>> assign("r1", "customer 7", share=1.0)
    Assignment(arm='canary', propensity=1.0)
    """
    if not 0 <= share <= 1:
        raise ValueError(f"a share is in [0, 1]; got {share:g}")
    if position(release, unit) < share:
        return Assignment("canary", share)
    return Assignment("control", 1 - share)
