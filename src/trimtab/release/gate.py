"""The gate: what a trained candidate has to show before anything of it is seen outside.

One look, on rows that neither model has learned from. What is not known blocks as what is bad does: a gate that lets
pass what it could not check is open just when something is broken. Of a refresh only what speaks against it blocks: its
recipe is accepted, and the reverse shadow judges the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Literal

from trimtab.finding import Finding, Severity, by_severity
from trimtab.release.slices import LEAST_SLICE_ROWS, judged_together
from trimtab.stats import UnitTotals
from trimtab.stats.sequence import LEAST_UNITS, one_look_bounds

Proof = Literal["not worse", "not refuted"]
"""What the gate asks of the comparison with the champion: shown not to be worse, or only not shown to be worse."""

Verdict = Literal["passed", "blocked", "waiting"]

REFUTED_AT = 0.05
"""The error of a refusal by what a recipe did lately. Wrong, it costs a candidate, and serves nobody worse.

The year's budget does not pay for it: a share of the budget would make the gate weaker the more often one releases.
"""


@dataclass(frozen=True)
class GatePlan:
    """What is decided before the gate: alpha, the margin in units of the loss, and which proof is asked.

    'not worse' keeps the year's budget of harmful promotions by itself. 'not refuted' is for a candidate that labels
    judge afterwards. refresh: what is NOT RUN does not block, nor does missing skill that the champion lacks as well.
    """

    alpha: float = 0.05
    margin: float = 0.0
    proof: Proof = "not worse"
    slice_alpha: float = 0.05
    skill_alpha: float = 0.05
    refresh: bool = False

    @classmethod
    def of_recipe(cls, margin: float, *, refresh: bool) -> GatePlan:
        """The plan for a candidate that is judged by what its recipe did on the newest mature days.

        >>> GatePlan.of_recipe(0.01, refresh=True).proof
        'not refuted'
        """
        return cls(REFUTED_AT, margin, "not refuted", REFUTED_AT, REFUTED_AT, refresh)


@dataclass(frozen=True, eq=False)
class GateEvidence:
    """What was measured of a candidate; all differences are paired, candidate - other, by unit.

    champion: on rows from `rows_from` on, None without a champion. learned_until: the last instant that either
    model knew when it was trained. baselines, slices: by name. champion_baselines: champion - baseline, by name. checked:
    findings of others, such as latency, size and the data contract.
    """

    version: str
    rows_from: int
    learned_until: int
    champion: UnitTotals | None = None
    baselines: Mapping[str, UnitTotals] = field(default_factory=dict)
    champion_baselines: Mapping[str, UnitTotals] = field(default_factory=dict)
    slices: Mapping[str, UnitTotals] = field(default_factory=dict)
    checked: tuple[Finding, ...] = ()
    first: bool = False


@dataclass(frozen=True)
class GateResult:
    """The findings on a candidate, worst first; one that is ACT blocks, and NOT RUN where it is no refresh."""

    version: str
    findings: tuple[Finding, ...]
    refresh: bool = False

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """The findings that block, worst first."""
        block = {Severity.ACT} if self.refresh else {Severity.ACT, Severity.NOT_RUN}
        return tuple(f for f in self.findings if f.severity in block)

    @property
    def passed(self) -> bool:
        """True when there are findings and none of them blocks.

        >>> GateResult("v2", ()).passed
        False
        """
        return bool(self.findings) and not self.blocking

    @property
    def verdict(self) -> Verdict:
        """What follows: it passes, it is turned away, or it waits for what could not be checked.

        >>> GateResult("v2", (Finding("the candidate was not compared", Severity.NOT_RUN),)).verdict
        'waiting'
        """
        if self.passed:
            return "passed"
        return "blocked" if any(f.severity is Severity.ACT for f in self.blocking) else "waiting"


def judge_gate(evidence: GateEvidence, plan: GatePlan) -> GateResult:
    """Return the gate's findings on a candidate.

    >>> judge_gate(GateEvidence("v2", rows_from=10, learned_until=5), GatePlan()).blocking[0].cause
    'no paired losses on rows that neither has seen'
    """
    findings = (
        _against_champion(evidence, plan),
        *_against_baselines(evidence, plan),
        *_slices(evidence, plan),
        *evidence.checked,
    )
    return GateResult(evidence.version, by_severity(findings), plan.refresh)


def _against_champion(evidence: GateEvidence, plan: GatePlan) -> Finding:
    if evidence.first:
        return Finding("there is no champion to compare with", Severity.INFO)
    if evidence.rows_from < evidence.learned_until:
        return _not_run("the champion", "some of these rows are older than what a model learned from")
    if evidence.champion is None or not evidence.champion.counts.sum():
        return _not_run("the champion", "no paired losses on rows that neither has seen")
    lower, upper = one_look_bounds(evidence.champion, alpha=plan.alpha)
    units = evidence.champion.counts.size
    if upper == inf:
        return _not_run(
            "the champion", f"{units} units; {LEAST_UNITS} are needed, twice that when correlated"
        )
    if lower > 0:
        what, severity = "worse than the champion", Severity.ACT
    elif upper < plan.margin:
        what, severity = "not worse than the champion", Severity.OK
    elif plan.proof == "not refuted":
        what, severity = "not shown to be worse than the champion", Severity.INFO
    else:
        what, severity = "not shown to be as good as the champion", Severity.ACT
    return Finding(
        f"the candidate is {what}",
        severity,
        estimate=float(evidence.champion.mean),
        interval=(lower, upper),
        action="keep the champion" if severity is Severity.ACT else None,
        evidence=(("units", units), ("margin", plan.margin), ("alpha", plan.alpha)),
    )


def _against_baselines(evidence: GateEvidence, plan: GatePlan) -> tuple[Finding, ...]:
    if not evidence.baselines:
        return (_not_run("any baseline", "no baseline was scored on these rows"),)
    return tuple(
        _skill(name, totals, evidence.champion_baselines.get(name), plan)
        for name, totals in evidence.baselines.items()
    )


def _skill(name: str, totals: UnitTotals, champion: UnitTotals | None, plan: GatePlan) -> Finding:
    lower, upper = one_look_bounds(totals, alpha=plan.skill_alpha)
    if upper == inf:
        return _not_run(f"the baseline {name}", f"{totals.counts.size} units are too few")
    shown = upper < 0
    # where the world has changed and what answers has no skill either, a refresh is the way out
    lost = not plan.refresh or (
        champion is not None and one_look_bounds(champion, alpha=plan.skill_alpha)[1] < 0
    )
    return Finding(
        f"the candidate is better than the baseline {name}"
        if shown
        else f"no skill is shown over the baseline {name}",
        Severity.OK if shown else Severity.ACT if lost else Severity.WATCH,
        estimate=float(totals.mean),
        interval=(lower, upper),
        action=None if shown else "find features that say something",
    )


def _slices(evidence: GateEvidence, plan: GatePlan) -> tuple[Finding, ...]:
    """Slices only forbid: few rows in one of them say nothing, and many looks share one alpha."""
    large, part = judged_together(evidence.slices, plan.slice_alpha)
    found = {name: one_look_bounds(totals, alpha=part) for name, totals in evidence.slices.items()}
    worse = tuple(
        _harmed(name, evidence.slices[name], bounds, blocks=name in large)
        for name, bounds in found.items()
        if bounds[0] > 0
    )
    return worse or ((Finding("no slice is surely worse", Severity.OK),) if found else ())


def _harmed(name: str, totals: UnitTotals, bounds: tuple[float, float], *, blocks: bool) -> Finding:
    rows = int(totals.counts.sum())
    return Finding(
        f"the candidate is worse in {name}" if blocks else f"the candidate looks worse in {name}",
        Severity.ACT if blocks else Severity.WATCH,
        estimate=float(totals.mean),
        interval=bounds,
        cause=None if blocks else f"{rows} of the {LEAST_SLICE_ROWS} rows that a refusal needs",
        action="find out what this slice lost" if blocks else None,
    )


def _not_run(what: str, why: str) -> Finding:
    return Finding(f"the candidate was not compared with {what}", Severity.NOT_RUN, cause=why)
