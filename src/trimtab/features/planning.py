"""Which plan computes which state: chosen from the sizes of the data, so that no key is too hot.

Four ways lead to the same values:

- *range join*: each request meets the facts of its window. Best while the pairs are few.
- *running totals*: sums from the beginning up to each fact; a window is the total at its end less the total at its
  start. Exact integers lose nothing by that, so the cost depends neither on the window's length nor on hot keys.
  The latest value is looked up as of the same instant. Where keys are busy the totals run over tiles.
- *as-of*: the first value is looked up forward from the window's start.
- *tiles*: minimum and maximum per key and step of a grid; a window is a few dozen tiles and a short rest of facts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from trimtab.features.keys import Figures
from trimtab.features.specs import Window
from trimtab.features.states import EXTREMES, Needs, State

REFINEMENT = 16
"""How many steps of an inserted grid one step of the next coarser grid holds."""


@dataclass(frozen=True)
class Limits:
    """Where one plan gives way to another; the defaults are measured by `benchmarks/training_set`.

    A range join may make `pairs_per_row` pairs for each fact and request, in place of each pass over the data that
    another way would make; the facts beyond the last full tile may be `rest_per_request` per request; running
    totals go over tiles that are fewer than `tiles_per_fact` of the facts; `rows_per_chunk` bounds memory.
    """

    pairs_per_row: float = 5.0
    rest_per_request: float = 32.0
    tiles_per_fact: float = 0.6
    rows_per_chunk: int = 3_000_000


@dataclass(frozen=True)
class Plan:
    """The choice for one group: which states by which way, on which grids, and in how many chunks.

    `grids` gives each tiled window its grids, finest first; `base` the grids under running totals, which run over
    tiles of the last one (none: over facts). `pairs` estimates, per window, how often a request meets a fact of it.
    """

    ranged: tuple[State, ...]
    running: tuple[State, ...]
    firsts: tuple[State, ...]
    tiled: tuple[State, ...]
    grids: Mapping[Window, tuple[int, ...]]
    base: tuple[int, ...]
    pairs: Mapping[Window, float]
    chunks: int


def choose(needs: Needs, figures: Figures, limits: Limits) -> Plan:
    """The plan for a group of features."""
    pairs = {window: estimated_pairs(window, figures) for window in needs.windows}
    allowed = limits.pairs_per_row * max(1.0, figures.rows)
    few = sum(pairs.values()) <= allowed * _others(needs)
    ways: dict[str, list[State]] = {"ranged": [], "running": [], "firsts": [], "tiled": []}
    for state in needs.columns:
        near = few or (_is_tiled(state) and pairs[state.window] <= allowed)
        ways["ranged" if near or overflows(state, needs, figures) else _way(state)].append(state)
    ladder = Ladder((state.window[1] for state in ways["tiled"] + ways["running"]), figures, limits)
    tiled = dict.fromkeys(state.window for state in ways["tiled"])
    return Plan(
        **{way: tuple(states) for way, states in ways.items()},
        grids={window: ladder.of(window) for window in tiled},
        base=ladder.base(dict.fromkeys(state.window for state in ways["running"])),
        pairs=pairs,
        chunks=_chunks(needs, figures, limits),
    )


def _others(needs: Needs) -> int:
    """How many passes over the data replace the range join: one for all lookups, one per tiled window."""
    tiled = {state.window for state in needs.columns if _is_tiled(state)}
    return len(tiled) + any(not _is_tiled(state) for state in needs.columns)


def _is_tiled(state: State) -> bool:
    return state.part in EXTREMES and state.window[0] is not None


def _chunks(needs: Needs, figures: Figures, limits: Limits) -> int:
    rows = figures.rows + float(figures.asked.sum()) * len(needs.windows)
    return max(1, math.ceil(rows / limits.rows_per_chunk))


def _way(state: State) -> str:
    if state.part == "first":
        return "firsts"
    return "tiled" if _is_tiled(state) else "running"


def estimated_pairs(window: Window, figures: Figures) -> float:
    """How often a request meets a fact of the window, if facts came evenly over time."""
    over, hop = window
    share = 0.5 if over is None else min(1.0, (over + hop / 2) / figures.span)
    return figures.meetings * share


def overflows(state: State, needs: Needs, figures: Figures) -> bool:
    """Whether a key's sum of squares over all time may leave 128 bits, though no window's does."""
    return (
        state.part == "q"
        and figures.busiest * figures.largest_of(needs.readings[state.reading]) ** 2 >= 2**126
    )


class Ladder:
    """The grids of a group's tiles: the windows' own hops, finer ones where facts are dense, coarser ones for long windows."""

    def __init__(self, hops: Iterable[int], figures: Figures, limits: Limits) -> None:
        self._steps = sorted({hop for hop in hops if hop})
        self._figures, self._limits = figures, limits

    def of(self, window: Window) -> tuple[int, ...]:
        """The grids of a tiled window in microseconds, finest first, each dividing the next."""
        over, hop = window
        if over is None:
            raise ValueError("all history needs no tiles")
        grids = self._below(hop or max(1, over // 64))
        if over // grids[-1] >= 64:
            grids += (self._coarser(grids[-1], over),)
        return grids

    def base(self, windows: Iterable[Window]) -> tuple[int, ...]:
        """The grids under running totals whose windows start on the last of them; empty where tiles save little."""
        hops = [hop for over, hop in windows if over is not None]
        grid = math.gcd(*hops) if hops else 0
        if (
            0 in hops
            or not grid
            or self._figures.tiles(grid) > self._limits.tiles_per_fact * self._figures.facts.sum()
        ):
            return ()
        return self._below(grid)

    def _below(self, grid: int) -> tuple[int, ...]:
        """The grid with as many finer ones before it as keep the rest of facts short."""
        grids = [grid]
        while self._rest(grids[0]) > self._limits.rest_per_request * self._figures.asked.sum():
            finer = [step for step in self._steps if step < grids[0] and grids[0] % step == 0]
            if not finer and grids[0] % REFINEMENT:
                break
            grids.insert(0, finer[-1] if finer else grids[0] // REFINEMENT)
        return tuple(grids)

    def _coarser(self, grid: int, over: int) -> int:
        known = [step for step in self._steps if step % grid == 0 and 4 * grid <= step <= over // 4]
        return known[-1] if known else grid * math.isqrt(over // grid)

    def _rest(self, grid: int) -> float:
        """How many facts lie between the last full step and the request, over all requests."""
        return self._figures.meetings * grid / 2 / self._figures.span
