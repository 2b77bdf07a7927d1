"""L11: the same rows as they were scored in service, the last judge of every offline figure."""

from __future__ import annotations

import numpy as np

from trimtab.evaluation.evaluated import Evaluated, Floats, surely
from trimtab.finding import Finding, Severity
from trimtab.metrics.rows import score_columns

MATTERS = 0.05
"""A share of the offline gain over the same answer for all."""

SAME = 1e-6
"""Engines that add up in another order differ by less; a share of the score where that is above 1."""


def offline_against_served(found: Evaluated, served: Floats | None) -> Finding:
    """ACT when the scores that were served for these rows, (n,) or (n, k), lose surely more than those computed now.

    Rows that were not served are NaN; only the others are compared.
    """
    rows = np.zeros(0, np.int64) if served is None else np.flatnonzero(~np.isnan(score_columns(served)[:, 0]))
    if served is None or not len(rows):
        cause = "this version has answered none of these rows in service"
        return Finding("offline scores were not compared with served ones", Severity.NOT_RUN, cause=cause)
    some, given = found.take(rows), served[rows]
    apart = np.abs(given - some.score) / np.maximum(1.0, np.abs(some.score))
    differing = float((score_columns(apart).max(axis=1) > SAME).mean())
    if not differing:
        what = f"all {len(rows):,} scores that were served for these rows are those computed offline"
        return Finding(what, Severity.OK, estimate=0.0)
    return _judged(some, given, differing)


def _judged(found: Evaluated, served: Floats, differing: float) -> Finding:
    """What it costs that some scores were others in service."""
    own = found.losses(found.score)
    more = found.means([found.losses(served) - own])[0]
    gain = float((found.losses(found.always_the_same) - own).mean())
    worse = more.known and more.low > MATTERS * max(gain, 0.0)
    evidence = (("scores that differ", f"{differing:.1%} of {len(found):,}"),)
    if not more.known:
        return Finding(
            f"{differing:.1%} of {len(found):,} served scores differ from those computed offline",
            Severity.NOT_RUN,
            estimate=more.estimate,
            cause=f"what that costs cannot be told: {more.reason}",
            check_command="trimtab parity",
            evidence=evidence,
        )
    return Finding(
        "the same rows were answered worse in service than they are offline"
        if worse
        else "the same rows were answered in service no worse than they are offline",
        Severity.ACT if worse else Severity.OK,
        estimate=more.estimate,
        interval=surely(more),
        cause="features hold something offline that is not there when the request comes" if worse else None,
        check_command="trimtab parity",
        action="compare features with trimtab parity" if worse else None,
        evidence=evidence,
    )
