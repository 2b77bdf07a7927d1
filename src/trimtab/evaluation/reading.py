"""What a reader sees first: at most seven findings, those that ask for something before those that do not."""

from __future__ import annotations

from collections.abc import Iterable

from trimtab.finding import Finding, Severity, by_severity

FIRST = 7


def first_screen(findings: Iterable[Finding]) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """The findings to show at once, and the rest to unfold; both from worst to best.

    What could not run is told at once only where nothing worse is to be told: after ACT and WATCH, before INFO.

    >>> shown, folded = first_screen([Finding(str(n), Severity.INFO) for n in range(9)])
    >>> len(shown), len(folded)
    (7, 2)
    """
    ordered = by_severity(findings)
    telling = [each for each in ordered if each.severity is not Severity.OK]
    shown = tuple((telling or list(ordered))[:FIRST])
    return shown, tuple(each for each in ordered if not any(each is one for one in shown))


def verdict_of(findings: Iterable[Finding]) -> tuple[str, Severity]:
    """One sentence and the worst severity that was told by a check that ran.

    >>> verdict_of([Finding("all is well", Severity.OK)])
    ('Nothing stands against this candidate: 1 check ran.', <Severity.OK: 'OK'>)
    """
    ran = [each for each in findings if each.severity is not Severity.NOT_RUN]
    blocking = [each for each in ran if each.severity is Severity.ACT]
    watched = [each for each in ran if each.severity is Severity.WATCH]
    count = f"{len(ran)} check{'' if len(ran) == 1 else 's'} ran"
    if not ran:
        return "Nothing could be checked.", Severity.NOT_RUN
    if blocking:
        return f"Do not ship: {blocking[0].what} ({len(blocking)} of {len(ran)} checks block).", Severity.ACT
    if watched:
        return (
            f"Look before shipping: {watched[0].what} ({count}, {len(watched)} to look at).",
            Severity.WATCH,
        )
    return f"Nothing stands against this candidate: {count}.", Severity.OK
