"""From bootstrap draws to bounds and p-values, honest about how few blocks there were."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def stretch(level: ArrayLike, blocks: float) -> Floats:
    """Return by how much percentile bounds are widened for few blocks: t / z x sqrt(m / (m - 1)), 1 for many.

    The spread of m blocks is underestimated by sqrt((m - 1) / m), and itself estimated with m - 1 degrees of
    freedom. level is one or several in (0, 1), blocks above 1. Source: Hesterberg 2015 (narrowness bias).

    >>> stretch(0.95, 4.0).round(3), stretch(0.95, 52.0).round(3)
    (np.float64(1.875), np.float64(1.034))
    """
    from scipy.special import ndtri, stdtrit  # noqa: PLC0415 - a third of a second that most commands never need

    tail = (1 + np.asarray(level, np.float64)) / 2
    return np.asarray(stdtrit(blocks - 1, tail) / ndtri(tail) * np.sqrt(blocks / (blocks - 1)), np.float64)


def percentile_bounds(estimate: float, drawn: Floats, level: float, blocks: float) -> tuple[float, float]:
    """Return low and high: the percentiles of the draws (b,), their distance from the estimate stretched.

    The estimate always lies within. Source: Efron 1979 (percentile), Hesterberg 2015 (stretch).

    >>> percentile_bounds(0.0, np.linspace(-1, 1, 201), 0.9, blocks=1e6)
    (-0.90000..., 0.90000...)
    """
    tail = (1 - level) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail]) - estimate
    factor = float(stretch(level, blocks))
    return estimate + min(float(low) * factor, 0.0), estimate + max(float(high) * factor, 0.0)


def two_sided_p_value(estimate: float, drawn: Floats, blocks: float) -> float:
    """Return the p-value of the null that the truth is 0: 1 - the level at which the bounds first include 0.

    Never below 2 / (draws + 1), which is what so many draws can show; NaN when the estimate is.

    >>> two_sided_p_value(1.5, np.linspace(0.5, 2.5, 1999), blocks=1e6)
    0.001
    >>> two_sided_p_value(0.9, np.linspace(-0.1, 1.9, 1999), blocks=1e6).__round__(2)
    0.1
    """
    if np.isnan(estimate):
        return float("nan")
    distance = np.sort((drawn[~np.isnan(drawn)] - estimate) * np.sign(estimate))
    ranks = np.arange(1, distance.size // 2 + 1)
    shares = 2 * ranks / (distance.size + 1)
    excluded = abs(estimate) + distance[: ranks.size] * stretch(1 - shares, blocks) > 0
    return float(shares[np.argmax(excluded)]) if excluded.any() else 1.0
