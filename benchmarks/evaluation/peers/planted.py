"""Tables with one planted fault, and the learner that all are given; needs numpy and scikit-learn only."""

from dataclasses import dataclass

import numpy as np

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
    """Learned rows (m, d) and judged ones (n, d), with their yes/no labels."""

    learned: np.ndarray
    label: np.ndarray
    judged: np.ndarray
    answers: np.ndarray

    @property
    def names(self):
        return [f"c{place}" for place in range(COLUMNS)]

    @property
    def asked(self):
        """When each learned and each judged row was asked, evenly over their days."""
        return _times(len(self.learned), 0), _times(len(self.judged), DAYS)


def table(fault, seed):
    """One table: the answer depends on three of the columns, two of them together, so that trees are the right model."""
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
    return Planted(inputs[learned], label[learned], inputs[ROWS:], label[ROWS:])


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
