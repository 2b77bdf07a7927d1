"""Tables fitted into the columns of a terminal without losing a digit."""

import dataclasses
import unicodedata

from trimtab.report.formats import aligned_right, cell, head
from trimtab.report.table import Table

GAP = 2
LEAST = 12
"""Words may be broken into lines no shorter than this."""


@dataclasses.dataclass(frozen=True)
class Fitted:
    """A table as words: its heads and cells, which columns stand flush right, and whether rows are stacked.

    >>> Fitted(("fits",), (("47",),), (True,)).stacked
    False
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[bool, ...]
    stacked: bool = False


def fit(table: Table, width: int) -> Fitted:
    r"""The table as it fits into `width` letters.

    Where it is too wide, intervals go below their values; where that is not enough, each row becomes a
    list of names and values.

    >>> from trimtab.report.table import Column, Estimate
    >>> one = Table((Column("policy"), Column("loss", format=".1f")), (("never", Estimate(2, 1, 3)),))
    >>> fit(one, 40).rows, fit(one, 18).rows, fit(one, 9).stacked
    ((('never', '2.0 [1.0, 3.0]'),), (('never', '2.0\n[1.0, 3.0]'),), True)
    """
    columns = table.columns
    heads = tuple(head(column) for column in columns)
    right = tuple(
        aligned_right(column, tuple(row[place] for row in table.rows)) for place, column in enumerate(columns)
    )
    rows = tuple(
        tuple(cell(value, one.format) for value, one in zip(row, columns, strict=True)) for row in table.rows
    )
    flat = Fitted(heads, rows, right)
    if _least(flat, broken=False) <= width:
        return flat
    below = dataclasses.replace(flat, rows=tuple(tuple(_broken(words) for words in row) for row in rows))
    return below if _least(below, broken=True) <= width else dataclasses.replace(flat, stacked=True)


def letters(words: str) -> int:
    r"""The columns that the longest line of the words takes in a terminal.

    >>> letters("ab\nc"), letters("\u6f22")
    (2, 2)
    """
    return max(
        sum(1 + (unicodedata.east_asian_width(one) in "WF") for one in line) for line in words.split("\n")
    )


def _least(table: Fitted, *, broken: bool) -> int:
    """The width the table needs; with `broken`, words to the left may be broken, but numbers never."""
    widths = []
    for place, (name, right) in enumerate(zip(table.heads, table.right, strict=True)):
        wanted = max(letters(words) for words in (name, *(row[place] for row in table.rows)))
        widths.append(min(wanted, LEAST) if broken and not right else wanted)
    return sum(widths) + GAP * (len(widths) - 1)


def _broken(words: str) -> str:
    value, bracket, rest = words.partition(" [")
    return f"{value}\n[{rest}" if bracket and rest.endswith("]") else words
