"""What the weekly challenger says to answered rows: each row is scored by the one that was fitted last before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from trimtab.errors import TrimtabError
from trimtab.monitoring.counts import Floats
from trimtab.ports import Blobs, Ledger
from trimtab.runtime.live_loop.challenging import Challenger, challengers
from trimtab.runtime.versions import load_version
from trimtab.runtime.watching.served_rows import Answers
from trimtab.training.matrix import FeatureMatrix
from trimtab.training.predictor import Predictor

Load = Callable[[str, bytes], Any]
"""A model from the name of its format and its bytes."""


@dataclass(eq=False)
class Comparing:
    """The challengers on record, beside the version that answered; `version` below is what a version was made from."""

    ledger: Ledger
    blobs: Blobs
    load: Load
    loaded: dict[str, Predictor] = field(default_factory=dict)

    @cached_property
    def fitted(self) -> tuple[Challenger, ...]:
        """Every challenger, oldest first."""
        return challengers(self.ledger)

    def like(self, version: Mapping[str, Any]) -> tuple[Challenger, ...]:
        """Those that answer what a version answers, and from no feature that it has not."""
        return tuple(each for each in self.fitted if _alike(each.version.provenance, version))

    def begun(self, version: Mapping[str, Any], before: int) -> bool:
        """Whether some row of a version can be compared before an instant."""
        return any(each.since < before for each in self.like(version))

    def scores(self, found: Answers, version: Mapping[str, Any]) -> Floats:
        """The score of each answer (n,) or (n, k) from the newest challenger before it; NaN where there is none.

        A challenger that cannot be loaded, or that fails on these rows, is compared with nothing.
        """
        fitted, log = self.like(version), found.observed
        score = np.full(log.score.shape, np.nan)
        place = np.searchsorted([each.since for each in fitted], found.as_of, side="right") - 1
        columns = log.columns
        matrix = FeatureMatrix(columns.names, columns.values, columns.dictionaries)
        for number in np.unique(place[place >= 0]):
            mine = np.flatnonzero(place == number)
            try:
                predictor = self._predictor(fitted[number])
                score[mine] = predictor.score(matrix.take(mine).only(predictor.encoder.names))
            except TrimtabError:
                continue
        return score

    def _predictor(self, challenger: Challenger) -> Predictor:
        name = challenger.version.name
        if name not in self.loaded:
            self.loaded[name] = load_version(challenger.version, self.blobs, self.load)
        return self.loaded[name]


def _alike(challenger: Mapping[str, Any], version: Mapping[str, Any]) -> bool:
    same = challenger.get("task") == version["task"]
    same &= list(challenger.get("classes") or ()) == list(version.get("classes") or ())
    return same and set(challenger["features"]) <= set(version["features"])
