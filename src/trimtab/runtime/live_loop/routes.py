"""Who answers whom: a table of (version, share, mode), told by the journal of versions and swapped by one pointer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from trimtab.ports import Event

Mode = Literal["champion", "canary", "shadow"]

ACTIVATED, ROUTED, SHADOWED, RETIRED, QUARANTINED = (
    "activated",
    "routed",
    "shadowed",
    "retired",
    "quarantined",
)
"""The kinds of events, in the journal of versions, that change who answers."""


@dataclass(frozen=True)
class Route:
    """A version, the share of units that it answers, and how: shadows answer none."""

    version: str
    share: float
    mode: Mode


@dataclass(frozen=True)
class Table:
    """Who answers by name: one champion, at most one canary with its share, and those that score unseen.

    `barred` versions never answer again.
    """

    champion: str | None = None
    canary: tuple[str, float] | None = None
    shadows: tuple[str, ...] = ()
    barred: tuple[str, ...] = ()

    @property
    def routes(self) -> tuple[Route, ...]:
        """One line for each version in use.

        >>> Table("v1", ("v2", 0.25)).routes[0]
        Route(version='v1', share=0.75, mode='champion')
        """
        lines = []
        if self.champion is not None:
            share = 1.0 if self.canary is None else 1.0 - self.canary[1]
            lines.append(Route(self.champion, share, "champion"))
        if self.canary is not None:
            lines.append(Route(*self.canary, "canary"))
        return (*lines, *(Route(name, 0.0, "shadow") for name in self.shadows))

    def heard(self, event: Event) -> Table:
        """The table after one event of the journal; events of other kinds change nothing."""
        name = event.subject
        if event.kind == ACTIVATED:
            return replace(self._without(name), champion=name)
        if event.kind == ROUTED:
            return replace(self._without(name), canary=(name, float(event.body["share"])))
        if event.kind == SHADOWED:
            return replace(self._without(name), shadows=(*self._without(name).shadows, name))
        if event.kind == RETIRED:
            return self._without(name)
        if event.kind == QUARANTINED:
            return replace(self._without(name), barred=tuple(dict.fromkeys((*self.barred, name))))
        return self

    def _without(self, name: str) -> Table:
        canary = None if self.canary is not None and self.canary[0] == name else self.canary
        return replace(
            self, canary=canary, shadows=tuple(shadow for shadow in self.shadows if shadow != name)
        )


def table(events: Iterable[Event]) -> Table:
    """The table that a journal of versions leads to.

    >>> table([Event(1, "activated", "v1"), Event(2, "routed", "v2", {"share": 0.05})]).canary
    ('v2', 0.05)
    """
    found = Table()
    for event in events:
        found = found.heard(event)
    return found
