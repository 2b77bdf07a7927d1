"""A served model in a world whose truth is known, as logs of rows by day, and the ways in which it goes wrong."""

import functools

import numpy as np
from loss_worlds import COLUMNS, draw

from trimtab.monitoring.counts import Columns
from trimtab.monitoring.explaining import About
from trimtab.monitoring.following import edges, follow
from trimtab.monitoring.observed import Observed
from trimtab.monitoring.options import Options
from trimtab.monitoring.reference import accept

DAY = 86_400_000_000
MONDAY = 1_700_438_400_000_000
DAYS, ROWS = 24, 600
LATE = 3 * DAY
NAMES = (*(f"z{place}" for place in range(COLUMNS)), "word")
TEXTS = {"word": tuple("abcde")}
ABOUT = About("flight-delay", check_command="trimtab watch", train_command="trimtab train")
BY_ROW = Options(unit="row", loss="decision")


def score_of(x):
    """What a model says that knows the relation as it was."""
    hard = 1 / (1 + np.exp(-3 * (1 - x[:, 2])))
    signal = 1.3 * x[:, 0] - 1.1 * x[:, 1] + 0.5 * x[:, 3] * x[:, 4] + 0.3 * (x[:, -1] == 2)
    return 1 / (1 + np.exp(-2.2 * hard * signal))


def log_of(seed, first, days, *, change="", rows=ROWS, paired=False, storms=False):
    """The rows of so many days from the first one on; labels are known three days after the request."""
    generator = np.random.default_rng([17, seed])
    at = MONDAY + np.repeat(np.arange(first, first + days), rows) * DAY
    at += np.tile(np.arange(rows), days) * (DAY // rows)
    x, label = draw(generator, 2 * at.size, change=change if change in {"covariate", "concept"} else "")
    # better times are fewer hard rows: of two the easier one
    keep = 2 * np.arange(at.size) + (change == "better") * x[:, 2].reshape(-1, 2).argmin(axis=1)
    x, label = x[keep], label[keep]
    if storms:  # whole days on which nobody can tell, whatever is known
        lost = np.repeat(generator.random(days) < 0.7, rows) & (generator.random(at.size) < 0.3)
        label = np.where(lost, 1 - label, label)
    if change == "slice":
        label = np.where((x[:, -1] == 3) & (generator.random(at.size) < 0.5), 1 - label, label)
    if change == "null":
        x[:, 0] = np.nan
    score = score_of(np.nan_to_num(x))
    other = np.clip(score + generator.normal(0, 0.02, at.size), 0, 1) if paired else None
    return Observed(at, Columns(NAMES, x, TEXTS), score, label.astype(float), at + LATE, other)


def joined(*logs):
    """One log of several, in order of time."""
    columns = Columns(logs[0].columns.names, np.concatenate([log.columns.values for log in logs]), TEXTS)
    other = [log.reference_score for log in logs]
    return Observed(
        np.concatenate([log.at for log in logs]),
        columns,
        np.concatenate([log.score for log in logs]),
        np.concatenate([log.label for log in logs]),
        np.concatenate([log.label_at for log in logs]),
        None if other[0] is None else np.concatenate(other),
    )


@functools.cache
def accepted(options=BY_ROW, *, paired=False):
    """The reference of the first days, in which all was well."""
    return accept(log_of(0, 0, DAYS, paired=paired), options)


def followed(reference, log, **how):
    """What the monitors say of a log, day by day."""
    return follow(reference, log, edges(int(log.at[0]), int(log.at[-1]) + 1, DAY), LATE, ABOUT, **how)
