"""Rows against their contract: every violation with its share, what it costs, and who can repair it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trimtab.errors import nearest
from trimtab.finding import Finding, Severity
from trimtab.monitoring.contract import ColumnContract, Contract, Rule
from trimtab.monitoring.counts import Columns
from trimtab.stats.interval import Interval

CHANCE = 1e-6
"""A share counts as above its bound when chance alone would show it less often than this."""

OUTSIDE = 0.001
"""The share of numbers that may lie outside their range and its margin."""


@dataclass(frozen=True)
class _Violation:
    """What is wrong with a column, and in which share of rows; structural when every row is."""

    column: str
    what: str
    share: float
    allowed: float = 0.0
    structural: bool = False


def check_contract(  # each is one independent fact about the violations
    contract: Contract,
    rows: Columns,
    *,
    source: str = "",
    owner: str | None = None,
    costs: Mapping[str, Interval] | None = None,
    metric: str = "loss",
    tolerance: float | None = None,
    since: int | None = None,
) -> tuple[Finding, ...]:
    """One finding for each violation, those that cost most first; the same in training and serving.

    costs is what each column costs when it is broken in every row, from `broken_column_costs`. A violation is
    ACT when a column is missing or of another kind, or when its share of that cost surely exceeds the
    tolerance; else WATCH.
    """
    known = costs or {}
    found = [*_columns(contract, rows), *_broken_rules(contract, rows)]
    found.sort(key=lambda each: -_worth(each, known))
    return tuple(
        _finding(each, source, owner, known.get(each.column), metric, tolerance, since) for each in found
    )


def _worth(violation: _Violation, costs: Mapping[str, Interval]) -> float:
    cost = costs.get(violation.column)
    return 0.0 if cost is None else cost.estimate * violation.share


def _columns(contract: Contract, rows: Columns) -> Iterator[_Violation]:
    for column in contract.columns:
        if column.name not in rows.names:
            near = nearest(column.name, rows.names)
            hint = f"; did you mean {near!r}?" if near else ""
            yield _Violation(column.name, f"is missing{hint}", 1.0, structural=True)
        elif len(rows):
            yield from _column(column, rows)


def _column(column: ColumnContract, rows: Columns) -> Iterator[_Violation]:
    values, words = rows.values[:, rows.names.index(column.name)], rows.dictionaries.get(column.name)
    missing = np.isnan(values)
    yield from _share(column.name, "are null", missing, column.nulls_at_most)
    if missing.all():
        return
    if (words is not None) != (column.kind == "text"):
        held = "text" if words is not None else "numbers"
        yield _Violation(column.name, f"holds {held}, promised {column.kind}", 1.0, structural=True)
        return
    present = values[~missing]
    if words is not None:
        yield from _text(column, present, words)
    else:
        yield from _number(column, present)
    if (present == present[0]).all() and column.commonest**present.size <= CHANCE:
        value = float(present[0]) if words is None else words[int(present[0])]
        yield _Violation(column.name, f"is always {value!r}", 1.0)


def _text(
    column: ColumnContract, present: NDArray[np.float64], words: tuple[str, ...]
) -> Iterator[_Violation]:
    if column.words is None:
        return
    known = np.isin(np.array(words, object), np.array(column.words, object))
    strange = ~known[present.astype(np.int64)]
    if strange.any():
        first = words[int(present[np.argmax(strange)])]
        yield from _share(
            column.name, f"are words never seen, such as {first!r}", strange, column.unseen_at_most
        )


def _number(column: ColumnContract, present: NDArray[np.float64]) -> Iterator[_Violation]:
    yield from _share(column.name, "are infinite", np.isinf(present), 0.0)
    if column.low is not None and column.high is not None:
        outside = (present < column.low) | (present > column.high)
        what = f"lie outside {column.low:.4g} to {column.high:.4g}"
        yield from _share(column.name, what, outside, OUTSIDE)
    if column.kind in {"flag", "whole"}:
        broken = present != np.floor(present)
        yield from _share(column.name, "are not whole", broken, 0.0)
    if column.constant is not None:
        yield from _share(column.name, f"are not {column.constant!r}", present != column.constant, 0.0)
    if column.increasing:
        yield from _share(column.name, "are earlier than the row before", np.diff(present) < 0, 0.0)


def _broken_rules(contract: Contract, rows: Columns) -> Iterator[_Violation]:
    for rule in contract.rules:
        if len(rows) and {rule.left, rule.right} - {""} <= set(rows.names):
            broken = _breaks(rule, rows)
            yield from _share(rule.left, f"break the rule that {rule}", broken, rule.broken_at_most)


def _breaks(rule: Rule, rows: Columns) -> NDArray[np.bool_]:
    """Which rows break a rule; a null breaks no order."""
    left = rows.values[:, rows.names.index(rule.left)]
    if rule.relation == "not negative":
        return np.asarray(left < 0)
    right = rows.values[:, rows.names.index(rule.right)]
    if rule.relation == "null together":
        return np.asarray(np.isnan(left) != np.isnan(right))
    return np.asarray(left > right)


def _share(name: str, what: str, broken: NDArray[np.bool_], allowed: float) -> Iterator[_Violation]:
    """The violation of a share that is surely above its bound; any row where none is allowed."""
    from scipy.special import bdtrc  # noqa: PLC0415 - a third of a second that most commands never need

    count = int(broken.sum())
    if count and (allowed == 0 or bdtrc(count - 1, broken.size, min(allowed, 1.0)) <= CHANCE):
        share = count / broken.size
        yield _Violation(name, f"{count:,} of {broken.size:,} rows ({share:.1%}) {what}", share, allowed)


def _finding(  # the parts of one sentence
    violation: _Violation,
    source: str,
    owner: str | None,
    cost: Interval | None,
    metric: str,
    tolerance: float | None,
    since: int | None,
) -> Finding:
    place = f"{source}.{violation.column}" if source else violation.column
    surely = cost is not None and tolerance is not None and cost.above(tolerance / max(violation.share, 1e-9))
    verb = "" if violation.structural or violation.what.startswith("is ") else ":"
    return Finding(
        f"{place}{verb} {violation.what}",
        Severity.ACT if violation.structural or surely else Severity.WATCH,
        since,
        violation.share,
        cost=None if cost is None else f"{place} broken in every row costs {cost.estimate:.3g} {metric}",
        cause=f"{place} breaks its contract",
        owner=owner,
        action=f"ask {owner or 'the owner'} to repair {place}, or accept the new contract after its diff",
        evidence=(
            ("share of rows", violation.share),
            ("allowed", violation.allowed),
            *((("cost, at least", cost.low), ("cost, at most", cost.high)) if cost is not None else ()),
        ),
    )
