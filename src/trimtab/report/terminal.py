"""A document as text for a terminal, a log or a pull request."""

import dataclasses
import io
import re
from collections.abc import Iterable, Iterator

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from trimtab.finding import Fact, Finding, Severity, by_severity
from trimtab.report.chart import BarChart, LineChart
from trimtab.report.document import (
    Block,
    Code,
    Document,
    Explanation,
    FindingsList,
    Journal,
    Paragraph,
    Section,
)
from trimtab.report.facts import facts_of
from trimtab.report.fit import GAP, Fitted, fit
from trimtab.report.formats import cell
from trimtab.report.spark import chart_summary, subject
from trimtab.report.table import Column, KeyValues, Table

POINTER = "\u25b8 "
# what data says must never steer the terminal
_CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")
STYLES = {
    Severity.OK: "bold green",
    Severity.INFO: "bold blue",
    Severity.NOT_RUN: "bold dim",
    Severity.WATCH: "bold yellow",
    Severity.ACT: "bold white on red",
}


def to_text(document: Document, width: int = 100, sections: Iterable[str] | None = None) -> str:
    """The document as plain text of `width` columns; `sections` picks some by title or anchor.

    >>> print(to_text(Document("flight-delay", "Nothing to do.")))
    flight-delay
    OK       Nothing to do.
    """
    written = io.StringIO()
    console = Console(file=written, width=width, color_system=None, force_terminal=False, highlight=False)
    print_document(document, console, sections)
    lines = (line.rstrip() for line in written.getvalue().splitlines())
    return "\n".join(lines).rstrip() + "\n"


def print_document(document: Document, console: Console, sections: Iterable[str] | None = None) -> None:
    """Print the document on a console, in colours where it has any.

    >>> print_document(Document("flight-delay", "Nothing to do."), Console(width=40))
    flight-delay
    OK       Nothing to do.
    """
    console.print(_text(document.title, "bold"))
    if document.subtitle:
        console.print(_text(document.subtitle, "dim"))
    console.print(_beside(document.severity, _text(document.verdict)))
    wanted = None if sections is None else set(sections)
    for section in document.sections:
        if wanted is None or wanted & {section.title, section.anchor}:
            _print_section(section, console)


def _text(words: str, style: str = "") -> Text:
    return Text(_CONTROLS.sub("\ufffd", words), style)


def _print_section(section: Section, console: Console) -> None:
    console.print()
    console.print(_text(section.title, "bold underline"))
    for block in section.blocks:
        console.print()
        for part in _block(block):
            console.print(part)


def _block(block: Block) -> Iterator[RenderableType]:
    match block:
        case Paragraph():
            yield _text(block.text)
        case KeyValues():
            yield _pairs((name, cell(value)) for name, value in block.items)
        case Table():
            yield from _table(block)
        case LineChart() | BarChart():
            yield from _chart(block)
        case FindingsList():
            yield from (_finding(one) for one in by_severity(block.findings))
        case Journal():
            yield from _table(_decisions(block))
        case Code():
            yield Padding(_text(block.text), (0, 2))
        case Explanation():
            yield _text(block.title, "italic")
            yield from (Padding(part, (0, 0, 0, 2)) for one in block.blocks for part in _block(one))


def _chart(block: LineChart | BarChart) -> Iterator[RenderableType]:
    yield _text(block.title, "bold")
    yield _text(subject(block), "dim")
    yield from _table(chart_summary(block))
    if block.command:
        yield _text(f"$ {block.command}", "dim")


def _table(block: Table) -> Iterator[RenderableType]:
    if block.title:
        yield _text(block.title, "bold")
    yield _Fitting(block)
    if block.highlight is not None and block.highlight_as:
        yield _text(f"{POINTER}{block.highlight_as}", "bold")
    if block.note:
        yield _text(block.note, "dim")


@dataclasses.dataclass(frozen=True)
class _Fitting:
    """A table that takes its form when the width is known."""

    table: Table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        pointed = self.table.highlight is not None
        fitted = fit(self.table, options.max_width - (1 + GAP if pointed else 0))
        yield _stack(fitted) if fitted.stacked else _grid(fitted, self.table.highlight)


def _grid(fitted: Fitted, highlight: int | None) -> RenderableType:
    grid = Grid(
        box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim", padding=(0, GAP - 1, 0, 0)
    )
    grid.show_header = any(fitted.heads)
    if highlight is not None:
        grid.add_column("", no_wrap=True)
    for name, right in zip(fitted.heads, fitted.right, strict=True):
        # numbers break nowhere; words give way
        grid.add_column(_text(name), justify="right" if right else "left", no_wrap=right, overflow="fold")
    for place, row in enumerate(fitted.rows):
        pointer = () if highlight is None else (_text(POINTER.strip() if place == highlight else ""),)
        grid.add_row(*pointer, *map(_text, row), style="bold" if place == highlight else None)
    return grid


def _stack(fitted: Fitted) -> RenderableType:
    rows = (_pairs(zip(fitted.heads, row, strict=True)) for row in fitted.rows)
    return Group(*(Padding(row, (0, 0, 1, 0)) for row in rows))


def _decisions(block: Journal) -> Table:
    columns = (Column("when", format="moment"), Column("decision"), Column("outcome"), Column("why"))
    return Table(columns, tuple((one.at, one.decision, one.outcome, one.reason) for one in block.entries))


def _finding(one: Finding) -> RenderableType:
    known = [*facts_of(one), *(_named(fact) for fact in one.evidence)]
    known += [(name, words) for name, words in (("do", one.action), ("check", one.check_command)) if words]
    inside = Grid.grid()
    inside.add_row(_text(one.what))
    if known:
        inside.add_row(_pairs(known))
    return _beside(one.severity, inside)


def _named(fact: Fact) -> tuple[str, str]:
    return ("", fact) if isinstance(fact, str) else (fact[0], cell(fact[1]))


def _pairs(items: Iterable[tuple[str, str]]) -> RenderableType:
    grid = Grid.grid(padding=(0, 2, 0, 0))
    for name, value in items:
        grid.add_row(_text(name, "dim"), _text(value))
    return grid


def _beside(severity: Severity, words: RenderableType) -> RenderableType:
    grid = Grid.grid(padding=(0, 2, 0, 0))
    grid.add_column(min_width=max(len(one.value) for one in Severity), no_wrap=True)
    grid.add_row(_text(severity.value, STYLES[severity]), words)
    return grid
