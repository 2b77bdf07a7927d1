"""What labels say of a split: what each unit of each arm lost, and how many units each arm was given."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from trimtab.ports import Ledger
from trimtab.runtime.live_loop.canarying import CHUNK, answers_since
from trimtab.runtime.live_loop.cohorts import row_of
from trimtab.runtime.live_loop.past import Past
from trimtab.runtime.logged import PREDICTIONS, Arm, Logged, Score, decode
from trimtab.stats import UnitTotals, unit_totals

ARMS = ("canary", "control")


@dataclass(frozen=True)
class Split:
    """A version, and the share of units that answered to it."""

    version: str
    share: float

    def holds(self, arm: Arm | None) -> bool:
        """Whether an answer belongs to this split: what another share assigned does not count."""
        if arm is None or arm.candidate != self.version:
            return False
        return math.isclose(arm.propensity, self.share if arm.name == "canary" else 1 - self.share)


@dataclass(frozen=True)
class Arms:
    """Mature losses by unit, canary and control, with the units assigned to each and the instant of the first answer."""

    losses: Mapping[str, UnitTotals]
    assigned: tuple[int, int]
    since: int | None


def arms_of(past: Past, split: Split, since: int) -> Arms:
    """What is known at the past's instant of the two arms; an answer counts whoever gave it, fallback included.

    An arm none of whose labels is mature has no losses.
    """
    units: dict[str, set[str]] = {arm: set() for arm in ARMS}
    rows: dict[str, list[tuple[str, int, Score]]] = {arm: [] for arm in ARMS}
    first = None
    for at, logged in _answers(past, split, since):
        first = at if first is None else first
        arm = logged.arm
        if arm is None:
            continue
        units[arm.name].add(arm.unit)
        row = row_of(past, logged)
        if row is not None:
            rows[arm.name].append((arm.unit, row, logged.score))
    losses = {arm: _losses(past, found) for arm, found in rows.items() if found}
    return Arms(losses, (len(units["canary"]), len(units["control"])), first)


def latest_split(ledger: Ledger) -> Split | None:
    """The split of the newest answer that was given in one; None when there never was one."""
    stop = ledger.frontier(PREDICTIONS)
    while stop > 0:
        start = max(stop - CHUNK, 0)
        for _, record in reversed(ledger.read_records(PREDICTIONS, since=start, until=stop)):
            logged = decode(record)
            if logged is not None and logged.arm is not None:
                arm = logged.arm
                return Split(arm.candidate, arm.propensity if arm.name == "canary" else 1 - arm.propensity)
        stop = start
    return None


def _answers(past: Past, split: Split, since: int) -> Iterator[tuple[int, Logged]]:
    for at, logged in answers_since(past.means.ledger, since):
        if at <= past.now and split.holds(logged.arm):
            yield at, logged


def _losses(past: Past, rows: list[tuple[str, int, Score]]) -> UnitTotals:
    units, places, scores = zip(*rows, strict=True)
    return unit_totals(past.losses(np.array(places), np.array(scores)), np.array(units))
