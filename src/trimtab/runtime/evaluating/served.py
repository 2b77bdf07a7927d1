"""The scores that a version gave in service, for the rows that judge it offline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.ports import Ledger
from trimtab.runtime.history import History, identity
from trimtab.runtime.logged import PREDICTIONS, decode
from trimtab.runtime.training_set import Version

Floats = NDArray[np.float64]

ServedScores = Callable[[str], dict[tuple[Any, ...], float | list[float]]]
"""The scores that a version served, by the identity of the request."""


def served_scores(
    ledger: Ledger, names: tuple[str, ...], version: str
) -> dict[tuple[Any, ...], float | list[float]]:
    """The first score of each request that a version itself answered; requests without an identity are not told."""
    found: dict[tuple[Any, ...], float | list[float]] = {}
    for _, record in ledger.read_records(PREDICTIONS):
        logged = decode(record)
        if logged is None or logged.version != version or logged.served == "fallback":
            continue
        who = tuple(logged.request.get(name) for name in names)
        if None not in who:
            found.setdefault(who, logged.score)
    return found


def aligned(
    history: History,
    judged: NDArray[np.int64],
    score: Floats,
    version: Version | None,
    served: ServedScores | None,
) -> Floats | None:
    """The served scores of the judging rows, shaped as `score`, NaN where there is none; None without any."""
    if version is None or served is None:
        return None
    given = served(version.name)
    if not given:
        return None
    columns = [history.requests.table[name].take(judged).to_pylist() for name in identity(history.system)]
    found = np.full(score.shape, np.nan)
    for place, who in enumerate(zip(*columns, strict=True)):
        if who in given:
            found[place] = given[who]
    return found
