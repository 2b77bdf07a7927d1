"""Every version of every label with the time it became known, and the view of them at any instant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PENDING, PROVISIONAL, MATURE, CENSORED = range(4)
STATES = ("pending", "provisional", "mature", "censored")


@dataclass(frozen=True)
class LabelHistory:
    """Label versions of n requests.

    `row` (sorted), `known` (epoch microseconds, ascending within a row) and `value` (float64; for classes their
    code) have one entry per version. `matures_at` has one entry per request. `silence` is the value of a request
    without any version at maturity, or NaN when such requests are censored.
    """

    row: NDArray[np.int64]
    known: NDArray[np.int64]
    value: NDArray[np.float64]
    matures_at: NDArray[np.int64]
    silence: float = float("nan")

    def __len__(self) -> int:
        return len(self.matures_at)


@dataclass(frozen=True)
class LabelView:
    """What is known of each request's label at one instant: value (NaN when none) and state."""

    value: NDArray[np.float64]
    state: NDArray[np.int8]

    @property
    def mature(self) -> NDArray[np.bool_]:
        """The rows that may train, score and count."""
        return np.equal(self.state, MATURE)


def as_known(history: LabelHistory, now: int) -> LabelView:
    """The labels as they were known just before `now`: the latest version of each, and its state.

    Both classes wait for maturity alike. Admitting early answers of one class is the classical trap: in a simulation
    the mean prediction was 0.43 where the truth was 0.15.
    """
    value = np.full(len(history), np.nan)
    seen = history.known < now
    row = history.row[seen]
    latest = np.r_[row[1:] != row[:-1], True] if len(row) else np.zeros(0, dtype=bool)
    value[row[latest]] = history.value[seen][latest]
    answered = ~np.isnan(value)
    due = history.matures_at <= now
    state = np.full(len(history), PENDING, dtype=np.int8)
    state[answered & ~due] = PROVISIONAL
    state[answered & due] = MATURE
    silent = due & ~answered
    if np.isnan(history.silence):
        state[silent] = CENSORED
    else:
        value[silent] = history.silence
        state[silent] = MATURE
    return LabelView(value, state)


def revised_after_maturity(history: LabelHistory) -> int:
    """How many versions became known after their request had matured: recorded and counted, never hidden."""
    later = history.known > history.matures_at[history.row]
    first = np.r_[True, history.row[1:] != history.row[:-1]] if len(history.row) else np.zeros(0, dtype=bool)
    return int(np.sum(later & ~first))


def arrival_delays(history: LabelHistory, at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Microseconds from request to the first version of its label, one per answered request."""
    first = np.r_[True, history.row[1:] != history.row[:-1]] if len(history.row) else np.zeros(0, dtype=bool)
    return (history.known - at[history.row])[first]
