"""The values under the pointer, told by the browser without any script."""

import itertools

from trimtab.report.formats import cell
from trimtab.report.markup import Markup, join, tag
from trimtab.report.numbers import chart_table
from trimtab.report.plot.frame import Frame
from trimtab.report.plot.scale import px
from trimtab.report.table import Cell, Table


def readout(frame: Frame) -> Markup:
    """Invisible columns over the plot, each with the values at its x as the hint that a pointer brings up.

    >>> from trimtab.report.chart import Axis, LineChart, Series
    >>> chart = LineChart("t", Axis("day"), Axis("loss"), (Series("a", (0, 1), (2, 3)),))
    >>> readout(Frame(chart, 400)).count("<title>")
    2
    """
    table = chart_table(frame.chart)
    xs = [row[0] for row in table.rows]
    pixels = [frame.x(x) for x in xs if isinstance(x, int | float) and (x > 0 or not frame.x.log)]
    middles = [(one + other) / 2 for one, other in itertools.pairwise(pixels)]
    edges = [frame.left, *middles, frame.right]
    rows = table.rows[len(xs) - len(pixels) :]
    return join(
        *(
            _column(frame, begin, end, _words(table, row))
            for (begin, end), row in zip(itertools.pairwise(edges), rows, strict=False)
        )
    )


def _column(frame: Frame, left: float, right: float, words: str) -> Markup:
    size = {"width": px(right - left), "height": px(frame.bottom - frame.top)}
    where = {"x": px(left), "y": px(frame.top), **size, "class": "hit"}
    return tag("rect", where, tag("title", None, words))


def _words(table: Table, row: tuple[Cell, ...]) -> str:
    shown = [cell(value, column.format) for value, column in zip(row, table.columns, strict=True)]
    named = zip((column.name for column in table.columns[1:]), shown[1:], strict=True)
    return "\n".join((shown[0], *(f"{name} {value}" for name, value in named)))
