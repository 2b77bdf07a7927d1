"""Small worlds to run the loop in: orders that turn out late, with a drifting cause."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from sklearn.ensemble import HistGradientBoostingClassifier

import trimtab as tt
from trimtab import col, days, hours

START = 1_700_000_000_000_000 // 86_400_000_000 * 86_400_000_000
DAY = 86_400_000_000
HOUR = DAY // 24


def orders_tables(*, rows: int = 4000, length_days: int = 120, seed: int = 0) -> dict[str, pa.Table]:
    """Orders with a shop and a weight, deliveries some hours later, and hourly queue readings by shop."""
    rng = np.random.default_rng(seed)
    at = np.sort(rng.integers(0, length_days * DAY, rows)) + START
    shop = rng.choice(["north", "south", "west"], rows)
    weight = rng.gamma(2.0, 2.0, rows).round(3)
    age = (at - START) / DAY / length_days
    strength = np.where(shop == "north", 1.5 - 3.0 * age, 0.5)
    chance = 1 / (1 + np.exp(-(strength * (weight - 4) / 2 - 0.5)))
    late = rng.random(rows) < chance
    delivered = at + rng.integers(2 * HOUR, 30 * HOUR, rows)
    hourly = np.arange(START - DAY, START + length_days * DAY, HOUR)
    return {
        "orders": pa.table({"order": np.arange(rows), "ordered": _times(at), "shop": shop, "weight": weight}),
        "deliveries": pa.table(
            {
                "order": np.arange(rows),
                "delivered": _times(delivered),
                "shop": shop,
                "hours_late": np.where(late, 2.5, 0.0),
            }
        ),
        "queue": pa.table(
            {
                "shop": np.tile(["north", "south", "west"], len(hourly)),
                "seen": _times(np.repeat(hourly, 3)),
                "length": rng.poisson(5, 3 * len(hourly)),
            }
        ),
    }


def _times(values: np.ndarray) -> pa.Array:
    return pa.array(values.astype(np.int64), pa.timestamp("us", "UTC"))


def orders_system(tables: dict[str, pa.Table] | None = None, **options: object) -> tt.System:
    """The system over those tables."""
    tables = tables or orders_tables()
    orders = tt.Source(tables["orders"], name="orders", id="order", known="ordered")
    deliveries = tt.Source(
        tables["deliveries"], name="deliveries", id="order", known="delivered", owner="logistics"
    )
    queue = tt.Source(tables["queue"], name="queue", id=("shop", "seen"), happened="seen", lag=hours(1))
    learner = options.pop("learner", None)
    if learner is None:
        learner = HistGradientBoostingClassifier(max_iter=15, max_leaf_nodes=7, early_stopping=False)
    return tt.System(
        "late-orders",
        tt.Request(orders, at="ordered"),
        tt.Model(
            learner,
            tt.Features(
                shop=col("shop"),
                weight=col("weight"),
                heavy=col("weight") > 5,
                queue=queue.by("shop").last("length", over=hours(6)),
                queue_1d=queue.by("shop").mean("length", over=days(1)),
                late_7d=deliveries.by("shop").mean(col("hours_late") > 1, over=days(7)),
                delivered_1d=deliveries.by("shop").count(over=days(1)),
            ),
            tt.Label({deliveries: col("hours_late") > 1}, matures_after=days(2)),
        ),
        **{"stakes": tt.Stakes(false_alarm=1, miss=3, fit=0.1), **options},
    )
