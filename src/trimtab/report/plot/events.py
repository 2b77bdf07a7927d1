"""What happened along a chart: shaded regions, marked moments, and rugs of many ticks."""

from trimtab.report.chart import Mark, Region
from trimtab.report.markup import Markup, join, tag
from trimtab.report.plot.frame import LANE, RUG, Frame
from trimtab.report.plot.lanes import Placed
from trimtab.report.plot.parts import box, line, text
from trimtab.report.plot.path import path


def regions(frame: Frame) -> Markup:
    """The shaded stretches, behind everything else.

    >>> from trimtab.report.chart import Axis, LineChart
    >>> chart = LineChart("t", Axis("x"), Axis("y"), (), regions=(Region(0, 1),))
    >>> regions(Frame(chart, 400)).count("<rect")
    1
    """
    return join(*(_region(frame, one) for one in frame.chart.regions))


def marks(frame: Frame) -> Markup:
    """A line for each event with a label, and the labels above the plot.

    >>> from trimtab.report.chart import Axis, LineChart
    >>> chart = LineChart("t", Axis("x"), Axis("y"), (), marks=(Mark(0, label="page"), Mark(1)))
    >>> marks(Frame(chart, 400)).count("<line")
    1
    """
    drawn = [_line(frame, one, place) for one, _, place in frame.lane_labels if isinstance(one, Mark)]
    return join(*drawn, *(_words(frame, one, words, place) for one, words, place in frame.lane_labels))


def rugs(frame: Frame) -> Markup:
    """A row of ticks below the plot for each kind of event without a label, and how many there are.

    >>> from trimtab.report.chart import Axis, LineChart
    >>> chart = LineChart("t", Axis("x"), Axis("y"), (), marks=(Mark(0, "retrain"), Mark(1, "retrain")))
    >>> "2 retrains" in rugs(Frame(chart, 400))
    True
    """
    return join(*(_rug(frame, row, kind, words) for row, (kind, words) in enumerate(frame.rugs)))


def _region(frame: Frame, one: Region) -> Markup:
    left, right = frame.at(one.start), frame.at(one.end)
    return box(left, frame.top, right, frame.bottom, f"region {one.kind}")


def _line(frame: Frame, one: Mark, place: Placed) -> Markup:
    return line(place.at, _baseline(frame, place) + 4, place.at, frame.axis_y, f"mark {one.kind}")


def _words(frame: Frame, one: Mark | Region, words: str, place: Placed) -> Markup:
    style = f"label {one.kind}" if isinstance(one, Mark) else "soft"
    side = {"start": place.left + (4 if isinstance(one, Mark) else 0), "end": place.right - 4}[place.anchor]
    return text(side, _baseline(frame, place), words, f"halo {style}", place.anchor)


def _baseline(frame: Frame, place: Placed) -> float:
    return frame.top - 10 - place.lane * LANE


def _rug(frame: Frame, row: int, kind: str, words: str) -> Markup:
    top = frame.bottom + 4 + row * RUG
    pixels = sorted(frame.at(mark.at) for mark in frame.chart.marks if mark.kind == kind and not mark.label)
    drawn = "".join(path(((x, top), (x, top + RUG - 4))) for x in pixels)
    ticks = tag("path", {"class": f"rug {kind}", "d": drawn}, tag("title", None, words))
    if frame.narrow:
        return ticks
    return join(ticks, text(frame.right + 12, top + RUG - 4, words, kind))
