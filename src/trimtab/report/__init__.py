"""The only renderer: documents of findings, tables and charts as HTML, SVG, text and JSON.

Everything here is pure: the same document gives the same bytes. The text for terminals is in
`trimtab.report.terminal`, apart because it loads another library.
"""

from trimtab.report.chart import Axis, Bar, BarChart, LineChart, Mark, Region, Series
from trimtab.report.document import (
    Block,
    Code,
    Document,
    Entry,
    Explanation,
    FindingsList,
    Journal,
    Paragraph,
    Section,
)
from trimtab.report.estimated import estimated
from trimtab.report.html import to_fragment, to_html
from trimtab.report.json import to_json
from trimtab.report.palette import Theme
from trimtab.report.svg import to_svg
from trimtab.report.table import Cell, Column, Estimate, KeyValues, Table

__all__ = [
    "Axis",
    "Bar",
    "BarChart",
    "Block",
    "Cell",
    "Code",
    "Column",
    "Document",
    "Entry",
    "Estimate",
    "Explanation",
    "FindingsList",
    "Journal",
    "KeyValues",
    "LineChart",
    "Mark",
    "Paragraph",
    "Region",
    "Section",
    "Series",
    "Table",
    "Theme",
    "estimated",
    "to_fragment",
    "to_html",
    "to_json",
    "to_svg",
]
