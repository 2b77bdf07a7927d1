"""Several comparisons at once, without more false claims than one."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Return the adjusted p-values (m,): rejecting those <= alpha makes any false claim with chance <= alpha.

    Valid under any dependence. A NaN stands for a comparison that was not run: it stays NaN and does not count.
    Raises ValueError for a p-value outside [0, 1]. Source: Holm 1979.

    >>> holm([0.01, 0.04, 0.03])
    array([0.03, 0.06, 0.06])
    """
    found = np.asarray(p_values, np.float64)
    if found.ndim != 1 or ((found < 0) | (found > 1)).any():
        raise ValueError("p-values are a list of numbers between 0 and 1")
    adjusted = np.full(found.shape, np.nan)
    run = np.flatnonzero(~np.isnan(found))
    order = run[np.argsort(found[run], kind="stable")]
    scaled = found[order] * np.arange(order.size, 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return adjusted
