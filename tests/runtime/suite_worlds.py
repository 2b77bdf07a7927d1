"""Orders whose cause turns round on some day, or that one shop takes at random from some day on."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from loop_worlds import system

import trimtab as tt
from orders import DAY, HOUR, START

LENGTH, TURNS = 100, 45
"""Days of orders, and the day of the turn."""


def tables(*, turned: str = "", rows: int = 3000, known_by: int | None = None, scrambled: int | None = None):
    """Orders and deliveries; `turned`: 'weight' (heavy ones are early from the turn on) or 'north' (a coin decides).

    known_by: only what was known before that day. scrambled: deliveries from that day on say anything.
    """
    rng = np.random.default_rng(3)
    at = np.sort(rng.integers(0, LENGTH * DAY, rows)) + START
    shop = rng.choice(["north", "south", "west"], rows)
    weight = rng.gamma(2.0, 2.0, rows).round(3)
    after = at >= START + TURNS * DAY
    slope = np.where(after & (turned == "weight"), -2.0, 2.0)
    slope = np.where(after & (turned == "north") & (shop == "north"), 0.0, slope)
    late = rng.random(rows) < 1 / (1 + np.exp(-slope * (weight - 3.5)))
    delivered = at + rng.integers(2 * HOUR, 30 * HOUR, rows)
    if scrambled is not None:
        late = np.where(delivered >= START + scrambled * DAY, rng.random(rows) < 0.5, late)
    until = START + (LENGTH + 9 if known_by is None else known_by) * DAY
    orders = pa.table({"order": np.arange(rows), "ordered": _times(at), "shop": shop, "weight": weight})
    deliveries = pa.table(
        {
            "order": np.arange(rows),
            "delivered": _times(delivered),
            "shop": shop,
            "hours_late": np.where(late, 2.5, 0.0),
        }
    )
    return {"orders": orders.filter(at < until), "deliveries": deliveries.filter(delivered < until)}


def demanding(data, **options):
    """Late orders, of which a person expects that heavy ones are late, and that no shop is served much worse."""
    asked = {
        "expectations": (tt.Expectation("weight", "rising"),),
        "requires": tt.Requires(fairness=0.5),
        "watch": tt.Watch(slices=("shop",)),
    }
    return system(data, **{**asked, **options})


def _times(values):
    return pa.array(values.astype(np.int64), pa.timestamp("us", "UTC"))
