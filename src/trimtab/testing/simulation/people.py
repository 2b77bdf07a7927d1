"""What persons do in a simulated year: they approve, late or never, ask for promotions and rollbacks, and end freezes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from trimtab.release.events import Approved, PromoteAsked, RollbackAsked
from trimtab.release.state import Candidate
from trimtab.release.state import State as Releasing
from trimtab.runtime.loop import Event
from trimtab.testing.simulation.chance import DAY, generator
from trimtab.testing.simulation.surroundings import Surroundings

Keyed = tuple[str, Event]


def asked(release: Releasing, around: Surroundings, day: int, at: int) -> Iterator[Keyed]:
    """What persons say on a day, each with the key that tells it from all others."""
    for each in release.candidates:
        if each.awaiting is not None and at >= each.since + _delay(around, each):
            yield f"approve/{each.version}/{each.awaiting}", Approved(at, each.version, each.awaiting)
    draw = generator(around.seed, "person", day)
    if release.champion is None:
        return
    if release.frozen and draw.random() < 0.3:
        yield f"thaw/{day}", PromoteAsked(at, release.champion)
    elif draw.random() < around.faults.interventions_per_year / 365:
        yield f"ask/{day}", _wish(release, draw, at)


def _delay(around: Surroundings, candidate: Candidate) -> int:
    draw = generator(around.seed, "approval", candidate.version, candidate.awaiting)
    late = draw.random() < around.faults.late_approvals
    return int(draw.exponential(30 * DAY if late else DAY))


def _wish(release: Releasing, draw: np.random.Generator, at: int) -> Event:
    versions = sorted(release.versions)
    picked = int(draw.integers(2 * len(versions)))
    if picked < len(versions):
        return PromoteAsked(at, versions[picked])
    return RollbackAsked(at, release.champion or "")
