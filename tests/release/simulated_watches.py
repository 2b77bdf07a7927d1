"""Harm that begins under an open watch: one watch at a time, and a fresh one every few days."""

import numpy as np

from trimtab.release.budget import MOST, share_of_budget
from trimtab.stats.sequence import LEAST_UNITS, sequence_bounds

WATCH, BETWEEN, BUDGET = 30, 6, 0.5


def openings(period, *, fresh, length=365):
    """When promotions every `period` days open watches, and from when on each watch's anchor had served."""
    opened = []
    for day in range(period, length, period):
        if not opened or day - opened[-1][0] >= (BETWEEN if fresh else WATCH):
            # of a version that opened the watch before, or of the one that is replaced
            last = opened[-1][0] if fresh and opened and day - opened[-1][0] < WATCH else day - period
            opened.append((day, last))
    return opened


def harm_under_a_watch(seed, histories, period, *, fresh, harm=0.0, start=None, length=365):
    """The day (histories,) of the first rollback, infinite for none, when all fits from day `start` on are worse.

    harm: in standard deviations of a day's paired difference. Without a start nothing ever differs.
    """
    generator = np.random.default_rng(seed)

    def own():
        return generator.standard_normal((histories, length)) / np.sqrt(2)

    line = own() + (0 if start is None else harm * (np.arange(length) >= start))
    first = np.full(histories, np.inf)
    for number, (opened, anchored) in enumerate(openings(period, fresh=fresh, length=length), 1):
        difference = line - own() - (harm if start is not None and anchored >= start else 0)
        alpha = min(MOST, BUDGET * share_of_budget(number))
        for days in range(LEAST_UNITS, min(WATCH, length - opened) + 1):
            if start is not None and not start < opened + days <= start + 2 * WATCH:
                continue
            seen = difference[:, opened : opened + days]
            bounds = sequence_bounds(seen, np.ones(days), alpha=alpha, planned_units=WATCH)
            found = bounds.enough & (bounds.lower > 0) & np.isinf(first)
            first[found] = opened + days
    return first


def found_within(seed, histories, period, *, fresh, harm, late):
    """The share that is found within 45 days of harm that begins `late` days into a watch of mid-year, and the median wait."""
    begun = next(day for day, _ in openings(period, fresh=False) if day > 180) + late
    waits = harm_under_a_watch(seed, histories, period, fresh=fresh, harm=harm, start=begun) - begun
    return (waits <= 45).mean(), np.quantile(np.where(waits <= 45, waits, np.inf), 0.5, method="higher")


def watches_a_year(period, *, fresh):
    """How many watches a year opens, and how many are open on a day."""
    opened = [day for day, _ in openings(period, fresh=fresh)]
    return len(opened), np.mean([sum(day <= now < day + WATCH for day in opened) for now in range(60, 365)])
