"""A source's facts, ready for joins: typed columns, `__known` and `__sequence`, each id once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from trimtab.declare.expression import Expression
from trimtab.declare.kinds import Kind
from trimtab.declare.source import Source
from trimtab.declare.sql import to_sql
from trimtab.declare.typed import infer
from trimtab.errors import DataError, nearest
from trimtab.ports import Engine
from trimtab.sources.columns import normalise_column
from trimtab.sources.identity import KNOWN, SEQUENCE, deduplicate

DISTANT_PAST = -(2**62)
"""The known time of what a snapshot held before anyone looked: before everything."""


@dataclass(frozen=True)
class Facts:
    """The facts of one source. `excluded` counts rows left out, by reason; `remarks` are decisions worth knowing."""

    source: Source
    table: pa.Table
    kinds: Mapping[str, Kind]
    excluded: Mapping[str, int]
    remarks: tuple[str, ...]
    rows_read: int

    def __len__(self) -> int:
        return len(self.table)


def make_facts(source: Source, raw: pa.Table, needed: Iterable[str], engine: Engine) -> Facts:
    """Facts from a source's raw table, keeping the needed columns; raises DataError where it cannot be read."""
    names = list(dict.fromkeys((*needed, *source.id, *_known_columns(source))))
    table, kinds, remarks = _normalise(source, raw, names)
    table = table.append_column(SEQUENCE, pa.array(range(len(table)), pa.int64()))
    table = table.append_column(KNOWN, _known(source, table, kinds, engine))
    excluded = {}
    without = pc.sum(pc.is_null(table[KNOWN])).as_py() or 0
    if without:
        excluded["never became known (no known time)"] = without
        table = table.filter(pc.is_valid(table[KNOWN]))
    unique = deduplicate(table, source.id, revises=source.revises)
    if unique.repeats:
        excluded["repeats of an earlier fact (same id, same content)"] = unique.repeats
    if unique.contradictions:
        excluded["contradictions of an earlier fact (same id, other content)"] = unique.contradictions
        remarks.append(f"first contradictions: {'; '.join(unique.examples)}")
    return Facts(source, unique.table, kinds, excluded, tuple(remarks), len(raw))


def _known_columns(source: Source) -> list[str]:
    return [] if source.known is None else list(source.known.columns())


def _normalise(
    source: Source, raw: pa.Table, names: list[str]
) -> tuple[pa.Table, dict[str, Kind], list[str]]:
    kinds: dict[str, Kind] = {}
    columns: dict[str, pa.ChunkedArray] = {}
    remarks: list[str] = []
    for name in names:
        if name not in raw.column_names:
            raise missing_column(source, name, raw.column_names)
        column = normalise_column(raw[name], name, source)
        columns[name], kinds[name] = column.values, column.kind
        remarks.extend(column.remarks)
    return pa.table(columns), kinds, remarks


def missing_column(source: Source, name: str, available: Iterable[str]) -> DataError:
    """The error for a column that the source's data does not have."""
    available = list(available)
    return DataError(
        f"source {source.name!r} has no column {name!r}",
        where=source.site,
        found=", ".join(available),
        nearest=nearest(name, available),
        do="correct the name in the system file",
    )


def _known(source: Source, table: pa.Table, kinds: Mapping[str, Kind], engine: Engine) -> pa.ChunkedArray:
    if source.known is None:
        return pa.chunked_array([pa.array([DISTANT_PAST] * len(table), pa.int64())])
    kind = infer(source.known, kinds)
    if kind is not Kind.TIMESTAMP:
        raise DataError(
            f"the known time of source {source.name!r} is not a time",
            where=source.site,
            found=f"{source.known!r} is {kind}",
            do="use a timestamp column, or one plus or minus a duration",
        )
    return evaluate(source.known, table, kinds, engine)


def evaluate(
    expression: Expression, table: pa.Table, kinds: Mapping[str, Kind], engine: Engine
) -> pa.ChunkedArray:
    """The value of an expression for each row of a table, in row order."""
    engine.register("__evaluated", table)
    value = to_sql(expression, kinds, lambda name: exp.column(name, quoted=True))
    plan = (
        exp.select(exp.alias_(value, "value"))
        .from_("__evaluated")
        .order_by(exp.column(SEQUENCE, quoted=True))
    )
    return engine.query(plan)["value"]
