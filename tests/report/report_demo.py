"""A made-up but lifelike report: one year of flight delays, replayed under six policies."""

import numpy as np
from report_demo_charts import DAY, START, WEEKS, freshness, label_arrival, ladder, loss_over_year, served

from trimtab.finding import Finding, Severity
from trimtab.report import (
    Code,
    Column,
    Document,
    Entry,
    Estimate,
    Explanation,
    FindingsList,
    Journal,
    KeyValues,
    Paragraph,
    Section,
    Table,
)

REPLAY = "trimtab replay flights.py --from 2013-01-01 --to 2013-12-31"


def policies() -> Table:
    columns = (
        Column("policy"),
        Column("log loss", format=".4f", explanation="Mean over days, with a 95% interval from whole days."),
        Column("difference to best", format="+.4f", explanation="Paired on the same rows, day by day."),
        Column("AUC", format=".3f"),
        Column("fits", format=",d"),
        Column("CPU", "s", format=",.0f", explanation="Processor time of all fits together."),
        Column("cost", "EUR", format=",.0f", explanation="False alarms, misses and fits, as the stakes say."),
    )
    rows = (
        ("every 7 days, expanding", Estimate(0.4493, 0.4461, 0.4525), None, 0.741, 47, 812.4, 181_204),
        ("on incident", Estimate(0.4511, 0.4478, 0.4544), Estimate(0.0018, 0.0004, 0.0031), 0.739, 9, 148.0, 182_930),
        ("every 28 days, expanding", Estimate(0.4524, 0.4491, 0.4557), Estimate(0.0031, 0.0017, 0.0045), 0.737, 12, 205.3, 184_377),
        ("every 7 days, last 90", Estimate(0.4561, 0.4524, 0.4598), Estimate(0.0068, 0.0049, 0.0087), 0.732, 47, 241.9, 188_016),
        ("every day, expanding", Estimate(0.4495, 0.4462, 0.4528), Estimate(0.0002, -0.0006, 0.0010), 0.741, 329, 5_731.0, 181_460),
        ("never", Estimate(0.4812, 0.4760, 0.4864), Estimate(0.0319, 0.0271, 0.0367), 0.703, 1, 9.2, 214_590),
    )  # fmt: skip
    note = "329 test days after a first training on 36 days; 320,941 flights. Lower log loss is better."
    return Table(columns, rows, "Six policies over the same year", note, 0, "recommended")


def findings() -> FindingsList:
    since = START + 250 * DAY
    return FindingsList(
        (
            Finding("Labels of cancellations arrive on time", Severity.OK, evidence=("p95 is 41 minutes.",)),
            Finding(
                "Carrier MQ flies routes that training never saw",
                Severity.WATCH,
                since=since,
                estimate=0.0061,
                interval=(0.0018, 0.0104),
                cost="about 38 EUR a day",
                cause="14 new origin and destination pairs since September",
                owner="ops-data",
                action="Nothing today: the refresh of Monday takes them in.",
                check_command="trimtab explain flight-delay --slice carrier=MQ",
                evidence=(("flights", 3_182), ("days", 21), ("e-value", 7.4), "No other carrier moved."),
            ),
            Finding(
                "Wind at LGA is null in 31 % of requests",
                Severity.ACT,
                since=since + 9 * DAY,
                estimate=0.0184,
                interval=(0.0121, 0.0247),
                cost="about 240 EUR a day",
                cause="The weather file has had no row for LGA since 24 September, 06:00",
                owner="weather feed",
                action="Ask the owner of the feed to send the missing hours; they are taken in as late facts.",
                check_command="trimtab status flight-delay --feature origin_wind",
            ),
            Finding("Shadow of v13", Severity.NOT_RUN, cause="9 of 14 mature days so far"),
            Finding("Serving and training values agree", Severity.OK, estimate=0.0, cost=0.0),
            Finding(
                "Base rate is higher than a year ago", Severity.INFO, estimate=0.031, interval=(0.012, 0.05)
            ),
        )
    )


def journal() -> Journal:
    random = np.random.default_rng(5)
    return Journal(tuple(_decision(week, random) for week in range(60)))


def _decision(week: int, random: np.random.Generator) -> Entry:
    gain = float(random.normal(0.0015, 0.0012))
    kept = gain > 0
    evidence = (
        ("new minus old log loss", Estimate(-gain, -gain - 0.0009, -gain + 0.0009)),
        ("mature days", 14),
        ("e-value", float(np.exp(gain * 2_000))),
        f"trimtab explain flight-delay --decision {week}",
    )
    plain = tuple(
        one if isinstance(one, str) or not isinstance(one[1], Estimate) else (one[0], f"{one[1].value:.4f}")
        for one in evidence
    )
    return Entry(
        START + round(week * 6.03) * DAY,
        f"refresh v{week} \u2192 v{week + 1}" if week % 9 else "consider a change of recipe",
        ("promoted" if kept else "refused") if week % 9 else "waits",
        f"held-out days {'gain' if kept else 'lose'} {abs(gain):.4f}" if week % 9 else "4 of 14 mature days",
        plain if week % 5 else (),
    )


def document() -> Document:
    now = KeyValues(
        (
            ("serving", "v47, champion"),
            ("since", "2013-12-24 03:00"),
            ("trained on data to", "2013-12-23"),
            ("traffic", "95 % v47, 5 % v48"),
            ("log loss, 28 days", Estimate(0.4471, 0.4398, 0.4544)),
            ("pages this year", "1 of 1"),
            ("next act", "refresh on 2013-12-31"),
            ("requests a day", 879),
        )
    )
    explain = Explanation(
        "How the intervals were computed",
        (
            Paragraph("Rows of one day share weather and traffic, so days are resampled whole, 2,000 times."),
            KeyValues((("units", "329 days"), ("design effect of a day", 21.4), ("seed", 7))),
            Code(
                "loss(day) = mean over flights of the day\ninterval  = 2.5% and 97.5% of 2,000 resampled means"
            ),
        ),
    )
    live = "Each week the model was fitted on what was known by then, and scored on the days after."
    sections = (
        Section("Now serving", (now,)),
        Section("What needs attention", (findings(),)),
        Section("What retraining is worth", (Paragraph(live), loss_over_year(), policies(), explain)),
        Section("How fresh features must be", (freshness("log loss"), freshness("AUC"))),
        Section("Label clock", (label_arrival("all flights", 2.2), label_arrival("cancelled flights", 0.6))),
        Section("What each step of the ladder buys", (*ladder(), ladder_table())),
        Section("What was served", (served("score"), served("requests"))),
        Section("Inputs", (Paragraph("No feature moved enough to matter to the score."),)),
        Section("Serving and training agree", (Paragraph("0 of 320,941 rows differ in any feature."),)),
        Section("Pages", (Paragraph("One page in the year; its cause was found on the same day."),)),
        Section("Decisions", (journal(),)),
        Section("Reproduce this page", (Code(f"{REPLAY}\ntrimtab evaluate flight-delay --version v47"),)),
    )
    return Document(
        "flight-delay",
        "Wind at LGA has been missing for 12 days and costs about 240 EUR a day; retraining every 7 days "
        "would have saved 33,386 EUR over the year.",
        Severity.ACT,
        f"Replay of 2013-01-01 to 2013-12-31, {len(WEEKS)} weeks, 336,776 flights from three airports of New York",
        sections,
        "trimtab 0.1.0, declaration 5f0c2a91, ledger to 2013-12-31 23:59 UTC",
    )


def ladder_table() -> Table:
    columns = (
        Column("step"),
        Column("log loss", format=".4f"),
        Column("AUC", format=".3f"),
        Column("fit", "s", format=".1f"),
    )
    rows = (
        ("base rate", 0.5196, 0.5, 0.0),
        ("rate by carrier and hour", 0.4921, 0.665, 0.1),
        ("logistic regression", 0.4690, 0.713, 2.3),
        ("boosted trees", 0.4493, 0.741, 17.3),
    )
    return Table(columns, rows, highlight=3)
