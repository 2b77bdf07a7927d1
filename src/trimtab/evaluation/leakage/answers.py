"""L2: a feature that is the label under another name, or a gap that was filled in once the answer was known."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from trimtab.evaluation.evaluated import Floats, Rows
from trimtab.finding import Finding, Severity

FEWEST = 30
"""Rows that a gap needs on either side."""

PURE = 0.98
LINE = 1e-9
APART = 0.2


def label_inside(rows: Rows, label: Floats) -> tuple[Finding, ...]:
    """ACT for every column that equals the label, maps onto it one to one, or is missing just where it is yes or no.

    >>> label = np.tile([0.0, 1.0], 50)
    >>> label_inside(Rows(("copy",), label[:, None] * 2), label)[0].what
    'leak: copy is the label under another name'
    """
    found = [finding for name in rows.names for finding in _of(name, rows.column(name), label)]
    return tuple(found) or (Finding("no feature is the label under another name", Severity.OK),)


def _of(name: str, values: Floats, label: Floats) -> Iterator[Finding]:
    known = ~np.isnan(values)
    if known.sum() >= FEWEST and _one_to_one(values[known], label[known]):
        yield Finding(f"leak: {name} is the label under another name", Severity.ACT, action=f"drop {name}")
    if set(np.unique(label)) <= {0.0, 1.0}:
        yield from _gap(name, known, label)


def _one_to_one(values: Floats, label: Floats) -> bool:
    """Whether each value goes with one label and each label with one value, often enough to be no accident."""
    distinct = len(np.unique(label))
    if distinct < 2 or len(np.unique(values)) != distinct:
        return False
    if distinct > len(label) / 2:
        # numbers that hardly repeat go together one to one by themselves; a copy also lies on a line
        return bool(abs(np.corrcoef(values, label)[0, 1]) > 1 - LINE)
    return len(np.unique(np.column_stack([values, label]), axis=0)) == distinct


def _gap(name: str, known: Floats, label: Floats) -> Iterator[Finding]:
    present = np.asarray(known, np.bool_)
    if min(present.sum(), (~present).sum()) < FEWEST:
        return
    among, others = float(label[~present].mean()), float(label[present].mean())
    if (among > PURE or among < 1 - PURE) and abs(among - others) >= APART:
        yield Finding(
            f"leak: where {name} is missing the label is {among:.0%} yes, elsewhere {others:.0%}",
            Severity.ACT,
            estimate=among - others,
            cause="the column was completed after the request was made",
            action=f"drop {name}, or take it from a source that records when it became known",
        )
