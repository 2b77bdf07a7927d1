"""scikit-learn's tree ensembles through Treelite's own interpreter, each in its own number type.

Forests and gradient boosting compare 32-bit numbers, histogram gradient boosting 64-bit ones: the other type moves
rows across splits. The interpreter is called with everything but the numbers prepared once: about 15 microseconds
where its Python function takes 40.
"""

from __future__ import annotations

import copy
import ctypes
import importlib
from collections.abc import Sequence
from struct import Struct
from threading import Lock
from typing import Any

import numpy as np

from trimtab.errors import LearnerError
from trimtab.serving.engines.base import LAST_BITS, Floats, refuse_infinite, softmax
from trimtab.serving.engines.columns import (
    Columns,
    flat_row,
    flat_rows,
    histogram_columns,
)
from trimtab.serving.engines.pipelines import take_apart
from trimtab.training.predictor import Predictor

_FORESTS = frozenset(
    f"{kind}{task}"
    for kind in ("RandomForest", "ExtraTrees", "GradientBoosting")
    for task in ("Classifier", "Regressor")
)
_AVERAGING = frozenset({"RandomForestClassifier", "ExtraTreesClassifier"})
_HISTOGRAMS = frozenset({"HistGradientBoostingClassifier", "HistGradientBoostingRegressor"})


class TreeliteCore:
    """One Treelite model behind one buffer; a lock keeps two threads from sharing it."""

    name = "treelite"
    exact = False
    resolution = LAST_BITS

    def __init__(self, learner: Any, columns: Columns | None, answers: int) -> None:
        kind, width = type(learner).__name__, learner.n_features_in_
        self._learner, self._columns, self._answers = learner, columns, answers
        self._single = kind in _FORESTS
        self._softmax = answers > 2 and kind not in _AVERAGING  # Treelite's own softmax keeps 32 bits only
        self._model = _imported(learner)
        self._row, self._row32 = np.empty(width), np.empty(width, dtype=np.float32)
        self._buffer: Any = self._row32 if self._single else self._row
        self._pack = Struct(f"{width}{'f' if self._single else 'd'}").pack_into
        self._out = np.zeros(answers if answers > 2 or kind in _AVERAGING else 1)
        self._config = importlib.import_module("treelite.gtil.gtil").GTILConfig(
            nthread=1, predict_type="raw" if self._softmax else "default"
        )
        self._call, self._arguments = _prepared(self._model, self._config, self._row, self._out)
        self._lock = Lock()

    def one(self, row: list[float]) -> Sequence[float]:
        """The learner's answer to one encoded row."""
        if self._single:
            refuse_infinite(row, self._learner)
        flat = row if self._columns is None else flat_row(self._columns, row)
        with self._lock:
            self._pack(self._buffer, 0, *flat)
            if self._single:
                self._row[:] = self._row32
            if self._call(*self._arguments):
                raise LearnerError("Treelite failed to score a row")
            if self._softmax:
                return _listed(softmax(self._out[None])[0])
            answers = _listed(self._out)
        return answers if len(answers) == self._answers else (1.0 - answers[0], answers[0])

    def many(self, rows: Floats) -> Floats:
        """The learner's answers to encoded rows, on one thread."""
        flat = rows if self._columns is None else flat_rows(self._columns, rows)
        if self._single:
            flat = _narrowed(flat, self._learner)
        predict = importlib.import_module("treelite.gtil").predict
        answers = predict(self._model, flat, nthread=1, pred_margin=self._softmax).reshape(len(rows), -1)
        if self._softmax:
            return softmax(answers)
        if self._answers == 1:
            return np.asarray(answers[:, 0])
        return answers if answers.shape[1] == self._answers else np.column_stack((1.0 - answers, answers))


def _listed(answers: Floats) -> list[float]:
    listed: list[float] = answers.tolist()
    return listed


def _narrowed(rows: Floats, learner: Any) -> Floats:
    """The rows as the learner's 32-bit numbers, which it does not allow to be infinite."""
    with np.errstate(over="ignore"):
        narrow = rows.astype(np.float32)
    if np.isinf(narrow).any():
        raise LearnerError(f"{type(learner).__name__} takes no number beyond 32-bit floats")
    return narrow.astype(np.float64)


def _imported(learner: Any) -> Any:
    """Histogram gradient boosting without its own preparation of columns: our flat columns stand in for it."""
    if type(learner).__name__ in _HISTOGRAMS and learner._preprocessor is not None:  # noqa: SLF001
        learner = copy.copy(learner)
        learner._preprocessor = None  # noqa: SLF001  # scikit-learn's own name for trees over plain columns
    model = importlib.import_module("treelite.sklearn").import_model(learner)
    if (model.input_type, model.output_type) != ("float64", "float64"):
        raise LearnerError("Treelite reads this model in other number types")
    return model


def _prepared(model: Any, config: Any, row: Floats, out: Floats) -> tuple[Any, tuple[Any, ...]]:
    library = importlib.import_module("treelite.core")._LIB  # noqa: SLF001  # where the C calls are
    return library.TreeliteGTILPredict, (
        model.handle,
        ctypes.c_void_p(row.ctypes.data),
        ctypes.c_char_p(model.input_type.encode()),
        ctypes.c_uint64(1),
        ctypes.c_void_p(out.ctypes.data),
        config.handle,
    )


def build(predictor: Predictor) -> TreeliteCore | None:
    """The core of a predictor whose learner is one of scikit-learn's tree ensembles, or None."""
    learner, columns = predictor.estimator, None
    apart = take_apart(predictor) if hasattr(learner, "steps") else None
    if apart is not None:
        columns, learner = apart
    kind = type(learner).__name__
    if kind not in _FORESTS | _HISTOGRAMS or not type(learner).__module__.startswith("sklearn."):
        return None
    if kind in _HISTOGRAMS:
        mapped = histogram_columns(learner)
        if mapped is not None and columns is not None:
            raise LearnerError("a pipeline before categorical histogram gradient boosting has no flat form")
        columns = columns if mapped is None else mapped
    answers = 1 if predictor.task == "regression" else len(predictor.classes)
    return TreeliteCore(learner, columns, answers)
