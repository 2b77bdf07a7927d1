"""The ticks of any axis with their labels, and the ends of its scale."""

from collections.abc import Iterable

from trimtab.report.chart import Axis
from trimtab.report.formats import duration, number
from trimtab.report.plot.textwidth import text_width
from trimtab.report.plot.ticks import Tick, decimals, inner_ticks, log_ticks, nice_ticks
from trimtab.report.plot.timeticks import alike_durations, duration_ticks, log_duration_ticks, time_ticks


def covering_ticks(axis: Axis, low: float, high: float, count: int) -> tuple[Tick, ...]:
    """Ticks whose first and last reach beyond `low` and `high` where the axis is straight and of numbers.

    >>> [tick.label for tick in covering_ticks(Axis("AUC"), 0.61, 0.74, 4)]
    ['0.60', '0.65', '0.70', '0.75']
    """
    if axis.log or axis.kind in ("time", "duration"):
        return axis_ticks(axis, low, high, count)
    return _labelled(nice_ticks(low, high, count), axis)


def axis_ticks(axis: Axis, low: float, high: float, count: int) -> tuple[Tick, ...]:
    """About `count` ticks between `low` and `high`.

    >>> [tick.label for tick in axis_ticks(Axis("matured", kind="share"), 0, 1, 4)]
    ['0%', '50%', '100%']
    """
    if axis.kind == "time":
        return time_ticks(low, high, count)
    if axis.kind == "duration":
        lengths = log_duration_ticks(low, high) if axis.log else duration_ticks(low, high, count)
        words = map(duration, lengths) if axis.log else alike_durations(lengths)
        return tuple(map(Tick, lengths, words))
    return _labelled(log_ticks(low, high, count) if axis.log else inner_ticks(low, high, count), axis)


def extent(axis: Axis, values: Iterable[float | None]) -> tuple[float, float]:
    """The lowest and the highest value that the axis can show, with those it must reach.

    >>> extent(Axis("cost", log=True, include=(1,)), (0.0, 5.0, None))
    (1, 5.0)
    """
    shown = [value for value in (*axis.include, *values) if value is not None and (value > 0 or not axis.log)]
    return (min(shown), max(shown)) if shown else (1.0, 10.0) if axis.log else (0.0, 1.0)


def without_overlap(ticks: tuple[Tick, ...], pixels: Iterable[float], size: float) -> tuple[Tick, ...]:
    """The same ticks, with the labels and contexts that would touch their neighbours blank.

    >>> [tick.label for tick in without_overlap((Tick(0, "10"), Tick(1, "20"), Tick(2, "30")), (0, 5, 50), 10)]
    ['10', '', '30']
    """
    places = tuple(pixels)
    labels = _kept([tick.label for tick in ticks], places, size)
    # of two contexts too close the later one stays: the first only leads up to it
    contexts = _kept(
        [tick.context for tick in reversed(ticks)], tuple(-place for place in reversed(places)), size
    )
    both = zip(ticks, labels, reversed(contexts), strict=True)
    return tuple(Tick(tick.at, label, context) for tick, label, context in both)


def named(axis: Axis) -> str:
    """The label of an axis with its unit, and that its scale is logarithmic.

    >>> named(Axis("age", "h", log=True))
    'age, h (log scale)'
    """
    unit = f", {axis.unit}" if axis.unit else ""
    return f"{axis.label}{unit}{' (log scale)' if axis.log else ''}"


def _kept(words: list[str], places: tuple[float, ...], size: float) -> list[str]:
    edge, kept = float("-inf"), []
    for word, place in zip(words, places, strict=True):
        half = text_width(word, size) / 2
        fits = bool(word) and place - half >= edge
        kept.append(word if fits else "")
        edge = place + half + 6 if fits else edge
    return kept


def _labelled(ticks: tuple[float, ...], axis: Axis) -> tuple[Tick, ...]:
    # on a straight axis all labels have the same decimals; on a logarithmic one each has its own
    return tuple(Tick(tick, _label(tick, (tick,) if axis.log else ticks, axis)) for tick in ticks)


def _label(tick: float, alike: tuple[float, ...], axis: Axis) -> str:
    places = decimals(alike)
    if axis.kind == "share":
        return number(tick, f".{max(0, places - 2)}%")
    extreme = places > 6 or max(abs(other) for other in alike) >= 1e9
    return number(tick, ".6g" if extreme else f",.{places}f")
