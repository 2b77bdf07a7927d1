"""Facts and requests over 90 days, with keys that are all alike or very unlike."""

import numpy as np
import pyarrow as pa

DAY = 86_400_000_000
BEGINNING = 1_700_000_000_000_000 // DAY * DAY


def make(kind, facts, requests, keys=10_000, seed=0):
    """Two Arrow tables: facts (key, value, known time) and requests (key, time)."""
    random = np.random.default_rng(seed)
    known = np.sort(BEGINNING + random.integers(0, 90 * DAY, facts))
    sold = pa.table(
        {
            "key": _keys(random, kind, facts, keys),
            "value": np.round(random.gamma(2.0, 50.0, facts), 2),
            "__known": known,
            "__sequence": np.arange(facts),
        }
    )
    asked = pa.table(
        {
            "key": _keys(random, kind, requests, keys),
            "__row": np.arange(requests),
            "__at": BEGINNING + random.integers(0, 90 * DAY, requests),
        }
    )
    return sold, asked


def _keys(random, kind, count, keys):
    if kind == "uniform":
        return random.integers(0, keys, count)
    shares = np.arange(1, keys + 1) ** -1.2
    return random.choice(keys, count, p=shares / shares.sum())
