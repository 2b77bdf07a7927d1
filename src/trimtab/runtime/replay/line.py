"""What a line of versions answered: each row by the one that was in service."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trimtab.runtime.replay.daily import Answers
from trimtab.runtime.replay.service import Results, covering
from trimtab.runtime.replay.timeline import Served
from trimtab.runtime.training import Serve


def line_scores(
    answers: Answers, results: Results, line: Sequence[Served], rows: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The score that each row (n,), ascending, got from the version of the line then in service; NaN where none."""
    width = (answers.classes,) if answers.task == "multiclass" else ()
    scores = np.full((len(rows), *width), np.nan)
    place = np.searchsorted([each.since for each in line], answers.at[rows], side="right") - 1
    for number in np.unique(place[place >= 0]):
        mine = place == number
        result = results.get(line[number].spec)
        if result is None or result.problem is not None:
            continue
        serve = covering(result, Serve("online", int(rows[mine][0]), int(rows[mine][-1]) + 1))
        if serve is not None:
            scores[mine] = result.scores[serve][rows[mine] - serve.start]
    return scores
