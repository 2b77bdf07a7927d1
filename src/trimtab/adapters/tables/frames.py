"""Tables that are in memory already: Arrow's own and every data frame that speaks Arrow's C stream."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from trimtab.errors import DataError, nearest

_UNNAMED_INDEX = re.compile(r"__index_level_\d+__")


def read_frame(data: Any, columns: Sequence[str] | None) -> pa.Table:
    """The rows of a pyarrow table or reader, or of a pandas, polars or DuckDB frame; raises DataError.

    An unnamed pandas index is left out, a named one is a column like any other.
    """
    kind = f"{type(data).__module__}.{type(data).__qualname__}"
    try:
        if isinstance(data, pa.Table):
            table = data
        elif hasattr(data, "__arrow_c_stream__"):
            table = pa.RecordBatchReader.from_stream(data).read_all()
        else:
            raise DataError(
                f"cannot read rows from a {kind}",
                do="pass a path, an Arrow table, or a pandas, polars or DuckDB frame",
            )
    except pa.ArrowException as error:
        raise DataError(
            f"a {kind} cannot become an Arrow table",
            found=" ".join(str(error).split()),
            do="give each column one type",
        ) from error
    kept = [name for name in table.column_names if not _UNNAMED_INDEX.fullmatch(name)]
    return chosen(
        table.select(kept) if len(kept) < len(table.column_names) else table, columns, f"the {kind}"
    )


def chosen(table: pa.Table, columns: Sequence[str] | None, place: str) -> pa.Table:
    """The columns asked for, in that order; raises DataError for one that is missing or stands there twice."""
    check_names(table.column_names, columns, place)
    return table if columns is None else table.select(list(columns))


def check_names(names: Sequence[str], columns: Sequence[str] | None, place: str) -> None:
    """Raise DataError when a name is repeated or one of the columns asked for is missing."""
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise DataError(f"{place} has the column {repeated[0]!r} more than once", do="rename one of them")
    for name in columns or ():
        if name not in names:
            raise DataError(
                f"no column {name!r} in {place}",
                found=", ".join(names) or "no columns",
                nearest=nearest(name, names),
            )
