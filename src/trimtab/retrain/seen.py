"""What triggers may look at: plain numbers, each with the evidence behind it, or nothing where it is unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Skill:
    """Mean skill over the newest mature units and over those at acceptance, in units of the metric; more is better.

    Skill is the loss of a reference on the same rows less the loss of the model.
    """

    now: float
    accepted: float
    units: int


@dataclass(frozen=True)
class Estimated:
    """How far estimated performance lay below that at acceptance in the last windows, newest last."""

    drops: tuple[float, ...]
    trusted: bool


@dataclass(frozen=True)
class Drift:
    """The rank of each of the last windows, newest last, among so many quiet `windows`: how many drifted less / (windows + 1)."""

    ranks: tuple[float, ...]
    windows: int


@dataclass(frozen=True)
class Sequence:
    """How much more the champion loses a row than the challenger, with the bounds of its confidence sequence."""

    mean: float
    low: float
    high: float
    units: int


@dataclass(frozen=True)
class Measured:
    """What is known at a tick; None where it is not, with the reason in `unknown` under the field's name.

    `attempts` are the instants of all trainings so far; `regret` is the money lost for want of a newer model since
    the champion began to serve; `fit_price` is the declared price of a training.
    """

    attempts: tuple[int, ...] | None = None
    new_labelled_rows: int | None = None
    last_training_rows: int | None = None
    skill: Skill | None = None
    estimated: Estimated | None = None
    drift: Drift | None = None
    challenger: Sequence | None = None
    regret: float | None = None
    fit_price: float | None = None
    unknown: Mapping[str, str] = field(default_factory=dict)


NOTHING = Measured()


@dataclass(frozen=True)
class Seen:
    """What triggers may look at: the last attempt to train, the incidents opened since, and what was measured.

    The attempt counts, not its success: a refused candidate must not lead to a training at every tick.
    """

    last_attempt: int
    incidents_since: int = 0
    measured: Measured = NOTHING
