"""Candidates whose faults are known: the truth is a logistic function of three of the columns."""

from dataclasses import replace

import numpy as np

from trimtab.evaluation.evaluated import Evaluated, Rows
from trimtab.finding import Severity
from trimtab.metrics import log_loss, mean_absolute_error

DAY = 86_400_000_000
WEIGHTS = (1.2, -0.8, 0.5)


def logistic(value):
    return 1 / (1 + np.exp(-value))


def truth(rows):
    chosen = [np.nan_to_num(rows.column(f"c{place}")) for place in range(len(WEIGHTS))]
    return logistic(np.column_stack(chosen) @ np.array(WEIGHTS) - 1)


def world(seed=0, rows=4000, columns=6, predict=truth, **changes):
    """Yes/no labels of 40 days or more; the predictor knows the truth unless another one is given."""
    generator = np.random.default_rng(seed)
    values = generator.normal(size=(rows, columns))
    found = Rows(tuple(f"c{place}" for place in range(columns)), values)
    day = np.arange(rows) // 100
    label = (generator.random(rows) < truth(found)) * 1.0
    made = Evaluated(
        found, label, day * DAY, day, predict(found), "binary", log_loss, predict, label, seed=seed
    )
    return replace(made, **changes)


def numbers(seed=0, rows=4000):
    generator = np.random.default_rng(seed)
    found = Rows(("x", "y"), generator.normal(size=(rows, 2)))
    day = np.arange(rows) // 100

    def predict(given):
        return 3 * np.nan_to_num(given.column("x"))

    label = predict(found) + generator.normal(size=rows)
    return Evaluated(
        found, label, day * DAY, day, predict(found), "regression", mean_absolute_error, predict, label
    )


def told(findings, *severities):
    return [each.what for each in findings if each.severity in severities]


def asking(findings):
    return told(findings, Severity.ACT, Severity.WATCH)
