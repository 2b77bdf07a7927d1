"""The challenger: a cheap fit a week that never answers, so that a champion can be compared with a newer model.

It learns as a version would, and nothing else is made of it: no engine is chosen, no row is kept for monitors, no gate
looks at it. It is fitted only where a trigger or the monitors ask for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

from threadpoolctl import threadpool_limits

from trimtab.declare.measured import OnChallenger, OnRegret
from trimtab.declare.policy import Retrain
from trimtab.declare.system import System
from trimtab.errors import TrimtabError
from trimtab.labels.history import as_known
from trimtab.ports import Event, Ledger
from trimtab.retrain.triggers import parts
from trimtab.retrain.windows import selection, weights
from trimtab.runtime.history import History
from trimtab.runtime.live_loop.carrying import stored_versions
from trimtab.runtime.live_loop.means import Means
from trimtab.runtime.live_loop.past import load_history
from trimtab.runtime.loop import State
from trimtab.runtime.training import FitSpec
from trimtab.runtime.training_set import Version, training_rows
from trimtab.runtime.versions import container
from trimtab.training.fingerprint import fingerprint
from trimtab.training.fit import fit
from trimtab.training.task import make_recipe
from trimtab.units import Duration, days

CHALLENGERS = "challengers"
"""The journal of challengers."""

FITTED, FAILED = "fitted", "failed"
"""The kinds of its events."""

EVERY = days(7)
"""How often one is fitted, as in a replay."""


@dataclass(frozen=True)
class Challenge:
    """A challenger that is due: its name, and the instant as known at which it learns, epoch microseconds."""

    name: str
    as_of: int


@dataclass(frozen=True)
class Challenger:
    """A fitted challenger; what was asked from `since` on, epoch microseconds, was not known to it."""

    version: Version
    since: int


def reads_challenger(retrain: Retrain) -> bool:
    """Whether some trigger compares the champion with a challenger.

    >>> from trimtab.declare.measured import on_regret
    >>> reads_challenger(Retrain(on_regret())), reads_challenger(Retrain())
    (True, False)
    """
    return any(isinstance(part, OnChallenger | OnRegret) for part in parts(retrain.when))


def wants_challenger(system: System) -> bool:
    """Whether a challenger is fitted: for a trigger that reads it, or for the monitors."""
    return system.watch.challenger or reads_challenger(system.retrain)


def due(ledger: Ledger, state: State, *, wanted: bool) -> Challenge | None:
    """The challenger that is due by the last tick, None where none is or is wanted; a failed one counts as one.

    The first is due a week after the first version learned.
    """
    if state.champion is None or state.ticked is None or not wanted:
        return None
    events = ledger.read_events(CHALLENGERS)
    first = min((version.as_of for version in stored_versions(ledger).values()), default=state.ticked)
    last = max((event.body["as_of"] for event in events), default=first)
    if round(Duration(state.ticked - last) / days(1)) < EVERY / days(1):
        return None
    return Challenge(f"c{len(events) + 1}", state.ticked)


def challengers(ledger: Ledger) -> tuple[Challenger, ...]:
    """Every fitted challenger, oldest first."""
    events = ledger.read_events(CHALLENGERS)
    return tuple(Challenger(Version(**event.body), event.at) for event in events if event.kind == FITTED)


def challenge(means: Means, order: Challenge, now: Callable[[], int]) -> None:
    """Fit a challenger that is due and put it, or why there is none, on record; one that is there already is left.

    `now` tells the time once the fit is over: what was answered while it went on is not compared with it.
    """
    ledger = means.ledger
    if any(event.subject == order.name for event in ledger.read_events(CHALLENGERS)):
        return
    try:
        version = _fitted(means, load_history(means), order)
    except TrimtabError as problem:
        body = {"as_of": order.as_of, "problem": str(problem)}
        ledger.append_events(CHALLENGERS, [Event(now(), FAILED, order.name, body)])
        return
    ledger.append_events(CHALLENGERS, [Event(now(), FITTED, order.name, asdict(version))])


def _fitted(means: Means, history: History, order: Challenge) -> Version:
    system, labels = means.system, history.labels
    chosen = selection(system.retrain.window, order.as_of)
    rows = training_rows(history, chosen, order.as_of)
    matrix, label = history.matrix.take(rows), as_known(labels.history, order.as_of).value[rows]
    weight = weights(chosen, history.requests.at[rows], order.as_of)
    recipe = make_recipe(system.model, labels.kind, labels.classes, labels.history.value)
    seed = FitSpec(order.as_of, chosen).seed_for(system.seed)
    with threadpool_limits(1):  # the same bytes whatever the number of cores
        fitted = fit(recipe, matrix, label, weight, seed)
    made = container(fitted)
    made["meta"]["challenger"] = order.name  # no version ever has these bytes, so that they can be deleted
    form, content = means.dump(made)
    return Version(
        order.name,
        means.blobs.put(content),
        form,
        order.as_of,
        fitted.rows,
        fingerprint(matrix, label, weight),
        {
            "features": list(matrix.names),
            "seed": seed,
            "task": recipe.task,
            "classes": None if labels.classes is None else list(labels.classes),
        },
    )
