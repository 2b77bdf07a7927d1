"""What triggers may know at a tick, from the record: attempts, volume, and the skill of what was answered."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab.declare.days import day_numbers
from trimtab.declare.measured import OnDrift, OnEstimatedDrop, OnSkillDrop, OnVolume
from trimtab.declare.policy import Retrain
from trimtab.labels.history import as_known
from trimtab.retrain import statistics
from trimtab.retrain.seen import Measured
from trimtab.retrain.triggers import parts
from trimtab.runtime.live_loop.carrying import VERSIONS, stored_versions
from trimtab.runtime.live_loop.challenging import EVERY, challengers, reads_challenger
from trimtab.runtime.live_loop.cohorts import challenged_days, served_totals
from trimtab.runtime.live_loop.past import Past
from trimtab.runtime.live_loop.routes import ACTIVATED
from trimtab.runtime.loop import State
from trimtab.runtime.watching.figures import drift, estimated, figures_before
from trimtab.stats import UnitTotals

LOSS, MONEY = slice(0, 2), slice(2, 4)
"""The columns of what a champion and its challengers lost, in the metric and in money."""


def reads_skill(retrain: Retrain) -> bool:
    """Whether some trigger asks what answers lost."""
    return any(isinstance(part, OnSkillDrop) for part in parts(retrain.when))


def measured(past: Past, state: State, retrain: Retrain) -> Measured:
    """What is known at the past's instant; where it is not, the reason why."""
    stakes, ledger = past.means.system.stakes, past.means.ledger
    attempts = tuple(version.as_of for version in stored_versions(ledger).values())
    found: dict[str, Any] = {}
    reads = {type(part) for part in parts(retrain.when)}
    if OnVolume in reads:
        found |= _volume(past, state)
    if OnSkillDrop in reads:
        found["skill"] = _skill(past, state)
    if reads & {OnDrift, OnEstimatedDrop}:
        windows = figures_before(ledger, past.now)
        found |= {"drift": drift(windows), "estimated": estimated(windows)}
    if reads_challenger(retrain):
        found |= _challenged(past, state)
    unknown = {name: value for name, value in found.items() if isinstance(value, str)}
    known = {name: value for name, value in found.items() if name not in unknown}
    price = None if stakes is None else stakes.fit
    return Measured(**known, attempts=attempts, fit_price=price, unknown=unknown)


def _volume(past: Past, state: State) -> dict[str, Any]:
    """How many rows became mature since the last attempt, and how many the newest version learned from."""
    versions = list(stored_versions(past.means.ledger).values())
    if state.last_attempt is None or not versions:
        return {}
    then = as_known(past.history.labels.history, state.last_attempt)
    new = int(past.view.mature.sum()) - int(then.mature.sum())
    return {"new_labelled_rows": new, "last_training_rows": versions[-1].rows}


def _challenged(past: Past, state: State) -> dict[str, Any]:
    """How the champion does against the weekly challengers since the last attempt, or why that is unknown."""
    ledger, why = past.means.ledger, None
    if state.champion is None or state.last_attempt is None:
        why = "no version serves"
    elif not challengers(ledger):
        why = f"no challenger is fitted yet; the first is, {EVERY} after the first version"
    if why is not None or state.champion is None or state.last_attempt is None:
        return dict.fromkeys(("challenger", "regret"), why)
    fresh = int(day_numbers(np.array([state.last_attempt]), past.means.system.zone)[0])
    totals = challenged_days(ledger, state.champion, fresh)
    loss, paid = (UnitTotals(totals.unit, totals.sums[:, part], totals.counts) for part in (LOSS, MONEY))
    unpriced = bool(np.isnan(paid.sums).any())
    regret = "the stakes price no outcome" if unpriced else statistics.regret(paid)
    return {"challenger": statistics.challenger(loss), "regret": regret}


def _skill(past: Past, state: State) -> Any:
    """The skill of the champion since it began to serve, or why it is unknown."""
    if state.champion is None or state.last_attempt is None:
        return "no version serves"
    events = past.means.ledger.read_events(VERSIONS)
    since = [event.at for event in events if event.kind == ACTIVATED and event.subject == state.champion]
    if not since:
        return f"{state.champion} does not serve yet"
    first, fresh = day_numbers(np.array([since[-1], state.last_attempt]), past.means.system.zone)
    return statistics.skill(served_totals(past.means.ledger, state.champion, int(first)), int(fresh))
