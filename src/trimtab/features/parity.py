"""Served against recomputed: what two plans say of the same feature for the same requests."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

OFFENDERS = 5
"""How many ids of differing predictions are named."""

ULPS = 4
"""How many last places an expression with exp or log may differ by; everything else is equal bit for bit."""


@dataclass(frozen=True)
class FeatureParity:
    """One feature over all checked rows; left is what was served, right what the batch plan says.

    `worst` is the largest absolute difference of numbers, `first` the ids of the first predictions that differ.
    """

    name: str
    rows: int
    both_null: int
    left_null: int
    right_null: int
    mismatches: int
    worst: float
    first: tuple[str, ...]

    @property
    def differing(self) -> int:
        """How many rows differ in any way."""
        return self.left_null + self.right_null + self.mismatches


def compare(
    name: str, ids: Sequence[str], served: Sequence[Any], batch: Sequence[Any], *, ulps: int = 0
) -> FeatureParity:
    """One feature's values compared, one a row each.

    >>> compare("x", ["p1", "p2", "p3"], [1.0, None, 2.0], [1.0, None, 2.5])
    FeatureParity(name='x', rows=3, both_null=1, left_null=0, right_null=0, mismatches=1, worst=0.5, first=('p3',))
    """
    both_null = left_null = right_null = mismatches = 0
    worst = 0.0
    first: list[str] = []
    for id_, left, right in zip(ids, served, batch, strict=True):
        if left is None and right is None:
            both_null += 1
        elif left is not None and right is not None and _same(left, right, ulps):
            continue
        else:
            left_null += left is None
            right_null += right is None
            mismatches += left is not None and right is not None
            worst = max(worst, _difference(left, right))
            if len(first) < OFFENDERS:
                first.append(id_)
    return FeatureParity(name, len(ids), both_null, left_null, right_null, mismatches, worst, tuple(first))


def _same(left: Any, right: Any, ulps: int) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        near = ulps * math.ulp(max(abs(left), abs(right)))
        return left == right or (math.isfinite(near) and abs(left - right) <= near)
    return bool(left == right)


def _difference(left: Any, right: Any) -> float:
    numbers = all(isinstance(value, bool | int | float) for value in (left, right))
    return abs(float(left) - float(right)) if numbers else 0.0
