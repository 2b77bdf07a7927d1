"""All checks that need the candidate's scores and its predictor only, in the order of a reader's questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from trimtab.declare.expectations import Expectation, GoldenRow
from trimtab.declare.model import Stakes
from trimtab.errors import TrimtabError
from trimtab.evaluation.calibration import calibration_findings
from trimtab.evaluation.comparing import comparison_findings
from trimtab.evaluation.contracts import contract_findings
from trimtab.evaluation.deciding import decision_findings
from trimtab.evaluation.directions import Direction, directions, expectation_findings, golden_findings
from trimtab.evaluation.evaluated import Evaluated
from trimtab.evaluation.fairness import Group, fairness_findings, groups
from trimtab.evaluation.importance import Importance, importances
from trimtab.evaluation.perturbing import Disturbed, outage_finding, outages, perturbation_findings
from trimtab.evaluation.weakness import slice_findings
from trimtab.finding import Finding, Severity

BEHAVIOUR_ROWS = 20_000
"""Rows, evenly spaced, on which features are shuffled, blanked and moved."""


@dataclass(frozen=True)
class Wanted:
    """What a person declared, and what production says of missing values."""

    stakes: Stakes | None = None
    fairness: float | None = None
    expectations: Sequence[Expectation] = ()
    golden: Sequence[GoldenRow] = ()
    null_rates: Mapping[str, float] | None = None


@dataclass(frozen=True)
class Suite:
    """The findings by topic, and the tables that they came from."""

    findings: Mapping[str, tuple[Finding, ...]]
    importances: tuple[Importance, ...] = ()
    outages: tuple[Disturbed, ...] = ()
    directions: tuple[Direction, ...] = ()
    groups: tuple[Group, ...] = field(default=())


def run_suite(found: Evaluated, wanted: Wanted) -> Suite:
    """Every check on a candidate that needs no training; what the predictor itself refuses is NOT RUN."""
    groups_ = groups(found)
    findings = {
        "contracts": contract_findings(found.rows, found.predict, found.task),
        "comparisons": comparison_findings(found),
        "slices": slice_findings(found),
        "calibration": calibration_findings(found),
        "decisions": decision_findings(found, wanted.stakes),
        "fairness": fairness_findings(groups_, wanted.fairness),
    }
    try:
        return _with_behaviour(found.evenly(BEHAVIOUR_ROWS), wanted, findings, groups_)
    except TrimtabError as error:
        refused = Finding("behaviour was not checked", Severity.NOT_RUN, cause=str(error))
        return Suite({**findings, "behaviour": (refused,)}, groups=groups_)


def _with_behaviour(
    some: Evaluated, wanted: Wanted, findings: Mapping[str, tuple[Finding, ...]], groups_: tuple[Group, ...]
) -> Suite:
    """What the answers do when features are shuffled, blanked and moved."""
    broken, moved, worth = outages(some), directions(some), importances(some)
    behaviour = {
        "perturbation": (*perturbation_findings(some, wanted.null_rates), outage_finding(broken, some)),
        "expectations": (
            *expectation_findings(some, moved, wanted.expectations),
            *golden_findings(some, wanted.golden),
        ),
    }
    return Suite({**findings, **behaviour}, worth, broken, moved, groups_)
