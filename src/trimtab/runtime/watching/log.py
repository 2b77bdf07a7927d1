"""A log of predictions, whoever served them, as the monitors read it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from trimtab.declare.days import offsets_at
from trimtab.errors import DataError, UsageError
from trimtab.metrics import Task
from trimtab.metrics.rows import score_columns
from trimtab.monitoring.counts import Floats, Integers
from trimtab.monitoring.observed import NEVER, Observed
from trimtab.runtime.watching.logs.answers import answers
from trimtab.runtime.watching.logs.asked import Wish, duration
from trimtab.runtime.watching.logs.inputs import inputs
from trimtab.runtime.watching.logs.joining import join_labels, without_repeats
from trimtab.runtime.watching.logs.naming import named
from trimtab.runtime.watching.logs.times import instants, zone_of

KNOWN_SHARE = 0.95
"""The share of labels that is waited for, where they say when they were known."""


@dataclass(frozen=True, eq=False)
class Log:
    """The rows of a log in order of time, and what was decided on the way.

    matures_after: how long after its request a label is final, microseconds. timed is False where rows have no time:
    then their places stand for times. wish: what was asked, with the columns that were told by their names.
    """

    observed: Observed
    task: Task
    wish: Wish
    zone: str
    timed: bool
    matures_after: int
    remarks: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


def read_log(table: pa.Table, wish: Wish, labels: pa.Table | None = None, place: str = "the log") -> Log:
    """The log of a table whose columns the wish names, or whose names tell; labels are joined by id.

    Raises DataError for what contradicts itself, UsageError for what has to be said.
    """
    if not len(table):
        raise DataError(f"{place} holds no row", found=", ".join(table.column_names), do="give another file")
    beside = frozenset[str]()
    if labels is not None:
        table, beside = join_labels(table, labels, wish.id)
    wish, guessed = named(wish, table.column_names, place)
    table, repeats = without_repeats(table, wish.id)
    table, at, zone, remarks = _in_order(table, wish)
    found = answers(table, wish)
    columns, left_out = inputs(table, wish, beside)
    label, label_at, matures_after, late = _known(table, wish, at, zone, found.label)
    observed = Observed(
        at,
        columns,
        found.score,
        label,
        label_at,
        found.reference_score,
        None if wish.time is None else offsets_at(at, zone),
    )
    said = (*guessed, *repeats, *remarks, *left_out, *late, *_gaps(found.score, label, wish))
    return Log(observed, found.task, wish, zone, wish.time is not None, matures_after, said, found.classes)


def _in_order(table: pa.Table, wish: Wish) -> tuple[pa.Table, Integers, str, tuple[str, ...]]:
    """The rows in order of time, their times (or places), the zone, and what to say."""
    if wish.time is None:
        if wish.every is None:
            raise UsageError(
                "which column is the time of a prediction?",
                found=", ".join(table.column_names),
                do="name it: --time COLUMN; or watch windows of rows in the order of the file: --every 1000",
            )
        return table, np.arange(len(table), dtype=np.int64), "UTC", ()
    zone, remarks = zone_of(table[wish.time], wish.zone)
    at, missing = instants(table[wish.time], wish.time, zone)
    if missing.any():
        raise DataError(
            f"{int(missing.sum()):,} of {len(at):,} rows have no time",
            found=f"{wish.time!r} is null first in row {int(np.argmax(missing))}",
            do="leave these rows out, or name another column: --time COLUMN",
        )
    backwards = int((np.diff(at) < 0).sum())
    if backwards:
        order = np.argsort(at, kind="stable")
        table, at = table.take(pa.array(order)), at[order]
        remarks += (f"the rows were not in order of time ({backwards:,} went back); they were sorted",)
    return table, at, zone, remarks


def _known(
    table: pa.Table, wish: Wish, at: Integers, zone: str, label: Floats
) -> tuple[Floats, Integers, int, tuple[str, ...]]:
    """The labels that come in time, when each is known, how long that may take, and what to say."""
    given = None if wish.matures_after is None else duration(wish.matures_after).microseconds
    if wish.time is None and (given is not None or wish.label_known is not None):
        raise UsageError("when labels are known is told from times", do="name the time: --time COLUMN")
    there = ~np.isnan(label)
    if wish.label_known is None or wish.label is None:
        return label, np.where(there, at + (given or 0), NEVER), given or 0, ()
    known, missing = instants(table[wish.label_known], wish.label_known, zone)
    there &= ~missing
    if not there.any():
        raise DataError(
            f"no row has both a label and the time when it was known, {wish.label_known!r}",
            do="name another column: --label-known COLUMN, or say --matures-after 2d",
        )
    delay = np.maximum(known - at, 0)
    waits = int(np.quantile(delay[there], KNOWN_SHARE, method="higher")) if given is None else given
    late = there & (delay > waits)
    remarks = _late_words(int(late.sum()), int(there.sum()), int((known < at)[there].sum()), waits, given)
    on_time = there & ~late
    return np.where(on_time, label, np.nan), np.where(on_time, at + delay, NEVER), waits, remarks


def _late_words(late: int, labelled: int, early: int, waits: int, given: int | None) -> tuple[str, ...]:
    from trimtab.report.formats import duration as in_words  # noqa: PLC0415  # only for this sentence

    found = []
    if given is None:
        found.append(f"{KNOWN_SHARE:.0%} of the labels are known within {in_words(waits)}; so long is waited")
    if late:
        found.append(f"{late:,} of {labelled:,} labels came later than that and do not count")
    if early:
        found.append(f"{early:,} labels are older than their prediction; taken as known at once")
    return tuple(found)


def _gaps(score: Floats, label: Floats, wish: Wish) -> tuple[str, ...]:
    silent = int(np.isnan(score_columns(score)).any(axis=1).sum())
    open_ = int(np.isnan(label).sum())
    found = [f"{silent:,} rows have no score; only their inputs are watched"] if silent else []
    if wish.label is not None and open_:
        found.append(f"{open_:,} of {len(label):,} rows have no label (in time)")
    return tuple(found)
