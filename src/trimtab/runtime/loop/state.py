"""What the loop remembers of one system between events, and what it was declared to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from trimtab.declare.policy import Retrain
from trimtab.declare.releasing import Release
from trimtab.release import state as releasing
from trimtab.runtime.loop.events import DECLARED


@dataclass(frozen=True)
class Declared:
    """When to retrain, how a version earns traffic, and the recipe that a training ordered now would have.

    release: None promotes whatever could be trained, for policies that are only compared.
    """

    retrain: Retrain
    release: Release | None = None
    recipe: str = DECLARED


@dataclass(frozen=True)
class State:
    """What the loop remembers of one system between events.

    last_attempt: when the last training was asked for, or a version was rolled back. training: the version that is
    being trained on what was known at training_as_of. trained: how many versions were ever asked for. ticked: the last
    tick that was heard. incidents: those opened since the last attempt. release: None where whatever could be trained
    is promoted.
    """

    champion: str | None = None
    last_attempt: int | None = None
    training: str | None = None
    training_as_of: int | None = None
    trained: int = 0
    ticked: int | None = None
    incidents: tuple[str, ...] = ()
    release: releasing.State | None = None

    def to_json(self) -> dict[str, Any]:
        """Every field as plain JSON values.

        >>> State.from_json(State(champion="v1").to_json()).champion
        'v1'
        """
        written: dict[str, Any] = msgspec.to_builtins(self)
        return written

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> State:
        """The state that `to_json` wrote, also after it went through text; raises ValidationError for another shape."""
        return msgspec.convert(body, cls)


def begin(declared: Declared) -> State:
    """The state of a system that has no version yet.

    >>> begin(Declared(Retrain())).release is None
    True
    """
    return State(release=None if declared.release is None else releasing.start(declared.release))
