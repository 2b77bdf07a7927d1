"""Batch prediction: the same features and the same engine as online, for a whole table at once (book ch. 7)."""

from trimtab.serving.batch.result import BatchResult
from trimtab.serving.batch.run import BATCHES, predict

__all__ = ["BATCHES", "BatchResult", "predict"]
