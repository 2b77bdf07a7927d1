"""What the settings that a search found in October gain on a part of the rows, on all of them, and at the end of the year."""

import contextlib

import numpy as np

import trimtab as tt
from trimtab import wiring
from trimtab.instants import instant
from trimtab.metrics import log_loss
from trimtab.runtime.evaluating.split import rehearsed
from trimtab.runtime.evaluating.trainer import Trainer, evenly
from trimtab.runtime.history import load
from trimtab.runtime.tuning.search import ROWS, trained
from trimtab.stats import Bootstrap, unit_totals

FOUND = {
    "learning_rate": 0.0528,
    "max_iter": 169,
    "max_leaf_nodes": 12,
    "min_samples_leaf": 116,
    "l2_regularization": 7.53,
}
"""By `trimtab tune flights --budget 20 --as-of 2013-10-01`."""


def gain(trainer, rows):
    """What the settings take off the loss of the judged rows, both trained on the same rows."""
    split, learner = trainer.split, trainer.recipe.learner
    label = split.label[split.judged].astype(np.int64)
    was, now = (
        log_loss.losses(label, trainer.score(trained(trainer, learner, settings, rows), split.judged))
        for settings in ({}, FOUND)
    )
    return Bootstrap(seed=0, block=7, draws=2000).mean(unit_totals(was - now, split.day[split.judged]))


def main():
    """Print a line for each instant and number of rows."""
    system = tt.load("flights")
    with contextlib.closing(wiring.engine()) as engine:
        history = load(system, engine, wiring.tables())
    for as_of in ("2013-10-01", "2014-01-04"):
        trainer = Trainer.of(history, rehearsed(history, instant(as_of, system.zone)))
        for rows in (evenly(trainer.split.learned, ROWS), trainer.split.learned):
            print(f"{as_of}: {len(rows):,} rows, gain {gain(trainer, rows)}")


if __name__ == "__main__":
    main()
