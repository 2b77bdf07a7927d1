"""Declared limits against what was measured: the same judgement before a release and while a version serves."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from trimtab.declare.requires import Requires
from trimtab.finding import Finding, Severity
from trimtab.runtime.training_set import Version
from trimtab.units import Duration, Size


@dataclass(frozen=True)
class Measured:
    """What is known of a version; None is not measured.

    `row_microseconds` is what the model alone takes for one row, `p99_microseconds` what 99 of 100 requests took at
    most (infinity: longer than is measured), `requests` how many came in and `unanswered` how many of them got no answer.
    """

    row_microseconds: float | None = None
    p99_microseconds: float | None = None
    requests: int = 0
    unanswered: int = 0
    age: Duration | None = None
    size: Size | None = None


def measured_at_registration(version: Version, now: int) -> Measured:
    """What a version's own record tells at an instant (epoch microseconds): one row's time, size and age."""
    size = version.provenance.get("size_bytes")
    return Measured(
        row_microseconds=version.provenance.get("microseconds"),
        age=Duration(now - version.as_of),
        size=None if size is None else Size(size),
    )


def judge(requires: Requires, measured: Measured) -> tuple[Finding, ...]:
    """One finding for each declared limit: OK, ACT when it is broken, NOT RUN when it was not measured."""
    return tuple(
        check(requires, measured) for name, check in _CHECKS.items() if getattr(requires, name) is not None
    )


def _p99(requires: Requires, measured: Measured) -> Finding:
    limit, alone = requires.p99, measured.row_microseconds
    if measured.p99_microseconds == math.inf:
        what = f"more than 1 of 100 requests take longer than is measured; at most {limit} is allowed"
        return Finding(what, Severity.ACT, action="find out which requests are slow")
    if measured.p99_microseconds is not None:
        took = Duration(round(measured.p99_microseconds))
        return _compared(f"99 of 100 requests take at most {took}", took, limit, "choose a smaller model")
    if alone is None:
        return _not_run("latency", "no request was timed, and the engine was not measured")
    took = Duration(round(alone))
    return _compared(
        f"the model alone takes {took} for one row, the least that a request can take",
        took,
        limit,
        "choose a smaller model, or one with a faster engine",
    )


def _availability(requires: Requires, measured: Measured) -> Finding:
    limit = requires.availability or 0.0
    if not measured.requests:
        return _not_run("availability", "no request has come yet")
    if measured.unanswered <= 1 and measured.requests * (1 - limit) < 1:
        return _not_run("availability", f"{measured.requests:,} requests are too few to tell {limit:g}")
    share = 1 - measured.unanswered / measured.requests
    broken = share < limit
    return Finding(
        f"{share:.6g} of {measured.requests:,} requests were answered; {limit:g} is required",
        Severity.ACT if broken else Severity.OK,
        estimate=share,
        action="find out which requests fail" if broken else None,
        evidence=(("unanswered", measured.unanswered), ("declared at", str(requires.site))),
    )


def _staleness(requires: Requires, measured: Measured) -> Finding:
    if measured.age is None:
        return _not_run("staleness", "no version serves yet")
    what = f"the model learned from what was known {measured.age} ago"
    return _compared(what, measured.age, requires.staleness, "train a new version")


def _size(requires: Requires, measured: Measured) -> Finding:
    if measured.size is None:
        return _not_run("size", "the version's size was not recorded")
    return _compared(
        f"the stored model has {measured.size}", measured.size, requires.size, "choose a smaller model"
    )


def _fairness(_: Requires, __: Measured) -> Finding:
    return _not_run("fairness", "slices are not evaluated yet")


def _compared(what: str, found: Duration | Size, limit: Duration | Size | None, action: str) -> Finding:
    broken = _amount(found) > _amount(limit)
    return Finding(
        f"{what}; at most {limit} is allowed",
        Severity.ACT if broken else Severity.OK,
        estimate=float(_amount(found)),
        action=action if broken else None,
    )


def _amount(quantity: Duration | Size | None) -> int:
    return quantity.bytes if isinstance(quantity, Size) else (quantity or Duration(0)).microseconds


def _not_run(what: str, why: str) -> Finding:
    return Finding(f"the required {what} was not checked", Severity.NOT_RUN, cause=why)


_CHECKS: dict[str, Callable[[Requires, Measured], Finding]] = {
    "p99": _p99,
    "availability": _availability,
    "staleness": _staleness,
    "size": _size,
    "fairness": _fairness,
}
