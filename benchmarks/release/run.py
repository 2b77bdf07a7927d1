"""How often does a release decision err when it is looked at every day? The usual tests beside trimtab's rules.

`python benchmarks/release/run.py` writes RESULTS.md beside itself.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before anything loads a thread pool

import argparse
import platform
import sys
import time
from importlib import metadata
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
# the simulations are those of the tests, which hold the same promises
sys.path.insert(0, str(HERE.parents[1] / "tests" / "release"))

import simulated_releases as simulated  # noqa: E402
import simulated_system_years as system_years  # noqa: E402
import simulated_watches as watches  # noqa: E402

sys.path.append(str(Path(__file__).parents[1]))
from machine import processor  # noqa: E402  # beside all benchmarks


def percent(share):
    return f"{100 * share:.1f} %"


def errors(histories):
    """One row a comparison without any difference: how often a verdict was given, by the usual test and by ours."""
    independent, correlated = simulated.shadow(1, histories), simulated.shadow(2, histories, correlation=0.4)
    rows = simulated.rows_with_a_shared_day(3, histories)
    guard, ranks, split = (
        test(4 + place, 5 * histories)
        for place, test in enumerate((simulated.canary, simulated.quantile, simulated.sample_ratio))
    )
    ab = simulated.experiment(7, max(histories // 10, 50))
    back, back_correlated = (
        simulated.rollback(8 + place, histories, correlation=c) for place, c in enumerate((0.0, 0.4))
    )
    return [
        ("shadow, better or worse, 86 daily looks", "t-test", independent["naive"], independent["either"]),
        (
            "shadow, a candidate at the margin passes",
            "t-test",
            independent["naive pass"],
            independent["pass"],
        ),
        ("shadow, days correlated 0.4, better or worse", "t-test", correlated["naive"], correlated["either"]),
        (
            "shadow, days correlated 0.4, at the margin passes",
            "t-test",
            correlated["naive pass"],
            correlated["pass"],
        ),
        ("rows share a day's shock, 47 looks", "z-test on rows", rows["row test"], rows["day sequence"]),
        ("the same", "sequence on rows", rows["row sequence"], rows["day sequence"]),
        ("canary 5 %, failures 2 %, 99 looks", "two proportions", guard["naive"], guard["split"]),
        ("95 % quantile of latency, 99 looks", "normal interval", ranks["naive"], ranks["ranks"]),
        ("sample ratio at 1 %, 200 looks", "chi-squared", split["naive"], split["evidence"]),
        ("A/B, 40 looks to 4,000 an arm", "z-test", ab["naive"], ab["sequence"]),
        ("rollback, 30 days, one-sided", "t-test of 7 days", back["naive"], back["sequence"]),
        (
            "rollback, days correlated 0.4",
            "t-test of 7 days",
            back_correlated["naive"],
            back_correlated["sequence"],
        ),
    ]


def power(histories):
    """What is found, and how long it takes."""
    for difference in (0.25, 0.0, -0.25, -0.5):
        found = simulated.shadow(20, histories, difference=difference, margin=0.5)
        yield (
            f"shadow, margin 0.5, candidate {difference:+.2f} a day",
            found["power"],
            f"{found['days_to_pass']:.0f} days",
        )
    for harm in (0.5, 1.0, 2.0):
        found = simulated.rollback(21, histories, harm=harm)
        yield (
            f"rollback within 30 days, {harm:g} worse",
            found["sequence"],
            f"{found['days_to_rollback']:.0f} days",
        )
    for worse in (1.2, 1.5, 3.0):
        found = simulated.canary(22, histories, worse=worse)
        yield f"canary, {worse:g} times the failures", found["split"], f"{found['units_to_stop']:,.0f} units"
    found = simulated.sample_ratio(23, histories, share=0.51)
    yield "sample ratio 51/49", found["evidence"], f"{found['units_to_alarm']:,.0f} units"
    found = simulated.experiment(24, max(histories // 10, 50), effect=0.1, planned=2 * 1570)
    yield (
        "A/B, effect 0.1, 1,570 an arm for one look",
        found["sequence"],
        f"{found['units_per_arm']:,.0f} an arm",
    )


WORLDS = (
    ("every candidate at the margin", system_years.at_the_margin),
    ("nothing ever differs", system_years.equal),
    ("mixed", system_years.mixed),
)
RULES = (
    ("trimtab", {"proof": "of recipe"}),
    ("trimtab with a strict gate", {"proof": "not worse"}),
    ("5 % at each gate, last 7 days", {"naive": True}),
)


def years(count):
    """One row a world and rule: what happened a year."""
    for world, difference in WORLDS:
        for rule, options in RULES:
            found = system_years.per_year(10_000, count, difference, **options)
            yield (
                f"| {world} | {rule} | {found['promoted']:.1f} | {found['better']:.1f} "
                f"| {found['harmful']:.2f} (at most {found['harmful at most']:.2f}) "
                f"| {found['harmful_changes']:.2f} (at most {found['harmful_changes at most']:.2f}) "
                f"| {found['false_rollbacks']:.2f} (at most {found['false_rollbacks at most']:.2f}) "
                f"| {found['bad_days']:.0f} |"
            )


def blind_spot(histories):
    """One row a rhythm and delay: what is found of harm that begins under an open watch, by one watch and by fresh ones."""
    for period, delays in ((7, (0, 7, 14, 21, 28)), (1, (5, 15, 25))):
        for harm in (1.0, 2.0):
            for late in delays:
                cells = []
                for place, fresh in enumerate((False, True)):
                    seed = 50 + 2 * late + place
                    found, wait = watches.found_within(
                        seed, histories, period, fresh=fresh, harm=harm, late=late
                    )
                    cells.append(f"{percent(found)} | {wait:.0f}")
                yield f"| every {period} days | {harm:g} | {late} | {' | '.join(cells)} |"


def false_alarms(histories):
    """One row a rhythm and rule: rollbacks a year where nothing ever differs, and how many versions watch."""
    for period in (7, 1):
        for rule, fresh in (("one watch at a time", False), ("a fresh one every 6 days (trimtab)", True)):
            first = watches.harm_under_a_watch(60 + period, histories, period, fresh=fresh)
            opened, open_ = watches.watches_a_year(period, fresh=fresh)
            errs = np.isfinite(first).mean()
            yield f"| every {period} days | {rule} | {opened} | {open_:.1f} | {percent(errs)} |"


def page(histories, count):
    """What is written to RESULTS.md."""
    began = time.process_time()
    wrong = "\n".join(
        f"| {what} | {test} | {percent(naive)} | **{percent(ours)}** |"
        for what, test, naive, ours in errors(histories)
    )
    found = "\n".join(
        f"| {what} | {percent(share)} | {wait} |" for what, share, wait in power(histories // 4)
    )
    system = "\n".join(years(count))
    blind = "\n".join(blind_spot(max(histories // 40, 20)))
    alarms = "\n".join(false_alarms(max(histories // 20, 20)))
    spent = time.process_time() - began
    return f"""# Release decisions under daily looks

`python benchmarks/release/run.py` wrote this page. [README.md](README.md) says what is compared.

{processor()}, one thread, Python {platform.python_version()}, numpy {metadata.version("numpy")}; {spent:.0f} CPU seconds;
{histories:,} histories a line of shadow and rollback ({5 * histories:,} of canary counts, {max(histories // 10, 50)} of A/B), {count} years a line.

## Nothing differs: how often is something found?

| comparison | the usual test | errs | trimtab errs |
|---|---|---|---|
{wrong}

## Something differs: is it found, and when?

The median; `inf` where fewer than half are found. Differences are in standard deviations of a day's paired difference.

| comparison | found | after |
|---|---|---|
{found}

## Harm that begins under an open watch

After a promotion the version before it watches for 30 days. From some day on all later fits are worse, by so many standard
deviations of a day's paired difference: what is found within 45 days, and after how many (median). Budget of 0.5 false
rollbacks a year, {max(histories // 40, 20)} histories.

| refreshes | worse by | begins on day | one watch at a time finds | after | a fresh one every 6 days finds | after |
|---|---|---|---|---|---|---|
{blind}

Nothing differs: years with a false rollback, of {max(histories // 20, 20)}.

| refreshes | rule | watches a year | open on a day | years with one |
|---|---|---|---|---|
{alarms}

## Whole years of a system

A refresh a week, a change of recipe a month; budgets of 0.5 harmful promotions and 0.5 false rollbacks a year. In
brackets the one-sided 99 % bound of the mean.

| world | rules | promotions | of better ones | harmful promotions | of them changes | false rollbacks | days on a champion worse than the first by the margin |
|---|---|---|---|---|---|---|---|
{system}
"""


def main():
    """Simulate, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--histories", type=int, default=4000)
    parser.add_argument("--years", type=int, default=300)
    given = parser.parse_args()
    text = page(given.histories, given.years)
    (HERE / "RESULTS.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
