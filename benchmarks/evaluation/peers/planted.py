"""Tables with one planted fault, flights, and the learner that all are given; needs numpy and scikit-learn only."""

import os
from dataclasses import dataclass

import numpy as np

FLIGHTS = "flights"
FILE = "TRIMTAB_FLIGHTS"
"""The environment variable that names the file of flights' rows."""

FAULTS = ("clean", "leak", "weak slice", "miscalibration", "drift", "duplicates")
ROWS, COLUMNS = 8000, 12
WEIGHTS = np.array([1.2, -0.8, 0.5])
EDGE = 0.8416
"""A fifth of a normal column lies beyond it."""

FLIPPED = 0.5
"""Answers turned round among one row in 25; where 26 to 28 % of the learner's were wrong, half are."""

COPIED = 0.05
DAYS = 80
"""Days that are learned from, and as many that judge."""


@dataclass(frozen=True)
class Planted:
    """Learned rows (m, d) and judged ones (n, d), with their yes/no labels and the instants at which they were asked."""

    names: list[str]
    learned: np.ndarray
    label: np.ndarray
    judged: np.ndarray
    answers: np.ndarray
    asked: tuple[np.ndarray, np.ndarray]

    @property
    def parted(self):
        """The midnight before the first judged row."""
        return self.asked[1][0].astype("datetime64[D]")

    @property
    def ends(self):
        """A midnight at which all labels are known."""
        return self.asked[1][-1].astype("datetime64[D]") + np.timedelta64(3, "D")


def table(name, seed):
    """One table by name: with a planted fault, or flights."""
    return flights() if name == FLIGHTS else planted(name, seed)


def flights():
    """The rows of flights that were written beforehand."""
    with np.load(os.environ[FILE], allow_pickle=False) as kept:
        asked = (kept["asked"].astype("datetime64[us]"), kept["later"].astype("datetime64[us]"))
        names = [str(name) for name in kept["names"]]
        return Planted(names, kept["learned"], kept["label"], kept["judged"], kept["answers"], asked)


def planted(fault, seed):
    """The answer depends on three of the columns, two of them together, so that trees are the right model."""
    generator = np.random.default_rng(seed)
    inputs = generator.normal(size=(2 * ROWS, COLUMNS))
    if fault == "drift":
        inputs[ROWS:, 0] += 0.8
    label = (generator.random(2 * ROWS) < chance(inputs)).astype(np.int64)
    if fault == "leak":
        inputs[:, 5] = label + generator.normal(0, 0.1, 2 * ROWS)
    if fault == "weak slice":
        corner = (inputs[:, 3] > EDGE) & (inputs[:, 4] < -EDGE) & (np.arange(2 * ROWS) >= ROWS)
        turned = corner & (generator.random(2 * ROWS) < FLIPPED)
        label[turned] = 1 - label[turned]
    if fault == "duplicates":
        copies = generator.choice(ROWS, int(COPIED * ROWS), replace=False)
        places = ROWS + generator.choice(ROWS, len(copies), replace=False)
        inputs[places], label[places] = inputs[copies], label[copies]
    learned = np.arange(ROWS)
    if fault == "miscalibration":
        # yes is three times as frequent among what is learned
        extra = np.flatnonzero(label[:ROWS])
        learned = generator.permutation(np.concatenate([learned, extra, extra]))
    names = [f"c{place}" for place in range(COLUMNS)]
    asked = (_times(len(learned), 0), _times(ROWS, DAYS))
    return Planted(names, inputs[learned], label[learned], inputs[ROWS:], label[ROWS:], asked)


def day(number):
    return np.datetime64("2024-01-01") + np.timedelta64(int(number), "D")


def chance(inputs):
    together = inputs[:, 0] * inputs[:, 1]
    return 1 / (1 + np.exp(-(inputs[:, : len(WEIGHTS)] @ WEIGHTS + together - 1)))


def learner():
    """The same for everybody."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(max_iter=50, early_stopping=False, random_state=0)


def _times(count, first):
    """So many instants, evenly over DAYS days, the last some minutes before their end."""
    inside = np.linspace(0, DAYS * 86_400 - 600, count).astype("timedelta64[s]")
    return (day(first) + inside).astype("datetime64[us]")
