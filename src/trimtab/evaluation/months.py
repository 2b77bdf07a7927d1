"""Calendar months of local days, for series that people read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def months(day: NDArray[np.int64]) -> NDArray[np.int64]:
    """The month of each day number, as months since January 1970.

    >>> months(np.array([0, 30, 31])).tolist()
    [0, 0, 1]
    """
    return day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def month_name(month: int) -> str:
    """A month number as text.

    >>> month_name(527)
    '2013-12'
    """
    return str(np.datetime64(month, "M"))


def month_start(month: int) -> int:
    """The first instant of a month in epoch microseconds, on a UTC calendar.

    >>> month_start(1)
    2678400000000
    """
    return int(np.datetime64(month, "M").astype("datetime64[us]").astype(np.int64))
