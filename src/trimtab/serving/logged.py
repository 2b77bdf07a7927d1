"""Answers read back from the record."""

from __future__ import annotations

from trimtab.runtime.logged import PREDICTIONS, Logged, decode, encode
from trimtab.serving.service import Prediction

__all__ = ["PREDICTIONS", "Logged", "decode", "encode", "prediction_of"]


def prediction_of(record_id: str, logged: Logged, *flags: str) -> Prediction:
    """The answer as it was given."""
    score = tuple(logged.score) if isinstance(logged.score, list) else logged.score
    return Prediction(record_id, score, logged.version, logged.served, logged.as_of, (*logged.flags, *flags))
