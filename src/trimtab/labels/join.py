"""The arms of a label joined to requests by id, as one query plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from sqlglot import exp

from trimtab.declare.expression import Expression
from trimtab.declare.kinds import Kind
from trimtab.declare.model import Label
from trimtab.declare.sql import to_sql
from trimtab.declare.typed import infer
from trimtab.errors import DeclarationError
from trimtab.labels.history import LabelHistory
from trimtab.ports import Engine

VALUE, ROW, KNOWN, SEQUENCE = "__value", "__row", "__known", "__sequence"


@dataclass(frozen=True)
class Arm:
    """One arm of a label: the registered table of its facts, their kinds, and what it says."""

    facts: str
    kinds: Mapping[str, Kind]
    value: Expression
    name: str


@dataclass(frozen=True)
class JoinedLabels:
    """The label history, the classes its codes stand for (None for numbers and yes/no), and answers by arm."""

    history: LabelHistory
    kind: Kind
    classes: tuple[str, ...] | None
    answers: Mapping[str, int]


def join_labels(
    engine: Engine,
    label: Label,
    arms: Sequence[Arm],
    requests: str,
    identity: tuple[str, ...],
    at: NDArray[np.int64],
) -> JoinedLabels:
    """Each request's label versions; `requests` is a registered table with the id columns and `__row`."""
    kind = _kind(label, arms)
    tables = [_arm_rows(engine, arm, number, requests, identity) for number, arm in enumerate(arms)]
    answers = {arm.name: len(table) for arm, table in zip(arms, tables, strict=True)}
    rows = pa.concat_tables(tables)
    rows = rows.take(pc.sort_indices(rows, [(name, "ascending") for name in (ROW, KNOWN, "arm", SEQUENCE)]))
    value, classes = _codes(rows[VALUE], kind)
    silence = _silence(label, kind, classes)
    matures_at = at + label.matures_after.microseconds
    history = LabelHistory(
        rows[ROW].to_numpy(), rows[KNOWN].to_numpy(), value, matures_at.astype(np.int64), silence
    )
    return JoinedLabels(history, kind, classes, answers)


def _kind(label: Label, arms: Sequence[Arm]) -> Kind:
    kinds = {infer(arm.value, arm.kinds) for arm in arms}
    if kinds <= {Kind.INT, Kind.FLOAT} and len(kinds) == 2:
        return Kind.FLOAT
    if len(kinds) > 1 or not kinds <= {Kind.BOOL, Kind.INT, Kind.FLOAT, Kind.STRING, Kind.DURATION}:
        raise DeclarationError(
            "the arms of the label do not give one kind of answer",
            where=label.site,
            found=", ".join(f"{arm.name}: {infer(arm.value, arm.kinds)}" for arm in arms),
            do="make every arm a yes/no, a number, or a text class",
        )
    return kinds.pop()


def _arm_rows(engine: Engine, arm: Arm, number: int, requests: str, identity: tuple[str, ...]) -> pa.Table:
    def fact(name: str) -> exp.Column:
        return exp.column(name, "fact", quoted=True)

    value = to_sql(arm.value, arm.kinds, fact)
    matches = [
        exp.EQ(this=exp.column(name, "request", quoted=True), expression=fact(name)) for name in identity
    ]
    plan = (
        exp.select(
            exp.column(ROW, "request", quoted=True),
            fact(KNOWN),
            fact(SEQUENCE),
            exp.alias_(exp.Literal.number(number), "arm"),
            exp.alias_(value, VALUE, quoted=True),
        )
        .from_(exp.alias_(exp.to_table(requests), "request", table=True))
        .join(exp.alias_(exp.to_table(arm.facts), "fact", table=True), on=exp.and_(*matches))
        .where(exp.Not(this=exp.Is(this=exp.paren(value.copy()), expression=exp.Null())))
    )
    return engine.query(plan)


def _codes(values: pa.ChunkedArray, kind: Kind) -> tuple[NDArray[np.float64], tuple[str, ...] | None]:
    if kind is not Kind.STRING:
        return np.asarray(pc.cast(values, pa.float64())), None
    classes = tuple(sorted(pc.unique(values).to_pylist()))
    codes = pc.index_in(values, pa.array(classes, pa.string()))
    return np.asarray(pc.cast(codes, pa.float64())), classes


def _silence(label: Label, kind: Kind, classes: tuple[str, ...] | None) -> float:
    if label.silence is None:
        return float("nan")
    if kind is Kind.STRING:
        if classes is None or label.silence not in classes:
            raise DeclarationError("silence= names no class of the label", where=label.site, found=classes)
        return float(classes.index(str(label.silence)))
    return float(label.silence)
