"""Calendar days of a zone: the units that carry evidence, and the instants at which the loop looks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trimtab.declare.zones import zone_offsets

DAY = 86_400_000_000


def offsets_at(utc: NDArray[np.int64], zone: str) -> NDArray[np.int64]:
    """The offset local - UTC in microseconds at each UTC instant."""
    at, offset = (np.array(part, dtype=np.int64) for part in zone_offsets(zone))
    return offset[np.maximum(np.searchsorted(at, utc, side="right") - 1, 0)]


def day_numbers(utc: NDArray[np.int64], zone: str) -> NDArray[np.int64]:
    """The local calendar day of each instant, as days since 1970-01-01.

    >>> day_numbers(np.array([0, DAY - 1, DAY]), "UTC").tolist()
    [0, 0, 1]
    """
    return (utc + offsets_at(utc, zone)) // DAY


def midnights(start: int, stop: int, zone: str) -> NDArray[np.int64]:
    """The UTC instants of local midnight in [start, stop).

    >>> len(midnights(0, 3 * DAY, "UTC"))
    3
    """
    first, last = day_numbers(np.array([start, stop]), zone)
    local = np.arange(first, last + 1) * DAY
    utc = local - offsets_at(local - offsets_at(local, zone), zone)
    return utc[(utc >= start) & (utc < stop)]
