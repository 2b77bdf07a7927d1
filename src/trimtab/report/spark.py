"""Charts for terminals: lines drawn with block letters, in a table with their ends and extremes."""

import itertools

from trimtab.report.chart import Axis, BarChart, LineChart, Points, Series
from trimtab.report.formats import plain
from trimtab.report.numbers import chart_table
from trimtab.report.plot.axisticks import extent
from trimtab.report.table import Cell, Column, Table

LEVELS = "\u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"


def chart_summary(chart: LineChart | BarChart, width: int = 28) -> Table:
    """The chart as a table: bars by value, or each line in small with its first, last, lowest and highest value.

    >>> chart = LineChart("t", Axis("day"), Axis("loss"), (Series("a", (0, 1), (2, 3)),))
    >>> chart_summary(chart).rows
    (('a', '▁█', '2', '3', '2', '3'),)
    """
    if isinstance(chart, BarChart):
        return chart_table(chart)
    low, high = extent(chart.y, (value for one in chart.series for value in one.y))
    names = ("first", "last", "lowest", "highest")
    # flush right, so that the latest values stand one below another and no letter is broken off
    columns = (Column(""), Column("", align="right"), *(Column(name, align="right") for name in names))
    rows = tuple((one.name, sparkline(one.y, width, low, high), *_ends(one, chart.y)) for one in chart.series)
    return Table(columns, rows, note=_events(chart))


def subject(chart: LineChart | BarChart) -> str:
    """What the values of a chart are, and which direction is the good one.

    >>> subject(BarChart("t", Axis("AUC", better="higher"), ()))
    'AUC, higher is better'
    """
    axis = chart.axis if isinstance(chart, BarChart) else chart.y
    unit = f", {axis.unit}" if axis.unit else ""
    return f"{axis.label}{unit}{f', {axis.better} is better' if axis.better else ''}"


def sparkline(values: Points, width: int, low: float, high: float) -> str:
    """The values as at most `width` letters between `low` and `high`; a gap is a space.

    >>> sparkline((1, 2, None, 3), 4, 1, 3)
    '▁▅ █'
    """
    columns = min(width, len(values))
    edges = [place * len(values) // columns for place in range(columns + 1)] if columns else []
    return "".join(_letter(values[begin:end], low, high) for begin, end in itertools.pairwise(edges))


def _letter(values: Points, low: float, high: float) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return " "
    share = (sum(known) / len(known) - low) / (high - low) if high > low else 0.0
    return LEVELS[max(0, min(len(LEVELS) - 1, int(share * len(LEVELS))))]


def _ends(one: Series, axis: Axis) -> tuple[Cell, ...]:
    known = [value for value in one.y if value is not None]
    spec = {"share": ".1%", "time": "moment", "duration": "duration"}.get(axis.kind, "")
    ends = (known[0], known[-1], min(known), max(known)) if known else ()
    return tuple(plain(value, spec) for value in ends) or (None,) * 4


def _events(chart: LineChart) -> str:
    spec = {"time": "date", "duration": "duration"}.get(chart.x.kind, "")
    return "; ".join(f"{plain(mark.at, spec)} {mark.label}" for mark in chart.marks if mark.label)
