"""Scores and labels of a log as numbers, and the task that they belong to."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trimtab.declare.kinds import Kind
from trimtab.errors import DataError, UsageError, nearest
from trimtab.metrics import Task
from trimtab.monitoring.counts import Floats
from trimtab.runtime.watching.logs.asked import Wish
from trimtab.sources.columns import kind_of

SUM_TOLERANCE = 1e-3
"""How far the probabilities of a row may be from summing to one."""

SHOWN = 8


@dataclass(frozen=True, eq=False)
class Answers:
    """What was predicted and what came: score (n,) or (n, k), label (n,), NaN where there is none."""

    task: Task
    score: Floats
    label: Floats
    reference_score: Floats | None = None
    classes: tuple[str, ...] = ()


def answers(table: pa.Table, wish: Wish) -> Answers:
    """The scores and labels of a log whose columns are named; raises DataError where they contradict each other."""
    score = _scores(table, wish.score)
    column = None if wish.label is None else table[wish.label]
    if column is not None and column.null_count == len(column):
        raise DataError(
            f"column {wish.label!r} holds no label at all",
            found=f"{len(column):,} rows, all null",
            do="name the column of labels, join them (--labels FILE --id COLUMN), or leave --label out and "
            "have the inputs watched alone (--without the column)",
        )
    task = _task(wish, score, column)
    classes = _classes(wish) if task == "multiclass" else ()
    _check_scores(wish.score, score, task)
    label = np.full(len(score), np.nan) if column is None else _labels(column, wish, task, classes)
    other = _scores(table, wish.reference_score) if wish.reference_score else None
    if other is not None:
        if other.shape != score.shape:
            raise UsageError(
                "both models answer with as many columns", do="give --reference-score like --score"
            )
        _check_scores(wish.reference_score, other, task)
    return Answers(task, score, label, other, classes)


def _scores(table: pa.Table, names: Sequence[str]) -> Floats:
    columns = []
    for name in names:
        if kind_of(table[name].type) not in {Kind.BOOL, Kind.INT, Kind.FLOAT}:
            raise DataError(
                f"the score {name!r} is no number",
                found=str(table[name].type),
                do="name the probability, or for classes one column of probabilities each: --score p_a,p_b",
            )
        numbers = pc.cast(table[name], pa.float64(), safe=False)
        columns.append(np.asarray(pc.fill_null(numbers, np.nan), np.float64))
    score = columns[0] if len(columns) == 1 else np.column_stack(columns)
    if np.isnan(score).all():
        raise DataError(
            f"the score {', '.join(names)} is null in every row", do="name another column: --score"
        )
    return score


def _task(wish: Wish, score: Floats, label: pa.ChunkedArray | None) -> Task:
    if score.ndim == 2:
        if wish.task not in {None, "multiclass"}:
            raise UsageError(
                f"several score columns are no {wish.task}", do="give one column: --score COLUMN"
            )
        return "multiclass"
    if wish.task == "multiclass":
        raise UsageError("classes have a score each", found=wish.score[0], do="name all: --score p_a,p_b,p_c")
    if wish.task == "regression" or (wish.task is None and wish.loss == "absolute"):
        return "regression"
    if wish.task == "binary" or wish.positive is not None or _tells_binary(score, label):
        return "binary"
    return "regression"


def _tells_binary(score: Floats, label: pa.ChunkedArray | None) -> bool:
    """Whether labels are a yes or no; without labels, whether scores may be probabilities."""
    probable = bool((((score >= 0) & (score <= 1)) | np.isnan(score)).all())
    if label is None:
        return probable
    if kind_of(label.type) in {Kind.BOOL, Kind.STRING} or _is_binary(label):
        return True
    # two other values with probabilities are classes whose positive one has to be named
    return probable and len(set(_texts(label)) - {None}) == 2


def _classes(wish: Wish) -> tuple[str, ...]:
    if not wish.classes:
        # p_late, p_early: what they do not share names the class
        together = zip(*wish.score, strict=False)
        start = sum(1 for _ in itertools.takewhile(lambda letters: len(set(letters)) == 1, together))
        return tuple(name[start:] or name for name in wish.score)
    if len(wish.classes) != len(wish.score):
        raise UsageError(
            "a class for each score column",
            found=f"{len(wish.classes)} classes, {len(wish.score)} score columns",
            do="give --classes in the order of --score",
        )
    return tuple(wish.classes)


def _check_scores(names: Sequence[str], score: Floats, task: Task) -> None:
    known = score[~np.isnan(score)]
    outside = ~np.isfinite(known) if task == "regression" else (known < 0) | (known > 1)
    if outside.any():
        what = "is no finite number" if task == "regression" else "is no probability"
        raise DataError(
            f"the score {', '.join(names)} {what} in {int(outside.sum()):,} of {known.size:,} values",
            found=f"{known.min():g} to {known.max():g}",
            do="give probabilities from 0 to 1 (not logits), or say --task regression",
        )
    if task != "multiclass":
        return
    off = np.abs(score.sum(axis=1) - 1) > SUM_TOLERANCE
    if off.any():
        row = int(np.argmax(off))
        raise DataError(
            f"the probabilities of {int(off.sum()):,} rows do not sum to one",
            found=f"{score[row].sum():g} in row {row}",
            do="name the scores of all classes: --score p_a,p_b,p_c",
        )


def _labels(column: pa.ChunkedArray, wish: Wish, task: Task, classes: tuple[str, ...]) -> Floats:
    kind = kind_of(column.type)
    if kind not in {Kind.BOOL, Kind.INT, Kind.FLOAT, Kind.STRING} or (
        task == "regression" and kind is Kind.STRING
    ):
        raise DataError(
            f"the label {wish.label!r} is no answer to a {task}",
            found=str(column.type),
            do="name a column of numbers, booleans or classes: --label COLUMN",
        )
    if task == "multiclass":
        return _codes(column, wish, classes)
    if task == "binary" and (wish.positive is not None or not _is_binary(column)):
        return _against(column, wish)
    numbers = np.asarray(pc.fill_null(pc.cast(column, pa.float64(), safe=False), np.nan), np.float64)
    if np.isinf(numbers).any():
        raise DataError(
            f"the label {wish.label!r} is infinite", found=f"{int(np.isinf(numbers).sum()):,} rows"
        )
    return numbers


def _is_binary(column: pa.ChunkedArray) -> bool:
    if kind_of(column.type) is Kind.STRING:
        return False
    values = np.asarray(pc.cast(column.drop_null(), pa.float64(), safe=False))
    return bool(np.isin(values[~np.isnan(values)], (0.0, 1.0)).all())


def _texts(column: pa.ChunkedArray) -> list[str | None]:
    """Each value as a person writes it: 1.0 is 1, and what is missing is None."""
    return [None if value is None or value != value else _text(value) for value in column.to_pylist()]  # noqa: PLR0124  # NaN


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _against(column: pa.ChunkedArray, wish: Wish) -> Floats:
    """1 for the positive class, 0 for the other one."""
    texts = _texts(column)
    values = sorted({text for text in texts if text is not None})
    shown = ", ".join(values[:SHOWN]) + (" ..." if len(values) > SHOWN else "")
    if wish.positive is None:
        raise DataError(
            f"which value of {wish.label!r} is a yes?",
            found=shown,
            do=f"name it: --positive {values[-1]}"
            if len(values) == 2
            else "name it: --positive VALUE; for several "
            "classes name a score column each: --score p_a,p_b,p_c",
        )
    if wish.positive not in values:
        raise DataError(f"no label is {wish.positive!r}", found=shown, nearest=nearest(wish.positive, values))
    return np.array([np.nan if text is None else float(text == wish.positive) for text in texts])


def _codes(column: pa.ChunkedArray, wish: Wish, classes: tuple[str, ...]) -> Floats:
    """The place of each label among the classes."""
    places = {name: float(place) for place, name in enumerate(classes)}
    texts = _texts(column)
    unknown = sorted({text for text in texts if text is not None and text not in places})
    if unknown:
        raise DataError(
            f"the label {unknown[0]!r} of {wish.label!r} is none of the classes",
            found=", ".join(classes),
            nearest=nearest(unknown[0], classes),
            do=f"name the classes in the order of {', '.join(wish.score)}: --classes a,b,c",
        )
    return np.array([np.nan if text is None else places[text] for text in texts])
