"""Pipelines of scikit-learn's usual preparation and one learner, taken apart into flat columns and that learner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isnan
from typing import Any

from trimtab.errors import LearnerError
from trimtab.serving.engines.columns import Columns, Number, Table
from trimtab.training.encoder import Encoder
from trimtab.training.predictor import Predictor


def take_apart(predictor: Predictor) -> tuple[Columns, Any] | None:
    """The flat columns and the last learner of a predictor's pipeline; None when its learner is no pipeline.

    Raises LearnerError for a step that has no flat form.
    """
    steps = [step for _, step in getattr(predictor.estimator, "steps", ())]
    if len(steps) != 2 or not hasattr(steps[0], "transformers_"):
        return None
    columns: list[Number | Table] = []
    for _, step, chosen in steps[0].transformers_:
        if not isinstance(step, str):
            sources = [_position(column, predictor.encoder) for column in chosen]
            columns += _branch(step, sources, predictor)
        elif step != "drop":
            raise _no_flat_form(step)
    return tuple(columns), steps[1]


def _position(column: Any, encoder: Encoder) -> int:
    return encoder.names.index(column) if isinstance(column, str) else int(column)


def _branch(step: Any, sources: list[int], predictor: Predictor) -> list[Number | Table]:
    columns: list[Number | Table] = [Number(source) for source in sources]
    for part in _parts(step):
        change = _CHANGES.get(type(part).__name__)
        if change is None:
            raise _no_flat_form(type(part).__name__)
        columns = change(part, columns, predictor)
    return columns


def _parts(step: Any) -> list[Any]:
    steps = getattr(step, "steps", None)
    return [step] if steps is None else [part for _, part in steps]


def _imputed(imputer: Any, columns: list[Number | Table], predictor: Predictor) -> list[Number | Table]:
    fills = imputer.statistics_.tolist()
    if not all(column == Number(column.source) for column in columns) or any(map(_absent, fills)):
        raise _no_flat_form("this SimpleImputer")
    filled = [
        Number(column.source, _key(fill, column.source, predictor))
        for column, fill in zip(columns, fills, strict=True)
    ]
    flagged = () if imputer.indicator_ is None else imputer.indicator_.features_.tolist()
    return [*filled, *(Table(columns[place].source, {}, (1.0,), (0.0,)) for place in flagged)]


def _scaled(scaler: Any, columns: list[Number | Table], _: Predictor) -> list[Number | Table]:
    means = [0.0] * len(columns) if scaler.mean_ is None or not scaler.with_mean else scaler.mean_.tolist()
    scales = [1.0] * len(columns) if scaler.scale_ is None else scaler.scale_.tolist()
    return [_scale(*each) for each in zip(columns, means, scales, strict=True)]


def _scale(column: Number | Table, mean: float, scale: float) -> Number | Table:
    if isinstance(column, Table):
        missing, other = ((values[0] - mean) / scale for values in (column.missing, column.other))
        return Table(column.source, {}, (missing,), (other,))
    if (column.mean, column.scale) != (0.0, 1.0):
        raise _no_flat_form("a second StandardScaler")
    return replace(column, mean=mean, scale=scale)


def _one_hot(encoder: Any, columns: list[Number | Table], predictor: Predictor) -> list[Number | Table]:
    if encoder.handle_unknown != "ignore" or encoder.drop_idx_ is not None or _rare(encoder):
        raise _no_flat_form("this OneHotEncoder")
    tables: list[Number | Table] = []
    for column, categories in zip(columns, encoder.categories_, strict=True):
        places = range(len(categories))
        rows = [tuple(float(place == other) for other in places) for place in places]
        nothing = (0.0,) * len(categories)
        tables.append(_table(column, categories.tolist(), rows, nothing, predictor))
    return tables


def _ordinal(encoder: Any, columns: list[Number | Table], predictor: Predictor) -> list[Number | Table]:
    if encoder.handle_unknown != "use_encoded_value" or _rare(encoder):
        raise _no_flat_form("this OrdinalEncoder")
    absent, unknown = (float(encoder.encoded_missing_value),), (float(encoder.unknown_value),)
    tables: list[Number | Table] = []
    for column, categories in zip(columns, encoder.categories_, strict=True):
        words = categories.tolist()
        rows = [absent if _absent(word) else (float(place),) for place, word in enumerate(words)]
        tables.append(_table(column, words, rows, unknown, predictor))
    return tables


def _table(
    column: Number | Table,
    categories: Sequence[Any],
    rows: Sequence[tuple[float, ...]],
    other: tuple[float, ...],
    predictor: Predictor,
) -> Table:
    """The table that gives each category its row, after a column that may fill what is missing."""
    if not isinstance(column, Number) or (column.mean, column.scale) != (0.0, 1.0):
        raise _no_flat_form("a category after another preparation")
    known, missing = {}, other
    for category, row in zip(categories, rows, strict=True):
        if _absent(category):
            missing = row
        else:
            known[_key(category, column.source, predictor)] = row
    return Table(
        column.source, known, missing if isnan(column.fill) else known.get(column.fill, other), other
    )


def _rare(encoder: Any) -> bool:
    return encoder.min_frequency is not None or encoder.max_categories is not None


def _key(category: Any, source: int, predictor: Predictor) -> float:
    """A category as the code of its word; where trimtab encoded the words, categories are codes already."""
    words = predictor.encoder.words.get(predictor.encoder.names[source], ())
    return float(words.index(category) if isinstance(category, str) else category)


def _absent(category: Any) -> bool:
    return category is None or (isinstance(category, float) and isnan(category))


def _unchanged(part: Any, columns: list[Number | Table], _: Predictor) -> list[Number | Table]:
    if part.func is not None:
        raise _no_flat_form("a FunctionTransformer with a function")
    return columns


def _no_flat_form(what: str) -> LearnerError:
    return LearnerError(f"{what} has no flat form")


_CHANGES = {
    "SimpleImputer": _imputed,
    "StandardScaler": _scaled,
    "OneHotEncoder": _one_hot,
    "OrdinalEncoder": _ordinal,
    "FunctionTransformer": _unchanged,
}
