"""Labels of events along a line, in as many rows as keep them apart."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Placed:
    """Where one label stands: the pixels it spans, its lane (0 is the nearest), and which end is at its line.

    >>> Placed(10, 10, 50, 0, "start").lane
    0
    """

    at: float
    left: float
    right: float
    lane: int
    anchor: str
    free: bool = False


@dataclasses.dataclass(frozen=True)
class Wanted:
    """A label to place: the pixel it begins at, its width, and whether it has a line or may slide along.

    >>> Wanted(10, 50).free
    False
    """

    at: float
    width: float
    free: bool = False


def place_labels(wanted: tuple[Wanted, ...], low: float, high: float) -> tuple[Placed, ...]:
    """Lanes for labels, kept between `low` and `high` where they fit, never overlapping.

    A label stands to the right of its line, or to the left where the right has no room; no line runs
    through a label where that can be helped.

    >>> [label.lane for label in place_labels((Wanted(10, 50), Wanted(30, 50), Wanted(200, 50)), 0, 300)]
    [1, 0, 0]
    """
    placed: dict[int, Placed] = {}
    # from the right, as labels reach to the right; those without a line last, as nothing of theirs can cross
    for place in sorted(range(len(wanted)), key=lambda index: (wanted[index].free, -wanted[index].at)):
        placed[place] = _place(wanted[place], tuple(placed.values()), low, high)
    return tuple(placed[place] for place in range(len(wanted)))


def _place(one: Wanted, others: tuple[Placed, ...], low: float, high: float) -> Placed:
    left, anchor = _side(one, low, high)
    lanes = range(len(others) + 2)
    tries = [Placed(one.at, left, left + one.width, lane, anchor, one.free) for lane in lanes]
    apart = [place for place in tries if not any(_overlap(place, other) for other in others)]
    return min(apart, key=lambda place: (sum(_crossed(place, other) for other in others), place.lane))


def _side(one: Wanted, low: float, high: float) -> tuple[float, str]:
    if one.at + one.width <= high:
        return one.at, "start"
    if one.at - one.width >= low and not one.free:
        return one.at - one.width, "end"
    return max(low, high - one.width), "start"


def _overlap(one: Placed, other: Placed) -> bool:
    return one.lane == other.lane and one.left < other.right and other.left < one.right


def _crossed(one: Placed, other: Placed) -> bool:
    """Whether the line of the label in the higher lane runs through the lower label."""
    upper, lower = (one, other) if one.lane > other.lane else (other, one)
    return upper.lane != lower.lane and not upper.free and lower.left < upper.at < lower.right
