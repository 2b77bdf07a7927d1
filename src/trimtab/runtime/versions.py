"""Versions: trained once, stored by content, recorded with everything they were made from."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from trimtab.declare.digest import digest, plain
from trimtab.labels.history import as_known
from trimtab.ports import Blobs, Event, Ledger
from trimtab.retrain.windows import selection, weights
from trimtab.runtime.floor import floor_of
from trimtab.runtime.history import History
from trimtab.runtime.training import FitSpec
from trimtab.runtime.training_set import Version, training_rows
from trimtab.training.encoder import Encoder
from trimtab.training.fingerprint import fingerprint
from trimtab.training.fit import Fitted, Recipe, fit
from trimtab.training.matrix import FeatureMatrix
from trimtab.training.predictor import Predictor
from trimtab.training.task import make_recipe

PACKAGES = ("trimtab", "numpy", "scikit-learn", "duckdb", "lightgbm", "xgboost", "catboost", "treelite")

Dump = Callable[[object], tuple[str, bytes]]


@dataclass(frozen=True)
class EngineRecord:
    """What a version keeps of the engine that was chosen for it.

    `microseconds` is the measured time of one row; `report` and `sample` (rows with their expected scores) are plain
    JSON values.
    """

    engine: str
    microseconds: float | None
    report: Mapping[str, Any]
    sample: Mapping[str, Any]


ChooseEngine = Callable[[Predictor, FeatureMatrix, int], EngineRecord]
"""Chooses the engine of a predictor from its training rows and a seed."""


def train_version(
    history: History,
    as_of: int,
    ledger: Ledger,
    blobs: Blobs,
    dump: Dump,
    choose: ChooseEngine | None = None,
) -> Version:
    """Train on what was known at `as_of`, store the artifact, append the version; raises LearnerError on failure.

    With `choose`, the engine that will serve the version is chosen and measured, and the sample on which it agreed with
    the learner is stored beside the artifact.
    """
    system = history.system
    chosen = selection(system.retrain.window, as_of)
    rows = training_rows(history, chosen, as_of)
    label = as_known(history.labels.history, as_of).value[rows]
    matrix, weight = history.matrix.take(rows), weights(chosen, history.requests.at[rows], as_of)
    labels = history.labels
    recipe = make_recipe(system.model, labels.kind, labels.classes, labels.history.value)
    seed = FitSpec(as_of, chosen).seed_for(system.seed)
    with threadpool_limits(1):  # the same bytes whatever the number of cores
        fitted = fit(recipe, matrix, label, weight, seed)
        engine = choose(fitted.predictor, matrix, seed) if choose is not None else None
    form, content = dump(container(fitted))
    version = Version(
        name=f"v{1 + sum(event.kind == 'trained' for event in ledger.read_events('versions'))}",
        artifact=blobs.put(content),
        format=form,
        as_of=as_of,
        rows=fitted.rows,
        dataset=fingerprint(matrix, label, weight),
        provenance={
            **_provenance(history, recipe, fitted, label, seed, chosen),
            "classes": labels.classes,
            "fallback": floor_of(history, rows, label, recipe),
            "size_bytes": len(content),
            **_engine(engine, blobs, dump),
        },
    )
    ledger.append_events("versions", [Event(as_of, "trained", version.name, version.to_json())])
    return version


def _engine(record: EngineRecord | None, blobs: Blobs, dump: Dump) -> dict[str, Any]:
    if record is None:
        return {}
    _, sample = dump(dict(record.sample))
    return {
        "engine": record.engine,
        "engine_report": dict(record.report),
        "microseconds": record.microseconds,
        "sample": blobs.put(sample),
    }


def container(fitted: Fitted) -> dict[str, Any]:
    """A predictor as plain parts that every artifact format can hold: the estimator and its own description."""
    predictor = fitted.predictor
    return {
        "model": predictor.estimator,
        "meta": {
            "family": predictor.family,
            "names": list(predictor.encoder.names),
            "words": {name: list(words) for name, words in predictor.encoder.words.items()},
            "task": predictor.task,
            "classes": list(predictor.classes),
            "class_count": predictor.class_count,
            "emphasis": [[code, factor] for code, factor in predictor.emphasis.items()],
        },
    }


def _provenance(
    history: History, recipe: Recipe, fitted: Fitted, label: np.ndarray[Any, Any], seed: int, chosen: object
) -> dict[str, Any]:
    return {
        "system": history.system.name,
        "declaration": digest(history.system),
        "features": list(history.matrix.names),
        "learner": plain(recipe.learner),
        "task": recipe.task,
        "selection": asdict(chosen),  # type: ignore[call-overload]
        "seed": seed,
        "label_mean": float(np.mean(label)),
        "effective_rows": fitted.effective_rows,
        "remarks": list(fitted.remarks),
        "python": platform.python_version(),
        "packages": {name: _installed(name) for name in PACKAGES if _installed(name)},
    }


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def predictor_of(parts: Mapping[str, Any]) -> Predictor:
    """The predictor that a stored version holds."""
    meta = parts["meta"]
    words = {name: tuple(known) for name, known in meta["words"].items()}
    return Predictor(
        estimator=parts["model"],
        family=meta["family"],
        encoder=Encoder(tuple(meta["names"]), words),
        task=meta["task"],
        classes=tuple(meta["classes"]),
        class_count=meta["class_count"],
        emphasis=dict(meta["emphasis"]),
    )


def load_version(version: Version, blobs: Blobs, load: Callable[[str, bytes], Any]) -> Predictor:
    """The predictor of a stored version; raises ArtifactError when its bytes are missing, changed or not trusted."""
    return predictor_of(load(version.format, blobs.get(version.artifact)))
