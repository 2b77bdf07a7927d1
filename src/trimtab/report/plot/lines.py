"""The series of a chart: bands below, lines above, names at their ends."""

import itertools

from trimtab.report.chart import LineChart, Points, Series
from trimtab.report.markup import Markup, escape, join, tag
from trimtab.report.palette import SERIES
from trimtab.report.plot.frame import LABEL_ROOM, LANE, Frame
from trimtab.report.plot.parts import LABEL_SIZE, text
from trimtab.report.plot.path import Point, path, stepped
from trimtab.report.plot.scale import px
from trimtab.report.plot.spread import spread
from trimtab.report.plot.textwidth import shorten
from trimtab.report.plot.thin import thin


def lines(frame: Frame) -> Markup:
    """All bands, then all lines: ghosts first, the emphasised last.

    >>> from trimtab.report.chart import Axis
    >>> chart = LineChart("t", Axis("day"), Axis("loss"), (Series("a", (0, 1), (2, 3)),))
    >>> lines(Frame(chart, 400)).count("<path")
    1
    """
    styles = colour_classes(frame.chart)
    both = sorted(zip(frame.chart.series, styles, strict=True), key=lambda pair: _depth(pair[0]))
    if not any(_runs(frame, one, one.y) for one in frame.chart.series):
        middle = (frame.left + frame.right) / 2
        return text(middle, (frame.top + frame.bottom) / 2, "no data", anchor="middle")
    bands = [_band(frame, one, style) for one, style in both if one.low]
    return join(*bands, *(_line(frame, one, style) for one, style in both))


def colour_classes(chart: LineChart) -> tuple[str, ...]:
    """The style of each series: its colour and dashes in order, or "ghost", and "strong" where emphasised.

    >>> from trimtab.report.chart import Axis
    >>> two = (Series("a", (), ()), Series("b", (), (), style="ghost"))
    >>> colour_classes(LineChart("t", Axis("x"), Axis("y"), two))
    ('c0', 'ghost')
    """
    found, coloured = [], itertools.count()
    for one in chart.series:
        place = -1 if one.style == "ghost" else next(coloured)
        dashes = f" d{place // SERIES % 3}" if place >= SERIES else ""
        style = "ghost" if place < 0 else f"c{place % SERIES}{dashes}"
        found.append(f"{style} strong" if one.emphasised else style)
    return tuple(found)


def end_labels(frame: Frame) -> Markup:
    """The name of each series beside the end of its line, moved apart where ends are close.

    >>> from trimtab.report.chart import Axis
    >>> chart = LineChart("t", Axis("day"), Axis("loss"), (Series("a", (0, 1), (2, 3)),))
    >>> ">a</text>" in end_labels(Frame(chart, 400))
    True
    """
    styled = zip(frame.chart.series, colour_classes(frame.chart), strict=True)
    shown = [(one, style, runs[-1][-1]) for one, style in styled if (runs := _runs(frame, one, one.y))]
    places = spread(
        tuple(end[1] for _, _, end in shown), LABEL_ROOM, frame.top, frame.bottom - (3 if frame.rugs else 0)
    )
    return join(*(_end(frame, *each, y) for each, y in zip(shown, places, strict=True)))


def legend(frame: Frame) -> Markup:
    """The names above a narrow chart, each behind a piece of its line.

    >>> from trimtab.report.chart import Axis
    >>> chart = LineChart("t", Axis("day"), Axis("loss"), (Series("a", (0, 1), (2, 3)),))
    >>> legend(Frame(chart, 400)), legend(Frame(chart, 400, narrow=True)).count("<path")
    ('', 1)
    """
    styles = [f"line {style}" for style in colour_classes(frame.chart)] + [
        f"rug {kind}" for kind, _ in frame.rugs
    ]
    drawn = []
    for (row, left, name), style in zip(frame.legend, styles, strict=False):
        y = frame.legend_top + row * (LANE + 2) + 12
        sample = "M0 0h18" if style.startswith("line") else "M3 -5v10m6 -10v10m6 -10v10"
        drawn.append(
            tag("path", {"d": sample, "class": style, "transform": f"translate({px(left)} {px(y - 4)})"})
        )
        words = shorten(name, LABEL_SIZE, frame.width - 30)
        drawn.append(text(left + 24, y, words, f"label {style.removeprefix('line ')}"))
    return join(*drawn)


def _end(frame: Frame, one: Series, style: str, end: Point, y: float) -> Markup:
    moved = abs(y - end[1]) > 3 or end[0] < frame.right - 1
    start = frame.right + 12
    leader = path((end, (frame.right + 3, end[1]), (start - 3, y))) if moved else ""
    room = frame.width - start
    name = text(start, y + 4, _name(one, room), f"label {style}")
    return join(
        _dot(*end, style), tag("path", {"d": leader, "class": f"leader {style}"}) if leader else "", name
    )


def _name(one: Series, room: float) -> Markup:
    name = shorten(one.name, LABEL_SIZE, room)
    note = shorten(one.note, LABEL_SIZE, room) if one.note else ""
    return join(name, tag("tspan", {"class": "soft", "dx": 5}, note)) if note else escape(name)


def _line(frame: Frame, one: Series, style: str) -> Markup:
    runs = _runs(frame, one, one.y)
    drawn = "".join(path(_dense(frame, run)) for run in runs)
    # a value between two gaps has no line to be seen by
    dots = (_dot(*run[0], style) for run in runs if len(run) == 1)
    line = tag("path", {"class": f"line {style}", "d": drawn}, tag("title", None, one.name)) if drawn else ""
    return join(line, *dots)


def _dot(x: float, y: float, style: str) -> Markup:
    return tag("circle", {"cx": px(x), "cy": px(y), "r": "2.6", "class": f"end {style}"})


def _band(frame: Frame, one: Series, style: str) -> Markup:
    lows, highs = _runs(frame, one, one.low, one.high), _runs(frame, one, one.high, one.low)
    around = (
        (*_dense(frame, high), *reversed(_dense(frame, low))) for low, high in zip(lows, highs, strict=True)
    )
    drawn = "".join(path(points) + "z" for points in around)
    return tag("path", {"class": f"band {style}", "d": drawn}) if drawn else escape("")


def _runs(frame: Frame, one: Series, values: Points, also: Points = ()) -> tuple[tuple[Point, ...], ...]:
    """The stretches of a series without gaps, in pixels; with `also`, without gaps in either."""
    found: list[list[Point]] = [[]]
    for x, y, other in zip(one.x, values, also or values, strict=True):
        if x is None or y is None or other is None or not _drawable(frame, x, y, other):
            found.append([])
        else:
            found[-1].append((frame.x(x), frame.y(y)))
    return tuple(stepped(tuple(run)) if one.step else tuple(run) for run in found if run)


def _drawable(frame: Frame, x: float, y: float, other: float) -> bool:
    return (x > 0 or not frame.x.log) and (min(y, other) > 0 or not frame.y.log)


def _dense(frame: Frame, run: tuple[Point, ...]) -> tuple[Point, ...]:
    return thin(run, max(1, round(frame.right - frame.left)))


def _depth(one: Series) -> int:
    return 0 if one.style == "ghost" else 2 if one.emphasised else 1
