"""The keys that are asked for, numbered, and the figures from which a plan is chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from trimtab.features.build import both, name
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
    """Number the distinct keys of the requests as `kid` and register them; returns them with `n`, `earliest`, `latest`."""
    columns = [name(field, requests).as_(f"k{i}") for i, (_, field) in enumerate(group.keys)]
    at = name("__at", requests)
    figures = [
        exp.func("count", exp.Star()).as_("n"),
        exp.func("min", at).as_("earliest"),
        exp.func("max", at.copy()).as_("latest"),
    ]
    plan = exp.select(*columns, *figures).from_(exp.to_table(requests))
    present = both(exp.not_(name(field, requests).is_(exp.null())) for _, field in group.keys)
    if present is not None:
        plan = plan.where(present).group_by(*(column.this.copy() for column in columns))
    keys = engine.query(plan)
    keys = keys.append_column("kid", pa.array(np.arange(len(keys), dtype=np.int32)))
    engine.register(KEYS, keys)
    return keys


def figures(engine: Engine, keys: pa.Table, facts: exp.Select, counted: Sequence[str]) -> Figures:
    """Measure the facts of the asked keys; `facts` gives kid, known and the columns `counted` in units."""
    known = name("known")
    extremes = [exp.func(f, name(x)).as_(f"{f}_{x}") for x in counted for f in ("min", "max")]
    per_key = (
        exp.select(
            name("kid"),
            exp.func("count", exp.Star()).as_("facts"),
            exp.func("min", known).as_("first"),
            exp.func("max", known.copy()).as_("last"),
            *extremes,
        )
        .from_(facts.subquery("facts"))
        .group_by(name("kid"))
    )
    found = engine.query(per_key)
    asked = np.asarray(keys.column("n"), dtype=np.float64)
    counts = np.zeros(len(asked))
    counts[np.asarray(found.column("kid"))] = np.asarray(found.column("facts"))
    first, last = pc.min(found.column("first")).as_py(), pc.max(found.column("last")).as_py()
    span = 1 if first is None else max(1, last - first)
    return Figures(counts, asked, span, {x: _largest(found, x) for x in counted})


def _largest(found: pa.Table, x: str) -> int:
    low, high = pc.min(found.column(f"min_{x}")).as_py(), pc.max(found.column(f"max_{x}")).as_py()
    return max(abs(low or 0), abs(high or 0))
