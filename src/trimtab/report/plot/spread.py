"""Labels one above another, moved apart as little as possible."""

import dataclasses


@dataclasses.dataclass
class _Pile:
    """Labels that touch: their count, and the sum of the places they would have the pile begin at."""

    count: int
    wish: float

    @property
    def start(self) -> float:
        return self.wish / self.count


def spread(wishes: tuple[float, ...], room: float, low: float, high: float) -> tuple[float, ...]:
    """Places for labels that wish to stand at `wishes`, at least `room` apart, between `low` and `high`.

    The sum of squared moves is the least possible, and labels keep their order. Where all cannot fit, they
    run on beyond `high`.

    >>> spread((10, 12, 40), 6, 0, 50)
    (8.0, 14.0, 40.0)
    """
    order = sorted(range(len(wishes)), key=lambda place: wishes[place])
    # with each label moved up by the labels before it, "apart" becomes "not decreasing"
    piles: list[_Pile] = []
    for rank, place in enumerate(order):
        piles.append(_Pile(1, wishes[place] - rank * room))
        while len(piles) > 1 and piles[-2].start >= piles[-1].start:
            last = piles.pop()
            piles[-1] = _Pile(piles[-1].count + last.count, piles[-1].wish + last.wish)
    flat = [pile.start for pile in piles for _ in range(pile.count)]
    ceiling = max(low, high - (len(wishes) - 1) * room)
    moved = {place: min(max(flat[rank], low), ceiling) + rank * room for rank, place in enumerate(order)}
    return tuple(moved[place] for place in range(len(wishes)))
