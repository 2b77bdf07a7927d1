"""What each feature is worth to the model, next to what it costs: the loss that rises when it is shuffled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from trimtab.evaluation.evaluated import Evaluated, Floats, surely
from trimtab.evaluation.perturbing import Disturbed
from trimtab.finding import Finding, Severity
from trimtab.stats import Interval

REPEATS = 2
TAIL = 0.01
"""A feature with less than this share of all importance belongs to the tail."""

DOMINANT = 0.5
TOP = 10


@dataclass(frozen=True)
class Importance:
    """By how much the mean loss rises when a feature is shuffled over all rows, and its share of the sum of these."""

    feature: str
    rise: Interval
    share: float


def importances(found: Evaluated, *, repeats: int = REPEATS) -> tuple[Importance, ...]:
    """Each feature's importance with its interval by day, the most important first. Source: Breiman 2001.

    >>> from trimtab.evaluation.evaluated import Rows
    >>> from trimtab.metrics import brier
    >>> x = np.random.default_rng(0).normal(size=(400, 2))
    >>> label, day = (x[:, 0] > 0) * 1.0, np.arange(400) // 10
    >>> found = Evaluated(Rows(("x", "noise"), x), label, day, day, label, "binary", brier,
    ...                   lambda rows: (rows.values[:, 0] > 0) * 1.0, label)
    >>> [(each.feature, each.share) for each in importances(found)]
    [('x', 1.0), ('noise', 0.0)]
    """
    generator = np.random.default_rng(found.seed)
    before = found.losses(found.score)
    raised = [_raised(found, name, before, generator, repeats) for name in found.rows.names]
    rises = found.means(raised)
    whole = sum(max(rise.estimate, 0.0) for rise in rises)
    shares = [max(rise.estimate, 0.0) / whole if whole > 0 else 0.0 for rise in rises]
    told = [Importance(*each) for each in zip(found.rows.names, rises, shares, strict=True)]
    return tuple(sorted(told, key=lambda each: -each.rise.estimate))


def _raised(
    found: Evaluated, name: str, before: Floats, generator: np.random.Generator, repeats: int
) -> Floats:
    values = found.rows.column(name)
    after = np.zeros(len(found))
    for _ in range(repeats):
        shuffled = found.rows.with_column(name, generator.permutation(values))
        after += found.losses(found.predict(shuffled)) / repeats
    return after - before


def tail(found: Sequence[Importance]) -> tuple[str, ...]:
    """The features that hold under 1 % of all importance.

    >>> tail([Importance("x", Interval(1.0), 0.995), Importance("y", Interval(0.005), 0.005)])
    ('y',)
    """
    return tuple(each.feature for each in found if each.share < TAIL)


def headline(found: Sequence[Importance], dropped: Interval | None) -> str:
    """The first sentence of the feature value report; `dropped` is the loss without the tail less that with it.

    >>> headline([Importance("x", Interval(1.0), 0.995), Importance("y", Interval(0.005), 0.005)], Interval(0.1, 0.0, 0.2))
    'the top 2 features carry 100 % of importance, the bottom 1 under 1 %; dropping them costs 0.1 ± 0.1'
    """
    top = min(TOP, len(found))
    share = sum(each.share for each in found[:top])
    text = f"the top {top} features carry {100 * share:.0f} % of importance, the bottom {len(tail(found))} under 1 %"
    if dropped is None or not tail(found):
        return text
    half = (dropped.high - dropped.low) / 2
    spread = f" ± {half:.2g}" if dropped.known else ""
    return f"{text}; dropping them costs {dropped.estimate:.2g}{spread}"


def importance_findings(
    found: Sequence[Importance], dropped: Interval | None, problem: str = ""
) -> tuple[Finding, ...]:
    """The feature value sentence, and what one feature that carries more than half of everything means."""
    useless = tail(found)
    free = dropped is not None and dropped.known and dropped.low <= 0
    value = Finding(
        headline(found, dropped),
        Severity.INFO,
        estimate=None if dropped is None else dropped.estimate,
        interval=None if dropped is None else surely(dropped),
        action=f"drop {', '.join(useless)}: nothing shows that they help" if useless and free else None,
        evidence=tuple(f"{each.feature}: {each.share:.1%}" for each in found[:TOP]),
    )
    findings = [value]
    if useless and dropped is None:
        cause = problem or "the model could not be trained again here"
        findings.append(
            Finding("what dropping the tail costs was not measured", Severity.NOT_RUN, cause=cause)
        )
    if found and len(found) > 2 and found[0].share > DOMINANT:
        findings.append(
            Finding(
                f"{found[0].feature} carries {found[0].share:.0%} of all importance",
                Severity.INFO,
                estimate=found[0].share,
                cause="a leak, or a model that is a rule in disguise",
                action=f"make sure that {found[0].feature} is known before the request",
            )
        )
    return tuple(findings)


@dataclass(frozen=True)
class FeatureCost:
    """What a feature costs: what it is in words, its source, the pieces merged for one request, its freshness."""

    meaning: str
    source: str
    pieces: int
    freshness: str


@dataclass(frozen=True)
class FeatureValue:
    """One row of the feature value report."""

    importance: Importance
    outage: Interval | None
    nulls: float
    cost: FeatureCost | None


def feature_values(
    found: Evaluated,
    worth: Sequence[Importance],
    outages: Sequence[Disturbed],
    costs: Mapping[str, FeatureCost],
) -> tuple[FeatureValue, ...]:
    """Importance beside cost and freshness, the most important first."""
    lost = {each.name: each.rise for each in outages}
    return tuple(
        FeatureValue(
            each,
            lost.get(each.feature),
            float(np.isnan(found.rows.column(each.feature)).mean()),
            costs.get(each.feature),
        )
        for each in worth
    )
