"""A line chart as one SVG element."""

from trimtab.report.chart import LineChart
from trimtab.report.markup import Markup, join
from trimtab.report.plot.axes import x_axis, y_axis
from trimtab.report.plot.canvas import canvas
from trimtab.report.plot.events import marks, regions, rugs
from trimtab.report.plot.frame import Frame
from trimtab.report.plot.lines import end_labels, legend, lines
from trimtab.report.plot.parts import text
from trimtab.report.plot.readout import readout


def draw_lines(chart: LineChart, width: int, *, narrow: bool = False, style: str = "") -> Markup:
    """The chart at a width in pixels; with `style` it stands on its own, with title and colours.

    >>> from trimtab.report.chart import Axis, Series
    >>> chart = LineChart("Loss", Axis("day"), Axis("loss"), (Series("a", (0, 1), (2, 3)),))
    >>> draw_lines(chart, 400).startswith('<svg xmlns="http://www.w3.org/2000/svg" class="tt-chart"')
    True
    """
    frame = Frame(chart, width, narrow=narrow, titled=bool(style))
    title = [text(0, 16 + 20 * row, words, "title") for row, words in enumerate(frame.title_lines)]
    shapes = join(
        *title, legend(frame), regions(frame), y_axis(frame), x_axis(frame), rugs(frame), marks(frame)
    )
    shapes = join(
        shapes, lines(frame), "" if narrow else end_labels(frame), "" if narrow or style else readout(frame)
    )
    return canvas((chart.title, _description(chart)), shapes, width, frame.height, style)


def _description(chart: LineChart) -> str:
    names = ", ".join(one.name for one in chart.series)
    labels = [*(mark.label for mark in chart.marks), *(region.label for region in chart.regions)]
    events = "; ".join(label for label in labels if label)
    return f"{chart.y.label} over {chart.x.label or chart.x.kind}: {names}{'. Marked: ' + events if events else ''}."
