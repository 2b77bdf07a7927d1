"""Every rung and candidate against all requirements at once; those that nothing beats in everything are marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isnan
from typing import TypeGuard

from trimtab.stats import Interval


@dataclass(frozen=True)
class Option:
    """One way to answer: its loss, and what else counts; None is not measured. Less is better in all of them.

    microseconds for one row in the engine that would serve it, size in bytes, memory the bytes that it takes in a
    process of its own, unfairness the largest share by which a named group is worse off, age in days of what it
    learned from.
    """

    name: str
    loss: Interval
    microseconds: float | None = None
    size: int | None = None
    unfairness: float | None = None
    age_days: float | None = None
    memory: int | None = None
    undominated: bool = False


def marked(options: Sequence[Option]) -> tuple[Option, ...]:
    """The options with those marked that no other beats in one thing without losing in another.

    What is not measured of either is not compared: it neither saves nor condemns.

    >>> small, big = Option("rule", Interval(0.6), 1.0), Option("trees", Interval(0.5), 90.0)
    >>> [each.undominated for each in marked([small, big, Option("slow rule", Interval(0.6), 2.0)])]
    [True, True, False]
    """
    return tuple(
        replace(each, undominated=not any(_beats(other, each) for other in options if other is not each))
        for each in options
    )


def _beats(one: Option, other: Option) -> bool:
    pairs = [
        (a, b) for a, b in zip(_figures(one), _figures(other), strict=True) if _measured(a) and _measured(b)
    ]
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)


def _measured(figure: float | None) -> TypeGuard[float]:
    return figure is not None and not isnan(figure)


def _figures(option: Option) -> tuple[float | None, ...]:
    return (
        option.loss.estimate,
        option.microseconds,
        option.size,
        option.memory,
        option.unfairness,
        option.age_days,
    )
