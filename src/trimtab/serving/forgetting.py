"""Erasure: everything on record about one person or thing is removed, and what was learned from it is named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from trimtab.declare.source import Source
from trimtab.declare.system import System
from trimtab.errors import UsageError, nearest
from trimtab.ports import Engine, Event, Ledger
from trimtab.runtime.columns import columns_stream, read_facts
from trimtab.runtime.given_labels import NAME
from trimtab.runtime.history import identity
from trimtab.runtime.intake import facts_from
from trimtab.runtime.online import Folder
from trimtab.runtime.receiving import Receiver
from trimtab.serving.erasures import ERASURES
from trimtab.serving.logged import PREDICTIONS, decode
from trimtab.sources.identity import SEQUENCE


@dataclass(frozen=True)
class Forgotten:
    """What was erased, by stream, and the versions whose training data may hold it still."""

    source: str
    erased: tuple[tuple[str, int], ...]
    versions: tuple[str, ...]

    @property
    def rows(self) -> int:
        """How many rows and records were erased."""
        return sum(count for _, count in self.erased)

    def to_json(self) -> dict[str, Any]:
        """The outcome as plain JSON values."""
        return {"source": self.source, "erased": dict(self.erased), "versions": list(self.versions)}

    @classmethod
    def of_json(cls, content: dict[str, Any]) -> Forgotten:
        """The outcome from its JSON values."""
        return cls(content["source"], tuple(content["erased"].items()), tuple(content["versions"]))

    def __str__(self) -> str:
        if not self.rows:
            return f"nothing on record in {self.source} about that subject"
        parts = ", ".join(f"{count:,} in {stream}" for stream, count in self.erased)
        learned = (
            f"; trained on it: {', '.join(self.versions)}"
            if self.versions
            else "; no version was trained on it"
        )
        return f"erased {parts}{learned}"


def source_named(system: System, name: str) -> Source:
    """A declared source whose subject can be erased; raises UsageError."""
    found = {source.name: source for source in system.sources}
    if name not in found:
        raise UsageError(f"there is no source {name!r}", found=", ".join(found), nearest=nearest(name, found))
    if found[name].subject is None:
        raise UsageError(
            f"the facts of {name!r} say of nobody whom they are about",
            do=f"declare id= or subject= at {found[name].site}",
        )
    return found[name]


class Forgetting:
    """Erases what is on record about a subject, and from the online features too, while they are read."""

    def __init__(
        self,
        system: System,
        ledger: Ledger,
        receiver: Receiver,
        folder: Folder,
        engine: Callable[[], Engine],
    ) -> None:
        self._system, self._ledger, self._receiver = system, ledger, receiver
        self._folder, self._engine = folder, engine

    def forget(self, source: Source, key: str, now: int) -> Forgotten:
        """Erase a subject's facts of one source; of the request's source its predictions and given labels too.

        A tombstone comes first: after one that was cut short the next start builds the source's online features
        again, and `trimtab status` says to repeat it. What was written down elsewhere, in the source's own data or in trained versions, is not touched; these are named.
        """
        with self._receiver.still():
            return self._forget(source, key, now)

    def _forget(self, source: Source, key: str, now: int) -> Forgotten:
        places = _places(self._system, source, key, self._ledger)
        known = [_recorded(self._ledger, stream, rows[0]) for stream, rows in places.items()]
        self._note("erasing", source, {"rows": sum(map(len, places.values()))}, now)
        facts = self._facts_at(source, places.get(f"facts/{source.name}", ()))
        erased = tuple((stream, self._ledger.erase(stream, rows)) for stream, rows in sorted(places.items()))
        if facts is not None:
            self._forget_online(source, facts, now)
        outcome = Forgotten(source.name, erased, _trained_since(self._ledger, min(known)) if known else ())
        self._note("erased", source, outcome.to_json(), now)
        return outcome

    def _note(self, kind: str, source: Source, body: dict[str, Any], now: int) -> None:
        self._ledger.append_events(ERASURES, [Event(now, kind, source.name, body)])

    def _facts_at(self, source: Source, places: Sequence[int]) -> pa.Table | None:
        """The facts that are to be erased, in the form in which features are folded."""
        rows = [read_facts(self._ledger, source.name, since=n, until=n + 1) for n in places]
        return pa.concat_tables(rows).rename_columns({"sequence": SEQUENCE}) if rows else None

    def _forget_online(self, source: Source, facts: pa.Table, now: int) -> None:
        engine = self._engine()
        try:
            left = facts_from(self._ledger, self._system, engine)[source.name].table
            self._folder.erase(source.name, facts, left, engine, now)
        finally:
            engine.close()


def _places(system: System, source: Source, key: str, ledger: Ledger) -> dict[str, list[int]]:
    streams = {f"facts/{source.name}", columns_stream(source.name)}
    if source == system.request.source:
        streams |= {PREDICTIONS}
    found: dict[str, set[int]] = {}
    for value in _readings(key):
        for stream, sequence in ledger.find_subject(value):
            if stream in streams:
                found.setdefault(stream, set()).add(sequence)
    given = _given_labels(ledger, identity(system), found.get(PREDICTIONS, set()))
    if given:
        found[f"facts/{NAME}"] = given
    return {stream: sorted(rows) for stream, rows in found.items()}


def _given_labels(ledger: Ledger, named: tuple[str, ...], predictions: Iterable[int]) -> set[int]:
    """The labels that were given to these predictions."""
    stream, found = f"facts/{NAME}", set()
    for place in predictions:
        for _, record in ledger.read_records(PREDICTIONS, since=place, until=place + 1):
            logged = decode(record)
            if logged is None or named[0] not in logged.request:
                continue
            about = {name: logged.request[name] for name in named}
            hits = [row for at, row in ledger.find_subject(about[named[0]]) if at == stream]
            for row in hits:
                [label] = ledger.read_rows(stream, since=row, until=row + 1).to_pylist()
                if all(label[name] == value for name, value in about.items()):
                    found.add(row)
    return found


def _readings(key: str) -> Sequence[str | int]:
    """What a key typed at a command line may mean: a text, or a whole number."""
    try:
        return (key, int(key))
    except ValueError:
        return (key,)


def _recorded(ledger: Ledger, stream: str, sequence: int) -> int:
    if stream == PREDICTIONS:
        return ledger.read_records(stream, since=sequence, until=sequence + 1)[0][1].at
    return int(ledger.read_rows(stream, since=sequence, until=sequence + 1)["__known"][0].as_py())


def _trained_since(ledger: Ledger, instant: int) -> tuple[str, ...]:
    trained = (event for event in ledger.read_events("versions") if event.kind == "trained")
    return tuple(event.subject for event in trained if event.body["as_of"] > instant)
