"""What a changed declaration changes, in words: part by part, with what follows for data, evidence and versions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from trimtab.declare.system import System
from trimtab.errors import UsageError
from trimtab.finding import Finding, Severity
from trimtab.ports import Ledger
from trimtab.report import Document, FindingsList, Section
from trimtab.report.shown import Shown
from trimtab.runtime.history import resolve_features
from trimtab.runtime.intake import recorded_kinds
from trimtab.runtime.live_loop.carrying import VERSIONS, stored_versions
from trimtab.runtime.live_loop.declaration import RECIPE, Part, meanings, parts, recipe
from trimtab.runtime.live_loop.journal import recall
from trimtab.runtime.live_loop.keeping import as_served, kept_features
from trimtab.runtime.live_loop.routes import table


@dataclass(frozen=True)
class Diff(Shown):
    """What differs between the declaration that the live version learned from and the present one.

    `before` and `after` are digests of the recipes; `follows` says what the change leads to.
    """

    system: str
    version: str
    before: str
    after: str
    changes: tuple[str, ...]
    follows: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The change in one sentence."""
        if not self.changes:
            return f"nothing differs from what {self.version} learned from"
        kind = "a change of recipe" if self.before != self.after else "the same recipe, kept otherwise"
        count = "1 part differs" if len(self.changes) == 1 else f"{len(self.changes)} parts differ"
        return f"{count} from what {self.version} learned from: {kind}"

    def to_json(self) -> dict[str, Any]:
        """The differences as plain JSON values."""
        return {
            "system": self.system,
            "version": self.version,
            "recipe_before": self.before,
            "recipe_after": self.after,
            "changes": list(self.changes),
            "follows": list(self.follows),
        }

    def document(self) -> Document:
        """The differences as a page."""
        recipes = Finding(f"recipe {self.before[:12]} -> {self.after[:12]}", Severity.INFO)
        told = FindingsList((recipes, *(Finding(text, Severity.INFO) for text in self.changes)))
        then = FindingsList(tuple(Finding(text, Severity.WATCH) for text in self.follows))
        sections = [Section("What differs", (told,))]
        sections += [Section("What follows", (then,))] if self.follows else []
        return Document(
            f"Changes of {self.system}", self.sentence, severity=Severity.INFO, sections=tuple(sections)
        )

    def __str__(self) -> str:
        return "\n".join((self.sentence, *self.changes, *(f"-> {text}" for text in self.follows)))


def diff(system: System, ledger: Ledger) -> Diff:
    """Compare a declaration with what the live version learned from; raises UsageError where none is on record."""
    stored = stored_versions(ledger)
    name = table(ledger.read_events(VERSIONS)).champion or next(reversed(stored), None)
    learned = [] if name is None else stored[name].provenance.get("declared", [])
    if name is None or not learned:
        raise UsageError(
            "there is no version whose declaration is on record", do="train one: trimtab train SYSTEM"
        )
    features = resolve_features(system, recorded_kinds(ledger)[system.request.source.name])
    before, after = [Part.of_json(part) for part in learned], parts(system, features)
    changes = tuple(_changes(before, after))
    follows = tuple(_follows(before, after, system, ledger))
    return Diff(system.name, name, recipe(before), recipe(after), changes, follows)


def _changes(before: Sequence[Part], after: Sequence[Part]) -> Iterator[str]:
    old = {(part.kind, part.name): part for part in before}
    new = {(part.kind, part.name): part for part in after}
    for key, part in new.items():
        earlier = old.get(key)
        if earlier is None:
            yield f"{_called(part)} is new: {part.words}"
        elif earlier.digest != part.digest:
            same = "its words are the same; what it is made of is not" if earlier.words == part.words else ""
            yield f"{_called(part)} was {earlier.words}; is {same or part.words}"
    for key, part in old.items():
        if key not in new:
            yield f"{_called(part)} is gone: {part.words}"


def _called(part: Part) -> str:
    return part.kind if part.kind == part.name else f"{part.kind} {part.name}"


def _follows(before: Sequence[Part], after: Sequence[Part], system: System, ledger: Ledger) -> Iterator[str]:
    learned = {(part.kind, part.name): part.digest for part in before}
    new = [part for part in after if part.kind == "feature" and learned.get((part.kind, part.name)) is None]
    other = [
        part
        for part in after
        if part.kind == "feature" and learned.get((part.kind, part.name), part.digest) != part.digest
    ]
    if new or other:
        names = ", ".join(part.name for part in (*new, *other))
        yield f"computed from all recorded facts at the next start of the server: {names}"
    if recipe(before) != recipe(after):
        shadow = system.release.shadow
        yield f"the next version is a change: it goes through gate, {shadow} of shadow, and canary"
        yield from _void(ledger)
    for name, (_, versions) in kept_features(system, ledger).items():
        yield (
            f"feature {name} is kept for {', '.join(versions)}: what it reads is asked for and taken in until the "
            "first start after they are retired"
        )
    for name in _refused(system, ledger):
        yield (
            f"{name} cannot answer with this declaration: keep its features as they are until it is retired, "
            "and give changed ones new names"
        )
    if {part.kind for part in _different(before, after)} - set(RECIPE):
        yield "the loop goes by the new rules from its next turn on"


def _different(before: Sequence[Part], after: Sequence[Part]) -> list[Part]:
    old = {(part.kind, part.name): part.digest for part in before}
    return [part for part in after if old.get((part.kind, part.name)) != part.digest]


def _void(ledger: Ledger) -> Iterator[str]:
    memory = recall(ledger)
    released = None if memory is None else memory.state.release
    for each in released.candidates if released is not None else ():
        yield f"the evidence for {each.version} ({each.stage}) is of the old recipe and does not count for the new one"


def _refused(system: System, ledger: Ledger) -> Iterator[str]:
    """Versions in use that read features which cannot be kept or mean something else now."""
    kinds = recorded_kinds(ledger)[system.request.source.name]
    now = meanings(resolve_features(as_served(system, ledger), kinds))
    found = table(ledger.read_events(VERSIONS))
    stored = stored_versions(ledger)
    for name in dict.fromkeys(route.version for route in found.routes):
        learned = stored[name].provenance.get("meanings", {}) if name in stored else {}
        if any(now.get(feature) != meaning for feature, meaning in learned.items()):
            yield name
