"""Arrays on disk that training processes share by memory mapping."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.labels.history import LabelHistory
from trimtab.training.matrix import FeatureMatrix


@dataclass(frozen=True)
class Workspace:
    """A folder of arrays: feature matrices by name, request times, label versions."""

    folder: str
    matrices: Mapping[str, tuple[tuple[str, ...], Mapping[str, tuple[str, ...]]]]
    silence: float

    def matrix(self, name: str) -> FeatureMatrix:
        """A feature matrix, mapped."""
        names, dictionaries = self.matrices[name]
        return FeatureMatrix(names, _mapped(self.folder, f"matrix_{name}"), dictionaries)

    def at(self) -> NDArray[np.int64]:
        """The time of each request."""
        return _mapped(self.folder, "at")

    def labels(self) -> LabelHistory:
        """Every version of every label."""
        row, known, value, matures = (
            _mapped(self.folder, name) for name in ("row", "known", "value", "matures_at")
        )
        return LabelHistory(row, known, value, matures, self.silence)


def write_workspace(
    folder: Path, matrices: Mapping[str, FeatureMatrix], at: NDArray[np.int64], labels: LabelHistory
) -> Workspace:
    """Write the arrays and return the handle that training processes open."""
    for name, matrix in matrices.items():
        np.save(folder / f"matrix_{name}.npy", matrix.values)
    arrays = {"at": at, "row": labels.row, "known": labels.known, "value": labels.value}
    for name, array in (arrays | {"matures_at": labels.matures_at}).items():
        np.save(folder / f"{name}.npy", array)
    described = {name: (matrix.names, matrix.dictionaries) for name, matrix in matrices.items()}
    return Workspace(str(folder), described, labels.silence)


@lru_cache(maxsize=64)
def _mapped(folder: str, name: str) -> NDArray[Any]:
    array: NDArray[Any] = np.load(Path(folder) / f"{name}.npy", mmap_mode="r")
    return array
