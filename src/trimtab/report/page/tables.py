"""Tables and short facts as HTML."""

from trimtab.finding import Fact, Severity
from trimtab.report.formats import aligned_right, cell, interval, plain
from trimtab.report.markup import Markup, escape, join, tag
from trimtab.report.table import Cell, Column, Estimate, KeyValues, Table

LONG = 24
"""Letters of a word beyond which it may be broken in a narrow table."""


def table(block: Table) -> Markup:
    """A table that scrolls by itself where the page is too narrow for it.

    >>> table(Table((Column("policy"), Column("fits")), (("never", 1),))).count("<td")
    1
    """
    right = tuple(
        aligned_right(column, tuple(row[place] for row in block.rows))
        for place, column in enumerate(block.columns)
    )
    heads = (_head(column, right=side) for column, side in zip(block.columns, right, strict=True))
    rows = (_row(block, place, right) for place in range(len(block.rows)))
    caption = tag("caption", None, block.title) if block.title else ""
    body = join(caption, tag("thead", None, tag("tr", None, *heads)), tag("tbody", None, *rows))
    scroll = {"class": "scroll", "role": "region", "tabindex": "0", "aria-label": block.title or "table"}
    note = tag("p", {"class": "note"}, block.note) if block.note else ""
    return tag(
        "div", {"class": "block"}, tag("div", scroll, tag("table", None, body)), note, _meanings(block)
    )


def key_values(block: KeyValues) -> Markup:
    """Short facts side by side, each under its name.

    >>> key_values(KeyValues((("serving", "v12"),))).count("<dt>")
    1
    """
    return tag("dl", {"class": "facts"}, *(_pair(name, value_markup(value)) for name, value in block.items))


def evidence(facts: tuple[Fact, ...]) -> Markup:
    """Evidence as a list: names beside values, then sentences.

    >>> evidence((("units", 14), "See day 3.")).count("<dd>"), evidence(())
    (1, '')
    """
    pairs = [fact for fact in facts if not isinstance(fact, str)]
    sentences = [tag("li", None, fact) for fact in facts if isinstance(fact, str)]
    named = (join(tag("dt", None, name), tag("dd", None, value_markup(value))) for name, value in pairs)
    return join(
        tag("dl", {"class": "defs"}, *named) if pairs else "",
        tag("ul", {"class": "evidence"}, *sentences) if sentences else "",
    )


def value_markup(value: Cell, spec: str = "") -> Markup:
    """One value with its interval muted, severities as pills and code in its own font.

    >>> value_markup(Severity.OK)
    '<span class="pill ok">OK</span>'
    """
    if isinstance(value, Severity):
        return pill(value)
    if isinstance(value, Estimate):
        ends = interval(plain(value.low, spec), plain(value.high, spec))
        return join(plain(value.value, spec), " ", tag("span", {"class": "ci"}, ends))
    words = cell(value, spec)
    return tag("code", None, words) if spec == "code" else escape(words)


def pill(severity: Severity) -> Markup:
    """The word of a severity in its colours.

    >>> pill(Severity.NOT_RUN)
    '<span class="pill not-run">NOT RUN</span>'
    """
    return tag("span", {"class": f"pill {severity_class(severity)}"}, severity.value)


def severity_class(severity: Severity) -> str:
    """The style of a severity.

    >>> severity_class(Severity.NOT_RUN)
    'not-run'
    """
    return severity.value.lower().replace(" ", "-")


def _pair(name: str, value: Markup) -> Markup:
    return tag("div", None, tag("dt", None, name), tag("dd", None, value))


def _head(column: Column, *, right: bool) -> Markup:
    unit = tag("span", {"class": "unit"}, f",\u00a0{column.unit}") if column.unit else ""
    marks = {"scope": "col", "class": "r" if right else None, "title": column.explanation or None}
    return tag("th", marks, column.name, unit)


def _row(block: Table, place: int, right: tuple[bool, ...]) -> Markup:
    best = place == block.highlight
    chip = tag("span", {"class": "chip"}, block.highlight_as) if best and block.highlight_as else ""
    cells = []
    for number, (value, column, side) in enumerate(zip(block.rows[place], block.columns, right, strict=True)):
        style = {"class": _style(value, column, right=side)}
        words = value_markup(value, column.format)
        if number == 0:
            cells.append(tag("th", {"scope": "row", **style}, words, chip))
        else:
            cells.append(tag("td", style, words))
    return tag("tr", {"class": "best" if best else None}, *cells)


def _style(value: Cell, column: Column, *, right: bool) -> str | None:
    """Numbers to the right; times are kept on one line, and only words that are very long are broken."""
    if right:
        return "r"
    if column.format in {"date", "moment"}:
        return "time"
    return "long" if any(len(word) > LONG for word in str(value).split()) else None


def _meanings(block: Table) -> Markup:
    explained = [column for column in block.columns if column.explanation]
    if not explained:
        return escape("")
    items = (join(tag("dt", None, one.name), tag("dd", None, one.explanation)) for one in explained)
    words = tag("summary", None, "What the columns mean")
    return tag("details", {"class": "note"}, words, tag("dl", {"class": "defs"}, *items))
