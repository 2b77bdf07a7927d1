"""A log of predictions as any service might write it, with harm planted from a day on."""

import numpy as np
import pyarrow as pa

DAY = 86_400_000_000
START = np.datetime64("2024-01-01", "us").astype(np.int64)


def log_table(days=80, rows=120, harm_from=None, broken_from=None, seed=0):
    """One row a prediction; from `harm_from` on labels are coin flips, from `broken_from` on a column is null."""
    random = np.random.default_rng(seed)
    count = days * rows
    at = START + np.sort(random.integers(0, days * DAY, count))
    day = (at - START) // DAY
    amount, shop = random.normal(size=count), random.integers(0, 3, count)
    score = 1 / (1 + np.exp(-(2 * amount + shop - 1)))
    truth = np.where(day < (days if harm_from is None else harm_from), score, 0.5)
    label = (random.random(count) < truth).astype(np.int64)
    known = at + random.integers(1, DAY, count)
    gone = day >= (days if broken_from is None else broken_from)
    return pa.table(
        {
            "asked": pa.array(at, pa.timestamp("us", "UTC")),
            "amount": pa.array(amount, mask=gone),
            "shop": pa.array(np.array(["north", "south", "west"])[shop]),
            "score": score,
            "bought": label,
            "told": pa.array(known, pa.timestamp("us", "UTC")),
            "request": [f"r{place:06d}" for place in range(count)],
        }
    )
