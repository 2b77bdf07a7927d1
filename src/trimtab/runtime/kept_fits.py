"""Fits kept on disk for as long as a replay runs, so that a chain grows without its ancestors being fitted again."""

from __future__ import annotations

import hashlib
import os
import pickle
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class KeptFits:
    """A folder of our own with one file a fit; a fit is named by what it is fitted from."""

    folder: str

    def __contains__(self, spec: object) -> bool:
        return self._path(spec).exists()

    def get(self, spec: object) -> Any | None:
        """What was kept for a fit; None where nothing was."""
        path = self._path(spec)
        return pickle.loads(path.read_bytes()) if path.exists() else None  # noqa: S301  # written by this very run

    def put(self, spec: object, made: object) -> None:
        """Keep a fit; one whose learner cannot be pickled is made again when it is needed."""
        path = self._path(spec)
        with suppress(Exception):  # whatever the user's learner raises, the fit itself is at hand
            content = pickle.dumps(made)
            unfinished = path.with_suffix(f".{os.getpid()}")
            unfinished.write_bytes(content)
            unfinished.replace(path)

    def _path(self, spec: object) -> Path:
        name = hashlib.sha256(repr(spec).encode()).hexdigest()
        return Path(self.folder) / f"{name}.fit"
