"""Engines of stored versions: chosen when a version is registered, checked again where it is loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import metadata
from typing import Any

from trimtab.errors import ArtifactError, LearnerError
from trimtab.ports import Blobs
from trimtab.runtime.training_set import Version
from trimtab.runtime.versions import EngineRecord, load_version
from trimtab.serving.engines import original
from trimtab.serving.engines.choice import (
    BUILDERS,
    Check,
    Chosen,
    Report,
    Trial,
    candidates,
    choose,
    first_agreeing,
)
from trimtab.serving.engines.sample import StoredSample, sample_rows, stored_sample
from trimtab.serving.engines.scorer import CoreScorer
from trimtab.training.matrix import FeatureMatrix
from trimtab.training.predictor import Predictor

_ORIGINALS = (original.build, original.build_apart)


def engine_record(
    predictor: Predictor, matrix: FeatureMatrix, seed: int, *, threshold: float | None = None
) -> EngineRecord:
    """What a version keeps of its engine: the choice on a sample of its training rows, and that sample.

    Raises LearnerError when the learner does not even agree with itself.
    """
    rows = sample_rows(matrix, predictor, seed)
    report = choose(predictor, rows, threshold=threshold).report
    sample = StoredSample(rows, predictor.score(rows)).to_json()
    return EngineRecord(report.engine, report.microseconds, report.to_json(), sample)


def load_scorer(version: Version, blobs: Blobs, load: Callable[[str, bytes], Any]) -> Chosen:
    """The engine of a stored version, once it gives here the scores that were stored where it was trained.

    The recorded engine is tried first, then the learner itself. Raises ArtifactError, naming the largest difference,
    when neither agrees; a version from before engines were recorded is served by its learner, unchecked.
    """
    predictor = load_version(version, blobs, load)
    if "sample" not in version.provenance:
        return _unchecked(predictor)
    stored = stored_sample(load("json", blobs.get(version.provenance["sample"])))
    numbers = predictor.task == "regression"
    check = Check(stored.rows, stored.expected, numbers=numbers, elsewhere=True)
    try:
        return first_agreeing(_recorded_first(predictor, version.provenance.get("engine")), check)
    except LearnerError as error:
        raise ArtifactError(
            f"{version.name} does not score here as it did where it was trained",
            found=error.found,
            do=_repair(version),
        ) from error


def _recorded_first(predictor: Predictor, engine: str | None) -> Iterator[CoreScorer | Trial]:
    for scorer in candidates(predictor, BUILDERS):
        if scorer.name == engine:
            yield scorer
            break
    for scorer in candidates(predictor, _ORIGINALS):
        if scorer.name != engine:
            yield scorer


def _unchecked(predictor: Predictor) -> Chosen:
    scorer = CoreScorer(predictor, original.build_apart(predictor))
    return Chosen(scorer, Report(scorer.name, 0, None, True, ()))


def _repair(version: Version) -> str:
    changed = [
        f"{name} {trained}"
        for name, trained in version.provenance.get("packages", {}).items()
        if trained != _here(name)
    ]
    if not changed:
        return "restore its file, or train again"
    return f"install what it was trained with ({', '.join(changed)}), or train again"


def _here(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
