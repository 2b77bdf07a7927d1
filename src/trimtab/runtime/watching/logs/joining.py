"""Labels that live in another table, and rows that were written twice."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from trimtab.errors import DataError, UsageError, nearest
from trimtab.sources.columns import kind_of


def join_labels(log: pa.Table, labels: pa.Table, key: str | None) -> tuple[pa.Table, frozenset[str]]:
    """The log with the columns of the labels beside it, and their names; rows without a label get nulls.

    A name that both tables have becomes 'labels.NAME'. Raises DataError where ids do not meet, or stand twice among
    the labels.
    """
    if key is None:
        raise UsageError(
            "labels are joined by an id", do="name the column that both tables have: --id COLUMN"
        )
    for table, place in ((log, "the log"), (labels, "the labels")):
        if key not in table.column_names:
            raise DataError(
                f"no column {key!r} in {place}",
                found=", ".join(table.column_names),
                nearest=nearest(key, table.column_names),
                do="name the id that both tables have: --id COLUMN",
            )
    place = _places(log[key], labels[key], key)
    names = frozenset[str]()
    for name in labels.column_names:
        if name != key:
            new = f"labels.{name}" if name in log.column_names else name
            log, names = log.append_column(new, labels[name].take(place)), names | {new}
    return log, names


def _places(ids: pa.ChunkedArray, known: pa.ChunkedArray, key: str) -> pa.Array:
    """Where the label of each row of the log stands."""
    twice = len(known) - known.null_count - pc.count_distinct(known, mode="only_valid").as_py()
    if twice:
        raise DataError(
            f"{twice:,} ids of {key!r} stand more than once among the labels",
            do="keep the one label that holds for each id",
        )
    try:
        place = pc.index_in(ids, value_set=pc.cast(known, ids.type).combine_chunks())
    except pa.ArrowException:
        place = pa.nulls(len(ids), pa.int32())
    if place.null_count == len(ids):
        raise DataError(
            f"no row of the log has a label: the ids in {key!r} do not meet",
            found=f"{_first(ids)} ({ids.type}) in the log, {_first(known)} ({known.type}) among the labels",
            do="write both ids alike, or name another column: --id COLUMN",
        )
    return place


def _first(column: pa.ChunkedArray) -> str:
    return repr(pc.first(column, skip_nulls=True).as_py())


def without_repeats(log: pa.Table, key: str | None) -> tuple[pa.Table, tuple[str, ...]]:
    """The log without rows that repeat another one with the same id, and what to say of repeats.

    Raises DataError when one id has several answers. Without an id repeats are only counted: rows may be alike.
    """
    plain = [name for name in log.column_names if kind_of(log[name].type) is not None]
    kept = log.select(plain).group_by(plain, use_threads=False).aggregate([])
    repeated = len(log) - len(kept)
    if key is None:
        words = (
            f"{repeated:,} rows equal another row in every column; if they are retries, name their id: --id"
        )
        return log, (words,) if repeated else ()
    distinct = pc.count_distinct(log[key], mode="only_valid").as_py()
    if distinct < len(kept) - min(log[key].null_count, 1):
        counted = pc.value_counts(kept[key])
        which = next(each["values"] for each in counted.to_pylist() if each["counts"] > 1)
        raise DataError(
            f"{len(kept) - distinct:,} rows have an id that another row has, too, and differ from it",
            found=f"{key} {which!r} stands {pc.sum(pc.equal(log[key], which)).as_py()} times",
            do="keep the answer that was given, or name another column: --id COLUMN",
        )
    if not repeated:
        return log, ()
    return kept, (f"{repeated:,} rows repeat another one and were left out",)
