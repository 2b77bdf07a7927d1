"""The stored bytes of a model, answering in a process that knows nothing of this one, and what it takes there."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
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

TIMEOUT_SECONDS = 300


STATUS = Path("/proc/self/status")
"""Where Linux tells what this process holds: its resource usage would begin with the peak of the parent process."""


@dataclass(frozen=True, eq=False)
class Elsewhere:
    """The scores (n,) of a new process, and its memory in bytes; None where the machine does not tell.

    before: resident before the model was loaded; one_row and all_rows: the peak after so many predictions.
    """

    scores: NDArray[np.float64]
    before: int | None = None
    one_row: int | None = None
    all_rows: int | None = None

    @property
    def model_bytes(self) -> int | None:
        """What loading the model and its library and one prediction took at most; None where it is not known."""
        return None if self.one_row is None or self.before is None else max(self.one_row - self.before, 0)


def score_elsewhere(form: str, content: bytes, matrix: FeatureMatrix) -> NDArray[np.float64]:
    """The scores that a stored model gives in a new process; raises ArtifactError when it cannot answer there."""
    return measure_elsewhere(form, content, matrix).scores


def measure_elsewhere(form: str, content: bytes, matrix: FeatureMatrix) -> Elsewhere:
    """The scores and the memory of a stored model in a new process; raises ArtifactError when it cannot answer there."""
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
        memory = json.loads((folder / "memory.json").read_text(encoding="utf-8"))
        return Elsewhere(np.asarray(np.load(folder / "scores.npy"), np.float64), *memory)


def answer(place: str, load: Callable[[str, bytes], Any]) -> None:
    """In the new process: load what lies in the folder, score its rows, and leave scores and memory there."""
    folder = Path(place)
    told = json.loads((folder / "told.json").read_text(encoding="utf-8"))
    words = {name: tuple(known) for name, known in told["words"].items()}
    matrix = FeatureMatrix(tuple(told["names"]), np.load(folder / "values.npy"), words)
    memory = [resident("VmRSS")]
    predictor = predictor_of(load(told["format"], (folder / "model").read_bytes()))
    with threadpool_limits(1):
        predictor.score(matrix.rows(0, 1))
        memory.append(resident("VmHWM"))
        np.save(folder / "scores.npy", predictor.score(matrix))
        memory.append(resident("VmHWM"))
    (folder / "memory.json").write_text(json.dumps(memory), encoding="utf-8")


def resident(field: str) -> int | None:
    """The memory of this process in bytes: VmRSS now, VmHWM at its peak; None where the machine does not tell."""
    if not STATUS.exists():
        return None
    lines = (line.split() for line in STATUS.read_text(encoding="utf-8").splitlines())
    return next((1024 * int(words[1]) for words in lines if words[0] == f"{field}:"), None)
