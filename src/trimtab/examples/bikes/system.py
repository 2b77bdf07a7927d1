"""A day ahead: how many bikes will be hired in this hour.

Made of public data that ships with trimtab (see README.md beside this file).
"""

from sklearn.ensemble import HistGradientBoostingRegressor

import trimtab as tt
from trimtab import col, days, hours

calendar = tt.Source("data/calendar.parquet", id="hour", known=col("starts") - days(7))
hires = tt.Source("data/hires.parquet", id="hour", known=col("starts") + hours(1))
weather = tt.Source("data/weather.parquet", id="observed", happened="observed", lag=hours(1))

request = tt.Request(calendar, at=col("starts") - days(1))
hired = tt.Label({hires: col("hires")}, matures_after=days(2))

city = hires.by("city")
slot = hires.by("slot")
sky = weather.by("city")
features = tt.Features(
    slot=col("slot"),
    clock_hour=col("clock_hour"),
    weekday=col("weekday"),
    holiday=col("holiday"),
    slot_last=slot.last("hires", over=days(14)),
    slot_7d=slot.mean("hires", over=days(7)),
    slot_28d=slot.mean("hires", over=days(28)),
    city_1d=city.mean("hires", over=days(1)),
    city_7d=city.mean("hires", over=days(7)),
    temperature=sky.last("temperature", over=hours(12)),
    humidity=sky.last("humidity", over=hours(12)),
    wind=sky.last("wind", over=hours(12)),
    wet_6h=sky.mean("wet", over=hours(6)),
)

learner = HistGradientBoostingRegressor(
    loss="absolute_error", max_iter=80, learning_rate=0.1, min_samples_leaf=20, early_stopping=False
)

system = tt.System(
    "bikes",
    request,
    tt.Model(learner, features, hired, metric=tt.mean_absolute_error, baselines=("slot",)),
    # Half a dollar of work or of lost rent for each bike that stands in the wrong place.
    stakes=tt.Stakes(currency="USD", error=0.5, fit=0.20),
    # 24 requests a day are too few for a canary to see its 5 % share often enough.
    release=tt.Release(canary=()),
    retrain=tt.Retrain(when=tt.every(days(7)), window=tt.expanding(), warm_up=days(60)),
    zone="America/New_York",
)
