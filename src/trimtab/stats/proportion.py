"""Shares and quantiles that may be looked at after every request: exact evidence from counts.

The e-value of k in n is how much better a mixture of shares explains them than the share of the null. Under the null
it exceeds 1 / alpha at any time with chance at most alpha. Whole numbers in, nothing estimated.
Sources: Robbins 1970; Lindon and Malek 2022 (multinomial counts); Howard and Ramdas 2022 (quantiles).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, lgamma, log

SPLIT_CONCENTRATION = 200.0
"""How near the null the mixture looks for failures: shares that differ by a tenth and more."""

QUANTILE_CONCENTRATION = 50.0

RATIO_CONCENTRATION = 1000.0
"""The mixture of a sample ratio check: small imbalances count, as they come from faults."""


def log_e_share(ones: int, total: int, share: float, concentration: float = SPLIT_CONCENTRATION) -> float:
    """Return the log e-value of so many ones of a total against a true share in (0, 1).

    Raises ValueError unless 0 <= ones <= total and 0 < share < 1.

    >>> round(log_e_share(30, 100, 0.05), 1), log_e_share(0, 0, 0.05)
    (14.7, 0.0)
    """
    if not (0 <= ones <= total and 0 < share < 1):
        raise ValueError(f"0 <= ones <= total and 0 < share < 1; got {ones}, {total} and {share:g}")
    return log_e_counts((ones, total - ones), (share, 1 - share), concentration)


def log_e_counts(
    counts: Sequence[int], shares: Sequence[float], concentration: float = RATIO_CONCENTRATION
) -> float:
    """Return the log e-value of counts of each arm (k,) against their planned shares (k,), summing to 1.

    Raises ValueError when lengths differ, a count is negative, or shares are not positive and of sum 1.

    >>> round(log_e_counts((5300, 4700), (0.5, 0.5)), 1) > log(1000)
    True
    """
    if len(counts) != len(shares) or min(counts) < 0:
        raise ValueError(f"one count of at least 0 a share; got {tuple(counts)} and {tuple(shares)}")
    if min(shares) <= 0 or abs(sum(shares) - 1) > 1e-9:
        raise ValueError(f"shares are above 0 and of sum 1; got {tuple(shares)}")
    total = lgamma(concentration) - lgamma(concentration + sum(counts))
    parts = (
        lgamma(concentration * share + count) - lgamma(concentration * share) - count * log(share)
        for count, share in zip(counts, shares, strict=True)
    )
    return total + sum(parts)


def falls_too_often(ones: int, total: int, share: float, alpha: float) -> bool:
    """True when of a total more fall on one side than its share, with evidence of 1 / alpha.

    With sticky random arms of equal quality a failure falls on the canary with the canary's share, however often
    the world fails. Raises ValueError as `log_e_share` does.

    >>> falls_too_often(20, 100, 0.05, alpha=0.05), falls_too_often(0, 500, 0.05, alpha=0.05)
    (True, False)
    """
    return log_e_share(ones, total, share) >= log(1 / alpha) and ones > share * total


def quantile_ranks(total: int, quantile: float, alpha: float) -> tuple[int, int]:
    """Return how many of a total of values may lie at or below their true quantile: least and most, both possible.

    The sorted value of rank `least` (from 1; none for 0) is a lower bound of the quantile, that of rank `most` + 1
    an upper bound (none beyond the total); at all looks together wrong with chance at most alpha.

    >>> quantile_ranks(1000, 0.95, 0.05), quantile_ranks(10, 0.95, 0.05)
    ((927, 969), (5, 10))
    """
    middle = min(max(round(total * quantile), 0), total)
    return _edge(middle, 0, total, quantile, alpha), _edge(middle, total, total, quantile, alpha)


def _edge(inside: int, outside: int, total: int, quantile: float, alpha: float) -> int:
    """Return the rank farthest towards `outside` without evidence against it: evidence grows outwards."""

    def possible(rank: int) -> bool:
        return log_e_share(rank, total, quantile, QUANTILE_CONCENTRATION) < log(1 / alpha)

    if possible(outside):
        return outside
    while abs(outside - inside) > 1:
        middle = (inside + outside) // 2
        inside, outside = (middle, outside) if possible(middle) else (inside, middle)
    return inside


def quantile_bounds(
    edges: Sequence[float], counts: Sequence[int], quantile: float, alpha: float
) -> tuple[float, float]:
    """Return bounds of a quantile from a histogram: counts (k,) of values up to each edge (k,), ascending.

    Bucket i holds values in (edges[i - 1], edges[i]]; the first one begins at -inf, and the last edge may be inf.
    Bounds are those of the buckets that hold the ranks, so buckets make them wider and never wrong. Raises ValueError
    unless there is one count an edge: values beyond the last edge need a bucket, too.

    >>> quantile_bounds([1.0, 2.0, 4.0], [900, 95, 5], 0.95, alpha=0.05)
    (1.0, 2.0)
    """
    if len(counts) != len(edges):
        raise ValueError(f"one count an edge; got {len(counts)} counts for {len(edges)} edges")
    least, most = quantile_ranks(sum(counts), quantile, alpha)
    low, high, seen = -inf, inf, 0
    for below, edge, count in zip((-inf, *edges[:-1]), edges, counts, strict=True):
        if seen < least <= seen + count:
            low = below
        if seen < most + 1 <= seen + count:
            high = edge
        seen += count
    return low, high
