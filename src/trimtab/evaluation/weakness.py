"""Slices in which a candidate is worse than the champion, than it says itself, or than elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trimtab.evaluation.evaluated import Evaluated, Floats
from trimtab.evaluation.slicing import FEWEST_ROWS, FoundSlice, worst_slices
from trimtab.finding import Finding, Severity

SURE = 0.01
"""The chance of a false claim that a verdict may take; the list of hard slices takes 0.05."""

EFFECT = 0.1
"""A slice counts as weaker than the model says from this share of the mean loss on."""

DOUBLED = 2.0


def slice_findings(found: Evaluated) -> tuple[Finding, ...]:
    """The slices confirmed on days that did not propose them: against the champion, own expectation and elsewhere."""
    if len(found) < FEWEST_ROWS:
        cause = f"{len(found):,} rows; a search that confirms what it finds needs {FEWEST_ROWS:,}"
        return (Finding("weak slices were not searched", Severity.NOT_RUN, cause=cause),)
    own = found.losses(found.score)
    findings = [_hardest(found, own)]
    expected = expected_losses(found)
    if expected is not None:
        findings.append(_surprising(found, own - expected, float(own.mean())))
    if found.champion is not None:
        findings.append(_regressed(found, own - found.losses(found.champion), float(own.mean())))
    return tuple(findings)


def expected_losses(found: Evaluated) -> Floats | None:
    """What each row (n,) should lose on average if its own probabilities are right; None for numbers.

    >>> from trimtab.evaluation.evaluated import Rows
    >>> from trimtab.metrics import brier
    >>> day, score = np.arange(2), np.array([0.5, 0.1])
    >>> found = Evaluated(Rows(("x",), np.zeros((2, 1))), np.array([1.0, 0.0]), day, day, score, "binary", brier,
    ...                   lambda rows: score, np.array([0.0, 1.0]))
    >>> expected_losses(found).round(2)
    array([0.25, 0.09])
    """
    if found.task == "regression":
        return None
    score = found.score if found.score.ndim == 2 else np.column_stack([1 - found.score, found.score])
    given = found.score
    expected = np.zeros(len(found))
    for code in range(score.shape[1]):
        answers = np.full(len(found), code, dtype=np.int64)
        expected += score[:, code] * found.judged_by.losses(answers, given)
    return expected


def _search(found: Evaluated, losses: Floats) -> list[FoundSlice]:
    return list(worst_slices(found.rows, losses, found.day, seed=found.seed))


def _hardest(found: Evaluated, own: Floats) -> Finding:
    slices = [each for each in _search(found, own) if each.confirmed]
    if not slices:
        return Finding("no slice is confirmed to be harder than the rest", Severity.OK)
    sure = [
        each for each in slices if each.adjusted_p_value <= SURE and each.inside >= DOUBLED * each.outside
    ]
    severity = Severity.WATCH if sure else Severity.INFO
    top = (sure or slices)[0]
    return _finding(
        f"hardest slice: {top.name}", severity, top, slices, "look at its rows; a feature may be missing"
    )


def _surprising(found: Evaluated, beyond: Floats, mean: float) -> Finding:
    slices = [each for each in _search(found, beyond) if each.adjusted_p_value <= SURE]
    sure = [each for each in slices if each.test.estimate > EFFECT * mean]
    if not sure:
        return Finding("no slice loses more than the model itself expects of it", Severity.OK)
    what = f"weak slice: the model loses more than it expects where {sure[0].name}"
    return _finding(
        what, Severity.WATCH, sure[0], sure, "give the model a feature that tells these rows, or route them"
    )


def _regressed(found: Evaluated, difference: Floats, mean: float) -> Finding:
    slices = [each for each in _search(found, difference) if each.adjusted_p_value <= SURE]
    sure = [each for each in slices if each.inside > EFFECT * mean]
    if not sure:
        return Finding("no slice is confirmed to be worse than with the champion", Severity.OK)
    what = f"worse than the champion where {sure[0].name}"
    return _finding(what, Severity.ACT, sure[0], sure, "keep the champion, or find out what this slice lost")


def _finding(
    what: str, severity: Severity, top: FoundSlice, slices: Sequence[FoundSlice], action: str
) -> Finding:
    return Finding(
        what,
        severity,
        estimate=top.test.estimate,
        interval=top.test.bounds(),
        action=None if severity is Severity.INFO else action,
        evidence=tuple(
            (each.name, f"{each.rows:,} rows: {each.inside:.4g} against {each.outside:.4g} elsewhere")
            for each in slices
        ),
    )
