"""Who is on record: the version to evaluate, and the champion to compare it with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from trimtab.errors import UsageError, nearest
from trimtab.ports import Blobs, Event, Ledger
from trimtab.runtime.evaluating.candidate import Stored
from trimtab.runtime.training_set import Version
from trimtab.runtime.versions import load_version

OWN = ("name", "artifact", "format", "as_of", "rows", "dataset")


def contenders(
    ledger: Ledger, blobs: Blobs, load: Callable[[str, bytes], Any], name: str | None
) -> tuple[Stored | None, Stored | None]:
    """The named version (default: the newest) and the one that was activated last, None where there is none.

    Raises UsageError for a name that is not on record, ArtifactError when a model cannot be loaded.
    """
    events = ledger.read_events("versions")
    known = {event.body["name"]: _version(event.body) for event in events if event.kind == "trained"}
    if name is not None and name not in known:
        raise UsageError(
            f"there is no version {name!r}",
            found=", ".join(known) or "no version at all",
            nearest=nearest(name, known),
            do="name one of these, or train one",
        )
    chosen = name or max(known, key=lambda each: known[each].as_of, default=None)
    if chosen is None:
        return None, None
    champion = _champion(events, known)
    candidate = Stored(known[chosen], load_version(known[chosen], blobs, load))
    if champion is None or champion.name == chosen:
        return candidate, None
    return candidate, Stored(champion, load_version(champion, blobs, load))


def _champion(events: list[Event], known: Mapping[str, Version]) -> Version | None:
    activated = [event.subject for event in events if event.kind == "activated" and event.subject in known]
    return known[activated[-1]] if activated else None


def _version(body: Mapping[str, Any]) -> Version:
    rest = {key: value for key, value in body.items() if key not in OWN}
    return Version(**{key: body[key] for key in OWN}, provenance=rest)
