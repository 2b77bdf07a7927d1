"""Will a card payment be disputed? 16 windowed features by 5 kinds of key, and 8 from the request itself.

The benchmark copies this file beside the data that it makes; the same declaration is trained with two learners.
"""

from lightgbm import LGBMClassifier
from sklearn.ensemble import HistGradientBoostingClassifier

import trimtab as tt
from trimtab import col, days, hours

payments = tt.Source("data/payments.parquet", id="payment", known="asked")
sales = tt.Source("data/sales.parquet", id="sale", known="sold")
logins = tt.Source("data/logins.parquet", id="login", known="seen")
refunds = tt.Source("data/refunds.parquet", id="refund", known="refunded")
settlements = tt.Source("data/settlements.parquet", id="payment", known="settled")


def price(amount, items):
    return amount / items


features = tt.Features(
    customer_sales_7d=sales.by("customer").count(over=days(7)),
    customer_spent_30d=sales.by("customer").sum("amount", over=days(30)),
    customer_mean_30d=sales.by("customer").mean("amount", over=days(30)),
    customer_largest_30d=sales.by("customer").max("amount", over=days(30)),
    customer_logins_1d=logins.by("customer").count(over=days(1)),
    customer_failed_30d=logins.by("customer").mean("failed", over=days(30)),
    device_logins_7d=logins.by("device").count(over=days(7)),
    device_failed_30d=logins.by("device").mean("failed", over=days(30)),
    merchant_sales_1d=sales.by("merchant").count(over=days(1)),
    merchant_mean_7d=sales.by("merchant").mean("amount", over=days(7)),
    merchant_spread_30d=sales.by("merchant").std("amount", over=days(30)),
    merchant_refunds_7d=refunds.by("merchant").count(over=days(7)),
    merchant_refunded_30d=refunds.by("merchant").sum("amount", over=days(30)),
    city_sales_6h=sales.by("city").count(over=hours(6)),
    city_failed_1d=logins.by("city").mean("failed", over=days(1)),
    pair_sales_30d=sales.by("customer", "merchant").count(over=days(30)),
    amount=col("amount"),
    to_usual=col("amount") / col("customer_mean_30d"),
    price=price,
    hour=col("asked").dt.hour("UTC"),
    weekday=col("asked").dt.weekday("UTC"),
    channel=col("channel"),
    category=col("category"),
    country=col("country"),
)

TREES, LEAVES = 200, 31
LEARNERS = {
    # one thread and a fixed layout, so that two trainings on the same rows give the same trees
    "lightgbm": LGBMClassifier(
        n_estimators=TREES,
        num_leaves=LEAVES,
        learning_rate=0.05,
        random_state=0,
        n_jobs=1,
        deterministic=True,
        force_row_wise=True,
        verbose=-1,
    ),
    "histogram": HistGradientBoostingClassifier(
        max_iter=TREES, max_leaf_nodes=LEAVES, learning_rate=0.05, early_stopping=False, random_state=0
    ),
}


def declared(learner):
    return tt.System(
        f"disputes-{learner}",
        tt.Request(payments, at="asked"),
        tt.Model(
            LEARNERS[learner],
            features,
            tt.Label({settlements: col("disputed")}, matures_after=days(2)),
            metric=tt.log_loss,
        ),
        stakes=tt.Stakes(currency="EUR", false_alarm=5, miss=100),
    )


lightgbm = declared("lightgbm")
histogram = declared("histogram")
