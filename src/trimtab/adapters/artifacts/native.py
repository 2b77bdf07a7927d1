"""LightGBM, XGBoost and CatBoost models in the format of their own library, behind one line of JSON.

The line holds what the native bytes lack: the Python class, its parameters (XGBoost's own file forgets `missing`)
and, for LightGBM's wrappers, the labels. What the line cannot hold exactly is left to skops.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from trimtab.adapters.artifacts import catboost, lightgbm, xgboost
from trimtab.adapters.artifacts.plain import from_json, is_plain, to_json
from trimtab.errors import ArtifactError

Header = dict[str, Any]


@dataclass(frozen=True)
class _Library:
    """How one library's models become (header, bytes) and back; dump gives None for a model not yet fitted."""

    classes: frozenset[str]
    dump: Callable[[Any], tuple[Header, bytes] | None]
    load: Callable[[type[Any], Header, bytes], Any]


_LIBRARIES = {
    "lightgbm": _Library(lightgbm.CLASSES, lightgbm.dump, lightgbm.load),
    "xgboost": _Library(xgboost.CLASSES, xgboost.dump, xgboost.load),
    "catboost": _Library(catboost.CLASSES, catboost.dump, catboost.load),
}
FORMATS = tuple(_LIBRARIES)


def dump(model: Any) -> tuple[str, bytes] | None:
    """(format, content) of a fitted booster or wrapper; None for anything else."""
    name, kind = type(model).__module__.partition(".")[0], type(model).__name__
    library = _LIBRARIES.get(name)
    if library is None or kind not in library.classes:
        return None
    dumped = library.dump(model)
    if dumped is None or not is_plain(dumped[0]):
        return None
    version = importlib.import_module(name).__version__
    return name, to_json({"class": kind, "version": version, **dumped[0]}) + b"\n" + dumped[1]


def load(format_name: str, content: bytes) -> Any:
    """The model of a native format; raises ArtifactError for damaged bytes and a missing library."""
    library = _LIBRARIES[format_name]
    line, _, payload = content.partition(b"\n")
    header = from_json(line)
    try:
        module = importlib.import_module(format_name)
    except ImportError as error:
        raise ArtifactError(
            f"this model needs {format_name}", found=str(error), do=f'pip install "trimtab[{format_name}]"'
        ) from error
    if header["class"] not in library.classes:
        raise ArtifactError(f"{header['class']!r} is no {format_name} model that trimtab loads")
    try:
        return library.load(getattr(module, header["class"]), header, payload)
    except Exception as error:  # each library has its own errors for damaged bytes
        raise ArtifactError(
            f"a stored {format_name} model cannot be loaded",
            found=" ".join(str(error).split())[:300],
            do=f"install {format_name} {header.get('version')}, or restore its file",
        ) from error
