"""What it means to continue a learner, or why it must not be done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Name = Literal["partial_fit", "leaf_refit", "append_trees"]

DECAY = 0.9
"""The share of the old value that a refit leaf keeps."""

TREES = 5
"""How many trees one update appends."""


@dataclass(frozen=True)
class Manner:
    """A way to continue a learner; `warning` says what was measured against it.

    `decay` is the share of the old value that a refit leaf keeps, `trees` how many trees an update appends.
    """

    name: Name
    warning: str | None = None
    decay: float = DECAY
    trees: int = TREES

    def __post_init__(self) -> None:
        if not 0 <= self.decay < 1 or self.trees < 1:
            raise ValueError(f"0 <= decay < 1 and trees >= 1; got {self.decay:g} and {self.trees}")

    def __str__(self) -> str:
        match self.name:
            case "partial_fit":
                return "one pass over the new rows"
            case "leaf_refit":
                return f"leaves = {self.decay:g} x old + {1 - self.decay:g} x new, trees as they are"
            case "append_trees":
                return f"{self.trees} more trees, grown on the new rows"


@dataclass(frozen=True)
class Refusal:
    """Why a learner is not continued, and what to do instead.

    >>> print(Refusal("it would forget", "fit from scratch"))
    it would forget; do: fit from scratch
    """

    reason: str
    do: str

    def __str__(self) -> str:
        return f"{self.reason}; do: {self.do}"


def last_step(estimator: Any) -> Any:
    """The step of a pipeline that learns the label; the estimator itself when it is no pipeline."""
    return last_step(estimator.steps[-1][1]) if hasattr(estimator, "steps") else estimator
