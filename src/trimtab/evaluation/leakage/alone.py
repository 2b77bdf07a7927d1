"""L7: one column or a pair that tells the answer all by itself."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from trimtab.evaluation.evaluated import Floats, Rows
from trimtab.evaluation.slicing import Bins, cut
from trimtab.finding import Finding, Severity
from trimtab.metrics import area_under_roc, fit_rate_by_code

TOO_GOOD = 0.99
FINE_BINS = 50
SEARCHED_PAIRS = 400
ROWS_AT_MOST = 30_000


def alone(rows: Rows, label: Floats) -> tuple[tuple[str, float], ...]:
    """The cross-fitted ROC-AUC of each column, then of each pair, binned; the best first. For yes/no labels.

    Each half of the rows is judged by rates that the other half gave.

    >>> x = np.random.default_rng(0).normal(size=(2000, 2))
    >>> alone(Rows(("x", "y"), x), (x[:, 0] > 0) * 1.0)[0][1] > 0.98
    True
    """
    some = np.linspace(0, len(rows) - 1, min(len(rows), ROWS_AT_MOST)).astype(np.int64)
    rows, label = rows.take(some), label[some]
    single = [(name, _area(_fine(rows, name), label)) for name in rows.names]
    coarse = {name: cut(rows, name) for name in rows.names}
    pairs = list(combinations(rows.names, 2))[:SEARCHED_PAIRS]
    both = [(f"{a} with {b}", _area(_joint(coarse[a], coarse[b]), label)) for a, b in pairs]
    return tuple(sorted([*single, *both], key=lambda each: -each[1]))


def too_good_alone(found: tuple[tuple[str, float], ...]) -> Finding:
    """WATCH when anything reaches 0.99: explain it or drop it; some honest problems are that easy.

    >>> too_good_alone((("arr_delay", 1.0),)).severity
    <Severity.WATCH: 'WATCH'>
    """
    if not found:
        return Finding("no column was tried alone", Severity.NOT_RUN, cause="labels are not yes or no")
    name, area = found[0]
    leaking = [each for each in found if each[1] >= TOO_GOOD]
    best = tuple((each, f"ROC-AUC {value:.3f}") for each, value in (leaking or found)[:5])
    if not leaking:
        what = f"no column or pair tells the answer alone; the best is {name}, ROC-AUC {area:.3f}"
        return Finding(what, Severity.OK, estimate=area, evidence=best)
    return Finding(
        f"too good alone: {name} has ROC-AUC {area:.3f}",
        Severity.WATCH,
        estimate=area,
        cause="a leak, or a problem that needs no model",
        action=f"explain {name}, or drop it",
        evidence=best,
    )


def _fine(rows: Rows, name: str) -> NDArray[np.int64]:
    values = rows.column(name)
    if name in rows.dictionaries:
        return np.where(np.isnan(values), 0, np.nan_to_num(values) + 1).astype(np.int64)
    known = values[~np.isnan(values)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, FINE_BINS + 1)[1:-1])) if known.size else known
    return np.where(np.isnan(values), 0, np.searchsorted(edges, values, side="right") + 1)


def _joint(left: Bins, right: Bins) -> NDArray[np.int64]:
    return np.asarray(left.codes * len(right.names) + right.codes, np.int64)


def _area(codes: NDArray[np.int64], label: Floats) -> float:
    """The ROC-AUC of the rate by code, each half by the other's rates; halves are every other row."""
    half = np.arange(len(label)) % 2 == 0
    score = np.empty(len(label))
    for judged in (half, ~half):
        if not (~judged).any() or not judged.any():
            return float("nan")
        score[judged] = fit_rate_by_code(label[~judged], codes[~judged], "binary").predict(codes[judged])
    area = float(area_under_roc(label, score))
    return 0.5 if np.isnan(area) else area
