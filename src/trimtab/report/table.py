"""The nouns of a table: columns, rows, and what a cell can hold."""

import dataclasses
import math

import numpy as np

from trimtab.finding import Severity


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A number with the ends of its interval, shown in one cell.

    >>> Estimate(0.449, 0.446, 0.452).high
    0.452
    """

    value: float
    low: float
    high: float

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            object.__setattr__(self, field.name, float(getattr(self, field.name)))


Cell = str | int | float | bool | Estimate | Severity | None
"""What one cell of a table can hold; times and durations are integer microseconds."""


@dataclasses.dataclass(frozen=True)
class KeyValues:
    """Short facts by name: (name, value) pairs.

    >>> KeyValues((("serving", "v12"), ("share", 0.95))).items[0]
    ('serving', 'v12')
    """

    items: tuple[tuple[str, Cell], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "items", tuple((name, plain_cell(value)) for name, value in self.items))


@dataclasses.dataclass(frozen=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name, unit
        The head of the column.
    align
        "left", "right", or "" to let the cells decide.
    format
        A format of Python (".4f", "+.4f", ",d", ".1%") or one of "date", "moment", "duration" (integer
        microseconds) and "code".
    explanation
        What the column means, one sentence.

    >>> Column("log loss", format=".4f").align
    ''
    """

    name: str
    unit: str = ""
    align: str = ""
    format: str = ""
    explanation: str = ""


@dataclasses.dataclass(frozen=True)
class Table:
    """Rows under columns, at most one of them highlighted and said why in `highlight_as`.

    >>> Table((Column("policy"), Column("fits")), (("never", 1),)).rows
    (('never', 1),)
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    title: str = ""
    note: str = ""
    highlight: int | None = None
    highlight_as: str = ""

    def __post_init__(self) -> None:
        rows = tuple(tuple(plain_cell(cell) for cell in row) for row in self.rows)
        object.__setattr__(self, "rows", rows)
        for place, row in enumerate(rows):
            if len(row) != len(self.columns):
                raise ValueError(
                    f"row {place} of table {self.title!r} has {len(row)} cells, "
                    f"but the table has {len(self.columns)} columns: give each row one cell per column"
                )


def plain_cell(value: object) -> Cell:
    """The cell as a plain Python value: numpy scalars unpacked, NaN and infinities as None.

    >>> plain_cell(np.float64("nan")) is None, plain_cell(np.int32(3))
    (True, 3)
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | int | float | Estimate | Severity):
        return value
    raise TypeError(f"a cell cannot hold {value!r}: give a string, a number, an Estimate, a Severity or None")
