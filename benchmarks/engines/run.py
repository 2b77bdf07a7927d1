"""What one row costs: the learner's own call from an array and from a data frame, against the chosen engine.

`python benchmarks/engines/run.py` writes RESULTS.md beside itself.
"""

from __future__ import annotations

import os
import platform
import sys
import time
import warnings
from importlib import metadata
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import pyarrow as pa
from catboost import CatBoostClassifier
from lightgbm import LGBMClassifier
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits
from xgboost import XGBClassifier

from trimtab.serving.engines import choose, sample_rows
from trimtab.serving.engines.sample import python_rows
from trimtab.training.fit import Recipe, fit
from trimtab.training.inputs import shape
from trimtab.training.matrix import FeatureMatrix, from_table

sys.path.append(str(Path(__file__).parents[1]))
from machine import processor  # beside all benchmarks

ROWS, NUMBERS, TREES, ROUNDS, CALLS = 5000, 20, 200, 9, 40
WORDS = ("shop", "kind")
PACKAGES = ("numpy", "scikit-learn", "treelite", "lightgbm", "xgboost-cpu", "catboost", "pandas")


def world() -> tuple[FeatureMatrix, np.ndarray]:
    """20 numbers with 2% missing, 2 text columns, and a yes/no label that depends on both."""
    rng = np.random.default_rng(0)
    columns = {
        f"x{place}": pa.array(rng.normal(size=ROWS), mask=rng.random(ROWS) < 0.02) for place in range(NUMBERS)
    }
    columns |= {
        "shop": pa.array(rng.choice(["north", "south", "west"], ROWS)),
        "kind": pa.array([f"k{number}" for number in rng.integers(0, 30, ROWS)]),
    }
    matrix = from_table(pa.table(columns))
    first, second, third = np.nan_to_num(matrix.values[:, :3]).T  # noqa: PD011
    cause = first + second * third + (matrix.values[:, NUMBERS] == 0)  # noqa: PD011
    return matrix, (rng.random(ROWS) < 1 / (1 + np.exp(-2 * cause))).astype(float)


def learners() -> dict[str, object]:
    """200 trees each, and the usual pipelines."""
    columns = ColumnTransformer(
        [
            ("words", OneHotEncoder(handle_unknown="ignore"), list(WORDS)),
            (
                "numbers",
                make_pipeline(SimpleImputer(), StandardScaler()),
                [f"x{place}" for place in range(NUMBERS)],
            ),
        ]
    )
    histogram = HistGradientBoostingClassifier(max_iter=TREES, early_stopping=False)
    return {
        "LightGBM": LGBMClassifier(n_estimators=TREES, verbose=-1, n_jobs=1),
        "XGBoost": XGBClassifier(n_estimators=TREES, n_jobs=1),
        "CatBoost": CatBoostClassifier(n_estimators=TREES, thread_count=1),
        "scikit-learn histogram boosting": histogram,
        "scikit-learn gradient boosting": GradientBoostingClassifier(n_estimators=TREES),
        "scikit-learn random forest": RandomForestClassifier(TREES),
        "scikit-learn extra trees": ExtraTreesClassifier(TREES),
        "logistic regression": LogisticRegression(max_iter=1000),
        "pipeline with logistic regression": make_pipeline(columns, LogisticRegression(max_iter=1000)),
        "pipeline with histogram boosting": make_pipeline(columns, histogram),
        "neural network": MLPClassifier((32,), max_iter=30),
    }


def microseconds(calls: dict[str, object]) -> dict[str, float]:
    """CPU microseconds a call: medians of rounds in which the calls take turns."""
    spent: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            began = time.process_time()
            for place in range(CALLS):
                call(place)
            spent[name].append((time.process_time() - began) / CALLS * 1e6)
    return {name: median(rounds) for name, rounds in spent.items()}


def measured(learner: object, matrix: FeatureMatrix, label: np.ndarray) -> dict[str, object]:
    """One line of the table."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        predictor = fit(Recipe(learner, "binary"), matrix, label, None, seed=1).predictor
    chosen = choose(predictor, sample_rows(matrix, predictor, seed=1))
    values = python_rows(matrix.rows(0, CALLS))
    names, encoder, model = predictor.encoder.names, predictor.encoder, predictor.estimator
    inputs = [
        shape(predictor.family, encoder.encode(matrix.rows(place, place + 1)), encoder)
        for place in range(CALLS)
    ]

    def from_frame(place: int) -> None:  # what a hand-written endpoint does with one request
        frame = pd.DataFrame([values[place]], columns=names)
        if predictor.family != "frame":
            codes = {
                name: frame[name].map({word: code for code, word in enumerate(words)})
                for name, words in encoder.words.items()
            }
            frame = shape(predictor.family, frame.assign(**codes).to_numpy(dtype=float), encoder)
        model.predict_proba(frame)

    times = microseconds(
        {
            "frame": from_frame,
            "array": lambda place: model.predict_proba(inputs[place]),
            "engine": lambda place: chosen.scorer.one(values[place]),
        }
    )
    many = chosen.scorer.many(matrix)
    difference = float(np.max(np.abs(many - predictor.score(matrix))))
    return {
        "engine": chosen.scorer.name,
        "difference": difference,
        **{f"{k} us": v for k, v in times.items()},
    }


def page(lines: dict[str, dict[str, object]]) -> str:
    """The results as a page."""
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    table = [
        f"| {name} | {line['frame us']:,.0f} | {line['array us']:,.0f} | {line['engine']} | "
        f"{line['engine us']:,.1f} | {line['array us'] / line['engine us']:,.0f} | {line['difference']:.0e} |"
        for name, line in lines.items()
    ]
    return "\n".join(
        [
            "# One row through each engine",
            "",
            "`python benchmarks/engines/run.py` wrote this page.",
            "",
            f"{ROWS:,} training rows, {NUMBERS} numbers with 2% missing, 2 text columns, {TREES} trees. CPU microseconds",
            f"of one row on one thread, medians of {ROUNDS} rounds of {CALLS} calls that take turns. `frame` is a hand-written",
            "endpoint: one request as a data frame, its words encoded, the learner's predict_proba. `array` is",
            "predict_proba alone on an input prepared before. `engine` starts from the same Python values as `frame` and",
            "includes encoding and all checks. The difference is the largest one from the learner, on all rows.",
            "",
            f"{os.cpu_count()} cores of {processor()}, Python {platform.python_version()}, {versions}",
            "",
            "| learner | frame | array | engine | engine us | array / engine | difference |",
            "|---|---|---|---|---|---|---|",
            *table,
            "",
        ]
    )


if __name__ == "__main__":
    matrix, label = world()
    lines = {}
    with threadpool_limits(1):
        for name, learner in learners().items():
            lines[name] = measured(learner, matrix, label)
            print(name, lines[name], flush=True)
    (Path(__file__).parent / "RESULTS.md").write_text(page(lines))
