"""What accepted data look like, as plain values that people review: the same contract in training and serving."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from trimtab.monitoring.volume import Flow

Kind = Literal["flag", "whole", "number", "text", "time"]
Relation = Literal["at most", "null together", "not negative"]


@dataclass(frozen=True)
class ColumnContract:
    """What one column may hold.

    low and high bound numbers, None for text and times; words are the domain of a text, None when it is open;
    unseen_at_most is the share of other words. constant is the only value a column had; commonest the
    largest share that one value had, on any day; increasing says that no row is less than the one before.
    """

    name: str
    kind: Kind
    nulls_at_most: float
    low: float | None = None
    high: float | None = None
    words: tuple[str, ...] | None = None
    unseen_at_most: float = 0.0
    constant: float | str | None = None
    commonest: float = 1.0
    increasing: bool = False


@dataclass(frozen=True)
class Rule:
    """A relation of columns that held in every accepted row, and the share of rows that may break it."""

    relation: Relation
    left: str
    right: str = ""
    broken_at_most: float = 0.0

    def __str__(self) -> str:
        """The rule in words.

        >>> print(Rule("at most", "ordered", "delivered"))
        ordered <= delivered
        """
        if self.relation == "not negative":
            return f"{self.left} is never negative"
        if self.relation == "null together":
            return f"{self.left} and {self.right} are null together"
        return f"{self.left} <= {self.right}"


@dataclass(frozen=True)
class Contract:
    """The columns, the rules across them, and the flow of facts, None where rows have no known time."""

    columns: tuple[ColumnContract, ...]
    rules: tuple[Rule, ...] = ()
    flow: Flow | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, from which `from_json` makes the same contract."""
        return _plain(dataclasses.asdict(self))  # type: ignore[no-any-return]

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Contract:
        """The contract of what `to_json` gave.

        >>> contract = Contract((ColumnContract("x", "number", 0.01, 0.0, 1.0),), (Rule("not negative", "x"),))
        >>> Contract.from_json(contract.to_json()) == contract
        True
        """
        flow = values["flow"]
        return cls(
            tuple(ColumnContract(**_tuples(column)) for column in values["columns"]),
            tuple(Rule(**rule) for rule in values["rules"]),
            None if flow is None else Flow(**{**_tuples(flow), "most": flow["most"] or math.inf}),
        )


def diff(old: Contract, new: Contract) -> tuple[str, ...]:
    """What differs, one sentence each, for a person to review; nothing for equal contracts.

    >>> before = Contract((ColumnContract("x", "number", 0.01, 0.0, 1.0),))
    >>> after = Contract((ColumnContract("x", "number", 0.2, 0.0, 1.0), ColumnContract("y", "flag", 0.0)))
    >>> diff(before, after)
    ('x: nulls at most 1.00% -> 20.00%', 'y: new column, flag')
    """
    return tuple(_differences(old, new))


def _differences(old: Contract, new: Contract) -> Iterator[str]:
    before, after = ({column.name: column for column in each.columns} for each in (old, new))
    yield from (f"{name}: column is gone" for name in before if name not in after)
    for name, column in after.items():
        if name in before:
            yield from _column(before[name], column)
        else:
            yield f"{name}: new column, {column.kind}"
    relations = [{str(rule) for rule in each.rules} for each in (old, new)]
    yield from (f"no longer a rule: {rule}" for rule in sorted(relations[0] - relations[1]))
    yield from (f"new rule: {rule}" for rule in sorted(relations[1] - relations[0]))
    flows = [str(each.flow) if each.flow else "no promise" for each in (old, new)]
    if flows[0] != flows[1]:
        yield f"flow: {flows[0]} -> {flows[1]}"


def _column(old: ColumnContract, new: ColumnContract) -> Iterator[str]:
    if old.kind != new.kind:
        yield f"{new.name}: kind {old.kind} -> {new.kind}"
    if f"{old.nulls_at_most:.2%}" != f"{new.nulls_at_most:.2%}":
        yield f"{new.name}: nulls at most {old.nulls_at_most:.2%} -> {new.nulls_at_most:.2%}"
    if (old.low, old.high) != (new.low, new.high):
        yield f"{new.name}: range {_range(old)} -> {_range(new)}"
    if old.words != new.words:
        yield f"{new.name}: {_words(old.words, new.words)}"
    if old.constant != new.constant:
        yield f"{new.name}: constant {old.constant!r} -> {new.constant!r}"
    if old.increasing != new.increasing:
        yield f"{new.name}: {'now' if new.increasing else 'no longer'} increasing"


def _range(column: ColumnContract) -> str:
    return "any" if column.low is None or column.high is None else f"{column.low:.4g} to {column.high:.4g}"


def _words(old: tuple[str, ...] | None, new: tuple[str, ...] | None) -> str:
    if old is None or new is None:
        return "any word -> a fixed list of words" if new is not None else "a fixed list of words -> any word"
    added, gone = sorted(set(new) - set(old)), sorted(set(old) - set(new))
    parts = [
        f"{what} {', '.join(map(repr, words))}" for what, words in (("new", added), ("gone", gone)) if words
    ]
    return f"words: {'; '.join(parts)}"


def _plain(value: Any) -> Any:
    """JSON has no tuples and no infinity."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(each) if isinstance(each, list) else each for name, each in values.items()}
