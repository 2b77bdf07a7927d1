"""The known traps of flights, in figures: a random split, a column known too late, and windows that see the future.

`python benchmarks/evaluation/traps.py [STEP]` prints a table; models learn from every STEP-th flight (default: 8).
Windows count all flights.
"""

from __future__ import annotations

import sys

import numpy as np
from flown import DAY, HOUR, read, windows
from sklearn.ensemble import HistGradientBoostingClassifier

from trimtab.evaluation.leakage.splits import random_split
from trimtab.metrics import area_under_roc, log_loss

STEP = 8


def some(label):
    """Every so many rows."""
    return np.arange(len(label)) % STEP == 0


def learner():
    return HistGradientBoostingClassifier(
        max_iter=60, learning_rate=0.15, min_samples_leaf=50, early_stopping=False, random_state=0
    )


def judged(inputs, label, learn, judge, shown=None):
    """ROC-AUC and log loss on the judged rows, whose inputs may be others than those that were learned from."""
    learn, judge = learn & some(label), judge & some(label)
    model = learner().fit(inputs[learn], label[learn])
    score = model.predict_proba((inputs if shown is None else shown)[judge])[:, 1]
    return float(area_under_roc(label[judge], score)), float(log_loss.value(label[judge].astype(int), score))


def splits(flown):
    """Static columns with the date: what a random split claims, and what later days show."""
    dated = np.column_stack([flown.static, (flown.departs // DAY).astype(float)])
    label, share = flown.late, 0.3
    at_random = random_split(len(label), share, seed=0)
    days = np.unique(flown.departs // DAY, return_inverse=True)[1]
    whole_days = random_split(int(days.max()) + 1, share, seed=0)[days]
    later = np.arange(len(label)) >= (1 - share) * len(label)
    return {
        "random split": judged(dated, label, ~at_random, at_random),
        "whole days held out": judged(dated, label, ~whole_days, whole_days),
        "split by time": judged(dated, label, ~later, later),
    }


def arrival_time(flown):
    """The clock time of arrival beside the planned one."""
    clock = flown.landed % DAY / 6e7
    planned = (flown.landed - (flown.delay * 6e7).astype(np.int64)) % DAY / 6e7
    label = flown.late
    later = np.arange(len(label)) >= 0.7 * len(label)
    alone = float(area_under_roc(label[later], clock[later]))
    both = np.column_stack([flown.static, planned, clock])
    return {"alone": max(alone, 1 - alone), "with the planned time": judged(both, label, ~later, later)[0]}


def leaky_windows(flown):
    """Windows by scheduled departure, where flights count that are still in the air, and as they could be known."""
    asked, label = flown.departs - HOUR, flown.late
    later = np.arange(len(label)) >= 0.7 * len(label)
    honest = np.column_stack([flown.static, windows(flown, asked, flown.landed)])
    leaky = np.column_stack([flown.static, windows(flown, asked, flown.departs)])
    return {
        "static columns only": judged(flown.static, label, ~later, later),
        "windows as known": judged(honest, label, ~later, later),
        "leaky windows, offline": judged(leaky, label, ~later, later),
        "leaky windows, in service": judged(leaky, label, ~later, later, shown=honest),
    }


def main():
    flown = read()
    print(f"every {STEP}th of {len(flown.late):,} landed flights of 2013, the last 30 % judge")
    for title, found in (("splits", splits(flown)), ("windows", leaky_windows(flown))):
        print(title)
        for name, (area, loss) in found.items():
            print(f"  {name:28} ROC-AUC {area:.3f}  log loss {loss:.4f}")
    told = arrival_time(flown)
    print(f"arr_time: ROC-AUC {told['alone']:.3f} alone, {told['with the planned time']:.3f} with the rest")


if __name__ == "__main__":
    STEP = int(sys.argv[1]) if len(sys.argv) > 1 else STEP
    main()
