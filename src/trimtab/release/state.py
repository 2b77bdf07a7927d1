"""What the release machine remembers of one system between events, as plain values that go to JSON and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from trimtab.declare.releasing import Release
from trimtab.release.budget import Account, Spent

Kind = Literal["first", "refresh", "change"]
Stage = Literal["gate", "queued", "shadow", "ready", "canary", "passed"]
"""queued: through the gate, its place taken. ready: through the shadow, the canary taken. passed: through it all."""


@dataclass(frozen=True)
class Candidate:
    """A version on its way: its kind, its stage and since when, the alpha of its tests, and what a person said.

    share: the stage of the canary, from 0. looked: the last verdict that was heard. awaiting: the step that a person
    has to approve.
    """

    version: str
    recipe: str
    kind: Kind
    alpha: float
    since: int
    stage: Stage = "gate"
    share: int = 0
    looked: int = -1
    awaiting: str | None = None
    approved: tuple[str, ...] = ()
    held: bool = False

    @property
    def started(self) -> bool:
        """True from its first step outside on, when no newer one may take its place."""
        return self.stage not in {"gate", "queued"}


@dataclass(frozen=True)
class Watch:
    """The version that a champion's line replaced, in reverse shadow from the promotion until an instant.

    opened_by: the version whose promotion opened it.
    """

    anchor: str
    recipe: str
    since: int
    until: int
    alpha: float
    opened_by: str
    looked: int = -1


@dataclass(frozen=True)
class State:
    """Who serves, who is on the way, what is watched, what is barred, and what was spent.

    watches: the open ones, oldest first. versions: the recipe of each version ever registered. resting: (recipe, until).
    switches: automatic rollbacks. troubled: the champion's last trouble. helpless: the champion in trouble for which
    people were called, as there is nothing to roll back to.
    """

    promotions: Account
    rollbacks: Account
    champion: str | None = None
    previous: str | None = None
    candidates: tuple[Candidate, ...] = ()
    watches: tuple[Watch, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    quarantined: tuple[str, ...] = ()
    resting: tuple[tuple[str, int], ...] = ()
    switches: tuple[int, ...] = ()
    frozen: bool = False
    troubled: int = -1
    helpless: str | None = None

    @property
    def watch(self) -> Watch | None:
        """The newest watch, None where none is open."""
        return self.watches[-1] if self.watches else None

    @property
    def recipe(self) -> str | None:
        """The accepted recipe: the champion's."""
        return None if self.champion is None else self.versions[self.champion]

    @property
    def target(self) -> str | None:
        """The version that a rollback goes to, None when there is none."""
        found = self.previous if self.watch is None else self.watch.anchor
        return None if found in self.quarantined else found

    def candidate(self, version: str) -> Candidate | None:
        """The candidate of that version, or None."""
        return next((each for each in self.candidates if each.version == version), None)

    def to_json(self) -> dict[str, Any]:
        """Every field as plain JSON values.

        >>> start(Release()).to_json()["champion"] is None
        True
        """
        return asdict(self)

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> State:
        """The state that `to_json` wrote, also after it went through text."""
        plain = dict(body)
        plain["promotions"], plain["rollbacks"] = _account(body["promotions"]), _account(body["rollbacks"])
        plain["candidates"] = tuple(
            Candidate(**{**each, "approved": tuple(each["approved"])}) for each in body["candidates"]
        )
        plain["watches"] = tuple(Watch(**each) for each in body["watches"])
        plain["versions"] = dict(body["versions"])
        plain["quarantined"], plain["switches"] = tuple(body["quarantined"]), tuple(body["switches"])
        plain["resting"] = tuple((recipe, until) for recipe, until in body["resting"])
        return cls(**plain)


def start(declared: Release) -> State:
    """The state of a system that has no version yet.

    >>> start(Release()).candidates
    ()
    """
    return State(
        Account(declared.harmful_promotions_per_year),
        Account(declared.false_rollbacks_per_year),
    )


def _account(body: Mapping[str, Any]) -> Account:
    spent = tuple(Spent(**entry) for entry in body["spent"])
    return Account(body["per_year"], body["started"], spent)
