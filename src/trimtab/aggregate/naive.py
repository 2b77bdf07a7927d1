"""The naive twin: two loops that say what every aggregate is. Slow, obviously right, and the judge of all plans."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from trimtab.aggregate import exact
from trimtab.aggregate.base import Value
from trimtab.aggregate.catalogue import scale_of
from trimtab.aggregate.extremes import plain_zero
from trimtab.aggregate.moments import check_integer
from trimtab.aggregate.windows import in_window
from trimtab.declare.aggregate import Aggregate
from trimtab.declare.closure import to_closure
from trimtab.declare.kinds import Kind
from trimtab.declare.source import Source
from trimtab.declare.typed import infer

Row = Mapping[str, Any]


def column(
    aggregate: Aggregate,
    requests: Sequence[Row],
    facts: Sequence[Row],
    kinds: Mapping[str, Kind],
    asking: Source,
) -> list[Value | None]:
    """The aggregate for each request, `asking` being the requests' source and `kinds` the facts'.

    Rows hold plain values, None for null, times in microseconds; requests have `__at`, facts `__known` and
    `__sequence`. Raises DataError where a sum overflows.
    """
    read = (lambda _: True) if aggregate.value is None else to_closure(aggregate.value, kinds)
    holds = (lambda _: True) if aggregate.where is None else to_closure(aggregate.where, kinds)
    kind = None if aggregate.value is None else infer(aggregate.value, kinds)
    own_id = asking.id if asking.name == aggregate.source.name else ()
    ordered = sorted(facts, key=lambda fact: (fact["__known"], fact["__sequence"]))
    found = []
    for request in requests:
        inside = [
            fact for fact in ordered if _counts(aggregate, request, fact, own_id) and holds(fact) is True
        ]
        seen = [(fact["__known"], read(fact)) for fact in inside if read(fact) is not None]
        found.append(_value(aggregate, kind, request["__at"], seen))
    return found


def _counts(aggregate: Aggregate, request: Row, fact: Row, own_id: tuple[str, ...]) -> bool:
    over = None if aggregate.over is None else aggregate.over.microseconds
    own = bool(own_id) and all(fact[name] is not None and fact[name] == request[name] for name in own_id)
    keyed = all(fact[one] is not None and fact[one] == request[other] for one, other in aggregate.keys)
    return keyed and not own and in_window(fact["__known"], request["__at"], over, aggregate.hop_microseconds)


def _value(aggregate: Aggregate, kind: Kind | None, t: int, seen: list[tuple[int, Any]]) -> Value | None:
    if aggregate.function == "count":
        return len(seen)
    if not seen:
        return None
    values: list[Any] = [value for _, value in seen]
    plain: dict[str, Callable[[], Value]] = {
        "min": lambda: min(map(plain_zero, values)),
        "max": lambda: max(map(plain_zero, values)),
        "first": lambda: values[0],
        "last": lambda: values[-1],
        "time_since_last": lambda: float(t - seen[-1][0]) / 1e6,
    }
    return plain[aggregate.function]() if aggregate.function in plain else _of_sums(aggregate, kind, values)


def _of_sums(aggregate: Aggregate, kind: Kind | None, values: list[Any]) -> Value | None:
    scale = scale_of(aggregate, kind)
    units = [scale.units(value) for value in values]
    n, s1, s2 = len(units), sum(units), sum(unit * unit for unit in units)
    match aggregate.function:
        case "sum":
            return exact.total(s1, scale) if kind is Kind.FLOAT else check_integer(s1)
        case "mean" | "share":
            return exact.mean(n, s1, scale)
        case "var":
            return exact.variance(n, s1, exact.check_width(s2), scale)
    return exact.deviation(n, s1, exact.check_width(s2), scale)
