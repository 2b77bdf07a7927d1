"""scikit-learn models through skops, with our own list of trusted types and the same bytes for the same model.

skops names arrays by memory address; here they are numbered in order of appearance, so that a model's digest
depends on the model alone.
"""

from __future__ import annotations

import importlib
import io
import json
import zipfile
from typing import Any

from trimtab.adapters.artifacts.bundle import zipped
from trimtab.adapters.artifacts.trees import check_trees
from trimtab.adapters.artifacts.trusted import TRUSTED
from trimtab.errors import ArtifactError

_SCHEMA = "schema.json"
_WITHOUT_IDENTITY = frozenset({"JsonNode", "TypeNode", "FunctionNode"})  # whether these are shared is chance
_DO_PICKLE = "use scikit-learn's own parts, or pass allow_pickle=True"


def dump(model: Any) -> bytes:
    """The model as a skops file; raises ArtifactError when it holds types that loading would refuse."""
    skops = importlib.import_module("skops.io")
    try:
        content = _canonical(skops.dumps(model))
        unknown = sorted(set(skops.get_untrusted_types(data=content)) - set(TRUSTED))
    except (TypeError, ValueError, AttributeError, RecursionError) as error:
        raise ArtifactError(
            f"a {type(model).__name__} has no code-free form", found=_line(error), do=_DO_PICKLE
        ) from error
    if unknown:
        raise ArtifactError(
            f"a {type(model).__name__} has parts that are not on the list of trusted types",
            found=", ".join(unknown),
            do=_DO_PICKLE,
        )
    return content


def load(content: bytes) -> Any:
    """The model of a skops file made of trusted types only; raises ArtifactError for anything else."""
    skops = importlib.import_module("skops.io")
    try:
        model = skops.loads(content, trusted=list(TRUSTED))
    except (
        Exception
    ) as error:  # what damaged or foreign bytes make skops and the model's library raise is open
        raise ArtifactError(
            "a stored model cannot be loaded",
            found=_line(error),
            do="install the library versions it was trained with, or restore its file",
        ) from error
    check_trees(model)
    return model


def _canonical(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        schema = json.loads(archive.read(_SCHEMA))
        names = _Numbers()
        _renumber(schema, names)
        files = {new: archive.read(old) for old, new in names.files.items()}
    files[_SCHEMA] = json.dumps(schema, separators=(",", ":")).encode()
    return zipped(files, compressed=frozenset({_SCHEMA}))


class _Numbers:
    """New names for arrays and objects, in order of appearance."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self.objects: dict[int, int] = {}

    def file(self, old: str) -> str:
        return self.files.setdefault(old, f"{len(self.files)}.{old.rpartition('.')[2]}")

    def object(self, old: int) -> int:
        return self.objects.setdefault(old, len(self.objects) + 1)


def _renumber(node: Any, numbers: _Numbers) -> None:
    """Rename in place; skops' own fields hold text and numbers where a user's fields of that name hold nodes."""
    if isinstance(node, list):
        for item in node:
            _renumber(item, numbers)
        return
    if node.get("__loader__") in _WITHOUT_IDENTITY:
        node.pop("__id__", None)
    for name, value in node.items():
        if isinstance(value, dict | list):
            _renumber(value, numbers)
        elif name == "file" and isinstance(value, str):
            node[name] = numbers.file(value)
        elif name == "__id__" and isinstance(value, int):
            node[name] = numbers.object(value)


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
