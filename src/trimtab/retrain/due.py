"""The answer of a trigger, and how answers combine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Due:
    """Whether a training is due, why, and the numbers behind it; `notify` asks to tell people without training."""

    due: bool
    reason: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    notify: bool = False


def not_known(reason: str) -> Due:
    """The answer of a trigger whose statistic is missing: never due.

    >>> not_known("3 mature days, of 14").reason
    'unknown, because 3 mature days, of 14'
    """
    return Due(due=False, reason=f"unknown, because {reason}")


def combined(parts: Sequence[Due], count: int) -> Due:
    """The answer where at least `count` parts must be due; the reasons are those that decided.

    >>> combined([Due(True, "a"), Due(False, "b")], 2)
    Due(due=False, reason='b', numbers={}, notify=False)
    """
    due = sum(part.due for part in parts) >= count
    telling = [part.reason for part in parts if part.due == due or part.notify]
    numbers = {name: value for part in parts for name, value in part.numbers.items()}
    return Due(due, "; ".join(telling), numbers, any(part.notify for part in parts))
