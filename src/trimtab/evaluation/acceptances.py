"""Findings that a person takes on for a while: by whom, why, until when, and which later findings that covers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from trimtab.errors import UsageError, nearest
from trimtab.finding import Finding, Severity

ACCEPTABLE = (Severity.WATCH, Severity.ACT)
"""What was not checked cannot be accepted: missing evidence never promotes."""

_FIGURE = re.compile(r"[-+\u2212±]?\d[\d,.]*(e[-+]?\d+)?")


@dataclass(frozen=True)
class Acceptance:
    """Who accepts a finding of this name, up to which severity, why, and from when to when (epoch microseconds)."""

    name: str
    severity: Severity
    by: str
    reason: str
    at: int
    until: int

    def covers(self, finding: Finding, now: int) -> bool:
        """Whether it holds for a finding as of `now`; for a worse one it never does."""
        known = self.at <= now < self.until and finding.severity <= self.severity
        return known and self.name == name_of(finding.what)


def name_of(what: str) -> str:
    """The name of a finding, made of its sentence: without figures, but with those that say which rows it is about.

    >>> name_of("2 of 3 golden rows are answered wrongly")
    'of-golden-rows-are-answered-wrongly'
    >>> name_of("weak slice: the model loses more than it expects where wind is above 12.5")
    'weak-slice-the-model-loses-more-than-it-expects-where-wind-is-above-12-5'
    """
    told, where, which = what.partition(" where ")
    words = [word for word in told.split() if not _FIGURE.fullmatch(word.strip("%,.:;()[]"))]
    text = "".join(letter if letter.isalnum() else " " for letter in f"{' '.join(words)}{where}{which}")
    return "-".join(text.lower().split())


def named(findings: Iterable[Finding], given: str) -> Finding:
    """The one finding that a person means by its sentence, its name, or the beginning of either.

    Raises UsageError where there is none, several, or one that needs no acceptance.

    >>> named([Finding("the candidate is worse in shop=north", Severity.ACT)], "the candidate is").severity
    <Severity.ACT: 'ACT'>
    """
    known = {name_of(each.what): each for each in findings}
    wanted = name_of(given)
    fitting = [wanted] if wanted in known else [each for each in known if wanted and each.startswith(wanted)]
    asking = [name for name, each in known.items() if each.severity in ACCEPTABLE]
    if len(fitting) != 1:
        several = "several findings begin" if fitting else "no finding on record begins"
        raise UsageError(
            f"{several} with {given!r}",
            found="; ".join(fitting or asking) or "no finding that asks for anything",
            nearest=nearest(wanted, known),
            do="name one of them, or evaluate first",
        )
    finding = known[fitting[0]]
    if finding.severity not in ACCEPTABLE:
        missing = finding.severity is Severity.NOT_RUN
        raise UsageError(
            f"{finding.what!r} cannot be accepted",
            found=str(finding.severity),
            do="have it checked: missing evidence never promotes" if missing else "it asks for nothing",
        )
    return finding


def settled(findings: Iterable[Finding], acceptances: Sequence[Acceptance], now: int) -> tuple[Finding, ...]:
    """The findings as of `now`; an accepted one is INFO, and says who accepted it until when.

    >>> weak = Finding("no skill is shown", Severity.ACT)
    >>> taken = Acceptance("no-skill-is-shown", Severity.ACT, "Ann", "a pilot", at=0, until=86_400_000_000)
    >>> [(str(each.severity), each.what) for each in settled([weak], [taken], now=5)]
    [('INFO', 'no skill is shown (accepted by Ann until 1970-01-02)')]
    >>> settled([weak], [taken], now=86_400_000_000) == (weak,)
    True
    """
    return tuple(_settled(each, acceptances, now) for each in findings)


def _settled(finding: Finding, acceptances: Sequence[Acceptance], now: int) -> Finding:
    if finding.severity not in ACCEPTABLE:
        return finding
    taken = next((each for each in reversed(acceptances) if each.covers(finding, now)), None)
    if taken is None:
        return finding
    told = (("without the acceptance", str(finding.severity)), ("accepted because", taken.reason))
    what = f"{finding.what} (accepted by {taken.by} until {day(taken.until)})"
    return replace(finding, what=what, severity=Severity.INFO, evidence=(*finding.evidence, *told))


def day(instant: int) -> str:
    """The day of an instant, UTC.

    >>> day(0)
    '1970-01-01'
    """
    return str(np.datetime64(instant, "us").astype("datetime64[D]"))
