"""Models of challengers that nothing can ask any more are deleted, so that the store does not grow with the weeks.

What goes is on record before it is deleted; what a crash left behind is deleted by the next turn. Models of versions stay:
a person may promote, evaluate or explain any of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

import numpy as np

from trimtab.declare.days import day_numbers
from trimtab.errors import ArtifactError
from trimtab.ports import Event, Ledger
from trimtab.runtime.live_loop.carrying import stored_versions
from trimtab.runtime.live_loop.challenging import EVERY, Challenger, challengers, reads_challenger
from trimtab.runtime.live_loop.cohorts import COHORTS
from trimtab.runtime.live_loop.means import Means
from trimtab.runtime.watching.windows import WINDOW, WINDOWS

DROPPED = "dropped"
"""The journal of models that were deleted; the subject is the challenger, `by` the one that stands for it now."""


def drop_challengers(means: Means, now: int) -> None:
    """Delete the model of each challenger that no answer will be compared with any more.

    A newer one has to stand for it, and whatever was answered until a week after that one came has to be compared: by the
    monitors, and by the loop where a trigger asks it to. A challenger that the monitors never asked is kept.
    """
    ledger = means.ledger
    known = {event.subject for event in ledger.read_events(DROPPED)}
    left = [each for each in challengers(ledger) if each.version.name not in known]
    pairs = [pair for pair in _replaced(left) if _ripe(means, pair[1]) <= now]
    if pairs:
        compared = _compared_until(ledger)
        closed = _closed_until(ledger) if reads_challenger(means.system.retrain) else None
        gone = [
            Event(
                now, DROPPED, one.version.name, {"artifact": one.version.artifact, "by": other.version.name}
            )
            for one, other in pairs
            if _until(other) <= compared and (closed is None or _day(means, _until(other)) <= closed)
        ]
        if gone:
            ledger.append_events(DROPPED, gone)
    _delete(means)


def _replaced(left: Sequence[Challenger]) -> Iterator[tuple[Challenger, Challenger]]:
    """Each challenger with the first later one that can be asked wherever it could."""
    for place, one in enumerate(left):
        other = next((each for each in left[place + 1 :] if _stands_for(each, one)), None)
        if other is not None:
            yield one, other


def _stands_for(other: Challenger, one: Challenger) -> bool:
    """Whether every version that can be compared with the one can be with the other."""
    mine, theirs = one.version.provenance, other.version.provenance
    same = all(mine[key] == theirs[key] for key in ("task", "classes"))
    return same and set(theirs["features"]) <= set(mine["features"])


def _until(challenger: Challenger) -> int:
    """A week after it came: an answer may look back a while, since its features hold at the time it was asked for."""
    return challenger.since + EVERY.microseconds


def _ripe(means: Means, challenger: Challenger) -> int:
    return _until(challenger) + means.system.model.label.matures_after.microseconds


def _compared_until(ledger: Ledger) -> int:
    """The instant before which the monitors have seen every answer with its label; 0 where they saw none."""
    windows = [event.body for event in ledger.read_events(WINDOWS) if event.kind == WINDOW]
    if not windows:
        return 0
    end = windows[-1]["stop"]
    return int(min((each["start"] for each in windows if each.get("ripe_at", end) > end), default=end))


def _closed_until(ledger: Ledger) -> int:
    """The last day that the loop has compared."""
    frontier = ledger.frontier(COHORTS)
    last = ledger.read_events(COHORTS, since=max(frontier - 1, 0))
    return next((int(event.subject) - (event.kind != "day") for event in last), -1)


def _day(means: Means, at: int) -> int:
    return int(day_numbers(np.array([at]), means.system.zone)[0])


def _delete(means: Means) -> None:
    """Delete what is on record as dropped, unless another model has the same bytes."""
    dropped = means.ledger.read_events(DROPPED)
    there = [event for event in dropped if event.body["artifact"] in means.blobs]
    if not there:
        return
    names = {event.subject for event in dropped}
    used = {each.version.artifact for each in challengers(means.ledger) if each.version.name not in names}
    used |= {version.artifact for version in stored_versions(means.ledger).values()}
    for event in there:
        if event.body["artifact"] not in used:
            with suppress(ArtifactError):  # the next turn tries again
                means.blobs.remove(event.body["artifact"])
