"""Charts as SVG: for a page, which brings the style, or standing on their own, as in a README."""

from trimtab.report.chart import BarChart, LineChart
from trimtab.report.markup import Markup
from trimtab.report.palette import Theme
from trimtab.report.plot.barchart import draw_bars
from trimtab.report.plot.linechart import draw_lines
from trimtab.report.plot.style import standalone_style

WIDE, NARROW = 864, 350
"""Widths in pixels: of a page's column, and of a phone."""


def to_svg(chart: LineChart | BarChart, width: int = WIDE, theme: Theme = "auto") -> str:
    """The chart as the text of an SVG file, with its title and its colours for light and dark.

    >>> from trimtab.report.chart import Axis, Series
    >>> chart = LineChart("Loss", Axis("day"), Axis("loss"), (Series("a", (0, 1), (2, 3)),))
    >>> to_svg(chart).startswith("<svg ")
    True
    """
    return str(draw(chart, width, standalone_style(theme)))


def draw(chart: LineChart | BarChart, width: int = WIDE, style: str = "") -> Markup:
    """The chart as an element of a page, or of a file of its own where `style` is given.

    >>> from trimtab.report.chart import Axis, Bar
    >>> draw(BarChart("AUC", Axis("AUC"), (Bar("a", 0.7),)), NARROW).startswith("<svg ")
    True
    """
    narrow = width < 500
    if isinstance(chart, BarChart):
        return draw_bars(chart, width, narrow=narrow, style=style)
    return draw_lines(chart, width, narrow=narrow, style=style)
