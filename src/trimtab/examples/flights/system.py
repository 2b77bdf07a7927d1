"""One hour before departure: how likely is a flight to land 15 minutes late, be cancelled, or be diverted."""

from sklearn.ensemble import HistGradientBoostingClassifier

import trimtab as tt
from trimtab import col, days, hours, minutes

NEW_YORK = "America/New_York"

schedule = tt.Source("data/schedule.parquet", id="flight", known=col("departs") - days(7))
due = tt.Source("data/schedule.parquet", name="due", id="flight", known="departs")
left = tt.Source(
    "data/departures.parquet", id="flight", known=col("departs") + col("departure_delay") * minutes(1)
)
landings = tt.Source("data/landings.parquet", id="flight", known="landed", owner="ops-data")
cancellations = tt.Source("data/cancellations.parquet", id="flight", known="cancelled", owner="ops-data")
diversions = tt.Source("data/diversions.parquet", id="flight", known="known", owner="ops-data")
weather = tt.Source("data/weather.parquet", id=("airport", "observed"), happened="observed", lag=hours(1))

request = tt.Request(schedule, at=col("departs") - hours(1))
late = tt.Label(
    {landings: col("arrival_delay") >= 15, cancellations: True, diversions: True}, matures_after=days(2)
)

here = weather.by(airport="origin")
delayed = col("arrival_delay") >= 15
features = tt.Features(
    carrier=col("carrier"),
    origin=col("origin"),
    dest=col("dest"),
    block_minutes=col("block_minutes"),
    minute_of_day=col("departs").dt.minute_of_day(NEW_YORK),
    weekday=col("departs").dt.weekday(NEW_YORK),
    flight_late_30d=landings.by("carrier", "number", "dest").mean(delayed, over=days(30)),
    route_late_14d=landings.by("origin", "dest").mean(delayed, over=days(14)),
    temperature=here.last("temp_f", over=hours(6)),
    wind=here.last("wind_mph", over=hours(6)),
    rain=here.sum("precipitation_in", over=hours(6)),
    visibility=here.last("visibility_mi", over=hours(6)),
    origin_arrival_delay_1h=landings.by("origin").mean("arrival_delay", over=hours(1)),
    origin_arrival_delay_3h=landings.by("origin").mean("arrival_delay", over=hours(3)),
    origin_late_24h=landings.by("origin").mean(delayed, over=hours(24)),
    carrier_arrival_delay_6h=landings.by("carrier", "origin").mean("arrival_delay", over=hours(6)),
    dest_arrival_delay_6h=landings.by("dest").mean("arrival_delay", over=hours(6)),
    dest_late_24h=landings.by("dest").mean(delayed, over=hours(24)),
    origin_departure_delay_1h=left.by("origin").mean("departure_delay", over=hours(1)),
    carrier_departure_delay_3h=left.by("carrier", "origin").mean("departure_delay", over=hours(3)),
    dest_departure_delay_6h=left.by("dest").mean("departure_delay", over=hours(6)),
    origin_left_3h=left.by("origin").count(over=hours(3)),
    origin_due_3h=due.by("origin").count(over=hours(3)),
    origin_overdue_3h=col("origin_due_3h") - col("origin_left_3h"),
    origin_cancelled_12h=cancellations.by("origin").count(over=hours(12)),
    carrier_cancelled_12h=cancellations.by("carrier", "origin").count(over=hours(12)),
    dest_cancelled_12h=cancellations.by("dest").count(over=hours(12)),
)

learner = HistGradientBoostingClassifier(
    max_iter=30,
    learning_rate=0.25,
    max_bins=128,
    min_samples_leaf=50,
    l2_regularization=1.0,
    early_stopping=False,
)

system = tt.System(
    "flight-delay",
    request,
    tt.Model(learner, features, late, metric=tt.log_loss),
    stakes=tt.Stakes(currency="EUR", false_alarm=20, miss=60, fit=0.20),
    watch=tt.Watch(false_pages_per_year=1, slices=("carrier",)),
    retrain=tt.Retrain(when=tt.every(days(7)) | tt.on_incident(), window=tt.expanding()),
    release=tt.Release(canary=(0.25,), exposures=200),
    zone=NEW_YORK,
)
