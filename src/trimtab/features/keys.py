"""The keys that are asked for, numbered, and the figures from which a plan is chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from trimtab.features.build import Relation, both, call, name, named, present, select, table
from trimtab.features.specs import Group
from trimtab.ports import Engine

KEYS = "__trimtab_keys"


@dataclass(frozen=True)
class Figures:
    """How large a group's problem is, over the keys that requests ask for.

    `facts` and `asked` count facts and requests per key, `span` is the time in microseconds that the facts cover,
    `largest` the largest absolute value of each counted reading.
    """

    facts: npt.NDArray[np.float64]
    asked: npt.NDArray[np.float64]
    span: int
    largest: Mapping[str, int]

    @classmethod
    def none(cls) -> Figures:
        """The figures of no facts or no requests."""
        return cls(np.zeros(0), np.zeros(0), 1, {})

    @property
    def rows(self) -> float:
        """Facts and requests together."""
        return float(self.facts.sum() + self.asked.sum())

    @property
    def meetings(self) -> float:
        """How many pairs share a key."""
        return float(self.facts @ self.asked)

    @property
    def busiest(self) -> int:
        """The facts of the busiest key."""
        return int(self.facts.max(initial=0))

    def tiles(self, grid: int) -> float:
        """How many steps of the grid hold facts, if each key's facts came at random times."""
        steps = max(1.0, self.span / grid)
        return float((steps * -np.expm1(-self.facts / steps)).sum())

    def largest_of(self, x: str) -> int:
        """The largest absolute value of a counted reading, in units; 0 for others."""
        return self.largest.get(x, 0)


def register_keys(engine: Engine, group: Group, requests: str) -> pa.Table:
    """Number the keys of the requests as `kid` and register them; returns them with `n`, `earliest` and `latest`."""
    fields = [field for _, field in group.keys]
    columns = [named(name(field, requests), f"k{i}") for i, field in enumerate(fields)]
    figures = [
        named(call("count", exp.Star()), "n"),
        named(call("min", name("__at", requests)), "earliest"),
        named(call("max", name("__at", requests)), "latest"),
    ]
    plan = select(
        [*columns, *figures],
        table(requests),
        keep=both(present(name(field, requests)) for field in fields),
        group=[name(field, requests) for field in fields],
    )
    keys = engine.query(plan)
    keys = keys.append_column("kid", pa.array(np.arange(len(keys), dtype=np.int32)))
    engine.register(KEYS, keys)
    return keys


def figures(engine: Engine, keys: pa.Table, facts: Relation, counted: Sequence[str]) -> Figures:
    """Measure the facts of the asked keys; `facts` gives kid, known and the columns `counted` in units."""
    extremes = [named(call(f, name(x)), f"{f}_{x}") for x in counted for f in ("min", "max")]
    per_key = [
        name("kid"),
        named(call("count", exp.Star()), "facts"),
        named(call("min", name("known")), "first"),
        named(call("max", name("known")), "last"),
    ]
    found = engine.query(select([*per_key, *extremes], facts, group=[name("kid")]))
    asked = np.asarray(keys.column("n"), dtype=np.float64)
    counts = np.zeros(len(asked))
    counts[np.asarray(found.column("kid"))] = np.asarray(found.column("facts"))
    first, last = pc.min(found.column("first")).as_py(), pc.max(found.column("last")).as_py()
    span = 1 if first is None else max(1, last - first)
    return Figures(counts, asked, span, {x: _largest(found, x) for x in counted})


def _largest(found: pa.Table, x: str) -> int:
    low, high = pc.min(found.column(f"min_{x}")).as_py(), pc.max(found.column(f"max_{x}")).as_py()
    return int(max(abs(low or 0), abs(high or 0)))
