"""The nouns of a chart: axes, series, marks, regions and bars."""

import dataclasses
import math
from collections.abc import Iterable
from typing import Any, Literal

import numpy as np

Points = tuple[float | None, ...]
"""Numbers along a series; None where there is none, which breaks the line."""

MARK_KINDS = ("page", "retrain", "refused", "promoted", "other")
REGION_KINDS = ("neutral", "watch", "act")


@dataclasses.dataclass(frozen=True)
class Axis:
    """What an axis measures and how it is drawn.

    Parameters
    ----------
    label, unit
        The words beside it.
    kind
        "number", "share" (0 to 1, written in per cent), "time" (epoch microseconds, UTC) or "duration"
        (microseconds).
    log
        Whether the scale is logarithmic; then values of 0 and below are left out.
    better
        "lower" or "higher" where one direction is the good one.
    include
        Values that the axis must reach.

    >>> Axis("log loss", better="lower").kind
    'number'
    """

    label: str
    unit: str = ""
    kind: Literal["number", "share", "time", "duration"] = "number"
    log: bool = False
    better: Literal["lower", "higher", ""] = ""
    include: tuple[float, ...] = ()


@dataclasses.dataclass(frozen=True)
class Series:
    """One line: y over x, with an optional band from `low` to `high`, all of one length.

    Parameters
    ----------
    name, note
        The label at the end of the line, and a muted word after it.
    x, y, low, high
        Numbers, or epoch microseconds in `x`; None or NaN leaves a gap.
    style
        "ghost" is a dashed grey line: what was not chosen, drawn to compare.
    emphasised
        Drawn thick and on top.
    step
        A value holds until the next x.

    >>> Series("never", (0, 1), (0.5, float("nan"))).y
    (0.5, None)
    """

    name: str
    x: Points
    y: Points
    low: Points = ()
    high: Points = ()
    style: Literal["solid", "ghost"] = "solid"
    emphasised: bool = False
    step: bool = False
    note: str = ""

    def __post_init__(self) -> None:
        for name in ("x", "y", "low", "high"):
            object.__setattr__(self, name, clean_points(getattr(self, name)))
        for name in ("y", "low", "high"):
            given = len(getattr(self, name))
            if given != len(self.x) and (name == "y" or given or len(self.low) != len(self.high)):
                raise ValueError(
                    f"series {self.name!r} has {len(self.x)} values in x but {given} in {name}: "
                    "give as many of each"
                )


@dataclasses.dataclass(frozen=True)
class Mark:
    """An event at one x; with a label a line through the chart, without one a tick on a rug below it.

    >>> Mark(0, "retrain").label
    ''
    """

    at: float
    kind: Literal["page", "retrain", "refused", "promoted", "other"] = "other"
    label: str = ""

    def __post_init__(self) -> None:
        _one_of(self.kind, MARK_KINDS, "mark")


@dataclasses.dataclass(frozen=True)
class Region:
    """A shaded stretch of x.

    >>> Region(0, 10, "labels not mature").kind
    'neutral'
    """

    start: float
    end: float
    label: str = ""
    kind: Literal["neutral", "watch", "act"] = "neutral"

    def __post_init__(self) -> None:
        _one_of(self.kind, REGION_KINDS, "region")


@dataclasses.dataclass(frozen=True)
class LineChart:
    """Lines over time or over a number, with events; `command` reproduces the numbers behind them.

    >>> chart = LineChart("Log loss", Axis("day"), Axis("log loss"), (Series("a", (0, 1), (2, 3)),))
    >>> chart.series[0].name
    'a'
    """

    title: str
    x: Axis
    y: Axis
    series: tuple[Series, ...]
    marks: tuple[Mark, ...] = ()
    regions: tuple[Region, ...] = ()
    note: str = ""
    command: str = ""
    height: int = 340


@dataclasses.dataclass(frozen=True)
class Bar:
    """One named value with an optional interval.

    >>> Bar("base rate", 0.52).emphasised
    False
    """

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    emphasised: bool = False
    note: str = ""

    def __post_init__(self) -> None:
        for name in ("value", "low", "high"):
            given = getattr(self, name)
            object.__setattr__(self, name, None if given is None else float(given))
        if not all(math.isfinite(value) for value in (self.value, self.low or 0.0, self.high or 0.0)):
            raise ValueError(f"bar {self.name!r} has a value that is not finite: leave the bar out instead")


@dataclasses.dataclass(frozen=True)
class BarChart:
    """Values by name as bars from `origin`, or as dots on a free scale where `origin` is None.

    >>> BarChart("AUC", Axis("AUC", better="higher"), (Bar("logistic", 0.71),), origin=0.5).origin
    0.5
    """

    title: str
    axis: Axis
    bars: tuple[Bar, ...]
    origin: float | None = 0.0
    format: str = ""
    note: str = ""
    command: str = ""

    def __post_init__(self) -> None:
        ends = (self.origin, *(value for bar in self.bars for value in (bar.value, bar.low, bar.high)))
        if self.axis.log and any(end is not None and end <= 0 for end in ends):
            raise ValueError(
                f"bar chart {self.title!r} has a logarithmic axis but reaches 0 or below: "
                "give a positive origin (or None, for dots) and positive values"
            )


def clean_points(values: Iterable[float | None]) -> Points:
    """Plain floats and ints from any sequence or array, with None for what is missing or not finite.

    >>> clean_points([1, float("inf"), None])
    (1, None, None)
    """
    return tuple(_clean(value) for value in values)


def _clean(value: Any) -> float | None:
    # numpy scalars unpack to Python's own, so epoch microseconds never pass through a float
    plain: float | None = value.item() if isinstance(value, np.generic) else value
    return None if plain is None or not math.isfinite(plain) else plain


def _one_of(kind: str, kinds: tuple[str, ...], noun: str) -> None:
    if kind not in kinds:
        raise ValueError(f"{kind!r} is no kind of {noun}: choose one of {', '.join(kinds)}")
