"""L4: rows that were learned from and are judged on, and equal rows with opposite answers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trimtab.evaluation.evaluated import Floats
from trimtab.finding import Finding, Severity

ALLOWED = 0.001
"""The share of judged rows that may equal a learned one before it blocks."""


def hashes(values: Floats) -> NDArray[np.uint64]:
    """One number a row (n, d), equal for equal rows; missing values are equal to each other.

    >>> len(set(hashes(np.array([[1.0, np.nan], [1.0, np.nan], [2.0, 0.0]])).tolist()))
    2
    """
    bits = (np.where(np.isnan(values), np.nan, values) + 0.0).view(np.uint64)
    mixed = np.zeros(len(values), np.uint64)
    for column in bits.T:
        mixed = (mixed ^ column) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return mixed


def duplicates(learned: Floats, judged: Floats, label: Floats) -> tuple[Finding, ...]:
    """Whether judged rows (n, d) equal learned ones (m, d), and how low an error equal rows with other labels allow."""
    old, new = hashes(np.ascontiguousarray(learned)), hashes(np.ascontiguousarray(judged))
    share = float(np.isin(new, old).mean()) if len(new) else 0.0
    repeated = 1 - len(np.unique(old)) / len(old) if len(old) else 0.0
    return (_shared(share, repeated), _floor(new, label))


def _shared(share: float, repeated: float) -> Finding:
    what = f"{share:.2%} of the judged rows equal a learned one in every feature"
    evidence = (("learned rows that repeat another learned one", f"{repeated:.2%}"),)
    if not share:
        return Finding("no judged row equals a learned one", Severity.OK)
    # few distinct values make equal rows by chance, among the learned ones just as often
    if share <= ALLOWED or share <= max(2 * repeated, ALLOWED):
        return Finding(what, Severity.INFO, estimate=share, evidence=evidence)
    return Finding(
        f"leak: {what}",
        Severity.ACT,
        estimate=share,
        action="find out why rows come twice, and keep each once",
        evidence=evidence,
    )


def _floor(rows: NDArray[np.uint64], label: Floats) -> Finding:
    """Rows that no model can tell apart and whose answers differ."""
    if len(np.unique(label)) > 20:
        return Finding("labels are numbers: equal rows set no floor", Severity.OK)
    _, group, count = np.unique(rows, return_inverse=True, return_counts=True)
    codes = np.unique(label, return_inverse=True)[1]
    width = int(codes.max()) + 1
    tally = np.bincount(group * width + codes, minlength=len(count) * width).reshape(len(count), width)
    wrong = float((count - tally.max(axis=1)).sum() / max(len(rows), 1))
    return Finding(
        f"equal rows with other answers: no model errs in fewer than {wrong:.2%} of these rows",
        Severity.INFO if wrong else Severity.OK,
        estimate=wrong,
    )
