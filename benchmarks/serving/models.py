"""The two models as people deploy them by hand, trained on trimtab's own training set; what every answer must equal."""

import json
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone
from threadpoolctl import threadpool_limits


@dataclass(frozen=True)
class Models:
    """The trained models, the columns and words that they know, and complete rows of the training set to ask for."""

    names: tuple[str, ...]
    words: dict[str, list[str]]
    booster: Any
    histogram: Any
    rows: list[dict[str, Any]]

    def numbers(self, row):
        """A row of features as the booster's numbers: words as their codes, whatever is missing as NaN."""
        codes = {name: {word: code for code, word in enumerate(known)} for name, known in self.words.items()}
        values = (codes[name].get(row[name]) if name in codes else row[name] for name in self.names)
        return [float("nan") if value is None else float(value) for value in values]

    def by_booster(self, rows):
        return self.booster.predict(np.array([self.numbers(row) for row in rows]), num_threads=1)

    def by_histogram(self, rows):
        return self.histogram.predict_proba(frame(rows, self.names, self.words))[:, 1]


def frame(rows, names, words):
    """Rows as a DataFrame with categories where there are words."""
    import pandas as pd

    kinds = {name: pd.CategoricalDtype(known) for name, known in words.items()}
    table = pd.DataFrame([[row[name] for name in names] for row in rows], columns=list(names))
    return table.astype(kinds | {name: "float64" for name in names if name not in words})


def train(table, names, learners, count):
    """Both models on a training set of trimtab's, and `count` of its rows in which nothing is missing."""
    rows = table.select(list(names)).to_pylist()
    label = table["label"].to_numpy().astype(np.int64)
    words = {
        name: sorted({row[name] for row in rows} - {None})
        for name in names
        if any(isinstance(row[name], str) for row in rows)
    }
    complete = [row for row in rows if None not in row.values()][-count:]
    untrained = Models(tuple(names), words, None, None, complete)
    numbers = np.array([untrained.numbers(row) for row in rows])
    categories = [position for position, name in enumerate(names) if name in words]
    histogram = clone(learners["histogram"]).set_params(categorical_features="from_dtype")
    with threadpool_limits(1):
        booster = clone(learners["lightgbm"]).fit(numbers, label, categorical_feature=categories).booster_
        histogram.fit(frame(rows, names, words), label)
    return Models(tuple(names), words, booster, histogram, complete)


def save(models, folder):
    """Files for the hand-written servers: the booster as text, the histogram model pickled with its columns."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    models.booster.save_model(folder / "booster.txt")
    (folder / "columns.json").write_text(json.dumps({"names": models.names, "words": models.words}))
    (folder / "histogram.pickle").write_bytes(pickle.dumps(models.histogram))
    sample = np.array([models.numbers(row) for row in models.rows[:20]])
    np.save(folder / "sample.npy", sample)
