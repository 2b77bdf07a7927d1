"""A shop of 100,000 customers: sales, views and refunds over 90 days, and what a request asks of them."""

import numpy as np
import pyarrow as pa

from trimtab.declare.expression import col
from trimtab.declare.features import Features
from trimtab.declare.kinds import Kind
from trimtab.declare.source import Source
from trimtab.units import days, hours

DAY = 86_400_000_000
BEGINNING = 1_700_000_000_000_000 // DAY * DAY
END = BEGINNING + 90 * DAY
CUSTOMERS, SHOPS, ITEMS = 100_000, 1_000, 10_000
SHARES = {"sales": 0.5, "views": 0.4, "refunds": 0.1}

SALES = Source("sales.parquet", id="id", known="known")
VIEWS = Source("views.parquet", id="id", known="known")
REFUNDS = Source("refunds.parquet", id="id", known="known")
ASKED = Source("asked.parquet", id="id", known="known")
KEYS = {"customer": Kind.INT, "shop": Kind.INT, "item": Kind.INT, "id": Kind.INT}
KINDS = {name: {**KEYS, "price": Kind.FLOAT, "known": Kind.TIMESTAMP} for name in SHARES}

FEATURES = Features(
    spent_7d=SALES.by("customer").sum("price", over=days(7)),
    sales_7d=SALES.by("customer").count(over=days(7)),
    mean_7d=SALES.by("customer").mean("price", over=days(7)),
    spread_7d=SALES.by("customer").std("price", over=days(7)),
    last_price=SALES.by("customer").last("price"),
    shop_mean_1d=SALES.by("shop").mean("price", over=days(1)),
    shop_large_7d=SALES.by("shop").max("price", over=days(7)),
    views_6h=VIEWS.by("customer").count(over=hours(6)),
    since_view=VIEWS.by("customer").time_since_last(),
    item_views_1d=VIEWS.by("item").count(over=days(1)),
    refunds_30d=REFUNDS.by("customer").count(over=days(30)),
    refunded_30d=REFUNDS.by("customer").sum("price", over=days(30), where=col("price") > 10.0),
)


def facts(count, seed=0):
    """One Arrow table of facts per source, in order of known time."""
    random = np.random.default_rng(seed)
    return {name: _facts(random, int(count * share)) for name, share in SHARES.items()}


def _facts(random, count):
    return pa.table(
        {
            "id": np.arange(count),
            **_keys(random, count),
            "price": np.round(random.gamma(2.0, 50.0, count), 2),
            "__known": np.sort(BEGINNING + random.integers(0, 90 * DAY, count)),
            "__sequence": np.arange(count),
        }
    )


def _keys(random, count):
    return {
        "customer": random.integers(0, CUSTOMERS, count),
        "shop": random.integers(0, SHOPS, count),
        "item": random.integers(0, ITEMS, count),
    }


def requests(count, seed=1):
    """Rows of requests, all asked at the end."""
    random = np.random.default_rng(seed)
    return pa.table({**_keys(random, count), "id": np.arange(count)}).to_pylist()
