"""What a metric is: a name, the tasks it judges, and how rows become one number."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from numpy.typing import ArrayLike

from trimtab.metrics.rows import Floats, weighted_mean

Task = Literal["binary", "multiclass", "regression"]
PerRow = Callable[[ArrayLike, ArrayLike], Floats]
Whole = Callable[[ArrayLike, ArrayLike, ArrayLike | None], float]


@dataclass(frozen=True)
class Metric:
    """A frozen, hashable measure of predictions, given by a loss `per_row` or by a function of the `whole`.

    `from_mean` turns the mean loss into the metric (a root for RMSE), so that sums and counts folded by day are
    enough to give it; `loss_name` and `loss_unit` say what that mean is, where it is not the metric itself. `quantile` is the quantile of y whose constant prediction does best, None where it is the
    mean. Raises ValueError unless exactly one of `per_row` and `whole` is given.

    >>> from trimtab.metrics import log_loss
    >>> log_loss
    Metric(name='log_loss', tasks=('binary', 'multiclass'), unit='nats', greater_is_better=False)
    >>> log_loss.value([1, 0], [0.5, 0.5]).__round__(3)
    0.693
    """

    name: str
    tasks: tuple[Task, ...]
    unit: str
    greater_is_better: bool = False
    per_row: PerRow | None = field(default=None, repr=False)
    whole: Whole | None = field(default=None, repr=False)
    from_mean: Callable[[float], float] = field(default=float, repr=False)
    quantile: float | None = field(default=None, repr=False)
    loss_name: str = field(default="", repr=False)
    loss_unit: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "loss_name", self.loss_name or self.name)
        object.__setattr__(self, "loss_unit", self.loss_unit or self.unit)
        if (self.per_row is None) == (self.whole is None):
            raise ValueError(f"metric {self.name!r} needs either per_row or whole, not both or neither")

    def value(self, y: ArrayLike, score: ArrayLike, weight: ArrayLike | None = None) -> float:
        """Return the metric over all rows in its unit, NaN where undefined (no rows, one class to rank).

        >>> from trimtab.metrics import root_mean_squared_error
        >>> root_mean_squared_error.value([0.0, 0.0], [3.0, 4.0], weight=[1, 0])
        3.0
        """
        if self.whole is not None:
            return self.whole(y, score, weight)
        return self.from_mean(weighted_mean(self.losses(y, score), weight))

    def losses(self, y: ArrayLike, score: ArrayLike) -> Floats:
        """Return the loss of each row, (n,); ValueError for a metric that ranks rows against each other.

        >>> from trimtab.metrics import roc_auc
        >>> roc_auc.losses([1, 0], [0.8, 0.3])
        Traceback (most recent call last):
        ValueError: roc_auc compares rows with each other, so a single row has no loss: use roc_auc.value, ...
        """
        if self.per_row is None:
            raise ValueError(
                f"{self.name} compares rows with each other, so a single row has no loss: "
                f"use {self.name}.value, or a metric with losses (log_loss, brier)"
            )
        return self.per_row(y, score)
