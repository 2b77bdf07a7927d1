"""Windows cut into pieces, each joined with facts or tiles: the range join is one piece, a tiled window several.

Beside the key both sides carry a block, a stretch of time at least as long as the piece: a request meets the facts
of its one or two blocks instead of the key's whole history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sqlglot import exp

from trimtab.features.build import aggregate, as_hugeint, floor_to, name, whole
from trimtab.features.relations import ASKS, FACTS, not_own, start_of, table
from trimtab.features.specs import Group, Window
from trimtab.features.states import Column


@dataclass(frozen=True)
class Bound:
    """An end of a piece: the request's time or a window's start, moved to a grid (0: as it is)."""

    window: Window | None = None
    grid: int = 0
    up: bool = False

    def sql(self, at: exp.Expression) -> exp.Expression:
        """The instant, given the request's time."""
        instant = at if self.window is None else start_of(self.window, at)
        if self.up and self.grid:
            instant = exp.paren(instant) + whole(self.grid - 1)
        return floor_to(exp.paren(instant), self.grid)


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


def column_name(column: Column) -> str:
    """The name of a part of a reading in a piece or tile table."""
    return "_".join(column)


def tiles(grid: int, finer: int, columns: Iterable[Column]) -> exp.Select:
    """The tile table of a grid, from the facts (`finer` 0) or a finer grid's tiles.

    One row per key and step that holds facts, known at the step's beginning.
    """
    step = floor_to(name("known", "had"), grid)
    parts = [part_of(column, finer).as_(column_name(column)) for column in columns]
    return (
        exp.select(name("kid", "had"), step.as_("known"), *parts)
        .from_(table(table_of(finer), "had"))
        .group_by(name("kid", "had"), step.copy())
    )


def table_of(grid: int) -> str:
    """The relation that holds the tiles of a grid, or the facts."""
    return f"tiles{grid}" if grid else FACTS


def closure_of(columns: Iterable[Column]) -> dict[Column, None]:
    """The columns with those that merging them needs: a last value comes with when it became known."""
    wanted = dict.fromkeys(columns)
    return wanted | dict.fromkeys(("since", x) for part, x in wanted if part == "last")


def joined(piece: Piece, columns: Iterable[Column], group: Group) -> exp.Select:
    """The piece's columns for each request that meets anything in it: row, min_x0, n_x1, ..."""
    known, ask = name("known", "had"), "ask"
    on = [
        name("kid", ask).eq(name("kid", "had")),
        known >= name("start", ask),
        known.copy() < name("end", ask),
    ]
    if piece.block:
        on.insert(1, name("block", ask).eq(name("block", "had")))
    parts = [part_of(column, piece.grid).as_(column_name(column)) for column in columns]
    return (
        exp.select(name("row", ask), *parts)
        .from_(_asking(piece, group).subquery(ask))
        .join(_had(piece).subquery("had"), on=exp.and_(*on))
        .where(not_own(group, ask, "had") if piece.grid == 0 else None)
        .group_by(name("row", ask))
    )


def _had(piece: Piece) -> exp.Select:
    columns: list[exp.Expression] = [exp.Star()]
    if piece.block:
        columns.append(floor_to(name("known"), piece.block).as_("block"))
    return exp.select(*columns).from_(exp.to_identifier(table_of(piece.grid)))


def _asking(piece: Piece, group: Group) -> exp.Query:
    at = name("at", "asks")
    start, end = piece.start.sql(at), piece.end.sql(at.copy())
    ids = [name(f"i{i}", "asks") for i in range(len(group.own_id))]
    asking = exp.select(
        name("row", "asks"), name("kid", "asks"), *ids, start.as_("start"), end.as_("end")
    ).from_(table(ASKS, "asks"))
    if not piece.block:
        return asking
    one = floor_to(name("start"), piece.block)
    two = floor_to(exp.paren(name("end") - whole(1)), piece.block)
    spans = asking.subquery("spans")
    first = exp.select(exp.Star(), one.as_("block")).from_(spans).where(name("start") < name("end"))
    if piece.block in {piece.start.grid, piece.end.grid}:  # it lies within one step of its block's grid
        return first
    second = exp.select(exp.Star(), two.as_("block")).from_(spans.copy()).where(two.copy() > one.copy())
    return exp.union(first, second, distinct=False)


def part_of(column: Column, grid: int) -> exp.Expression:
    """A part of the state over some rows named `had`: updated by facts (grid 0), or merged from tiles."""
    part, x = column
    if not grid:
        return UPDATE[part](name(x, "had"))
    return MERGE[part](name(column_name(column), "had"), name(f"since_{x}", "had"))


def _order() -> exp.Expression:
    """(known, sequence) as one number, since numbers are compared faster than pairs."""
    return exp.paren(as_hugeint(name("known", "had")) * as_hugeint(whole(2**63))) + name("sequence", "had")


def _known_where(value: exp.Expression) -> exp.Expression:
    return exp.Case().when(exp.not_(value.is_(exp.null())), name("known", "had"))


UPDATE: Mapping[str, Callable[[exp.Expression], exp.Expression]] = {
    "n": lambda x: aggregate("count", x),
    "s": lambda x: aggregate("sum", x),
    "q": lambda x: aggregate("sum", as_hugeint(x) * as_hugeint(x.copy())),
    "q64": lambda x: aggregate("sum", x * x.copy()),
    "min": lambda x: aggregate("min", x),
    "max": lambda x: aggregate("max", x),
    "first": lambda x: aggregate("arg_min", x, _order()),
    "last": lambda x: aggregate("arg_max", x, _order()),
    "since": lambda x: aggregate("max", _known_where(x)),
}

MERGE: Mapping[str, Callable[[exp.Expression, exp.Expression], exp.Expression]] = {
    "n": lambda part, _: aggregate("sum", part),
    "s": lambda part, _: aggregate("sum", part),
    "q": lambda part, _: aggregate("sum", part),
    "q64": lambda part, _: aggregate("sum", part),
    "min": lambda part, _: aggregate("min", part),
    "max": lambda part, _: aggregate("max", part),
    "last": lambda part, since: aggregate("arg_max", part, since),
    "since": lambda part, _: aggregate("max", part),
}
