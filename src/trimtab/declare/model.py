"""The label, the model, and what is at stake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trimtab.declare.expression import Expression, as_expression
from trimtab.declare.features import Features, RequestFields
from trimtab.declare.frozen import assign
from trimtab.declare.site import Site, declared_here
from trimtab.declare.source import Source, time_expression
from trimtab.errors import DeclarationError
from trimtab.metrics import Metric
from trimtab.units import Duration


@dataclass(frozen=True, init=False)
class Request:
    """What a caller asks to be predicted, and when: one row of a source, at a time computed from it.

    >>> from trimtab.declare.expression import col
    >>> from trimtab.units import hours
    >>> schedule = Source("schedule.parquet", id="flight", known="published")
    >>> Request(schedule, at=col("departs") - hours(1)).at
    subtract(col("departs"), hours(1))
    """

    source: Source
    at: Expression
    site: Site = field(compare=False)

    def __init__(self, source: Source, *, at: str | Expression) -> None:
        assign(self, source=source, at=time_expression(at), site=declared_here())


@dataclass(frozen=True, init=False)
class Label:
    """The true answer that arrives later, from one or several arms {source: expression}.

    Arms are joined to requests by the request's id columns. A row is mature `matures_after` its request; before
    that it is in no training set and no score. `silence` is the answer when nothing has come by then; without it
    such rows are censored: left out and counted.

    >>> from trimtab.declare.expression import col
    >>> from trimtab.units import days
    >>> landings = Source("landings.parquet", id="flight", known="landed")
    >>> Label({landings: col("arrival_delay") >= 15}, matures_after=days(2)).silence is None
    True
    """

    arms: tuple[tuple[Source, Expression], ...]
    matures_after: Duration
    silence: bool | float | str | None
    site: Site = field(compare=False)

    def __init__(
        self,
        arms: Mapping[Source, Any],
        *,
        matures_after: Duration,
        silence: bool | float | str | None = None,
    ) -> None:
        site = declared_here()
        if not arms:
            raise DeclarationError(
                "a label needs at least one arm", where=site, do="write {source: expression}"
            )
        object.__setattr__(
            self, "arms", tuple((source, as_expression(value)) for source, value in arms.items())
        )
        object.__setattr__(self, "matures_after", matures_after)
        object.__setattr__(self, "silence", silence)
        object.__setattr__(self, "site", site)


@dataclass(frozen=True, init=False, eq=False)
class Model:
    """A learner with its features, label and metric.

    The learner is anything shaped like a scikit-learn estimator; it is never fitted itself, only copies. `weights`
    {class: weight} and `sampling` {class: kept share} act on training rows only; scores are corrected back to the
    true rate. `baselines` names request fields whose rate or last value is a floor to beat.
    """

    learner: Any
    features: Features | RequestFields
    label: Label
    metric: Metric | None
    weights: tuple[tuple[Any, float], ...]
    sampling: tuple[tuple[Any, float], ...]
    baselines: tuple[str, ...]
    site: Site

    def __init__(
        self,
        learner: Any,
        features: Features | RequestFields,
        label: Label,
        *,
        metric: Metric | None = None,
        weights: Mapping[Any, float] | None = None,
        sampling: Mapping[Any, float] | None = None,
        baselines: tuple[str, ...] = (),
    ) -> None:
        site = declared_here()
        if not hasattr(learner, "fit") or not hasattr(learner, "get_params"):
            raise DeclarationError(
                "the learner is not shaped like a scikit-learn estimator",
                where=site,
                found=repr(learner)[:80],
                do="pass an instance with fit, predict or predict_proba, and get_params",
            )
        assign(
            self,
            learner=learner,
            features=features,
            label=label,
            metric=metric,
            weights=tuple((weights or {}).items()),
            sampling=tuple((sampling or {}).items()),
            baselines=tuple(baselines),
            site=site,
        )


@dataclass(frozen=True)
class Stakes:
    """What outcomes and fits cost, in the user's money; `threshold` defaults to the cost-optimal one.

    `false_alarm` and `miss` are the costs of acting on a negative and of not acting on a positive; `error` the cost
    of one unit of absolute error of a regression; `fit` the price of one training.

    >>> Stakes(currency="EUR", false_alarm=4, miss=60).threshold_or_default
    0.0625
    """

    currency: str = "EUR"
    false_alarm: float | None = None
    miss: float | None = None
    error: float | None = None
    fit: float = 0.0
    threshold: float | None = None

    @property
    def threshold_or_default(self) -> float:
        """The score from which acting is cheaper than not acting: false_alarm / (false_alarm + miss)."""
        if self.threshold is not None:
            return self.threshold
        if self.false_alarm is None or self.miss is None:
            return 0.5
        return self.false_alarm / (self.false_alarm + self.miss)
