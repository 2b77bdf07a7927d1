"""What happened elsewhere since the last turn: trainings, people's wishes, incidents; as events for the kernel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from trimtab.ports import Event, Ledger
from trimtab.release import events as release
from trimtab.runtime.live_loop import journal
from trimtab.runtime.live_loop.asked import ASKED
from trimtab.runtime.live_loop.calling import is_call
from trimtab.runtime.live_loop.carrying import BY_LOOP, VERSIONS, stored_versions
from trimtab.runtime.live_loop.going import Going
from trimtab.runtime.live_loop.routes import ACTIVATED
from trimtab.runtime.loop import Event as LoopEvent
from trimtab.runtime.loop import IncidentOpened, Trained

INCIDENTS = "incidents"
"""The journal of incidents."""

UNKNOWN_RECIPE = "unknown"
"""The recipe of versions from before recipes were recorded."""


def gather(going: Going) -> None:
    """Take in everything that others put on record."""
    _versions(going)
    _asked(going)
    _incidents(going)


def recipe_of(provenance: Mapping[str, object]) -> str:
    """The recipe that a version was made by.

    >>> recipe_of({})
    'unknown'
    """
    return str(provenance.get("recipe", UNKNOWN_RECIPE))


def failures(ledger: Ledger) -> dict[str, str]:
    """What could not be done, by version, with the latest reason."""
    events = ledger.read_events(journal.LOOP)
    return {event.subject: event.body["problem"] for event in events if event.kind == journal.FAILED}


def _versions(going: Going) -> None:
    """Trainings that ended, whoever asked for them, and versions that a person let answer."""
    ended = failures(going.means.ledger)
    training = going.state.training
    stored = stored_versions(going.means.ledger)
    if training is not None and training in ended and training not in stored:
        going.take(Trained(going.now, training, ended[training], going.declared.recipe))
    start = going.memory.read[VERSIONS]
    for place, event in enumerate(going.means.ledger.read_events(VERSIONS, since=start), start):
        for heard in _of_version(going, event):
            going.take(heard, **{VERSIONS: place + 1})


def _of_version(going: Going, event: Event) -> Iterator[LoopEvent]:
    known = going.state.release.versions if going.state.release is not None else {}
    if event.kind == "trained" and event.subject not in known:
        yield Trained(going.now, event.subject, None, recipe_of(event.body))
    chosen = event.body.get("by") != BY_LOOP and (
        event.body.get("why") != "start" or going.state.champion is None
    )
    if event.kind == ACTIVATED and chosen and event.subject != going.state.champion:
        yield from _promoted(going, event.subject)


def _promoted(going: Going, name: str) -> Iterator[LoopEvent]:
    """A person's choice; a version from before the loop is made known first."""
    stored = stored_versions(going.means.ledger)
    known = going.state.release.versions if going.state.release is not None else {}
    if name in stored and name not in known:
        yield Trained(going.now, name, None, recipe_of(stored[name].provenance))
    yield release.PromoteAsked(going.now, name)


def _asked(going: Going) -> None:
    start = going.memory.read[ASKED]
    for place, event in enumerate(going.means.ledger.read_events(ASKED, since=start), start):
        heard: list[LoopEvent] = []
        if event.kind == "approve":
            heard = [release.Approved(going.now, event.subject, event.body["step"])]
        elif event.kind == "decline":
            heard = [release.Declined(going.now, event.subject, event.body["step"])]
        elif event.kind == "promote":
            heard = list(_promoted(going, event.subject))
        elif event.kind == "roll back":
            heard = [release.RollbackAsked(going.now, event.subject)]
        for each in heard:
            going.take(each, **{ASKED: place + 1})


def _incidents(going: Going) -> None:
    start = going.memory.read[INCIDENTS]
    for place, event in enumerate(going.means.ledger.read_events(INCIDENTS, since=start), start):
        if event.kind in {"opened", "reopened"} and not is_call(event):
            going.take(IncidentOpened(event.at, event.subject), **{INCIDENTS: place + 1})
