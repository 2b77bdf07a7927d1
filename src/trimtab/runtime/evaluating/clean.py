"""The stored bytes of a model, answering in a process that knows nothing of this one."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from trimtab.errors import ArtifactError
from trimtab.runtime.versions import predictor_of
from trimtab.training.matrix import FeatureMatrix

CODE = """
import sys
from trimtab import wiring
from trimtab.runtime.evaluating.clean import answer
answer(sys.argv[1], wiring.load)
"""

TIMEOUT_SECONDS = 120


def score_elsewhere(form: str, content: bytes, matrix: FeatureMatrix) -> NDArray[np.float64]:
    """The scores that a stored model gives in a new process; raises ArtifactError when it cannot answer there."""
    with tempfile.TemporaryDirectory(prefix="trimtab-") as place:
        folder = Path(place)
        (folder / "model").write_bytes(content)
        np.save(folder / "values.npy", matrix.values)
        told = {"format": form, "names": matrix.names, "words": dict(matrix.dictionaries)}
        (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")
        command = [sys.executable, "-c", CODE, str(folder)]
        try:
            done = subprocess.run(  # noqa: S603  # our own interpreter and code
                command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise ArtifactError(
                "a stored model did not answer in a clean process", found="a timeout"
            ) from None
        if done.returncode:
            last = done.stderr.strip().splitlines()[-1:]
            raise ArtifactError("a stored model cannot answer in a clean process", found="; ".join(last))
        return np.asarray(np.load(folder / "scores.npy"), np.float64)


def answer(place: str, load: Callable[[str, bytes], Any]) -> None:
    """In the new process: load what lies in the folder, score its rows, and leave the scores there."""
    folder = Path(place)
    told = json.loads((folder / "told.json").read_text(encoding="utf-8"))
    predictor = predictor_of(load(told["format"], (folder / "model").read_bytes()))
    words = {name: tuple(known) for name, known in told["words"].items()}
    matrix = FeatureMatrix(tuple(told["names"]), np.load(folder / "values.npy"), words)
    with threadpool_limits(1):
        np.save(folder / "scores.npy", predictor.score(matrix))
