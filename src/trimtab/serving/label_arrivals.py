"""Whether labels come for what was served: requests drawn from the record, and when the label of each became known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from trimtab.declare.system import System
from trimtab.monitoring.label_arrivals import Labels
from trimtab.monitoring.usual import DAY, Days, Share
from trimtab.ports import Ledger, Record
from trimtab.runtime.history import ROW_NUMBER, identity
from trimtab.runtime.logged import decode
from trimtab.serving.known_labels import Asked, Known, KnownLabels
from trimtab.serving.timeline import Timeline

BEFORE = 28 * DAY
"""How far back is looked for what is usual."""

SAMPLE = 3_000
"""Requests in one sample; at most four are drawn."""

QUANTILES = (0.5, 0.95)


def label_arrivals(system: System, ledger: Ledger, served: Timeline[Record], now: int) -> Labels | None:
    """How labels of served requests arrive, at an instant; None where requests have no id to join them by."""
    if ROW_NUMBER in identity(system):
        return None
    label, drawn = system.model.label, _Drawn(identity(system), KnownLabels(system, ledger, now), served, now)
    due = label.matures_after.microseconds
    before, today = drawn.asked(due + DAY, BEFORE), drawn.asked(due, DAY)
    known = drawn.labels.of([*before, *today])
    lag = _lag(before, known) or _lag(today, known)
    return Labels(
        due,
        missing=drawn.without([*before, *today], known, due),
        late=Days() if lag is None else drawn.late(before, known, lag[1]),
        lag=lag,
        overdue=drawn.overdue(2 * (due if lag is None else lag[1])),
        latest=max(known.at.values(), default=None),
        pending=served.frontier - served.first_since(now - due + 1),
        silence=label.silence,
        owner=", ".join(dict.fromkeys(arm.owner for arm, _ in label.arms if arm.owner)) or None,
    )


@dataclass(frozen=True)
class _Drawn:
    """Requests that were answered some time before an instant, and what is known of their labels at it."""

    names: tuple[str, ...]
    labels: KnownLabels
    served: Timeline[Record]
    now: int

    def asked(self, ago: int, length: int) -> list[Asked]:
        """A sample of what was asked in a stretch of time that ended so long ago."""
        until = self.now - ago + 1
        found = []
        for _, at, record in self.served.between(until - length, until, SAMPLE):
            logged = decode(record)
            if logged is not None:
                who = tuple(logged.request.get(name) for name in self.names)
                found.append(Asked(who, max(logged.at, at), at))
        return [one for one in found if None not in one.who]

    def without(self, asked: Iterable[Asked], known: Known, wait: int) -> Days:
        """Requests that had no label when they had waited so long, by the day on which that was."""
        ends = [(one.at + wait, known.at.get(one.who)) for one in asked if one.who not in known.untold]
        cases = ((end, at is None or at > end, 1) for end, at in ends if end <= self.now)
        return Days.of(cases, self.now)

    def late(self, before: list[Asked], known: Known, lag: int) -> Days:
        """Requests that had no label when labels usually have come, in 24 hours and in the days before."""
        lately = self.asked(lag, DAY)
        recent = self.without(lately, self.labels.of(lately), lag)
        return Days(recent.today, self.without(before, known, lag).before)

    def overdue(self, wait: int) -> Share:
        """Requests without any label among those that had waited so long within the last 24 hours."""
        lately = self.asked(wait, DAY)
        known = self.labels.of(lately)
        told = [one for one in lately if one.who not in known.untold and one.at + wait <= self.now]
        return Share(sum(one.who not in known.at for one in told), len(told))


def _lag(asked: list[Asked], known: Known) -> tuple[int, int] | None:
    """What half and 95 of 100 labels took, microseconds; None without labels."""
    delays = [max(known.at[one.who] - one.at, 0) for one in asked if one.who in known.at]
    if not delays:
        return None
    half, most = np.quantile(delays, QUANTILES, method="higher").tolist()
    return half, most
