"""One pass over a served system: every window that has ended is closed, in order, and taken in by the monitors.

What a pass decides depends on the record alone, never on when it runs: a late pass closes window after window as it
would have been closed in time. Each window is one event; a crash between two loses nothing, and the next pass goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from threadpoolctl import threadpool_limits

from trimtab.declare.days import DAY, midnights
from trimtab.declare.system import System
from trimtab.errors import DataError
from trimtab.monitoring.explaining import About
from trimtab.monitoring.observed import Observed
from trimtab.monitoring.reference import Reference, accept
from trimtab.monitoring.summary import summarise_inputs, summarise_outcomes
from trimtab.ports import Blobs, Engine, Event, Ledger
from trimtab.runtime.history import resolve_features
from trimtab.runtime.intake import recorded_kinds
from trimtab.runtime.live_loop.challenging import wants_challenger
from trimtab.runtime.watching.answered import noted_answers
from trimtab.runtime.watching.caching import kept
from trimtab.runtime.watching.challenger import Comparing, Load
from trimtab.runtime.watching.declared import about, options_of
from trimtab.runtime.watching.figures import FIGURES, folded_figures
from trimtab.runtime.watching.packing import options_of_json, options_to_json
from trimtab.runtime.watching.reference_rows import MOST_ROWS, REFERENCE, evenly, of_parquet, to_parquet
from trimtab.runtime.watching.served_rows import Answers, Labels, Served, answers
from trimtab.runtime.watching.telling import latest_verdicts
from trimtab.runtime.watching.windows import (
    WINDOWS,
    Folded,
    Terms,
    Waiting,
    fold,
    ripe,
    window_event,
)
from trimtab.units import minutes

GRACE = minutes(2)
"""How long after its end a window is closed: an answer is on record a moment after its time."""

GROWING = 7
"""After so many windows a reference that began at a "benign" is made again while it has too few outcomes."""

UNCOMPARED = "matured answers that no challenger was there for"
"""What is left out of a comparison, and counted."""

VERSIONS = "versions"


@dataclass(frozen=True)
class Place:
    """A served system as a pass reads it; `check_command` and `train_command` are what pages tell people to run."""

    system: System
    ledger: Ledger
    blobs: Blobs
    engine: Callable[[], Engine]
    load: Load
    served: Served
    check_command: str | None = None
    train_command: str | None = None


@dataclass(frozen=True)
class Stored:
    """The versions on record: what each was made from, by name, and which answered from when on."""

    bodies: Mapping[str, Mapping[str, Any]]
    activated: tuple[tuple[int, str], ...]

    def answering(self, before: int) -> tuple[int, str] | None:
        """The version that was activated last before an instant, and when."""
        return next((each for each in reversed(self.activated) if each[0] < before), None)

    def line(self, name: str) -> str:
        """What versions whose evidence goes on have in common."""
        body = self.bodies[name]
        return str(body.get("recipe", body["declaration"]))

    def of_line(self, line: str, before: int) -> frozenset[str]:
        """The versions of a line that answered before an instant."""
        return frozenset(name for at, name in self.activated if at < before and self.line(name) == line)


def stored_versions(ledger: Ledger) -> Stored:
    """The versions on record."""
    events = ledger.read_events(VERSIONS)
    bodies = {event.subject: event.body for event in events if event.kind == "trained"}
    activated = ((e.at, e.subject) for e in events if e.kind == "activated" and e.subject in bodies)
    return Stored(bodies, tuple(activated))


def next_window(zone: str, until: int | None, begins: int | None) -> tuple[int, int] | None:
    """The local day that comes next, after `until` or, when there was none, the one that holds `begins`."""
    if until is None:
        if begins is None:
            return None
        until = int(midnights(begins - 2 * DAY, begins + 1, zone)[-1])
    return until, int(midnights(until + 1, until + 3 * DAY, zone)[0])


def begins_at(stored: Stored, served: Served) -> int | None:
    """When watching begins: with the first answer after a version was activated."""
    if served.first is None or not stored.activated:
        return None
    return max(served.first, stored.activated[0][0])


def due(system: System, ledger: Ledger, served: Served, now: int) -> bool:
    """Whether a window has ended that is not closed yet; reads the end of the journal only."""
    frontier = ledger.frontier(WINDOWS)
    last = ledger.read_events(WINDOWS, since=max(frontier - 8, 0))
    until = next((event.body["stop"] for event in reversed(last) if "stop" in event.body), None)
    begins = None if until is not None else begins_at(stored_versions(ledger), served)
    window = next_window(system.zone, until, begins)
    return window is not None and window[1] + GRACE.microseconds <= now


def look(place: Place, now: int) -> Folded:
    """Close every window that ended before `now` (epoch microseconds) and return what all windows come down to."""
    with closing(Labels(place.system, place.ledger, place.engine)) as labels:
        return _Pass(place, labels, stored_versions(place.ledger)).run(now)


def told_of(place: Place) -> About:
    """What pages tell beside what was seen."""
    kinds = recorded_kinds(place.ledger)
    features = resolve_features(place.system, kinds[place.system.request.source.name])
    return about(place.system, features, place.check_command, place.train_command)


@dataclass
class _Pass:
    place: Place
    labels: Labels
    stored: Stored
    known: dict[str, Reference | str] = field(default_factory=dict)

    @cached_property
    def comparing(self) -> Comparing:
        return Comparing(self.place.ledger, self.place.blobs, self.place.load)

    @cached_property
    def told(self) -> About:
        return told_of(self.place)

    def begin(self) -> Folded:
        """What the windows on record come down to, from the latest short cut on."""
        latest, found = latest_verdicts(self.place.ledger), None
        if latest is not None and latest.body["cache"] is not None:
            found = kept(latest.body["cache"], self.place.blobs, self.refer)
        found = found or Folded()
        events = self.place.ledger.read_events(WINDOWS, since=found.sequence)
        return fold(events, self.refer, self.told, found) if events else found

    def run(self, now: int) -> Folded:
        folded = self.begin()
        for event in noted_answers(self.place.ledger, folded.noted, now):
            folded = self._append(folded, event)
        begins = begins_at(self.stored, self.place.served)
        window = next_window(self.place.system.zone, folded.until, begins)
        while window is not None and window[1] + GRACE.microseconds <= now:
            folded = self._closed(folded, *window)
            window = next_window(self.place.system.zone, folded.until, begins)
        return folded

    def _append(self, folded: Folded, event: Event) -> Folded:
        self.place.ledger.append_events(WINDOWS, [event])
        return fold([event], self.refer, self.told, folded)

    def _closed(self, folded: Folded, start: int, stop: int) -> Folded:
        terms = self._terms(folded, start, stop)
        if terms != folded.terms:
            folded = self._append(folded, terms.to_event(start))
        event = self._window(folded, terms, start, stop)
        found = folded_figures(fold([event], self.refer, self.told, folded))
        return self._append(folded, replace(event, body={**event.body, FIGURES: found}) if found else event)

    def _window(self, folded: Folded, terms: Terms, start: int, stop: int) -> Event:
        found = self._answers(terms, max(start, terms.since), stop)
        rows, left_out = len(found.observed), found.left_out
        watcher, state = folded.watcher, folded.state
        if watcher is None or state is None:
            return window_event(start, stop, stop, None, rows, left_out)
        reference = watcher.reference
        weigh = watcher.weighs(state)
        inputs = summarise_inputs(
            reference, found.observed, start, weigh=weigh, uncertainty=state.uncertainty
        )
        ripe_at = stop + self.place.system.model.label.matures_after.microseconds + found.lead
        own = [Waiting(start, stop, ripe_at)] if ripe_at <= stop else []
        outcomes = [
            summarise_outcomes(reference, self._labelled(terms, each, stop), each.start)
            for each in (*ripe(folded, stop), *own)
        ]
        uncompared = sum(each.loss.rows - each.reference_loss.rows for each in outcomes)
        if terms.paired and uncompared:
            left_out = {**left_out, UNCOMPARED: uncompared}
        return window_event(start, stop, ripe_at, (inputs, outcomes), rows, left_out)

    def _labelled(self, terms: Terms, window: Waiting, now: int) -> Observed:
        found = self._answers(terms, max(window.start, terms.since), window.stop)
        version = self.stored.bodies[terms.version]
        joined = self.labels.joined(found, now, version.get("classes"))
        if terms.paired:
            with threadpool_limits(1):  # the same figures whatever the number of cores
                joined = replace(joined, reference_score=self.comparing.scores(found, version))
        return joined.labelled(now)

    def _answers(self, terms: Terms, since: int, until: int) -> Answers:
        names = self.stored.bodies[terms.version]["features"]
        versions = self.stored.of_line(terms.line, until)
        return answers(self.place.served.records, since, until, versions, names, self.place.system.zone)

    def _terms(self, folded: Folded, start: int, stop: int) -> Terms:
        """The terms of the window from start to stop: as before, or of another version, declaration or period."""
        answering = self.stored.answering(stop)
        before = folded.terms
        if answering is None:
            raise DataError("no version answered", found=f"a window until {stop}", do="look at the record")
        at, name = answering
        line = self.stored.line(name)
        options = options_to_json(self._options(name))
        same = before is not None and before.line == line
        since = before.since if same and before is not None else at
        rows = self.stored.bodies[name].get(REFERENCE)
        paired = self._paired(name, stop)
        if before is None or before.version != name:
            return Terms(name, line, rows, options, since, paired=paired)
        period = folded.rebase or before.benign_from
        if period is not None and (folded.rebase is not None or self._grows(folded)):
            rows = self._rows(before, period, start)
        elif period is not None:
            rows = before.rows
        # who accepted what the model loses now did so whatever a fresh one would lose
        return Terms(name, line, rows, options, since, period, paired and period is None)

    def _paired(self, version: str, stop: int) -> bool:
        wanted = wants_challenger(self.place.system)
        return wanted and self.comparing.begun(self.stored.bodies[version], stop)

    def _grows(self, folded: Folded) -> bool:
        few = folded.watcher is None or folded.watcher.reference.ground is None
        return few and folded.windows >= GROWING

    def _rows(self, terms: Terms, since: int, until: int) -> str | None:
        """The blob of the rows that were answered since an instant, with the labels known by the end."""
        found = self._answers(terms, since, until)
        known = self.labels.joined(found, until, self.stored.bodies[terms.version].get("classes"))
        return self.place.blobs.put(to_parquet(evenly(known, MOST_ROWS))) if len(known) else None

    def _options(self, version: str) -> Any:
        system = self.place.system
        kinds = recorded_kinds(self.place.ledger)[system.request.source.name]
        return options_of(system, resolve_features(system, kinds), self.stored.bodies[version]["task"])

    def refer(self, terms: Terms) -> Reference | str:
        """The reference of terms, or why there is none."""
        key = f"{terms.version} {terms.rows} {terms.options} {terms.paired}"
        if key not in self.known:
            self.known[key] = self._reference(terms)
        return self.known[key]

    def _reference(self, terms: Terms) -> Reference | str:
        if terms.rows is None:
            if REFERENCE not in self.stored.bodies[terms.version]:
                return f"{terms.version} was trained before accepted rows were kept; train again"
            return f"too little was known when {terms.version} was trained for a period to compare with"
        rows, options = of_parquet(self.place.blobs.get(terms.rows)), options_of_json(dict(terms.options))
        if terms.paired:
            rows = replace(rows, reference_score=rows.score)  # a fresh model was the model itself
        try:
            with threadpool_limits(1):  # beside a server that answers
                return accept(rows, options)
        except DataError as problem:
            return str(problem)
