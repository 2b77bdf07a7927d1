"""Flights as a table: static columns, windows as they could be known, and the same windows as a batch join makes them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from trimtab.examples import flights

DATA = Path(flights.__file__).parent / "data"
HOUR, DAY = 3_600_000_000, 86_400_000_000


@dataclass(frozen=True, eq=False)
class Flown:
    """Landed flights in order of departure; times in microseconds, `delay` of the arrival in minutes."""

    departs: np.ndarray
    landed: np.ndarray
    delay: np.ndarray
    codes: dict[str, np.ndarray]
    static: np.ndarray

    @property
    def late(self):
        return (self.delay >= 15) * 1.0


def read() -> Flown:
    """Every landed flight."""
    schedule = pq.read_table(DATA / "schedule.parquet")
    landings = pq.read_table(DATA / "landings.parquet").select(["flight", "landed", "arrival_delay"])
    table = schedule.join(landings, "flight", join_type="inner").sort_by("departs")
    departs, landed = (np.asarray(table[name].cast("int64")) for name in ("departs", "landed"))
    codes = {name: _codes(table[name]) for name in ("carrier", "origin", "dest")}
    block = np.asarray(table["block_minutes"]).astype(float)
    local = departs - 5 * HOUR
    minute, weekday = local % DAY / 6e7, (local // DAY + 3) % 7
    static = np.column_stack([*codes.values(), block, minute, weekday]).astype(float)
    return Flown(departs, landed, np.asarray(table["arrival_delay"]).astype(float), codes, static)


def windows(flown: Flown, at: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Mean arrival delays of the last 1, 3 and 6 hours by origin, and of 6 hours by destination and by carrier.

    `at` is when each flight is asked about, `known` when each delay counts as known.
    """
    keys = flown.codes
    both = keys["carrier"] * 1000 + keys["origin"]
    wanted = [(keys["origin"], 1), (keys["origin"], 3), (keys["origin"], 6), (keys["dest"], 6), (both, 6)]
    return np.column_stack([_mean(key, at, known, flown.delay, hours * HOUR) for key, hours in wanted])


def _mean(key, at, known, value, over):
    """The mean value of the facts with the same key and known in [at - over, at); NaN without any."""
    found = np.full(len(at), np.nan)
    for each in np.unique(key):
        mine = np.flatnonzero(key == each)
        order = mine[np.argsort(known[mine], kind="stable")]
        times, sums = known[order], np.concatenate([[0.0], np.cumsum(value[order])])
        first, last = (np.searchsorted(times, edge[mine]) for edge in (at - over, at))
        count = last - first
        found[mine[count > 0]] = ((sums[last] - sums[first])[count > 0]) / count[count > 0]
    return found


def _codes(column):
    return np.asarray(column.combine_chunks().dictionary_encode().indices).astype(np.int64)
