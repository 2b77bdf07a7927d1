"""Folds that were made once, kept as files in the home: a process that begins anew reads them instead of the record.

Nothing is told by these files alone. Each names the state of the record that it was made from, and is made again where
that is another one; without them, or where they cannot be written, pages are the same and come later.
"""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]

FORMAT = "1"
"""Goes into every state, so that files of another trimtab are not read."""


@dataclass(frozen=True)
class Kept:
    """A folder of folds; None keeps nothing."""

    folder: Path | None = None

    def read(self, name: str, state: str) -> Arrays | None:
        """The arrays that were kept under a name for this very state of the record; None where there are none."""
        if self.folder is None:
            return None
        try:
            with np.load(self.folder / f"{name}.npz", allow_pickle=False) as file:
                found = {each: file[each] for each in file.files}
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
            return None
        return found if str(found.pop("state", "")) == f"{FORMAT} {state}" else None

    def write(self, name: str, state: str, arrays: Arrays) -> None:
        """Keep arrays under a name; a folder that cannot be written is left alone."""
        if self.folder is None:
            return
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            descriptor, path = tempfile.mkstemp(".npz", f".{name}-", self.folder)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    np.savez(file, state=np.array(f"{FORMAT} {state}"), **arrays)  # type: ignore[arg-type]
                # whole or not at all, also where two processes keep the same
                Path(path).replace(self.folder / f"{name}.npz")
            finally:
                Path(path).unlink(missing_ok=True)
