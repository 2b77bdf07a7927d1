"""Durations that were counted by upper bound, and what nearly all of them took."""

from __future__ import annotations

from collections.abc import Sequence


def p99_microseconds(buckets: Sequence[int], bounds: Sequence[float]) -> float | None:
    """What 99 of 100 took at most, told by straight lines inside the buckets; bounds in seconds. None without any.

    >>> p99_microseconds((98, 2), (0.001, 0.003))
    2000.0
    """
    wanted, below = 0.99 * sum(buckets), 0
    if not wanted:
        return None
    lower = 0.0
    for bound, count in zip(bounds, buckets, strict=False):
        if below + count >= wanted:
            return (lower + (bound - lower) * (wanted - below) / count) * 1e6
        below, lower = below + count, bound
    return float("inf")
