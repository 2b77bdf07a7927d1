"""A chart as a figure: its title, the drawing for screens and for phones, and the numbers behind it."""

from collections.abc import Iterator, Sequence

from trimtab.report.chart import BarChart, LineChart
from trimtab.report.document import slug
from trimtab.report.formats import number
from trimtab.report.markup import Markup, escape, join, tag
from trimtab.report.numbers import READ, TAKEN, chart_csv, chart_table, data_link, events_table, row_count
from trimtab.report.page.tables import table
from trimtab.report.svg import NARROW, WIDE, draw

File = tuple[str, str, str]
"""A link to a file with rows: its words, its address, and the name of the file."""


def figure(chart: LineChart | BarChart, files: Sequence[File] = ()) -> Markup:
    """The chart with its caption, its numbers to unfold or to take along, and the command that makes them.

    `files` are links to the rows, where there are others than the CSV that the page itself holds.

    >>> from trimtab.report.chart import Axis, Bar
    >>> figure(BarChart("AUC", Axis("AUC"), (Bar("a", 0.7),))).count("<svg")
    2
    """
    note = tag("span", None, chart.note) if chart.note else ""
    caption = tag("figcaption", None, tag("b", None, chart.title), note)
    drawings = (
        tag("div", {"class": "wide"}, draw(chart, WIDE)),
        tag("div", {"class": "narrow"}, draw(chart, NARROW)),
    )
    command = tag("p", {"class": "cmd"}, tag("code", None, chart.command)) if chart.command else ""
    return tag(
        "figure", None, caption, *drawings, tag("div", {"class": "under"}, _numbers(chart, files), command)
    )


def _numbers(chart: LineChart | BarChart, files: Sequence[File]) -> Markup:
    rows = row_count(chart)
    shown = len(chart_table(chart).rows)
    every = f"{number(shown)} of {number(rows)} rows" if shown < rows else f"{number(rows)} rows"
    words = tag("summary", None, f"Numbers behind this chart ({every})")
    events = chart.marks if isinstance(chart, LineChart) else ()
    more = (
        table(events_table(events[:READ], chart.x)) if events and isinstance(chart, LineChart) else escape("")
    )
    return tag(
        "details",
        {"class": "numbers"},
        words,
        join(table(chart_table(chart)), more, _download(chart, rows, files)),
    )


def _download(chart: LineChart | BarChart, rows: int, files: Sequence[File]) -> Markup:
    others = [tag("a", {"href": address, "download": name}, words) for words, address, name in files]
    if any(name.endswith(".csv") for _, _, name in files):
        return tag("p", {"class": "note"}, *_spaced(others))
    address = data_link(chart_csv(chart))
    link = tag("a", {"href": address, "download": f"{slug(chart.title)}.csv"}, "Download as CSV")
    thinned = (
        f" ({number(len(chart_table(chart, TAKEN).rows))} of {number(rows)} rows)" if rows > TAKEN else ""
    )
    return tag("p", {"class": "note"}, *_spaced([join(link, thinned), *others]))


def _spaced(links: Sequence[Markup]) -> Iterator[Markup | str]:
    for place, link in enumerate(links):
        yield from (" \u00b7 ", link) if place else (link,)
