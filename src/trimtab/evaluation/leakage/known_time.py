"""L1 and L3: what was known too late, and what was learned from too late."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from trimtab.finding import Finding, Severity

Instants = NDArray[np.int64]


def availability(known: Mapping[str, Instants], at: Instants, undeclared: tuple[str, ...] = ()) -> Finding:
    """L1: no feature may be known only after the request at `at` (n,); `known` has an instant (n,) a feature.

    A negative instant says that there was no value. `undeclared` are features whose known time nobody declared.

    >>> availability({"arr_time": np.array([30])}, np.array([20])).severity
    <Severity.ACT: 'ACT'>
    """
    late = {name: float(((when >= at) & (when >= 0)).mean()) for name, when in known.items()}
    leaking = {name: share for name, share in late.items() if share > 0}
    if leaking:
        worst = max(leaking, key=lambda name: leaking[name])
        return Finding(
            f"leak: {worst} is known only after the request in {leaking[worst]:.1%} of the rows",
            Severity.ACT,
            estimate=leaking[worst],
            action=f"drop {worst}, or declare a source that says when it became known",
            evidence=tuple((name, f"{share:.1%} of the rows") for name, share in leaking.items()),
        )
    if undeclared:
        return Finding(
            f"when {len(undeclared)} columns became known is taken on trust",
            Severity.INFO,
            cause="they are fields of the request, as a table holds them today",
            evidence=(("columns", ", ".join(undeclared[:12])),),
        )
    return Finding("no feature is known later than its request", Severity.OK)


def time_overlap(learned_until: int, known_until: int, at: Instants) -> Finding:
    """L3: the candidate may not have learned of rows or labels from after the first request `at` (n,) that it is judged on.

    `learned_until` is the last request that it learned from and `known_until` the last instant that it knew.

    >>> time_overlap(10, 12, np.array([12, 13])).severity
    <Severity.OK: 'OK'>
    """
    first = int(at.min(initial=np.iinfo(np.int64).max))
    if learned_until >= first or known_until > first:
        seen = float(np.mean(at < max(learned_until + 1, known_until)))
        return Finding(
            f"leak: {seen:.1%} of the rows are older than what the candidate learned from",
            Severity.ACT,
            estimate=seen,
            action="judge it on newer rows",
        )
    return Finding("the candidate learned from nothing that is newer than these rows", Severity.OK)
