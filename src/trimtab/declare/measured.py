"""Triggers that read what was measured: rows, skill, drift, a challenger, money lost.

They read the numbers that monitoring reads, at thresholds of their own. None of them spends the page budget.
"""

from __future__ import annotations

from dataclasses import dataclass

from trimtab.declare.triggers import Trigger, require_number


@dataclass(frozen=True)
class OnVolume(Trigger):
    """Due when the labelled rows new since the last attempt reach both `rows` and a `share` of its training set."""

    rows: int
    share: float

    def __str__(self) -> str:
        return f"on {self.rows:,} new labelled rows (and {100 * self.share:g}% of the last training set)"


@dataclass(frozen=True)
class OnSkillDrop(Trigger):
    """Due when realised skill lies more than `by` below that at acceptance."""

    by: float

    def __str__(self) -> str:
        return f"when skill has dropped by {self.by:g}"


@dataclass(frozen=True)
class OnEstimatedDrop(Trigger):
    """Due when the performance estimated without labels lies more than `by` below that at acceptance."""

    by: float

    def __str__(self) -> str:
        return f"when estimated performance has dropped by {self.by:g}"


@dataclass(frozen=True)
class OnDrift(Trigger):
    """Drift beyond a quantile of the model's own quiet history: a notice, or due when `notify` is False."""

    quantile: float
    notify: bool

    def __str__(self) -> str:
        verb = "a notice" if self.notify else "due"
        return f"{verb} on drift beyond the {self.quantile:.4g} quantile of quiet times"


@dataclass(frozen=True)
class OnChallenger(Trigger):
    """Due when a challenger scored in shadow is better by `margin`, by its sequence of paired days."""

    margin: float

    def __str__(self) -> str:
        return "when a challenger is better" + (f" by {self.margin:g}" if self.margin else "")


@dataclass(frozen=True)
class OnRegret(Trigger):
    """Due when what was lost for want of a newer model reaches the price of a training; None: the declared one."""

    price: float | None

    def __str__(self) -> str:
        price = "a fit costs" if self.price is None else f"{self.price:,.10g} in money"
        return (
            f"when the loss for want of a newer model reaches {'what ' if self.price is None else ''}{price}"
        )


def on_volume(rows: int = 1000, share: float = 0.10) -> Trigger:
    """Due when at least `rows` labelled rows are new since the last attempt, and `share` of its training set.

    >>> print(on_volume(rows=5000))
    on 5,000 new labelled rows (and 10% of the last training set)
    """
    do = "write on_volume(rows=1000, share=0.10)"
    require_number("on_volume(rows)", rows, least=1, whole=True, do=do)
    require_number("on_volume(share)", share, do=do)
    return OnVolume(rows, share)


def on_skill_drop(by: float) -> Trigger:
    """Due when realised skill lies more than `by` (in units of the metric) below that at acceptance.

    Skill is the loss of the best constant answer less the loss of the model, on the same mature rows: a day of bad
    weather lifts both. A raw metric would take the weather for the model's fault.

    >>> print(on_skill_drop(0.01))
    when skill has dropped by 0.01
    """
    require_number("on_skill_drop(by)", by, do="write on_skill_drop(0.01)")
    return OnSkillDrop(by)


def on_estimated_drop(by: float) -> Trigger:
    """Due when the performance estimated without labels lies more than `by` below that at acceptance.

    In 3 of the last 4 windows, and only while the estimate is trusted.

    >>> print(on_estimated_drop(0.02))
    when estimated performance has dropped by 0.02
    """
    require_number("on_estimated_drop(by)", by, do="write on_estimated_drop(0.02)")
    return OnEstimatedDrop(by)


def on_drift(quantile: float = 0.99, *, notify: bool = True) -> Trigger:
    """A notice when 3 of the last 4 windows drifted beyond a quantile of quiet times; trains when `notify` is False.

    A notice is recorded and trains nothing: inputs move all the time without harm.

    >>> print(on_drift())
    a notice on drift beyond the 0.99 quantile of quiet times
    """
    require_number("on_drift(quantile)", quantile, least=0.5, most=0.9999, do="write on_drift(0.99)")
    return OnDrift(quantile, notify)


def on_challenger(margin: float = 0.0) -> Trigger:
    """Due when the weekly challenger, scored in shadow, is better than the champion by `margin` with evidence.

    The margin is in units of the metric; the evidence is the confidence sequence of paired day losses.

    >>> print(on_challenger(0.002))
    when a challenger is better by 0.002
    """
    require_number("on_challenger(margin)", margin, do="write on_challenger(0.002)")
    return OnChallenger(margin)


def on_regret(price: float | None = None) -> Trigger:
    """Due when what the champion lost against the weekly challenger reaches the price of a training.

    The price is in the money of the stakes; by default it is their `fit`. Rent or buy: whoever rents until the rent
    paid equals the price of buying pays at most twice what hindsight would.

    >>> print(on_regret(price=150))
    when the loss for want of a newer model reaches 150 in money
    """
    if price is not None:
        require_number("on_regret(price)", price, do="write on_regret(price=150)")
    return OnRegret(price)
