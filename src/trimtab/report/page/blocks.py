"""Any block of a section as HTML."""

from trimtab.report.chart import BarChart, LineChart
from trimtab.report.document import Block, Code, Explanation, FindingsList, Journal, Paragraph
from trimtab.report.markup import Markup, tag
from trimtab.report.page.figures import figure
from trimtab.report.page.lists import findings, journal
from trimtab.report.page.tables import key_values, table
from trimtab.report.table import KeyValues, Table


def block_markup(block: Block) -> Markup:
    """The block as markup.

    >>> block_markup(Paragraph("a < b"))
    '<p>a &lt; b</p>'
    """
    match block:
        case Paragraph():
            found = tag("p", None, block.text)
        case KeyValues():
            found = key_values(block)
        case Table():
            found = table(block)
        case LineChart() | BarChart():
            found = figure(block)
        case FindingsList():
            found = findings(block)
        case Journal():
            found = journal(block)
        case Code():
            found = tag("pre", {"tabindex": "0"}, tag("code", None, block.text))
        case Explanation():
            inside = (block_markup(one) for one in block.blocks)
            found = tag("details", {"class": "how"}, tag("summary", None, block.title), *inside)
    return found
