"""Series: which states are kept per key, so that all features of one source by the same keys share a few blobs.

The aggregates of a group are split by hop, because a row may only be dropped when no window starts between it and the
next. A group over the request's own source stays whole and on no grid: each fact must be found again to be left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from trimtab.aggregate.windows import window_start
from trimtab.declare.digest import digest
from trimtab.declare.kinds import Kind
from trimtab.features.online.layout import FORMAT, Column, Layout
from trimtab.features.specs import Group, Spec, Window
from trimtab.features.states import Reading, needed


@dataclass(frozen=True)
class Series:
    """What is kept per key of one source: the rows' grid in microseconds (0: every instant) and the specs they serve.

    `own_id` names the columns by which a request's own fact is known; empty where there is none. `kinds` are those
    of the source's columns.
    """

    source: str
    kinds: Mapping[str, Kind]
    keys: tuple[tuple[str, str], ...]
    own_id: tuple[str, ...]
    grid: int
    specs: tuple[Spec, ...]

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """Every state that a row holds, each once; values are counted wherever anything of them is kept."""
        found = (column for spec in self.specs for column in columns_of(spec, own=bool(self.own_id)).values())
        return tuple(dict.fromkeys(found))

    @cached_property
    def layout(self) -> Layout:
        """How a row lies in bytes."""
        return Layout(self.columns, own=bool(self.own_id))

    @cached_property
    def windows(self) -> tuple[Window, ...]:
        """The windows that end, each once; all history is not among them."""
        return tuple(dict.fromkeys(spec.window for spec in self.specs if spec.window[0] is not None))

    @cached_property
    def keeps_all(self) -> bool:
        """Whether all history counts."""
        return any(spec.window[0] is None for spec in self.specs)

    @cached_property
    def name(self) -> str:
        """Equal for series whose blobs are the same, on any machine."""
        used = {column: self.kinds[column] for column in sorted(self.needed)}
        keys = [column for column, _ in self.keys]
        kept = [self.own_id, self.grid, sorted(map(repr, self.windows)), self.keeps_all]
        readings = [[column.part, column.kind, column.ever, column.reading] for column in self.columns]
        return digest([FORMAT, self.source, keys, sorted(used.items()), kept, readings])[:16]

    @cached_property
    def prefix(self) -> bytes:
        """How its keys in the store begin."""
        return b"=" + bytes.fromhex(self.name)

    @cached_property
    def needed(self) -> frozenset[str]:
        """The columns of the source that it reads."""
        names = {column for column, _ in self.keys} | set(self.own_id)
        for column in self.columns:
            for part in (column.reading.value, column.reading.where):
                names |= set(() if part is None else part.columns())
        return frozenset(names)

    def earliest(self, at: int) -> int | None:
        """The first instant that any window of a request at `at` or later holds; None when everything counts.

        Running totals serve all history, so that of it nothing need be kept but the latest row.
        """
        if self.own_id and self.keeps_all:
            return None
        starts = [window_start(at, over, hop) for over, hop in self.windows]
        return min((start for start in starts if start is not None), default=at)

    def step(self, known: int) -> int:
        """The step of the grid that an instant lies in."""
        return known // self.grid if self.grid else known


def columns_of(spec: Spec, *, own: bool) -> dict[str, Column]:
    """What must be kept for a feature, by part."""
    ever = spec.window[0] is None and not own
    states = needed(spec)
    whole = Reading(spec.aggregate.value, spec.aggregate.where)
    columns = {"n": Column("n", whole)}
    for part, state in states.items():
        if part in {"s", "q"}:
            columns[part] = Column(part, state.reading)
        elif part in {"min", "max"}:
            columns[part] = Column(part, state.reading, spec.kind, ever)
        elif part == "first":
            columns[part] = Column(part, whole, spec.kind, ever)
        elif part == "last":
            columns[part] = Column(part, whole, spec.kind)
        elif part == "since":
            columns[part] = Column(part, whole)
    return columns


def series_of(groups: Iterable[Group]) -> tuple[Series, ...]:
    """The series that serve all groups; all history joins the coarsest grid of its group, which has the fewest rows."""
    found = []
    for group in groups:
        by_grid: dict[int, list[Spec]] = {}
        coarsest = (
            0 if group.own_id else max((hop for over, hop in _windows(group) if over is not None), default=0)
        )
        for spec in group.specs:
            over, hop = spec.window
            grid = 0 if group.own_id else coarsest if over is None else hop
            by_grid.setdefault(grid, []).append(spec)
        found += [
            Series(group.source.name, group.facts.kinds, group.keys, group.own_id, grid, tuple(specs))
            for grid, specs in by_grid.items()
        ]
    return tuple(found)


def _windows(group: Group) -> list[Window]:
    return [spec.window for spec in group.specs]
