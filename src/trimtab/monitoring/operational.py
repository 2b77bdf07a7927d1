"""What goes on beside the model, as verdicts: answers, fallbacks, labels, sources, and what was served (book ch. 8)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from trimtab.finding import Finding, Severity
from trimtab.monitoring.label_arrivals import Labels, label_findings
from trimtab.monitoring.usual import CHANCE, FEWEST_DAYS, MARGIN, Days, Share, compare, watched
from trimtab.monitoring.volume import Flow, check_silence
from trimtab.units import Duration, minutes

DAY = 86_400_000_000
HOUR = DAY // 24

FEWEST_CALLS = 3
"""Fewer failed calls in a row are no outage."""

SHORTEST_SILENCE = minutes(10).microseconds
"""Any source may be silent for so long: files are looked at once a minute, and servers are restarted."""

SMALL = 0.001
"""What a share of failed calls or fallbacks may be worse by without being worth a line."""

STALE_PARITY = 2 * DAY
"""An older sample says nothing of what is served now; a running server takes one an hour."""

MOST_DROPPED = 0.01
"""A larger share of shadow scores that are dropped is worth a line."""

MOST = 0.5
"""A larger share of fallbacks is breakage: the model hardly answers."""


@dataclass(frozen=True)
class Answers:
    """Calls for predictions: those that failed, also in the last hour, and those slower than 99 of 100 usually are.

    `p99` and `usual_p99` are microseconds, None where no call was timed; infinity is longer than is measured.
    """

    failed: Days = field(default_factory=Days)
    failed_hour: Share = field(default_factory=Share)
    slow: Days = field(default_factory=Days)
    p99: float | None = None
    usual_p99: float | None = None


@dataclass(frozen=True)
class Served:
    """Answers looked at: those of the fallback, those that the online store was behind for, nulls by feature.

    `causes` counts today's fallbacks by what failed; `lag` is what 99 of 100 answers of today were at most behind,
    microseconds; `owners` says who owns the source of a feature; `of` is how many answers of today there were.
    """

    fallbacks: Days = field(default_factory=Days)
    fallbacks_hour: Share = field(default_factory=Share)
    causes: Mapping[str, int] = field(default_factory=dict)
    behind: Days = field(default_factory=Days)
    lag: float = 0.0
    nulls: Mapping[str, Days] = field(default_factory=dict)
    owners: Mapping[str, str | None] = field(default_factory=dict)
    of: int = 0


@dataclass(frozen=True)
class Unseen:
    """Scores of versions that answer nobody, in 24 hours: offered, dropped, and failed.

    `late` is what 99 of 100 took at most from the answer to the record, microseconds, None where none is on record.
    """

    offered: int = 0
    dropped: int = 0
    failed: int = 0
    late: float | None = None


@dataclass(frozen=True)
class SourceFlow:
    """When a source's last fact became known, epoch microseconds, and what its flow usually is, None where not known.

    `live` says whether it has brought anything since its history was taken in.
    """

    name: str
    latest: int | None = None
    flow: Flow | None = None
    live: bool = True
    owner: str | None = None


@dataclass(frozen=True)
class ParitySample:
    """How many sampled feature values were compared with the batch plan at an instant, and how many differ."""

    at: int
    values: int
    differing: int


@dataclass(frozen=True)
class Operations:
    """The numbers of one instant, epoch microseconds; None is not known. `champion` is its name and what it knows."""

    now: int
    answers: Answers = Answers()
    served: Served = Served()
    labels: Labels | None = None
    parity: ParitySample | None = None
    champion: tuple[str, int] | None = None
    sources: tuple[SourceFlow, ...] = ()
    unseen: Unseen = Unseen()


def operational_findings(operations: Operations) -> tuple[Finding, ...]:
    """At most one finding for each matter, in the order of the path of a request.

    WATCH is a degradation that neither chance nor the weekday explains; ACT only what is broken: no answers, more
    than half of them fallbacks, no labels, a source that stopped, served features that differ from the batch plan.
    """
    return tuple(finding for check in _CHECKS for finding in check(operations))


def _answers(operations: Operations) -> Iterator[Finding]:
    answers, now = operations.answers, operations.now
    failed, change = answers.failed, compare(answers.failed, margin=SMALL)
    if not failed.today.of:
        yield _no_calls(failed)
        return
    for calls, length in ((answers.failed_hour, HOUR), (failed.today, DAY)):
        if calls.of >= FEWEST_CALLS and calls.count == calls.of:
            what = f"answers: none of the {calls.of:,} calls of the last {Duration(length)} got one"
            action = "look at what the server logs, and restart it"
            yield Finding(what, Severity.ACT, now - length, 1.0, calls.bounds(), action=action)
            return
    what = f"answers: {failed.today.of:,} in 24 h, {failed.today.count:,} failed"
    if change.worse:
        what = f"{what} ({failed.today}{change.usually})"
        action = "look at what the server logs of calls with a status from 500 on"
        yield replace(watched(what, failed, change, now), action=action)
        return
    known = change.usual is not None or not failed.today.count
    quick = "" if answers.p99 is None else f", 99 of 100 within {_length(answers.p99)}"
    severity = Severity.OK if known else Severity.INFO
    yield Finding(what + quick, severity, estimate=failed.today.rate, interval=change.interval)


def _no_calls(failed: Days) -> Finding:
    held = failed.held
    what = "answers: no call came in 24 h"
    if len(held) < FEWEST_DAYS or len(held) < len(failed.before):
        return Finding(what, Severity.NOT_RUN, cause="without calls nothing is measured")
    action = "ask the callers, and see whether the server runs"
    return Finding(f"{what}, on each of {len(held)} days before some did", Severity.WATCH, action=action)


def _slow(operations: Operations) -> Iterator[Finding]:
    answers = operations.answers
    change = compare(answers.slow, margin=MARGIN)
    if change.worse and answers.p99 is not None and answers.usual_p99 is not None:
        what = f"slow answers: 99 of 100 within {_length(answers.p99)}, usually {_length(answers.usual_p99)}"
        found = watched(what, answers.slow, change, operations.now)
        yield replace(found, action="find out which requests are slow, or what else the machine does")


def _fallbacks(operations: Operations) -> Iterator[Finding]:
    served, now = operations.served, operations.now
    today, change = served.fallbacks.today, compare(served.fallbacks, margin=SMALL)
    if not today.of:
        what = "fallbacks, nulls and lag: no answer of 24 h to look at"
        yield Finding(what, Severity.NOT_RUN, cause="nothing was predicted")
        return
    found = watched(f"fallbacks: {today} of answers{change.usually}", served.fallbacks, change, now)
    storms = ((served.fallbacks_hour, HOUR), (today, DAY))
    storm = next(((share, length) for share, length in storms if share.of and share.bounds()[0] > MOST), None)
    if storm is not None:
        share, length = storm
        what = f"fallbacks: {share} of the answers of the last {Duration(length)}{change.usually}"
        found = replace(found, what=what, severity=Severity.ACT, since=found.since or now - length)
    elif change.usual is None and today.count:
        found = replace(found, severity=Severity.INFO)
    yield _explained(found, served)


def _explained(found: Finding, served: Served) -> Finding:
    """The finding with what failed, commonest first, and how many answers it was told from."""
    causes = sorted(served.causes.items(), key=lambda item: -item[1])
    looked_at = served.fallbacks.today.of
    return replace(
        found,
        cause=", ".join(f"{cause} {count / looked_at:.1%}" for cause, count in causes) or None,
        action="trimtab_failures_total in /metrics names the error"
        if found.severity >= Severity.WATCH
        else None,
        evidence=(("answers looked at", looked_at), ("of", served.of)),
    )


def _behind(operations: Operations) -> Iterator[Finding]:
    served = operations.served
    if not served.behind.today.of:
        return
    change = compare(served.behind, margin=MARGIN)
    lag = f"at most {_length(served.lag)}" if served.lag else "not"
    what = f"online store: 99 of 100 answers were {lag} behind the record"
    if change.worse or served.behind.today.bounds()[0] > MOST:  # a store that always lags is not well either
        found = replace(watched(what, served.behind, change, operations.now), severity=Severity.WATCH)
        yield replace(found, action="see what failed beside the requests, and restart the server")
    else:
        yield Finding(what, Severity.OK, estimate=served.lag / 1e6)


def _unseen(operations: Operations) -> Iterator[Finding]:
    """Scores of versions in shadow, where any were asked for; what is dropped is missing from their evidence."""
    unseen = operations.unseen
    if not unseen.offered:
        return
    share = unseen.dropped / unseen.offered
    quick = "" if unseen.late is None else f", 99 of 100 on record within {_length(unseen.late)}"
    counts = f"{unseen.offered:,} in 24 h, {unseen.dropped:,} dropped, {unseen.failed:,} failed"
    found = Finding(f"shadow scores: {counts}{quick}", Severity.OK, estimate=share)
    if share <= MOST_DROPPED:
        yield found
        return
    cause = "requests come quicker than versions in shadow score them, or their scores cannot be written"
    action = "give the server more cores or a quicker disk, or have fewer versions score unseen"
    yield replace(found, severity=Severity.WATCH, cause=cause, action=action)


def _nulls(operations: Operations) -> Iterator[Finding]:
    served = operations.served
    looked_at = {name: days for name, days in served.nulls.items() if days.today.of}
    if not looked_at:
        return
    chance = CHANCE / len(looked_at)  # so that many features are as quiet as one
    changes = {name: compare(days, margin=MARGIN, chance=chance) for name, days in looked_at.items()}
    worse = [name for name, change in changes.items() if change.worse]
    for name in worse:
        what = f"nulls: {name} is null in {looked_at[name].today} of answers{changes[name].usually}"
        found = watched(what, looked_at[name], changes[name], operations.now)
        yield replace(found, owner=served.owners.get(name), check_command="trimtab parity SYSTEM")
    unknown = all(change.usual is None for change in changes.values())
    if unknown:
        cause = f"fewer than {FEWEST_DAYS} days of answers"
        yield Finding("nulls: what is usual is not known yet", Severity.NOT_RUN, cause=cause)
    elif not worse:
        yield Finding(f"nulls: none of {len(looked_at):,} features has more than usual", Severity.OK)


def _labels(operations: Operations) -> Iterator[Finding]:
    yield from label_findings(operations.labels, operations.now)


def _parity(operations: Operations) -> Iterator[Finding]:
    latest = operations.parity
    cause = "a running server samples what it served once an hour"
    if latest is None:
        yield Finding("parity of served features was not sampled", Severity.NOT_RUN, cause=cause)
    elif latest.differing:
        yield Finding(
            f"{latest.differing:,} of {latest.values:,} served feature values differ from the batch plan",
            Severity.ACT,
            since=latest.at,
            action="trimtab parity names the features and the predictions",
            check_command="trimtab parity SYSTEM",
        )
    elif operations.now - latest.at > STALE_PARITY:
        ago = Duration(operations.now - latest.at)
        yield Finding(f"parity was last sampled {ago} ago", Severity.NOT_RUN, latest.at, cause=cause)
    else:
        what = f"parity: 0 of {latest.values:,} sampled values differ from the batch plan"
        yield Finding(what, Severity.OK, since=latest.at)


def _age(operations: Operations) -> Iterator[Finding]:
    if operations.champion is not None:
        name, as_of = operations.champion
        age = Duration(operations.now - as_of)
        yield Finding(
            f"champion: what {name} knows is {age} old", Severity.INFO, estimate=age.microseconds / 1e6
        )


def _sources(operations: Operations) -> Iterator[Finding]:
    known = [each for each in operations.sources if each.latest is not None and each.flow is not None]
    unknown = [each.name for each in operations.sources if each not in known]
    silent = [found for each in known for found in _silence(each, operations.now)]
    yield from silent
    if unknown:
        what = f"sources: how often {', '.join(unknown)} bring facts is not known yet"
        yield Finding(what, Severity.NOT_RUN, cause=f"too few facts, or of fewer than {FEWEST_DAYS} days")
    if known and not silent:
        yield Finding(f"sources: {', '.join(each.name for each in known)} bring facts", Severity.OK)


def _silence(source: SourceFlow, now: int) -> Iterator[Finding]:
    if source.latest is None or source.flow is None:
        return
    flow = replace(source.flow, silence=max(source.flow.silence, SHORTEST_SILENCE))
    found = check_silence(source.name, flow, source.latest, now, owner=source.owner)
    if found is None:
        return
    if not source.live:  # nothing broke that ever worked
        cause = f"nothing of {source.name} has come since its history was taken in"
        found = replace(found, severity=Severity.WATCH, cause=cause)
    yield found


def _length(microseconds: float) -> str:
    return "more than is measured" if math.isinf(microseconds) else str(Duration(round(microseconds)))


_CHECKS: tuple[Callable[[Operations], Iterator[Finding]], ...] = (
    _answers,
    _slow,
    _fallbacks,
    _behind,
    _unseen,
    _nulls,
    _parity,
    _labels,
    _sources,
    _age,
)
