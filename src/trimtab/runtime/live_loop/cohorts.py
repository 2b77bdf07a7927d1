"""Days of answers whose labels are mature, each put on record once: what was answered lost, and what shadows lost.

A day is read once, when it is ripe: all its labels had their time. What is kept of it are totals, which add up to the
evidence of any stage that lies in it, and weigh nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.declare.days import DAY, day_numbers, midnights
from trimtab.ports import Event, Ledger, Record
from trimtab.runtime.history import identity
from trimtab.runtime.live_loop.challenged import challenged_totals
from trimtab.runtime.live_loop.past import Past
from trimtab.runtime.live_loop.shadow_log import SHADOW, shadow_score
from trimtab.runtime.logged import PREDICTIONS, Logged, decode
from trimtab.stats import UnitTotals

COHORTS = "cohorts"
"""The journal of ripe days."""
CHUNK = 5_000

ALL = ""
"""The name of the slice that holds every row."""


@dataclass(frozen=True)
class Ripe:
    """Which days are ripe: local days [first, last), and where in each stream they begin."""

    first: int
    last: int
    read: Mapping[str, int]


def close_days(past: Past, *, served: bool, challenged: bool = False) -> None:
    """Put every ripe day on record that is not yet.

    `served` asks for the loss of what was answered, too, `challenged` for that of the challenger on the same requests.
    Without a shadow and when nobody asks for losses, a day costs a look at its answers and no label.
    """
    means = past.means
    ledger, zone = means.ledger, means.system.zone
    events = ledger.read_events(COHORTS)
    ripe = past.now - means.system.model.label.matures_after.microseconds
    last = int(day_numbers(np.array([ripe]), zone)[0])
    if not events:
        start = {name: ledger.frontier(name) for name in (PREDICTIONS, SHADOW)}
        today = int(day_numbers(np.array([past.now]), zone)[0])
        ledger.append_events(COHORTS, [Event(past.now, "begun", str(today), {"read": start})])
        return
    read, first = dict(events[-1].body["read"]), int(events[-1].subject) + (events[-1].kind == "day")
    for day in range(first, last):
        until = _midnight(day + 1, zone)
        answers, read[PREDICTIONS] = _answers(ledger, read[PREDICTIONS], until)
        shadows, read[SHADOW] = _shadows(ledger, read[SHADOW], until)
        body = {"read": dict(read), **_totals(past, answers, shadows, served=served)}
        if challenged and answers:
            rows = {one: row for one in answers if (row := row_of(past, answers[one])) is not None}
            body["challenged"] = challenged_totals(past, answers, rows)
        ledger.append_events(COHORTS, [Event(past.now, "day", str(day), body)])


def shadow_totals(
    ledger: Ledger, versions: Iterable[str], first_day: int, slice_: str = ALL
) -> tuple[UnitTotals, float]:
    """Totals by day of what some versions lost more, unseen, than what was answered; and the mean loss of answers.

    Days count from `first_day` on.
    """
    chosen, rows = set(versions), []
    for day, body in _days(ledger, first_day):
        for version, found in body["pairs"].items():
            if version in chosen and slice_ in found:
                rows.append((day, *found[slice_]))
    return _unit_totals(rows)


def slices_of(ledger: Ledger, versions: Iterable[str], first_day: int) -> tuple[str, ...]:
    """The slices that some versions were compared in."""
    chosen = set(versions)
    found = {
        name: None
        for _, body in _days(ledger, first_day)
        for version, totals in body["pairs"].items()
        if version in chosen
        for name in totals
        if name != ALL
    }
    return tuple(found)


def served_totals(ledger: Ledger, version: str, first_day: int) -> UnitTotals:
    """Totals by day of what a version's answers lost, and what the best constant answer lost: sums (u, 2)."""
    rows = [
        (day, *body["served"][version]) for day, body in _days(ledger, first_day) if version in body["served"]
    ]
    table = np.array(rows, np.float64).reshape(-1, 4)
    return UnitTotals(table[:, 0].astype(np.int64), table[:, 1:3], table[:, 3])


def challenged_days(ledger: Ledger, version: str, first_day: int) -> UnitTotals:
    """Totals by day of what a version's answers lost and what the challenger would have: sums (u, 4), metric then money.

    Money is NaN where the stakes price no outcome.
    """
    rows = [
        (day, *(math.nan if each is None else each for each in body["challenged"][version]))
        for day, body in _days(ledger, first_day)
        if version in body.get("challenged", {})
    ]
    table = np.array(rows, np.float64).reshape(-1, 6)
    return UnitTotals(table[:, 0].astype(np.int64), table[:, 1:5], table[:, 5])


def _days(ledger: Ledger, first_day: int) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for event in ledger.read_events(COHORTS):
        if event.kind == "day" and int(event.subject) >= first_day:
            yield int(event.subject), event.body


def _unit_totals(rows: list[tuple[float, ...]]) -> tuple[UnitTotals, float]:
    """Of (day, difference, answered, count): a day on which two versions of a recipe took turns is one unit."""
    table = np.array(rows, np.float64).reshape(-1, 4)
    unit, place = np.unique(table[:, 0].astype(np.int64), return_inverse=True)
    sums, answered, counts = (np.bincount(place, column, len(unit)) for column in table[:, 1:].T)
    mean = float(answered.sum() / counts.sum()) if len(unit) else math.nan
    return UnitTotals(unit, sums.astype(np.float64), counts.astype(np.float64)), mean


def _midnight(day: int, zone: str) -> int:
    """The instant at which a local day begins."""
    found = midnights((day - 1) * DAY, (day + 2) * DAY, zone)
    return int(found[day_numbers(found, zone) == day][0])


def _answers(ledger: Ledger, since: int, until: int) -> tuple[dict[str, Logged], int]:
    """What was answered by models from a place on until an instant, by id, and the place where that ends."""
    found, end = {}, since
    for sequence, record in _before(ledger, PREDICTIONS, since, until):
        logged, end = decode(record), sequence + 1
        if logged is not None and logged.served == "champion":
            found[record.id] = logged
    return found, end


def _shadows(ledger: Ledger, since: int, until: int) -> tuple[dict[str, dict[str, Any]], int]:
    """The shadow scores from a place on until an instant, by version and prediction, and where that ends."""
    found: dict[str, dict[str, Any]] = {}
    end = since
    for sequence, record in _before(ledger, SHADOW, since, until):
        shadowed, end = shadow_score(record), sequence + 1
        if shadowed is not None and shadowed.score is not None:
            found.setdefault(shadowed.version, {})[shadowed.prediction] = shadowed.score
    return found, end


def _before(ledger: Ledger, stream: str, since: int, until: int) -> Iterator[tuple[int, Record]]:
    frontier = ledger.frontier(stream)
    for start in range(since, frontier, CHUNK):
        for sequence, record in ledger.read_records(stream, since=start, until=min(start + CHUNK, frontier)):
            if record.at >= until:
                return
            yield sequence, record


def _totals(
    past: Past, answers: Mapping[str, Logged], shadows: Mapping[str, Mapping[str, Any]], *, served: bool
) -> dict[str, Any]:
    paired = {version: [one for one in found if one in answers] for version, found in shadows.items()}
    if not any(paired.values()) and not (served and answers):
        return {"pairs": {}, "served": {}}
    rows = {one: row for one in answers if (row := row_of(past, answers[one])) is not None}
    pairs = {
        version: _pair(past, rows, answers, shadows[version], ids)
        for version, found in paired.items()
        if (ids := [one for one in found if one in rows])
    }
    return {"pairs": pairs, "served": _served(past, rows, answers) if served else {}}


def row_of(past: Past, logged: Logged) -> int | None:
    """The row of a request in the past, None while its label is not mature."""
    row = past.places.get(tuple(logged.request.get(name) for name in identity(past.means.system)))
    return row if row is not None and bool(past.view.mature[row]) else None


def _pair(
    past: Past,
    rows: Mapping[str, int],
    answers: Mapping[str, Logged],
    scores: Mapping[str, Any],
    ids: list[str],
) -> dict[str, list[float]]:
    """By slice: the sum of shadow - answered, the sum of answered, and the count."""
    places = np.array([rows[one] for one in ids])
    answered = past.losses(places, np.array([answers[one].score for one in ids]))
    difference = past.losses(places, np.array([scores[one] for one in ids])) - answered
    slices: dict[str, NDArray[np.bool_]] = {ALL: np.ones(len(ids), np.bool_)}
    slices |= past.slices(places, past.means.system.watch.slices)
    return {
        name: [float(difference[mine].sum()), float(answered[mine].sum()), float(mine.sum())]
        for name, mine in slices.items()
    }


def _served(past: Past, rows: Mapping[str, int], answers: Mapping[str, Logged]) -> dict[str, list[float]]:
    """By version: the sum of its losses, that of the best constant answer, and the count."""
    found = {}
    for version in dict.fromkeys(answers[one].version for one in rows):
        ids = [one for one in rows if answers[one].version == version]
        places = np.array([rows[one] for one in ids])
        loss = past.losses(places, np.array([answers[one].score for one in ids]))
        found[version] = [float(loss.sum()), float(past.constant(places).sum()), float(len(ids))]
    return found
