"""L11: the same rows as they were scored in service, the last judge of every offline figure."""

from __future__ import annotations

from trimtab.evaluation.evaluated import Evaluated, Floats, surely
from trimtab.finding import Finding, Severity

MATTERS = 0.05
"""A share of the offline gain over the same answer for all."""


def offline_against_served(found: Evaluated, served: Floats | None) -> Finding:
    """ACT when the scores that were served for these rows (n,) lose surely more than those computed now."""
    if served is None:
        cause = "this version has answered none of these rows in service"
        return Finding("offline scores were not compared with served ones", Severity.NOT_RUN, cause=cause)
    own = found.losses(found.score)
    more = found.means([found.losses(served) - own])[0]
    gain = float((found.losses(found.always_the_same) - own).mean())
    worse = more.known and more.low > MATTERS * max(gain, 0.0)
    return Finding(
        "the same rows were answered worse in service than they are offline"
        if worse
        else "the same rows were answered in service as they are offline",
        Severity.ACT if worse else Severity.OK,
        estimate=more.estimate,
        interval=surely(more),
        cause="features hold something offline that is not there when the request comes" if worse else None,
        check_command="trimtab parity" if worse else None,
        action="compare features with trimtab parity" if worse else None,
    )
