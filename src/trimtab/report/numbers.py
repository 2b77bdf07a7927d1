"""The numbers behind a chart, as a table to read and as CSV to take along."""

import csv
import io
import urllib.parse

from trimtab.report.chart import Axis, BarChart, LineChart, Mark, Series
from trimtab.report.formats import moment
from trimtab.report.table import Cell, Column, Estimate, Table

READ, TAKEN = 100, 2000
"""The most rows of a table to read, and of a file to take along."""


def chart_table(chart: LineChart | BarChart, rows: int = READ) -> Table:
    """One row for each x (or bar) and one column for each series, evenly thinned to at most `rows`.

    >>> chart = LineChart("t", Axis("day"), Axis("loss"), (Series("a", (0, 1), (2, None)),))
    >>> chart_table(chart).rows
    ((0, 2), (1, None))
    """
    if isinstance(chart, BarChart):
        columns = (Column(""), Column(chart.axis.label, chart.axis.unit, format=chart.format))
        return Table(
            columns, tuple((bar.name, _with_band(bar.value, bar.low, bar.high)) for bar in chart.bars)
        )
    found = [{x: place for place, x in enumerate(one.x)} for one in chart.series]
    places = _thinned(sorted({x for one in chart.series for x in one.x if x is not None}), rows)
    body = tuple(
        (x, *(_at(one, where.get(x)) for one, where in zip(chart.series, found, strict=True))) for x in places
    )
    heads = (Column(one.name, align="right", format=_spec(chart.y)) for one in chart.series)
    return Table((Column(chart.x.label or chart.x.kind, chart.x.unit, "left", _spec(chart.x)), *heads), body)


def events_table(marks: tuple[Mark, ...], x: Axis) -> Table:
    """The events of a chart in the order of x.

    >>> events_table((Mark(2, "retrain"), Mark(1, "page", "input broken")), Axis("day")).rows
    ((1, 'page', 'input broken'), (2, 'retrain', ''))
    """
    rows = sorted((mark.at, mark.kind, mark.label) for mark in marks)
    return Table(
        (Column(x.label or x.kind, x.unit, "left", _spec(x)), Column("event"), Column("")), tuple(rows)
    )


def row_count(chart: LineChart | BarChart) -> int:
    """How many rows the numbers have, before any thinning.

    >>> row_count(LineChart("t", Axis("day"), Axis("loss"), (Series("a", (0, 1), (2, 3)),)))
    2
    """
    if isinstance(chart, BarChart):
        return len(chart.bars)
    return len({x for one in chart.series for x in one.x if x is not None})


def chart_csv(chart: LineChart | BarChart, rows: int = TAKEN) -> str:
    """The numbers as CSV with the ends of bands in columns of their own; times in ISO 8601, UTC.

    >>> chart = LineChart("t", Axis("day"), Axis("loss"), (Series("a", (0, 1), (2, 3), (1, 2), (3, 4)),))
    >>> chart_csv(chart).splitlines()
    ['day,a,a low,a high', '0,2,1,3', '1,3,2,4']
    """
    table = chart_table(chart, rows)
    banded = [
        any(isinstance(row[place], Estimate) for row in table.rows) for place in range(len(table.columns))
    ]
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    heads = zip(table.columns, banded, strict=True)
    writer.writerow([name for column, wide in heads for name in _heads(column.name, wide=wide)])
    for row in table.rows:
        cells = zip(row, table.columns, banded, strict=True)
        writer.writerow([part for value, column, wide in cells for part in _parts(value, column, wide=wide)])
    return written.getvalue()


def data_link(text: str) -> str:
    """CSV as an address that holds the file itself, so that no host is asked.

    >>> data_link("a,b")
    'data:text/csv;charset=utf-8,a,b'
    """
    return "data:text/csv;charset=utf-8," + urllib.parse.quote(text, safe=",:;+-.")


def _at(one: Series, place: int | None) -> Cell:
    if place is None:
        return None
    if not one.low:
        return one.y[place]
    return _with_band(one.y[place], one.low[place], one.high[place])


def _with_band(value: float | None, low: float | None, high: float | None) -> Cell:
    return value if value is None or low is None or high is None else Estimate(value, low, high)


def _thinned(places: list[float], rows: int) -> list[float]:
    every = -(-len(places) // rows) or 1
    return places[::every]


def _spec(axis: Axis) -> str:
    return {"time": "moment", "duration": "duration", "share": ".1%"}.get(axis.kind, "")


def _heads(name: str, *, wide: bool) -> tuple[str, ...]:
    return (name, f"{name} low", f"{name} high") if wide else (name,)


def _parts(value: Cell, column: Column, *, wide: bool) -> tuple[str, ...]:
    if isinstance(value, Estimate):
        return tuple(_exact(part, column) for part in (value.value, value.low, value.high))
    return (_exact(value, column), "", "") if wide else (_exact(value, column),)


def _exact(value: Cell, column: Column) -> str:
    if column.format == "moment" and isinstance(value, int | float):
        return moment(value)
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else str(value)
