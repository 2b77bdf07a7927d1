"""Engines for models: the fastest way to score one row that gives the learner's own answers (book ch. 7)."""

from trimtab.serving.engines.base import Scorer
from trimtab.serving.engines.choice import Chosen, Report, Trial, choose
from trimtab.serving.engines.sample import sample_rows
from trimtab.serving.engines.stored import engine_record, load_scorer

__all__ = ["Chosen", "Report", "Scorer", "Trial", "choose", "engine_record", "load_scorer", "sample_rows"]
