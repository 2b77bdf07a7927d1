"""What a champion's answers of one day lost, beside what the newest challenger would have lost on the same requests."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from trimtab.errors import TrimtabError
from trimtab.runtime.live_loop.challenging import challengers
from trimtab.runtime.live_loop.past import Floats, Past, Rows
from trimtab.runtime.logged import Logged

Totals = dict[str, list[float | None]]
"""By version: the losses of its answers and of the challenger, both again in money (None: unpriced), and the count."""


def challenged_totals(past: Past, answers: Mapping[str, Logged], rows: Mapping[str, int]) -> Totals:
    """The totals of those answers that some challenger was there for; `rows` has the row of each with a mature label.

    A challenger that cannot be loaded, or that reads features which are gone, is compared with nothing.
    """
    fitted = challengers(past.means.ledger)
    since = [each.since for each in fitted]
    by: dict[tuple[str, int], list[str]] = defaultdict(list)
    for one in rows:
        newest = bisect_right(since, answers[one].as_of)
        if newest:
            by[answers[one].version, newest - 1].append(one)
    found: Totals = {}
    for (version, place), ids in by.items():
        asked, score = np.array([rows[one] for one in ids]), np.array([answers[one].score for one in ids])
        try:
            other = past.score(past.predictor(fitted[place].version), asked)
        except TrimtabError:
            continue
        found[version] = _added(found.get(version), _sums(past, asked, (score, other)))
    return found


def _sums(past: Past, rows: Rows, scores: Sequence[Floats]) -> list[float | None]:
    priced = [past.money(rows, score) for score in scores]
    return [
        *(float(past.losses(rows, score).sum()) for score in scores),
        *(None if costs is None else float(costs.sum()) for costs in priced),
        float(len(rows)),
    ]


def _added(one: Sequence[float | None] | None, other: list[float | None]) -> list[float | None]:
    """Both totals together; two challengers may share a day."""
    if one is None:
        return other
    return [
        None if mine is None or theirs is None else mine + theirs
        for mine, theirs in zip(one, other, strict=True)
    ]
