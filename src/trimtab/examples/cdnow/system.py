"""The day after an order: how likely it is that this customer does not come back within 60 days.

Made of public data that ships with trimtab (see README.md beside this file).
"""

from sklearn.ensemble import HistGradientBoostingClassifier

import trimtab as tt
from trimtab import col, days

# The data has days, not times: an order is known when its day is over.
orders = tt.Source("data/orders.parquet", id="order", known=col("bought") + days(1))
returns = tt.Source("data/returns.parquet", id="order", known=col("returned") + days(1))

request = tt.Request(orders, at=col("bought") + days(1))
gone = tt.Label({returns: False}, silence=True, matures_after=days(60))

mine = orders.by("customer")
features = tt.Features(
    cds=col("cds"),
    dollars=col("dollars"),
    orders_30d=mine.count(over=days(30)),
    orders_90d=mine.count(over=days(90)),
    orders_360d=mine.count(over=days(360)),
    dollars_360d=mine.sum("dollars", over=days(360)),
    dollars_before=mine.last("dollars", over=days(360)),
)

learner = HistGradientBoostingClassifier(
    max_iter=40, learning_rate=0.1, min_samples_leaf=50, early_stopping=False
)

system = tt.System(
    "cdnow",
    request,
    tt.Model(learner, features, gone, metric=tt.log_loss),
    # A voucher of 2 dollars wasted on who would come anyway; 6 dollars of margin lost with who leaves unasked.
    stakes=tt.Stakes(currency="USD", false_alarm=2, miss=6, fit=0.20),
    # 124 requests a day are too few for a canary to see its 5 % share often enough.
    release=tt.Release(canary=()),
    retrain=tt.Retrain(when=tt.every(days(28)), window=tt.expanding(), warm_up=days(150)),
)
