"""Which matured rows a training uses, and with what weight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trimtab.declare.policy import Window


@dataclass(frozen=True)
class Selection:
    """A stretch of request time [start, stop) in epoch microseconds (None: open), and how fast weights halve."""

    start: int | None = None
    stop: int | None = None
    half_life: int | None = None


def selection(window: Window, as_of: int) -> Selection:
    """The stretch of request time that a declared window means at an instant."""
    start = None if window.length is None else as_of - window.length.microseconds
    return Selection(
        start=start, half_life=None if window.half_life is None else window.half_life.microseconds
    )


def select(selection: Selection, at: NDArray[np.int64], mature: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The positions of the mature rows inside the selection, ascending."""
    chosen = mature.copy()
    if selection.start is not None:
        chosen &= at >= selection.start
    if selection.stop is not None:
        chosen &= at < selection.stop
    return np.flatnonzero(chosen)


def weights(selection: Selection, at: NDArray[np.int64], as_of: int) -> NDArray[np.float64] | None:
    """One weight a row, 0.5 ** (age / half-life), or None when all rows count alike."""
    if selection.half_life is None:
        return None
    decayed: NDArray[np.float64] = 0.5 ** ((as_of - at) / selection.half_life)
    return decayed
