"""Building: all blobs of a series at once from a table of facts, for a first start or a new declaration.

The same rows as folding would leave, up to when they were thinned, so that every value read from them is the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trimtab.declare.kinds import Kind
from trimtab.errors import DataError
from trimtab.features.build import name, named, select, table
from trimtab.features.online.columns import Facts, Steps, filled
from trimtab.features.online.keys import encoder, identifier
from trimtab.features.online.layout import ALWAYS, HEADER, ID, Column, pack_texts
from trimtab.features.online.series import Series
from trimtab.features.online.thinning import Retention, shrinks
from trimtab.features.online.updating import read
from trimtab.features.states import Reading
from trimtab.ports import Engine

BUILT = "__trimtab_built"
Whole = NDArray[np.int64]
Truth = NDArray[np.bool_]


def build(
    series: Series, facts: pa.Table, engine: Engine, now: int, retention: Retention
) -> Iterator[tuple[bytes, bytes]]:
    """Every key and blob of a series, in no particular order.

    `facts` has the source's columns with `__known` and `__sequence`, all of them known by `now`.
    """
    keys = [column for column, _ in series.keys]
    for key in keys:
        facts = facts.filter(pc.is_valid(facts.column(key)))
    if not facts.num_rows:
        return
    codes = _codes(facts, series, keys)
    known = np.asarray(facts.column("__known"), dtype=np.int64)
    order = np.lexsort((np.asarray(facts.column("__sequence")), known, codes))
    facts, codes, known = facts.take(pa.array(order)), codes[order], known[order]
    steps = Steps.of(series, codes, known)
    read_facts = Facts(*_readings(series, facts, engine))
    rows, texts = _rows(series, facts, steps, read_facts)
    kept, since = _kept(series, steps, now, retention)
    yield from _blobs(series, facts, _Built(steps, rows[kept], kept, since, texts))


def _codes(facts: pa.Table, series: Series, keys: list[str]) -> Whole:
    """Equal numbers for rows with equal keys."""
    codes: Whole = np.zeros(facts.num_rows, dtype=np.int64)
    for key in keys:
        column = facts.column(key).combine_chunks()
        if series.kinds[key] is Kind.FLOAT:
            column = pc.add(column, 0.0)  # the negative zero is equal to the positive one
        encoded = pc.dictionary_encode(column)
        indices = np.asarray(encoded.indices, dtype=np.int64)
        codes = np.unique(codes * len(encoded.dictionary) + indices, return_inverse=True)[1].astype(np.int64)
    return codes


def _readings(
    series: Series, facts: pa.Table, engine: Engine
) -> tuple[dict[Reading, pa.Array], dict[Reading, Truth]]:
    """Each reading's values by row, and where they cannot be computed."""
    sequence = pa.array(np.arange(facts.num_rows, dtype=np.int64))
    engine.register(BUILT, facts.append_column("__row", sequence))
    values, failed = {}, {}
    for reading in dict.fromkeys(column.reading for column in series.columns):
        plan = select([name("__row", BUILT), named(reading.sql(series.kinds, BUILT), "x")], table(BUILT))
        try:
            found = engine.query(plan).sort_by("__row").column("x").combine_chunks()
        except DataError:  # of one fact, perhaps, whose requests alone must fail
            found, failed[reading] = _one_by_one(series, reading, facts)
        values[reading] = found
    engine.register(BUILT, facts.slice(0, 0))
    return values, failed


def _one_by_one(series: Series, reading: Reading, facts: pa.Table) -> tuple[pa.Array, Truth]:
    """The values of a reading by the functions of the online plan, where the engine gives up on all of them."""
    value_of, scale = read(Reading(reading.value, reading.where), series.kinds), reading.scale
    values: list[Any] = []
    failed = np.zeros(facts.num_rows, dtype=np.bool_)
    for row, fact in enumerate(facts.select(sorted(series.needed)).to_pylist()):
        try:
            value = value_of(fact)
            values.append(value if value is None or scale is None else scale.units(value))
        except DataError:
            values.append(None)
            failed[row] = True
    return pa.array(values, None if scale is None else pa.int64()), failed


def _rows(
    series: Series, facts: pa.Table, steps: Steps, read_facts: Facts
) -> tuple[NDArray[np.void], list[str]]:
    """One row a fact, as they lie in blobs but for the texts, which are numbered over all keys."""
    layout = series.layout
    codes = ["<i8", *([f"V{ID}"] if series.own_id else []), *map(_code, series.columns)]
    rows = np.zeros(len(steps.known), dtype=[(f"c{place}", code) for place, code in enumerate(codes)])
    rows["c0"] = steps.known
    if series.own_id:
        rows["c1"] = _digests(series, facts)
    texts = read_facts.texts([column.reading for column in series.columns if column.is_text])
    for column, place in layout.places.items():
        filled(rows[f"c{place}"], column, read_facts, steps)
    return rows, texts


def _code(column: Column) -> Any:
    return ("<i8", (3,)) if column.part in {"s", "q"} else "<f8" if column.kind is Kind.FLOAT else "<i8"


def _digests(series: Series, facts: pa.Table) -> NDArray[np.void]:
    id_of = identifier(series.own_id, series.kinds)
    digests = (id_of(row) or bytes(ID) for row in facts.select(list(series.own_id)).to_pylist())
    return np.frombuffer(b"".join(digests), dtype=f"V{ID}")


def _kept(series: Series, steps: Steps, now: int, retention: Retention) -> tuple[Whole, Whole]:
    """Which rows stay, as `thinning.kept_rows` says, and for each key since when its values are exact."""
    known, starts, stops = steps.known, steps.starts, steps.stops
    horizon = np.full(len(starts), now - retention.grace, dtype=np.int64)
    if shrinks(series):
        busy = stops - starts > retention.rows
        horizon = np.where(
            busy, np.maximum(horizon, known[np.maximum(stops - retention.rows, starts)]), horizon
        )
    distinct, inverse = np.unique(horizon, return_inverse=True)
    lows = [series.earliest(int(at)) for at in distinct]
    if any(low is None for low in lows):
        return np.arange(len(known)), np.full(len(starts), ALWAYS, dtype=np.int64)
    low = np.array(lows, dtype=np.int64)[inverse]
    at, low = np.repeat(horizon, stops - starts), np.repeat(low, stops - starts)
    keep = _last_of_step(series, steps, at)
    last = np.r_[steps.key[1:] != steps.key[:-1], True]
    before = known < low
    keep = np.where(before, last | np.r_[~before[1:], True], keep)
    if not series.own_id:
        keep &= last | np.r_[known[1:] != known[:-1], True]  # one row an instant
    dropped = np.add.reduceat(~keep & (known < at), starts) > 0
    return np.flatnonzero(keep), np.where(dropped, horizon, ALWAYS)


def _last_of_step(series: Series, steps: Steps, at: Whole) -> Truth:
    """Rows from the horizon on, and before it the last of each step."""
    if series.own_id:
        return np.ones(len(at), dtype=np.bool_)
    old = steps.known < at
    ends = np.r_[(steps.step[1:] != steps.step[:-1]) | (old[:-1] & ~old[1:]), True]
    kept: Truth = ~old | ends
    return kept


@dataclass(frozen=True)
class _Built:
    steps: Steps
    rows: NDArray[np.void]
    kept: Whole
    since: Whole
    texts: list[str]


def _blobs(series: Series, facts: pa.Table, built: _Built) -> Iterator[tuple[bytes, bytes]]:
    layout, starts = series.layout, built.steps.starts
    columns = [column for column, _ in series.keys]
    keys = facts.select(columns).take(pa.array(starts)).to_pylist() if columns else [{}]
    encode = encoder(columns, series.kinds)
    firsts = np.searchsorted(built.kept, starts)
    counts = np.diff(np.r_[firsts, len(built.kept)])
    content, size = memoryview(built.rows.tobytes()), layout.size
    for key, first, count, since in zip(
        keys, firsts.tolist(), counts.tolist(), built.since.tolist(), strict=True
    ):
        rows = content[first * size : (first + count) * size]
        texts: bytes = b""
        if layout.texts:
            rows, texts = _with_texts(series, built, (first, count))
        encoded = encode(key)
        if encoded is not None:
            yield series.prefix + encoded, b"".join((HEADER.pack(since, count), rows, texts))


def _with_texts(series: Series, built: _Built, place: tuple[int, int]) -> tuple[memoryview, bytes]:
    """The rows of one key with texts numbered among themselves, and these texts."""
    first, count = place
    rows = built.rows[first : first + count].copy()
    numbers: dict[int, int] = {-1: -1}
    for column in series.layout.texts:
        kept = rows[f"c{column}"]
        kept[:] = [numbers.setdefault(number, len(numbers) - 1) for number in kept.tolist()]
    return memoryview(rows.tobytes()), pack_texts([built.texts[number] for number in list(numbers)[1:]])
