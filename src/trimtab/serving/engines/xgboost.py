"""XGBoost's prediction from a plain array, called with everything but the numbers prepared once."""

from __future__ import annotations

import ctypes
import importlib
import json
from struct import Struct
from threading import Lock
from typing import Any

import numpy as np

from trimtab.errors import LearnerError
from trimtab.serving.engines.base import LAST_BITS_FLOAT32, Floats
from trimtab.training.predictor import Predictor

_BY_SOFTMAX_AFTERWARDS = "multi:softmax"  # its wrapper turns margins into probabilities in Python


class XGBoostCore:
    """A copy of the booster that uses one thread, behind one buffer; a lock keeps two threads from sharing it."""

    name = "xgboost in place"
    exact = True
    resolution = LAST_BITS_FLOAT32

    def __init__(self, estimator: Any, columns: int, outputs: int, *, pair: bool) -> None:
        self._booster, self._pair, self._outputs = estimator.get_booster().copy(), pair, outputs
        self._booster.set_param({"nthread": 1})
        self._missing, self._rounds = estimator.missing, _rounds(estimator)
        self._predict = importlib.import_module("xgboost.core")._LIB.XGBoosterPredictFromDense  # noqa: SLF001
        self._pack = Struct(f"{columns}d").pack_into
        self._row = (ctypes.c_double * columns)()
        self._out = ctypes.POINTER(ctypes.c_float)()
        self._lock = Lock()
        self._arguments = self._prepared(columns)

    def _prepared(self, columns: int) -> tuple[Any, ...]:
        array = {
            "data": [ctypes.addressof(self._row), True],
            "shape": [1, columns],
            "typestr": np.dtype(np.float64).str,
            "version": 3,
        }
        options = {
            "type": 0,
            "training": False,
            "iteration_begin": self._rounds[0],
            "iteration_end": self._rounds[1],
            "missing": self._missing,
            "strict_shape": False,
            "cache_id": 0,
        }
        self._shape, self._dimensions = ctypes.POINTER(ctypes.c_uint64)(), ctypes.c_uint64()
        return (
            self._booster.handle,
            json.dumps(array).encode(),
            json.dumps(options).encode(),
            None,
            ctypes.byref(self._shape),
            ctypes.byref(self._dimensions),
            ctypes.byref(self._out),
        )

    def one(self, row: list[float]) -> tuple[float, ...]:
        """The learner's answer to one encoded row."""
        with self._lock:
            self._pack(self._row, 0, *row)
            if self._predict(*self._arguments):
                raise LearnerError("XGBoost failed to score a row", found="perhaps an infinite number")
            if self._pair:
                yes = self._out[0]
                return float(np.float32(1) - np.float32(yes)), yes
            return tuple(self._out[: self._outputs])

    def many(self, rows: Floats) -> Floats:
        """The learner's answers to encoded rows, on one thread."""
        with self._lock:
            answers = self._booster.inplace_predict(
                rows, iteration_range=self._rounds, missing=self._missing, validate_features=False
            )
        paired = np.column_stack((1 - answers, answers)) if self._pair else answers
        return paired.astype(np.float64)


def _rounds(estimator: Any) -> tuple[int, int]:
    """The trees that the wrapper uses: up to the best one after early stopping, else all."""
    try:
        return 0, int(estimator.best_iteration) + 1
    except AttributeError:
        return 0, 0


def build(predictor: Predictor) -> XGBoostCore | None:
    """The core of a predictor whose learner is one of XGBoost's tree wrappers, or None."""
    estimator = predictor.estimator
    if predictor.family != "xgboost" or estimator.get_params().get("booster") == "gblinear":
        return None
    if estimator.objective == _BY_SOFTMAX_AFTERWARDS:
        return None
    pair = predictor.task != "regression" and len(predictor.classes) == 2
    outputs = len(predictor.classes) if predictor.task != "regression" and not pair else 1
    return XGBoostCore(estimator, len(predictor.encoder.names), outputs, pair=pair)
