"""What the parts of a replay's page share."""

from __future__ import annotations

from trimtab.report import Table


def words(name: str) -> str:
    """The name of a metric as words.

    >>> words("log_loss")
    'log loss'
    """
    return name.replace("_", " ")


def without_empty(table: Table) -> Table:
    """A table without the columns that hold nothing.

    >>> from trimtab.report import Column
    >>> without_empty(Table((Column("policy"), Column("cost")), (("never", None),))).rows
    (('never',),)
    """
    kept = [i for i in range(len(table.columns)) if any(row[i] is not None for row in table.rows)]
    return Table(
        tuple(table.columns[i] for i in kept),
        tuple(tuple(row[i] for i in kept) for row in table.rows),
        table.title,
        table.note,
        table.highlight,
        table.highlight_as,
    )
