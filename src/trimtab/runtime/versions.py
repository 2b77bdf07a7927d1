"""Versions: trained once, stored by content, recorded with everything they were made from."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from importlib import metadata
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from trimtab.declare.digest import digest, plain
from trimtab.labels.history import as_known
from trimtab.ports import Blobs, Event, Ledger
from trimtab.retrain.windows import Selection, selection, weights
from trimtab.runtime.floor import floor_of
from trimtab.runtime.history import History
from trimtab.runtime.live_loop.declaration import made_by
from trimtab.runtime.training import FitSpec, new_rows, revised_remark
from trimtab.runtime.training_set import Version, training_rows
from trimtab.runtime.watching.reference_rows import kept_reference
from trimtab.training.chain import Chain
from trimtab.training.continuing import continue_fit
from trimtab.training.encoder import Encoder
from trimtab.training.fingerprint import fingerprint
from trimtab.training.fit import Fitted, Recipe, fit
from trimtab.training.manners.manner import Manner
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


@dataclass(frozen=True)
class Parent:
    """The version that another one continues, its predictor, and the manner."""

    version: Version
    predictor: Predictor
    manner: Manner


ChooseEngine = Callable[[Predictor, FeatureMatrix, int], EngineRecord]
"""Chooses the engine of a predictor from its training rows and a seed."""


def train_version(  # noqa: PLR0913  # what it is trained from, where it is kept, and what is kept with it
    history: History,
    as_of: int,
    ledger: Ledger,
    blobs: Blobs,
    dump: Dump,
    choose: ChooseEngine | None = None,
    parent: Parent | None = None,
    *,
    name: str | None = None,
    learning: Mapping[str, Any] | None = None,
) -> Version:
    """Train on what was known at `as_of`, store the artifact, append the version; raises LearnerError on failure.

    With `choose`, the engine that will serve the version is chosen and measured, and the sample on which it agreed with
    the learner is stored beside the artifact. With a parent, it is continued on what matured since it was trained.
    `learning` is what is kept of how that was decided, as plain JSON values.
    """
    system, labels = history.system, history.labels
    chosen = selection(system.retrain.window, as_of)
    rows = training_rows(history, chosen, as_of)
    window_label = as_known(labels.history, as_of).value[rows]
    learned = _Learned.of(history, chosen, as_of, rows, parent)
    recipe = make_recipe(system.model, labels.kind, labels.classes, labels.history.value)
    seed = _spec(as_of, chosen, parent).seed_for(system.seed)
    with threadpool_limits(1):  # the same bytes whatever the number of cores
        fitted = learned.fit(recipe, seed, parent)
        engine = choose(fitted.predictor, learned.matrix, seed) if choose is not None else None
    form, content = dump(container(fitted))
    version = Version(
        name=name or next_name(ledger),
        artifact=blobs.put(content),
        format=form,
        as_of=as_of,
        rows=fitted.rows,
        dataset=fingerprint(learned.matrix, learned.label, learned.weight),
        provenance={
            **_provenance(history, recipe, fitted, window_label, seed, chosen),
            "classes": labels.classes,
            "fallback": floor_of(history, rows, window_label, recipe),
            "size_bytes": len(content),
            **_engine(engine, blobs, dump),
            **_continued(parent),
            **({} if learning is None else {"learning": dict(learning)}),
            **kept_reference(history, as_of, recipe, chosen, seed, blobs),
        },
    )
    ledger.append_events("versions", [Event(as_of, "trained", version.name, version.to_json())])
    return version


def next_name(ledger: Ledger) -> str:
    """The name of the next version, larger than that of all stored ones."""
    names = [event.subject for event in ledger.read_events("versions") if event.kind == "trained"]
    numbers = [int(name[1:]) for name in names if name[1:].isdecimal()]
    return f"v{1 + max(numbers, default=0)}"


@dataclass(frozen=True)
class _Learned:
    """The rows that a training learns from: all of its window, or those that matured since its parent learned."""

    matrix: FeatureMatrix
    label: NDArray[np.float64]
    weight: NDArray[np.float64] | None
    revised: int

    @classmethod
    def of(
        cls,
        history: History,
        chosen: Selection,
        as_of: int,
        rows: NDArray[np.int64],
        parent: Parent | None,
    ) -> _Learned:
        view = as_known(history.labels.history, as_of)
        new, revised = new_rows(history.labels.history, view, parent.version.as_of if parent else None)
        rows = rows[new[rows]]
        weight = weights(chosen, history.requests.at[rows], as_of)
        return cls(history.matrix.take(rows), view.value[rows], weight, revised)

    def fit(self, recipe: Recipe, seed: int, parent: Parent | None) -> Fitted:
        if parent is None:
            return fit(recipe, self.matrix, self.label, self.weight, seed)
        child = continue_fit(
            parent.predictor, recipe, self.matrix, self.label, self.weight, seed, parent.manner
        )
        return replace(child, remarks=(*child.remarks, *revised_remark(self.revised)))


def _spec(as_of: int, chosen: Selection, parent: Parent | None) -> FitSpec:
    if parent is None:
        return FitSpec(as_of, chosen)
    return FitSpec(as_of, chosen, parent=FitSpec(parent.version.as_of, chosen), manner=parent.manner)


def chain_of(version: Version) -> Chain:
    """The chain that leads to a version: its parent, its manner, and how many updates since a fit from scratch."""
    told = version.provenance
    return Chain(told["parent"], told["manner"], told["chain"]) if "parent" in told else Chain()


def _continued(parent: Parent | None) -> dict[str, Any]:
    """What a continued version tells of its parent; a version fitted from scratch tells nothing."""
    if parent is None:
        return {}
    chain = chain_of(parent.version).continued(parent.version.name, parent.manner.name)
    return {
        "parent": chain.parent,
        "parent_artifact": parent.version.artifact,
        "manner": chain.manner,
        "manner_settings": {"decay": parent.manner.decay, "trees": parent.manner.trees},
        "chain": chain.length,
    }


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
        **made_by(history.system, history.features),
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
