"""The charts of the made-up report."""

import numpy as np

from trimtab.report import Axis, Bar, BarChart, LineChart, Mark, Region, Series

DAY = 86_400_000_000
START = 1_356_998_400_000_000
"""2013-01-01, epoch microseconds."""
WEEKS = START + (np.arange(47) * 7 + 36) * DAY
LOSS = Axis("log loss, weekly mean", better="lower")


def loss_over_year() -> LineChart:
    random = np.random.default_rng(7)
    shared = 0.449 + 0.02 * np.sin(np.arange(47) / 7.5) + random.normal(0, 0.006, 47)
    drift = np.linspace(0, 1, 47)

    def series(name: str, lag: float, **more: object) -> Series:
        y = shared + lag + random.normal(0, 0.0016, 47)
        band = {"low": y - 0.006, "high": y + 0.006} if more.pop("band", False) else {}
        return Series(name, WEEKS, y, **band, **more)

    marks = (
        *(Mark(int(week), "retrain") for week in WEEKS),
        Mark(START + 182 * DAY, "page", "page: carrier codes changed"),
        Mark(START + 196 * DAY, "promoted", "v28 promoted"),
    )
    return LineChart(
        "Retraining every week holds the loss; never retraining lets it drift away",
        Axis("", kind="time"),
        LOSS,
        (
            series("every 7 days, expanding", 0.0, band=True, emphasised=True),
            series("on incident", 0.002),
            series("every 28 days, expanding", 0.004),
            series("every 7 days, last 90", 0.007),
            series("every day, expanding", 0.0003),
            series("never", 0.002 + 0.05 * drift, band=True, style="ghost"),
        ),
        marks,
        (Region(START + 301 * DAY, int(WEEKS[-1]), "labels not all mature"),),
        note="Each point is one week of flights that no model had seen; bands are 95% intervals over days.",
        command="trimtab replay flights.py --policies all --chart loss",
    )


def freshness(metric: str) -> LineChart:
    ages = np.array([1, 5, 15, 30, 60, 180, 360, 720, 1440, 4320, 10080]) * 60_000_000
    hours = ages / 3.6e9

    def series(name: str, scale: float, floor: float, **more: object) -> Series:
        y = floor + scale * np.log1p(hours) / 6
        y = y if metric == "log loss" else 1.19 - y
        return Series(name, ages, y, y - 0.0035, y + 0.0035, **more)

    better = "lower" if metric == "log loss" else "higher"
    return LineChart(
        f"Delays at the origin lose their worth within hours, by {metric}",
        Axis("age of the newest fact when the request comes", kind="duration", log=True),
        Axis(metric, better=better),
        (
            series("origin delay, 3 h", 0.03, 0.4493, emphasised=True),
            series("carrier late, 7 d", 0.004, 0.4501),
            series("wind at origin", 0.012, 0.4497),
        ),
        (Mark(3_600_000_000, "other", "streaming today"), Mark(DAY, "other", "nightly batch")),
        command="trimtab assess flights.py --freshness",
    )


def label_arrival(name: str, days: float) -> LineChart:
    hours = np.arange(0, 73)
    share = 1 - np.exp(-(((hours / 24) / (days / 3)) ** 1.4))
    return LineChart(
        f"When labels arrive: {name}",
        Axis("time since the request", kind="duration"),
        Axis("share of labels known", kind="share", include=(0, 1)),
        (Series("known", hours * 3_600_000_000, share, step=True, emphasised=True),),
        (Mark(2 * DAY, "other", "declared maturity"),),
        (Region(2 * DAY, 3 * DAY, "", "neutral"),),
        height=240,
        command="trimtab assess flights.py --labels",
    )


def ladder() -> tuple[BarChart, BarChart]:
    names = ("base rate", "rate by carrier and hour", "logistic regression", "boosted trees")
    loss, auc = (0.5196, 0.4921, 0.4690, 0.4493), (0.5, 0.665, 0.713, 0.741)
    return (
        BarChart(
            "Each step of the ladder lowers the loss",
            Axis("log loss", better="lower"),
            tuple(
                Bar(n, v, v - 0.003, v + 0.003, emphasised=n == names[-1])
                for n, v in zip(names, loss, strict=True)
            ),
            origin=None,
            format=".4f",
            command="trimtab evaluate flight-delay --ladder",
        ),
        BarChart(
            "and ranks flights better",
            Axis("AUC", better="higher"),
            tuple(
                Bar(n, v, v - 0.004, v + 0.004, emphasised=n == names[-1])
                for n, v in zip(names, auc, strict=True)
            ),
            origin=0.5,
            format=".3f",
        ),
    )


def served(what: str) -> LineChart:
    random = np.random.default_rng(3)
    days = START + np.arange(365) * DAY
    season = np.sin(np.arange(365) / 58)
    if what == "score":
        y, axis = (
            0.22 + 0.05 * season + random.normal(0, 0.012, 365),
            Axis("mean score", kind="share", include=(0,)),
        )
    else:
        y, axis = 900 + 60 * season + random.normal(0, 25, 365), Axis("requests a day", include=(0,))
    gap = np.where((np.arange(365) > 200) & (np.arange(365) < 209), np.nan, y)
    return LineChart(
        f"{axis.label[0].upper()}{axis.label[1:]}",
        Axis("", kind="time"),
        axis,
        (Series("served", days, gap),),
        regions=(Region(START + 200 * DAY, START + 209 * DAY, "no traffic", "watch"),),
        height=220,
        command=f"trimtab history flight-delay --chart {what}",
    )
