"""The turns of a simulated clock: one a day, but for jumps forward and back, and days on which nobody was there."""

from __future__ import annotations

from collections.abc import Iterator

from trimtab.testing.simulation.chance import DAY, generator
from trimtab.testing.simulation.surroundings import BEFORE, Surroundings

Turn = tuple[str, int, int]
"""A name, the true day, and what the clock says in epoch microseconds."""


def turns(around: Surroundings) -> Iterator[Turn]:
    """Every turn of the loop, in true order."""
    away = 0
    for day in range(BEFORE, around.days):
        draw = generator(around.seed, "clock", day)
        away = max(away - 1, 0)
        kind = draw.random() * 365
        each = around.faults.clock_jumps_per_year / 3
        if kind < each:
            away = int(draw.integers(1, 5))
        if away:
            continue
        shift = int(draw.integers(1, 2 * DAY))
        if each <= kind < 2 * each:  # ahead for one turn
            yield f"{day}+", day, day * DAY + shift
        else:
            yield f"{day}", day, day * DAY
        if 2 * each <= kind < 3 * each:  # and once more, with a clock that was set back
            yield f"{day}-", day, day * DAY - shift
