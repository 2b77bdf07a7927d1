"""Tests for monitoring."""

from __future__ import annotations

from trimtab.evaluation.acceptances import day
from trimtab.runtime.auditing.record import OnRecord
from trimtab.runtime.auditing.score.shown import (
    AUTOMATIC,
    BY_HAND,
    OWN,
    Shown,
    Test,
    by_evaluation,
    missing,
    ran,
    worst,
)
from trimtab.units import Duration, days

DAYS = 2
"""Days with measured calls that show a trend at all."""


def _notified(record: OnRecord) -> Shown:
    """An incident that named the owner of a source, given over to a sink."""
    owners = {source.owner for source in record.system.sources if source.owner}
    told = [one for one in record.incidents if set(one.owners) & owners]
    if told and record.delivered:
        last = told[-1]
        words = f"{last.id} named {', '.join(last.owners)}; {len(record.delivered)} notices were given over"
        return Shown(AUTOMATIC, words, f"trimtab watch {record.called}")
    why = "no notice of a source's change reached its owner yet"
    return missing(f"trimtab send-test {record.called}", why)


def _invariants(record: OnRecord) -> Shown:
    command = f"trimtab watch {record.called}"
    if record.windows:
        told = f"the inputs of {record.windows} windows were held against those of the accepted rows"
        return Shown(AUTOMATIC, told, command)
    return missing(command, "no window of requests was watched yet")


def _skew(record: OnRecord) -> Shown:
    command = f"trimtab parity {record.called}"
    if not record.parity:
        return missing(command, "served features were not compared with a batch yet")
    last = record.parity[-1]
    told = (
        f"{len(record.parity)} samples of served features were recomputed as a batch, the last on {day(last.at)}: "
        f"{last.body['differing']:,} of {last.body['values']:,} values differ"
    )
    return Shown(AUTOMATIC if len(record.parity) > 1 else BY_HAND, told, command)


def _fresh(record: OnRecord) -> Shown:
    newest, requires = record.newest, record.system.requires
    limit = None if requires is None else requires.staleness
    trained = [each for each in record.decided if each.body["kind"] == "train"]
    if newest is not None and trained:
        age = Duration(record.at - newest.as_of) // days(1)
        told = f"the loop ordered {len(trained)} trainings; {newest.name} knew what was known {age} days ago"
        more = f", {limit} are allowed" if limit else "; no limit is declared"
        return Shown(AUTOMATIC if limit else BY_HAND, told + more, f"trimtab status {record.called}")
    replayed = _replayed(record, "trained")
    if replayed:
        told = f"the replay trained {replayed} times by the declared policy, the first model included"
        return Shown(BY_HAND, told, f"trimtab replay {record.called}")
    return missing(f"trimtab loop {record.called} --once", "no training was ordered by the loop yet")


def _stable(record: OnRecord) -> Shown:
    """A predictor that answers NaN is refused wherever it is asked; what is looked for is that somebody asked."""
    found = by_evaluation(
        record, lambda body: worst([each for each in ran(body, "contracts") if "finite" in each["what"]])
    )
    if record.windows and found.points:
        told = f"{found.told}; the scores of {record.windows} windows were watched since"
        return Shown(AUTOMATIC, told, found.command)
    return found


def _speed(record: OnRecord) -> Shown:
    measured = {day(each.at) for each in record.calls}
    if len(measured) >= DAYS:
        told = f"the latency of calls was measured on {len(measured)} days"
        return Shown(AUTOMATIC, told, f"trimtab status {record.called}")
    timed = [
        f"{name} {took:,.0f} µs"
        for name, version in record.versions.items()
        if (took := version.provenance.get("microseconds")) is not None
    ]
    if len(timed) > 1:
        told = f"one row was timed with each version: {', '.join(timed[-3:])}"
        return Shown(BY_HAND, told, f"trimtab history {record.called}")
    return missing(f"trimtab serve {record.called}", "no trend of latency is on record yet")


def _quality(record: OnRecord) -> Shown:
    if record.matured:
        told = f"the labels of {record.matured} windows were held against what the accepted rows lost"
        return Shown(AUTOMATIC, told, f"trimtab watch {record.called}")
    watched = 0 if record.replay is None else len({each.at for each in record.replay.watched})
    if watched:
        told = f"the monitors watched {watched} days of history, {_replayed(record, 'paged')} pages"
        return Shown(BY_HAND, told, f"trimtab replay {record.called}")
    why = "no answer with a label was watched yet"
    return missing(f"trimtab watch {record.called}", why)


def _replayed(record: OnRecord, kind: str) -> int:
    """How often something happened to the system's own policy in the replay."""
    happened = () if record.replay is None else record.replay.happened
    return sum(each.kind == kind and each.subject == OWN for each in happened)


MONITORING = (
    Test(1, "dependency changes result in a notification", _notified),
    Test(2, "data invariants hold for inputs", _invariants),
    Test(3, "training and serving are not skewed", _skew),
    Test(4, "models are not too stale", _fresh),
    Test(5, "models are numerically stable", _stable),
    Test(6, "computing performance has not regressed", _speed),
    Test(7, "prediction quality has not regressed on served data", _quality),
)
