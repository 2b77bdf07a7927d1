"""What a source's facts look like against what its owner promised and what time allows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trimtab.declare.source import Expect, Source
from trimtab.finding import Finding, Severity
from trimtab.sources.facts import Facts
from trimtab.sources.identity import KNOWN

YEAR_1990 = 631_152_000_000_000
MANY = 0.01


def findings(facts: Facts, now: int) -> Iterator[Finding]:
    """Everything worth saying about one source's facts at `now`."""
    source = facts.source
    if not facts.rows_read:
        yield _found(
            source, f"source {source.name!r} is empty", Severity.ACT, action="check where its data comes from"
        )
        return
    yield from _excluded(facts)
    yield from _known(facts, now)
    for name, expect in source.expects:
        yield from _promise(source, name, expect, facts.table[name])
    for remark in facts.remarks:
        yield _found(source, f"{source.name}: {remark}", Severity.WATCH)
    if source.snapshot:
        yield _found(
            source,
            f"{source.name} is a mutable table: what it holds is as of today, not replay-safe",
            Severity.WATCH,
            action="replay only with sources that record when each fact became known",
        )


def _found(source: Source, what: str, severity: Severity, **more: str) -> Finding:
    return Finding(what, severity, owner=source.owner, evidence=(("declared at", str(source.site)),), **more)  # type: ignore[arg-type]


def _excluded(facts: Facts) -> Iterator[Finding]:
    for reason, count in facts.excluded.items():
        share = count / facts.rows_read
        severity = Severity.ACT if share > MANY and "repeat" not in reason else Severity.WATCH
        yield _found(
            facts.source, f"{facts.source.name}: {count:,} facts ({share:.1%}) left out: {reason}", severity
        )


def _known(facts: Facts, now: int) -> Iterator[Finding]:
    if not len(facts) or facts.source.snapshot:
        return
    known = facts.table[KNOWN]
    future = pc.sum(pc.greater(known, now)).as_py() or 0
    if future:
        yield _found(
            facts.source,
            f"{facts.source.name}: {future:,} facts are known only in the future, as late as {_date(pc.max(known))}",
            Severity.WATCH,
            action="check the zone and the unit of the known time; such facts stay invisible until then",
        )
    ancient = pc.sum(pc.less(known, YEAR_1990)).as_py() or 0
    if ancient:
        yield _found(
            facts.source,
            f"{facts.source.name}: {ancient:,} facts were known before 1990, the first at {_date(pc.min(known))}",
            Severity.ACT,
            action="check the unit of the known time: seconds read as microseconds look like this",
        )


def _date(value: pa.Scalar) -> str:
    return str(np.datetime64(value.as_py(), "us").astype("datetime64[m]"))


def _promise(source: Source, name: str, expect: Expect, values: pa.ChunkedArray) -> Iterator[Finding]:
    nulls = values.null_count / max(len(values), 1)
    if expect.nulls_at_most is not None and nulls > expect.nulls_at_most:
        yield _broken(source, name, f"{nulls:.2%} are null, promised at most {expect.nulls_at_most:.2%}")
    if expect.between is not None:
        low, high = expect.between
        outside = pc.sum(pc.or_(pc.less(values, low), pc.greater(values, high))).as_py() or 0
        if outside:
            yield _broken(source, name, f"{outside:,} values lie outside {low:g} to {high:g}")
    if expect.one_of is not None:
        strange = pc.invert(pc.is_in(values.drop_null(), pa.array(expect.one_of)))
        count = pc.sum(strange).as_py() or 0
        if count:
            first = values.drop_null().filter(strange)[0].as_py()
            yield _broken(
                source, name, f"{count:,} values are none of those promised, the first is {first!r}"
            )


def _broken(source: Source, name: str, what: str) -> Finding:
    return _found(
        source, f"{source.name}.{name} breaks its contract: {what}", Severity.ACT, action="tell the owner"
    )
