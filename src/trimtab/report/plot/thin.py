"""Fewer points that look the same."""

import itertools
import math

Point = tuple[float, float]


def thin(points: tuple[Point, ...], columns: int) -> tuple[Point, ...]:
    """At most four points for each of `columns` equal stretches of x: first, lowest, highest and last.

    Drawn one pixel column each, the line covers the same pixels. Points stay in their order, and few
    points stay as they are.

    >>> thin(tuple((float(x), float(x % 7)) for x in range(1000)), 2)
    ((0.0, 0.0), (6.0, 6.0), (499.0, 2.0), (500.0, 3.0), (503.0, 6.0), (504.0, 0.0), (999.0, 5.0))
    """
    if len(points) <= 4 * columns:
        return points
    start, width = points[0][0], (points[-1][0] - points[0][0]) / columns or 1.0
    groups = itertools.groupby(
        points, key=lambda point: min(math.floor((point[0] - start) / width), columns - 1)
    )
    return tuple(point for _, group in groups for point in _ends(tuple(group)))


def _ends(group: tuple[Point, ...]) -> tuple[Point, ...]:
    """The points of a column that its picture depends on, in their order and once each."""
    rows = range(len(group))
    lowest = min(rows, key=lambda row: group[row][1])
    highest = max(rows, key=lambda row: group[row][1])
    return tuple(group[row] for row in sorted({0, lowest, highest, len(group) - 1}))
