"""Checks that decision trees from a file point only into themselves.

scikit-learn walks a tree's nodes without bounds checks, so numbers that a damaged or hostile file brings along
could crash the process or make it loop. Nodes are stored parents first: every child has a higher number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from trimtab.errors import ArtifactError


def check_trees(model: object) -> None:
    """Raise ArtifactError when a tree anywhere inside the model points outside itself or its features."""
    seen: set[int] = set()
    waiting: list[tuple[object, int | None]] = [(model, None)]
    while waiting:
        part, features = waiting.pop()
        if id(part) in seen or isinstance(part, str | bytes | int | float | type(None)):
            continue
        seen.add(id(part))
        features = getattr(part, "n_features_in_", features)
        if not all(_sound(part, features)):
            raise ArtifactError(
                "a stored tree points outside itself",
                found=type(part).__name__,
                do="restore its file, or train again",
            )
        waiting.extend((inner, features) for inner in _parts(part))


def _parts(part: object) -> Iterable[object]:
    if isinstance(part, dict):
        return part.values()
    if isinstance(part, list | tuple | set):
        return part
    if isinstance(part, np.ndarray):
        return part.ravel().tolist() if part.dtype == object else ()
    return getattr(part, "__dict__", {}).values()


def _sound(part: Any, features: int | None) -> Iterator[bool]:
    name = f"{type(part).__module__}.{type(part).__name__}"
    if name == "sklearn.tree._tree.Tree":
        inner = part.children_left != -1
        yield _point_on(part.children_left[inner], inner) and _point_on(part.children_right[inner], inner)
        yield _below(part.feature[inner], part.n_features)
    elif name == "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor":
        inner = part.nodes["is_leaf"] == 0
        nodes = part.nodes[inner]
        yield _point_on(nodes["left"], inner) and _point_on(nodes["right"], inner)
        yield _below(nodes["feature_idx"], features if features is not None else np.iinfo(np.int64).max)
        categorical = nodes[nodes["is_categorical"] == 1]
        yield _below(categorical["bitset_idx"], len(part.raw_left_cat_bitsets))


def _point_on(children: npt.NDArray[Any], inner: npt.NDArray[np.bool_]) -> bool:
    children = children.astype(np.int64)
    return bool(np.all((children > np.flatnonzero(inner)) & (children < len(inner))))


def _below(numbers: npt.NDArray[Any], limit: int) -> bool:
    numbers = numbers.astype(np.int64)
    return bool(np.all((numbers >= 0) & (numbers < limit)))
