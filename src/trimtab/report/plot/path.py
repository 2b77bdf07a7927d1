"""Paths: points as the shortest text that draws them."""

import itertools

Point = tuple[float, float]


def path(points: tuple[Point, ...]) -> str:
    """A path through points in pixels, to a tenth; a single point becomes a dot.

    Steps between points are written as differences of rounded places, so that rounding never adds up.

    >>> path(((0, 0), (10, 5.5), (20, 5)))
    'M0 0l10 5.5 10-.5'
    """
    if not points:
        return ""
    tenths = [(round(x * 10), round(y * 10)) for x, y in points]
    begin = f"M{_short(tenths[0][0])}{_next(tenths[0][1])}"
    steps = "".join(_next(x - w) + _next(y - v) for (w, v), (x, y) in itertools.pairwise(tenths))
    return begin + (f"l{steps.lstrip()}" if steps else "h0")


def stepped(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """The points with a corner before each, so that a value holds until the next.

    >>> stepped(((0, 1), (2, 3)))
    ((0, 1), (2, 1), (2, 3))
    """
    corners = (((x, before), (x, y)) for (_, before), (x, y) in itertools.pairwise(points))
    return points[:1] + tuple(point for pair in corners for point in pair)


def _next(tenths: int) -> str:
    text = _short(tenths)
    return text if text.startswith("-") else " " + text


def _short(tenths: int) -> str:
    whole, rest = divmod(abs(tenths), 10)
    sign = "-" if tenths < 0 else ""
    return f"{sign}{whole or ('' if rest else 0)}{f'.{rest}' if rest else ''}"
