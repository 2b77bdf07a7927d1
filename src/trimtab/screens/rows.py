"""The rows behind a chart as files to take along, all of them, whatever the page shows."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from trimtab.report import Axis, BarChart, LineChart
from trimtab.report.document import slug
from trimtab.report.numbers import chart_csv
from trimtab.screens.links import Links
from trimtab.screens.page import Page

Chart = LineChart | BarChart
KINDS = {"csv": b"text/csv; charset=utf-8", "parquet": b"application/vnd.apache.parquet"}
"""The kinds of files, each with its media type."""
EVERY = 10**9
"""More rows than any chart has."""


@dataclass(frozen=True)
class File:
    """A file with rows: its name, its kind and its content."""

    name: str
    kind: str
    content: bytes


def charts(page: Page) -> dict[str, Chart]:
    """The charts of a page by their names in addresses."""
    pieces = (piece for part in page.parts for piece in part.pieces)
    return {slug(each.title): each for each in pieces if isinstance(each, LineChart | BarChart)}


def rows_file(page: Page, name: str, kind: str) -> File | None:
    """The rows of a chart of a page as a file; None for a chart or a kind of file that there is not."""
    chart = charts(page).get(name)
    if chart is None or kind not in KINDS:
        return None
    content = parquet(chart) if kind == "parquet" else chart_csv(chart, EVERY).encode()
    return File(f"{name}.{kind}", kind, content)


def downloads(chart: Chart, links: Links, path: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    """The links to the rows of a chart: words, address, and the name of the file."""
    name = slug(chart.title)
    if links.files:
        # the page itself holds the CSV
        yield "Download as Parquet", rows_place(name, path), f"{name}.parquet"
        return
    for kind, words in (("csv", "CSV"), ("parquet", "Parquet")):
        yield f"Download as {words}", links.to(*path, rows=name, kind=kind), f"{name}.{kind}"


def rows_place(name: str, path: tuple[str, ...]) -> str:
    """Where the Parquet file of a chart lies beside pages that are files.

    >>> rows_place("parity", ("versions",))
    'rows/versions-parity.parquet'
    """
    return f"rows/{'-'.join((*path, name))}.parquet"


def parquet(chart: Chart) -> bytes:
    """The rows of a chart in Parquet: times as timestamps in UTC, bands in columns of their own, units with each."""
    written = io.BytesIO()
    pq.write_table(_bars(chart) if isinstance(chart, BarChart) else _lines(chart), written)
    return written.getvalue()


def _lines(chart: LineChart) -> pa.Table:
    places = sorted({x for one in chart.series for x in one.x if x is not None})
    fields = [(_field(chart.x.label or chart.x.kind, chart.x), _axis(places, chart.x))]
    for one in chart.series:
        where = {x: place for place, x in enumerate(one.x)}
        columns = {one.name: one.y, f"{one.name} low": one.low, f"{one.name} high": one.high}
        for name, values in columns.items():
            if values:
                held = [None if (place := where.get(x)) is None else values[place] for x in places]
                fields.append((_field(name, chart.y), pa.array(held, pa.float64())))
    return pa.table([column for _, column in fields], schema=pa.schema([field for field, _ in fields]))


def _axis(places: list[float], axis: Axis) -> pa.Array:
    if axis.kind == "time":
        return pa.array([int(place) for place in places], pa.timestamp("us", "UTC"))
    return pa.array(places, pa.float64())


def _bars(chart: BarChart) -> pa.Table:
    names = pa.array([bar.name for bar in chart.bars])
    columns = [
        pa.array([getattr(bar, end) for bar in chart.bars], pa.float64()) for end in ("value", "low", "high")
    ]
    heads = (chart.axis.label, f"{chart.axis.label} low", f"{chart.axis.label} high")
    fields = [pa.field("name", pa.string()), *(_field(head, chart.axis) for head in heads)]
    return pa.table([names, *columns], schema=pa.schema(fields))


def _field(name: str, axis: Axis) -> pa.Field:
    kind = pa.timestamp("us", "UTC") if axis.kind == "time" else pa.float64()
    return pa.field(name, kind, metadata={"measures": axis.label, "unit": axis.unit, "kind": axis.kind})
