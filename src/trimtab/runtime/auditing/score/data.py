"""Tests for features and data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trimtab.evaluation.acceptances import day
from trimtab.runtime.auditing.record import OnRecord
from trimtab.runtime.auditing.score.shown import (
    AUTOMATIC,
    BY_HAND,
    Shown,
    Test,
    by_evaluation,
    missing,
    ran,
    worst,
)
from trimtab.runtime.live_loop.carrying import BY_LOOP
from trimtab.runtime.live_loop.routes import ACTIVATED
from trimtab.units import Duration


def _schema(record: OnRecord) -> Shown:
    if record.windows:
        told = f"{record.windows} windows of requests were held against what the accepted rows were like"
        return Shown(AUTOMATIC, told, f"trimtab watch {record.called}")
    declared = [source.name for source in record.system.sources if source.expects]
    if declared:
        return Shown(BY_HAND, f"declared of {', '.join(declared)}", f"trimtab check {record.called}")
    return missing(f"trimtab watch {record.called}", "no contract is declared, and no window was watched")


def _beneficial(record: OnRecord) -> Shown:
    return by_evaluation(record, lambda body: body["headline"] or None)


def _cost(record: OnRecord) -> Shown:
    return by_evaluation(record, _priced)


def _priced(body: Mapping[str, Any]) -> str | None:
    costs = [each for each in body["features"] if each["cost"] is not None]
    if not costs:
        return None
    dearest = max(costs, key=lambda each: each["cost"]["pieces"])
    feature, share = dearest["importance"]["feature"], dearest["importance"]["share"]
    pieces = dearest["cost"]["pieces"]
    return f"{len(costs)} features with their cost; {feature} merges {pieces} pieces for {share:.1%} of importance"


def _requirements(record: OnRecord) -> Shown:
    """That nothing is used before it was known is the requirement that an evaluation holds columns against."""
    return by_evaluation(record, lambda body: worst(ran(body, "leakage")))


def _privacy(record: OnRecord) -> Shown:
    if not record.erased:
        return missing(f"trimtab forget {record.called} SOURCE KEY", "no erasure is on record")
    last = record.erased[-1]
    told = (
        f"{len(record.erased)} erasures, the last in {last.subject} on {day(last.at)}; access is not logged"
    )
    return Shown(BY_HAND, told, f"trimtab forget {record.called} SOURCE KEY")


def _quickly(record: OnRecord) -> Shown:
    """From the training of the first version with a new feature to its first answer."""
    known: set[str] = set()
    for name, version in record.versions.items():
        features = set(version.provenance.get("features", ()))
        new, known = features - known if known else set(), known | features
        live = [each for each in record.routes if each.kind == ACTIVATED and each.subject == name]
        if new and live:
            took = Duration(max(live[0].at - version.as_of, 0))
            told = f"{', '.join(sorted(new)[:3])} answered {took} after its first training, in {name}"
            points = AUTOMATIC if live[0].body.get("by") == BY_LOOP else BY_HAND
            return Shown(points, told, f"trimtab history {record.called}")
    return missing(f"trimtab diff {record.called}", "no version with a new feature has answered yet")


def _code(record: OnRecord) -> Shown:
    command = f"trimtab parity {record.called}"
    if not record.parity:
        return missing(command, "what was served was not recomputed as a batch yet")
    values = sum(each.body["values"] for each in record.parity)
    differing = sum(each.body["differing"] for each in record.parity)
    told = f"{values:,} served values were recomputed by the other plan, {differing:,} differ"
    return Shown(AUTOMATIC if len(record.parity) > 1 else BY_HAND, told, command)


DATA = (
    Test(1, "feature expectations are captured in a schema", _schema),
    Test(2, "all features are beneficial", _beneficial),
    Test(3, "no feature's cost is too much", _cost),
    Test(4, "features adhere to meta-level requirements", _requirements),
    Test(5, "the data pipeline has appropriate privacy controls", _privacy),
    Test(6, "new features can be added quickly", _quickly),
    Test(7, "all input feature code is tested", _code),
)
