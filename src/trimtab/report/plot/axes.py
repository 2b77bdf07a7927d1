"""The axes of a chart: a hairline per tick, labels, and what is measured."""

from trimtab.report.chart import Axis
from trimtab.report.markup import Markup, join, tag
from trimtab.report.plot.axisticks import named
from trimtab.report.plot.frame import Frame
from trimtab.report.plot.parts import SIZE, line, text
from trimtab.report.plot.textwidth import shorten
from trimtab.report.plot.ticks import Tick

ARROWS = {"lower": "\u2193 lower is better", "higher": "\u2191 higher is better"}


def y_axis(frame: Frame) -> Markup:
    """The labels of y at the left, a hairline for each, and above them what y is.

    >>> from trimtab.report.chart import LineChart, Series
    >>> chart = LineChart("t", Axis("day"), Axis("loss", better="lower"), (Series("a", (0, 1), (2, 3)),))
    >>> "lower is better" in y_axis(Frame(chart, 400))
    True
    """
    drawn = []
    for tick in frame.y_ticks:
        y = frame.y(tick.at)
        drawn.append(line(frame.left, y, frame.right, y, "grid"))
        drawn.append(text(frame.left - 8, y + 4, tick.label, anchor="end"))
    return join(head(frame.chart.y, frame.head_top + 12, frame.width), *drawn)


def x_axis(frame: Frame) -> Markup:
    """The line of x, its ticks and labels, and at its right end what x is.

    >>> from trimtab.report.chart import LineChart, Series
    >>> chart = LineChart("t", Axis("day"), Axis("loss"), (Series("a", (0, 1), (2, 3)),))
    >>> ">day</text>" in x_axis(Frame(chart, 400))
    True
    """
    ticks = (_x_tick(tick, frame.x(tick.at), frame.axis_y) for tick in frame.x_ticks)
    whole = line(frame.left, frame.axis_y, frame.right, frame.axis_y, "axis")
    last = frame.height - 4 - 16 * (len(frame.x_words) - 1)
    words = (text(frame.right, last + 16 * row, one, "head", "end") for row, one in enumerate(frame.x_words))
    return join(*ticks, whole, *words)


def head(axis: Axis, y: float, room: float) -> Markup:
    """What an axis measures, and which direction is the good one.

    >>> head(Axis("AUC", better="higher"), 12, 300).count("tspan")
    2
    """
    words = shorten(named(axis), SIZE, room - (120 if axis.better else 0))
    if not axis.better:
        return text(0, y, words, "head")
    return text(0, y, join(words, " ", tag("tspan", {"class": "soft", "dx": 6}, ARROWS[axis.better])), "head")


def _x_tick(tick: Tick, x: float, y: float) -> Markup:
    label = text(x, y + 17, tick.label, anchor="middle") if tick.label else ""
    context = text(x, y + 32, tick.context, "head", "middle") if tick.context else ""
    return join(line(x, y, x, y + 4, "axis"), label, context)
