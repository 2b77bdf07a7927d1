"""Policies compared on the same rows: which differ, which harm, and which is the cheapest that is good enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trimtab.evaluation.months import month_name, months
from trimtab.stats import Bootstrap, Comparison, Interval, UnitTotals, compare, holm, unit_totals

SIGNIFICANT = 0.05
ALIKE = 9
"""Decimals of a loss beyond which two policies with the same versions may differ by the order of summation."""


@dataclass(frozen=True)
class Spent:
    """What a policy used: fits after the common first one, CPU seconds and training rows of those.

    contests: how many of the fits were made within another training, to decide how it learns.
    """

    fits: int
    cpu_seconds: float
    rows: int
    contests: int = 0

    @property
    def trainings(self) -> int:
        """How often something was trained; each time all that is known is read, whatever is learned from it.

        >>> Spent(fits=12, cpu_seconds=3.5, rows=90_000, contests=4).trainings
        8
        """
        return self.fits - self.contests


@dataclass(frozen=True)
class Month:
    """One month of one policy: its loss, and its loss less that of never retraining."""

    name: str
    loss: Interval
    to_never: Interval
    harms: bool


@dataclass(frozen=True)
class PolicyScore:
    """How one policy did: loss, differences to the best and to never retraining, and its months."""

    name: str
    loss: Interval
    to_best: Interval
    to_never: Interval
    months: tuple[Month, ...]
    spent: Spent

    @property
    def harmful_months(self) -> tuple[str, ...]:
        """Months in which it was confirmed worse than never retraining."""
        return tuple(month.name for month in self.months if month.harms)


@dataclass(frozen=True)
class Verdict:
    """The scores in the order given, the best, and the recommended one with the reason."""

    scores: tuple[PolicyScore, ...]
    best: str
    recommended: str
    reason: str


def judge_policies(
    losses: NDArray[np.float64],
    day: NDArray[np.int64],
    spent: Mapping[str, Spent],
    *,
    never: str,
    bootstrap: Bootstrap,
) -> Verdict:
    """Compare the columns of `losses` (n, policies; in the order of `spent`) by day-clustered week blocks.

    A policy confirmed worse than never retraining in some month (Holm over the months) is out. Recommended is, of the
    others, the one with the fewest trainings that the data cannot tell from the best of them; ties go to the one whose
    fits learned from fewer rows, then to the lower loss. CPU seconds are not asked: they differ from run to run.
    """
    names = tuple(spent)
    totals = unit_totals(losses, day)
    means = bootstrap.means(totals)
    best = int(np.argmin(np.round(totals.mean, ALIKE)))
    to_best = _differences(totals, best, bootstrap)
    to_never = _differences(totals, names.index(never), bootstrap)
    monthly = _months(losses, day, names.index(never), bootstrap)
    scores = tuple(
        PolicyScore(name, means[i], to_best[i], to_never[i], monthly[i], spent[name])
        for i, name in enumerate(names)
    )
    safe = [i for i, score in enumerate(scores) if not score.harmful_months]
    target = min(safe, key=lambda i: round(scores[i].loss.estimate, ALIKE))
    gaps = _differences(totals, target, bootstrap)
    enough = [scores[i] for i in safe if i == target or (gaps[i].known and not gaps[i].above(0.0))]
    recommended = min(enough, key=_price)
    return Verdict(
        scores, names[best], recommended.name, _reason(recommended, scores[target], enough, scores)
    )


def _differences(totals: UnitTotals, reference: int, bootstrap: Bootstrap) -> list[Interval]:
    found: dict[int, Comparison] = {each.column: each for each in compare(totals, reference, bootstrap)}
    nothing = Interval(0.0, 0.0, 0.0)
    return [found[i].difference if i in found else nothing for i in range(totals.sums.shape[1])]


def _months(
    losses: NDArray[np.float64], day: NDArray[np.int64], never: int, bootstrap: Bootstrap
) -> list[tuple[Month, ...]]:
    """For each policy its months; days are resampled singly within a month, which holds too few weeks."""
    single = Bootstrap(seed=bootstrap.seed, block=1, draws=bootstrap.draws, level=bootstrap.level)
    numbers = months(day)
    parts = [
        (int(month), unit_totals(losses[numbers == month], day[numbers == month]))
        for month in np.unique(numbers)
    ]
    tested = [(month, single.means(totals), compare(totals, never, single)) for month, totals in parts]
    return [_months_of(policy, never, tested) for policy in range(losses.shape[1])]


def _months_of(
    policy: int, never: int, tested: Sequence[tuple[int, tuple[Interval, ...], tuple[Comparison, ...]]]
) -> tuple[Month, ...]:
    nothing = Comparison(policy, Interval(0.0, 0.0, 0.0), 1.0, 1.0)
    found = [next((each for each in row if each.column == policy), nothing) for _, _, row in tested]
    adjusted = holm([each.p_value for each in found])
    return tuple(
        Month(
            month_name(month),
            means[policy],
            each.difference,
            harms=policy != never and each.difference.estimate > 0 and bool(p_value < SIGNIFICANT),
        )
        for (month, means, _), each, p_value in zip(tested, found, adjusted, strict=True)
    )


def _price(score: PolicyScore) -> tuple[int, int, float]:
    return score.spent.trainings, score.spent.rows, round(score.loss.estimate, ALIKE)


def _learns_more(spent: Spent, chosen: Spent) -> bool:
    """Whether as many trainings learned from more rows."""
    return spent.trainings == chosen.trainings and spent.rows > chosen.rows


def _reason(
    chosen: PolicyScore, target: PolicyScore, enough: Sequence[PolicyScore], scores: Sequence[PolicyScore]
) -> str:
    dearer = [score for score in enough if _price(score) > _price(chosen)]
    wider = [score for score in dearer if _learns_more(score.spent, chosen.spent)]
    more = [score.name for score in dearer if score not in wider]
    harmful = [
        f"{score.name} ({', '.join(score.harmful_months)})" for score in scores if score.harmful_months
    ]
    text = (
        f"{chosen.name} has the lowest loss"
        if chosen is target
        else f"{chosen.name} cannot be told from {target.name}"
    )
    if harmful and chosen is target:
        text += " of those that never harmed"
    if more:
        what = "trainings" if any(score.spent.contests for score in enough) else "fits"
        text += f" and needs no more {what} than {', '.join(more)}"
    if wider:
        text += f" and learns from fewer rows than {', '.join(score.name for score in wider)}"
    if harmful:
        text += (
            f"; confirmed worse than never retraining in a month, so never recommended: {', '.join(harmful)}"
        )
    return text
