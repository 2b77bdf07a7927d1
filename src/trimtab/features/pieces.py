"""Windows cut into pieces, each joined with facts or tiles: the range join is one piece, a tiled window several.

Beside the key both sides carry a block, a stretch of time at least as long as the piece: a request meets the facts
of its one or two blocks instead of the key's whole history.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlglot import exp

from trimtab.features.build import (
    Sql,
    at_least,
    both,
    equal,
    floor_to,
    inner,
    join,
    less,
    minus,
    name,
    named,
    plus,
    select,
    stacked,
    table,
    whole,
)
from trimtab.features.parts import column_name, part_of
from trimtab.features.relations import ASKS, FACTS, not_own, start_of
from trimtab.features.specs import Group, Window
from trimtab.features.states import Column


@dataclass(frozen=True)
class Bound:
    """An end of a piece: the request's time or a window's start, moved to a grid (0: as it is)."""

    window: Window | None = None
    grid: int = 0
    up: bool = False

    def sql(self) -> Sql:
        """The instant, for a request of `asks`."""
        instant = name("at", "asks") if self.window is None else start_of(self.window, name("at", "asks"))
        if self.up and self.grid:
            instant = plus(instant, whole(self.grid - 1))
        return floor_to(instant, self.grid)


@dataclass(frozen=True)
class Piece:
    """What lies in [start, end) on a grid of tiles (0: the facts themselves); `block` 0 joins by key alone."""

    grid: int
    start: Bound
    end: Bound
    block: int


def whole_window(window: Window, span: int) -> Piece:
    """The window as one piece of facts."""
    over, hop = window
    block = 0 if over is None or 2 * (over + hop) > span else over + hop
    return Piece(0, Bound(window), Bound(), block)


def tiled_window(window: Window, grids: tuple[int, ...]) -> tuple[Piece, ...]:
    """The window as tiles of the coarsest grid, with finer ones at both ends and facts beyond them.

    >>> [piece.grid for piece in tiled_window((700, 10), (5, 10))]
    [0, 5, 10]
    """
    over, hop = window
    levels = (0, *grids)
    top = levels[-1]
    aligned = levels.index(hop)
    middle = Piece(top, Bound(window, top, up=True), Bound(grid=top), (over or 0) + hop)
    heads = [
        Piece(fine, Bound(window, fine, up=True), Bound(window, coarse, up=True), coarse)
        for fine, coarse in zip(levels[aligned:], levels[aligned + 1 :], strict=False)
    ]
    return (*rest(grids), middle, *heads)


def rest(grids: tuple[int, ...]) -> tuple[Piece, ...]:
    """What lies between the last full step of the coarsest grid and the request, the latest piece first.

    >>> [piece.grid for piece in rest((5, 10))]
    [0, 5]
    """
    steps = zip((0, *grids), grids, strict=False)
    return tuple(Piece(fine, Bound(grid=coarse), Bound(grid=fine), coarse) for fine, coarse in steps)


def tiles(grid: int, finer: int, columns: Iterable[Column]) -> exp.Select:
    """The tile table of a grid, from the facts (`finer` 0) or a finer grid's tiles.

    One row per key and step that holds facts, known at the step's beginning.
    """
    parts = [named(part_of(column, finer), column_name(column)) for column in columns]
    kid, step = name("kid", "had"), floor_to(name("known", "had"), grid)
    return select(
        [kid, named(step, "known"), *parts], table(table_of(finer), "had"), group=[kid.copy(), step.copy()]
    )


def table_of(grid: int) -> str:
    """The relation that holds the tiles of a grid, or the facts."""
    return f"tiles{grid}" if grid else FACTS


def joined(piece: Piece, columns: Iterable[Column], group: Group) -> exp.Select:
    """The piece's columns for each request that meets anything in it: row, min_x0, n_x1, ..."""
    met = both(
        [
            equal(name("kid", "ask"), name("kid", "had")),
            equal(name("block", "ask"), name("block", "had")) if piece.block else None,
            at_least(name("known", "had"), name("start", "ask")),
            less(name("known", "had"), name("end", "ask")),
        ]
    )
    parts = [named(part_of(column, piece.grid), column_name(column)) for column in columns]
    return select(
        [name("row", "ask"), *parts],
        inner(_asking(piece, group), "ask"),
        join(inner(_had(piece), "had"), met),
        keep=not_own(group, "ask", "had") if piece.grid == 0 else None,
        group=[name("row", "ask")],
    )


def _had(piece: Piece) -> exp.Select:
    block = [named(floor_to(name("known"), piece.block), "block")] if piece.block else []
    return select([exp.Star(), *block], table(table_of(piece.grid)))


def _asking(piece: Piece, group: Group) -> exp.Query:
    ids = [name(f"i{i}", "asks") for i in range(len(group.own_id))]
    bounds = [named(piece.start.sql(), "start"), named(piece.end.sql(), "end")]
    asking = select([name("row", "asks"), name("kid", "asks"), *ids, *bounds], table(ASKS, "asks"))
    if not piece.block:
        return asking
    blocks = select(
        [
            exp.Star(),
            named(floor_to(name("start"), piece.block), "block"),
            named(floor_to(minus(name("end"), whole(1)), piece.block), "last_block"),
        ],
        inner(asking, "asking"),
        keep=less(name("start"), name("end")),
    )
    if piece.block in {piece.start.grid, piece.end.grid}:  # it lies within one step of its block's grid
        return blocks
    again = [name(column) for column in ("row", "kid", *(f"i{i}" for i in range(len(ids))), "start", "end")]
    second = select(
        [*again, named(name("last_block"), "block"), name("last_block")],
        inner(blocks.copy(), "blocks"),
        keep=less(name("block"), name("last_block")),
    )
    return stacked([blocks, second])
