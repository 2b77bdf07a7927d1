"""Where a window begins: whole microseconds on a grid, rounded down for times before 1970 too."""

from __future__ import annotations


def floor_to(instant: int, grid: int) -> int:
    """The last point of the grid that is not after the instant; grid 0 leaves the instant as it is.

    >>> floor_to(17, 5), floor_to(-1, 5), floor_to(17, 0)
    (15, -5, 17)
    """
    return instant if grid == 0 else instant // grid * grid


def window_start(t: int, over: int | None, hop: int) -> int | None:
    """The first instant inside the window that ends, exclusively, at t; None when it reaches back for ever.

    >>> window_start(t=100, over=30, hop=0), window_start(t=103, over=30, hop=5), window_start(100, None, 0)
    (70, 70, None)
    """
    return None if over is None else floor_to(t - over, hop)


def in_window(known: int, t: int, over: int | None, hop: int) -> bool:
    """Whether a fact known at `known` counts at t.

    >>> in_window(70, t=100, over=30, hop=0), in_window(100, t=100, over=30, hop=0)
    (True, False)
    """
    start = window_start(t, over, hop)
    return known < t and (start is None or known >= start)
