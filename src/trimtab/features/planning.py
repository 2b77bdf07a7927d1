"""Which plan computes which state: chosen from the sizes of the data, so that no key is too hot.

Four ways lead to the same values:

- *range join*: each request meets the facts of its window. Best while the pairs are few.
- *running totals*: sums from the beginning up to each fact; a window is the total at its end less the total at its
  start. Exact integers lose nothing by that, so the cost depends neither on the window's length nor on hot keys.
- *as-of*: the latest (or first) value is looked up at one instant.
- *tiles*: minimum and maximum per key and step of a grid; a window is a few dozen tiles and a short rest of facts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from trimtab.features.keys import Figures
from trimtab.features.specs import Window
from trimtab.features.states import EXTREMES, SUMS, Needs, State

REFINEMENT = 16
"""How many tiles one tile of the next coarser grid holds."""


@dataclass(frozen=True)
class Limits:
    """Where one plan gives way to another; the defaults are measured by `benchmarks/training_set`.

    A range join may make `pairs_per_row` pairs for each fact and request; the facts beyond the last full tile may
    be `rest_per_request` per request; `rows_per_chunk` bounds memory.
    """

    pairs_per_row: float = 12.0
    rest_per_request: float = 16.0
    rows_per_chunk: int = 3_000_000


@dataclass(frozen=True)
class Plan:
    """The choice for one group: which states by which way, the grids of tiled windows, and in how many chunks.

    `pairs` estimates, per window, how often a request meets a fact of it.
    """

    ranged: tuple[State, ...]
    running: tuple[State, ...]
    firsts: tuple[State, ...]
    tiled: tuple[State, ...]
    grids: Mapping[Window, tuple[int, ...]]
    pairs: Mapping[Window, int]
    chunks: int


def choose(needs: Needs, figures: Figures, limits: Limits) -> Plan:
    """The plan for a group of features."""
    pairs = {window: estimated_pairs(window, figures) for window in needs.windows}
    allowed = limits.pairs_per_row * max(1, figures.facts + figures.requests)
    few = sum(pairs.values()) <= allowed
    ways: dict[str, list[State]] = {"ranged": [], "running": [], "firsts": [], "tiled": []}
    for state in needs.columns:
        near = few or (state.part in EXTREMES and pairs[state.window] <= allowed)
        way = "ranged" if near or overflows(state, needs, figures) else _way(state)
        ways[way].append(state)
    windows = dict.fromkeys(state.window for state in ways["tiled"])
    return Plan(
        **{way: tuple(states) for way, states in ways.items()},
        grids={window: grids(window, figures, limits) for window in windows},
        pairs=pairs,
        chunks=_chunks(needs, figures, limits),
    )


def _way(state: State) -> str:
    if state.part == "first":
        return "firsts"
    return "tiled" if state.part in EXTREMES and state.window[0] is not None else "running"


def estimated_pairs(window: Window, figures: Figures) -> int:
    """How often a request meets a fact of the window, if facts came evenly over time."""
    over, hop = window
    share = 0.5 if over is None else min(1.0, (over + hop / 2) / figures.span)
    return int(figures.meetings * share)


def overflows(state: State, needs: Needs, figures: Figures) -> bool:
    """Whether a key's sum over all time may leave 128 bits, though no window's does."""
    return state.part == "q" and figures.busiest * figures.largest_of(needs.readings[state.reading]) ** 2 >= 2**126


def grids(window: Window, figures: Figures, limits: Limits) -> tuple[int, ...]:
    """The grids of a window's tiles in microseconds, finest first, each dividing the next.

    A window of many steps gets a coarser grid too, a dense one finer grids for its rest.
    """
    over, hop = window
    if over is None:
        raise ValueError("all history needs no tiles")
    found = [hop or max(1, over // 64)]
    if over // found[0] >= 64:
        found.append(found[0] * math.isqrt(over // found[0]))
    while _rest(found[0], figures) > limits.rest_per_request * figures.requests and found[0] % REFINEMENT == 0:
        found.insert(0, found[0] // REFINEMENT)
    return tuple(found)


def _rest(grid: int, figures: Figures) -> float:
    """How many facts lie between the last full tile and the request, over all requests."""
    return figures.meetings * grid / 2 / figures.span


def _chunks(needs: Needs, figures: Figures, limits: Limits) -> int:
    rows = figures.facts + figures.requests * (1 + len(needs.windows))
    return max(1, math.ceil(rows / limits.rows_per_chunk))


def sums_only(states: Iterable[State]) -> bool:
    """Whether all states are exact sums, from which a request's own fact can be taken off."""
    return all(state.part in SUMS for state in states)
