"""Do labels come, in time and for as many requests as usual? Without them nothing else can be judged (book ch. 4, 8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from trimtab.finding import Finding, Severity
from trimtab.monitoring.usual import MARGIN, Days, Share, compare, percent, watched
from trimtab.units import Duration

FEWEST_OVERDUE = 10
"""Fewer requests without a label do not say that labels stopped."""


@dataclass(frozen=True)
class Labels:
    """Requests whose label is due, by the day on which it was: those without one, and those whose label came late.

    `lag` is what half and 95 of 100 labels usually take, microseconds, None where none ever came; late is more than
    the latter. `overdue` are requests of one day, asked at least twice that long ago (without labels twice
    `matures_after`): those without a label. `latest` is when a label last became known; `silence` is what no label
    counts as, None where such requests are left out; `pending` requests are not due yet.
    """

    matures_after: int
    missing: Days = field(default_factory=Days)
    late: Days = field(default_factory=Days)
    lag: tuple[int, int] | None = None
    overdue: Share = field(default_factory=Share)
    latest: int | None = None
    pending: int = 0
    silence: bool | float | str | None = None
    owner: str | None = None


def label_findings(labels: Labels | None, now: int) -> Iterator[Finding]:
    """What share of requests had a label when it was due, and whether labels come as soon as usual; at an instant.

    ACT when none comes any more; None of labels says that requests cannot be joined to any.
    """
    if labels is None:
        cause = "requests have no id by which a label could be joined"
        yield Finding("labels: not looked at", Severity.NOT_RUN, cause=cause)
    elif _stopped(labels):
        yield _no_labels(labels)
    elif not labels.missing.today.of:
        recently = " in 24 h" if labels.missing.held else ""
        cause = f"a label matures {Duration(labels.matures_after)} after its request; {labels.pending:,} wait"
        yield Finding(f"labels: no request matured{recently}", Severity.NOT_RUN, cause=cause)
    else:
        yield _label_share(labels, now)
    if labels is not None and not _stopped(labels):
        yield from _label_lag(labels, now)


def _stopped(labels: Labels) -> bool:
    """Whether requests that should long have had a label have none, beyond chance."""
    overdue, before = labels.overdue, sum(labels.missing.held, Share())
    if overdue.of < FEWEST_OVERDUE or overdue.count < overdue.of:
        return False
    if labels.lag is None:
        return labels.silence is None
    return overdue.bounds()[0] > before.bounds()[1]


def _no_labels(labels: Labels) -> Finding:
    lag = labels.matures_after if labels.lag is None else labels.lag[1]
    usually = "no label ever came" if labels.lag is None else f"95 of 100 usually come within {Duration(lag)}"
    return Finding(
        f"labels: none of {labels.overdue.of:,} requests asked {Duration(2 * lag)} ago has one; {usually}",
        Severity.ACT,
        labels.latest,
        1.0,
        labels.overdue.bounds(),
        cause="the ids of labels and requests differ" if labels.lag is None else "labels stopped",
        owner=labels.owner,
        action=f"ask {labels.owner or 'the owner of the labels'} why none came; nothing can be judged without",
        check_command="trimtab check SYSTEM",
        evidence=(("pending", labels.pending),),
    )


def _label_share(labels: Labels, now: int) -> Finding:
    """The finding of what share of the requests that matured in 24 hours had a label then."""
    today, change = labels.missing.today, compare(labels.missing, margin=MARGIN)
    usually = "" if change.usual is None else f" (usually {percent(1 - change.usual)})"
    counted = "" if labels.silence is None else f", the rest counts as {labels.silence}"
    what = f"labels: {percent(1 - today.rate)} of matured requests have one{usually}{counted}"
    found = watched(what, labels.missing, change, now)
    if change.usual is None:
        found = replace(found, severity=Severity.INFO)
    if change.worse:
        action = f"ask {labels.owner or 'the owner of the labels'} where they are"
        found = replace(found, owner=labels.owner, action=action, check_command="trimtab check SYSTEM")
    low, high = change.interval
    return replace(
        found,
        estimate=1 - today.rate,
        interval=(1 - high, 1 - low),
        evidence=(("requests looked at", today.of), ("pending", labels.pending)),
    )


def _label_lag(labels: Labels, now: int) -> Iterator[Finding]:
    if labels.lag is None or not labels.late.today.of:
        return
    half, most = map(Duration, labels.lag)
    change = compare(labels.late, margin=MARGIN)
    if change.worse:
        in_time, usually = percent(1 - labels.late.today.rate), percent(1 - (change.usual or 0.0))
        found = watched(
            f"labels are late: {in_time} came within {most}, usually {usually}", labels.late, change, now
        )
        action = f"ask {labels.owner or 'the owner of the labels'} what holds them up"
        yield replace(found, owner=labels.owner, action=action, check_command="trimtab check SYSTEM")
    else:
        what = f"label lag: half usually come within {half}, 95 of 100 within {most}"
        yield Finding(what, Severity.OK, estimate=most.microseconds / 1e6)
