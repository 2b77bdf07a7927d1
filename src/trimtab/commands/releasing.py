"""The commands of the loop: turn it, see what an edited file changes, and let versions answer or go."""

from __future__ import annotations

import contextlib
import functools
import getpass
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from trimtab import wiring
from trimtab.declare.system import System
from trimtab.errors import UsageError

if TYPE_CHECKING:
    from trimtab.ports import Ledger
    from trimtab.runtime.live_loop.asked import Asked, What
    from trimtab.runtime.live_loop.differences import Diff
    from trimtab.runtime.live_loop.experimenting import Experiment
    from trimtab.runtime.live_loop.turn import Turned
    from trimtab.runtime.verify import Verified


def loop(
    system: System,
    *,
    home: str | Path | None = None,
    idle: bool = False,
    beside: bool = False,
    target: str | None = None,
) -> Turned:
    """Make one turn of a system's loop: decide, train, gate, release and roll back, as of now.

    Idempotent, and cut off at any point it goes on from there. With `idle`, trainings get processor time that nobody
    else wants, and turns a little more. `beside` a server that ended it must not own the record in its place. `target`
    is what commands call the system. Raises UsageError when another turn is under way, or that server has ended.
    """
    from trimtab.runtime.intake import take_in  # noqa: PLC0415
    from trimtab.runtime.live_loop import challenging, lock, turn  # noqa: PLC0415
    from trimtab.serving import priority  # noqa: PLC0415

    folder, clock = wiring.home(system, home), wiring.clock()
    run: Callable[[Callable[[], None]], None] = _run
    if idle:
        chosen = priority.priority(os.environ)
        priority.lower_priority(chosen)
        run = priority.training_runner(chosen)
    if beside and not wiring.served_elsewhere(folder):
        raise UsageError("the server that this turn was for has ended", do="start it again")
    with contextlib.closing(wiring.ledger(folder / "ledger")) as ledger:
        means = wiring.loop_means(system, folder, ledger)
        with lock.lock(folder, lock.LOOP):
            if not wiring.served_elsewhere(folder):
                with contextlib.closing(wiring.engine()) as engine:
                    take_in(system, engine, wiring.tables(), ledger, clock.now())
            done = turn.turn(means, clock.now())
        while done.training is not None and not lock.held(folder, lock.TRAINING):
            training = functools.partial(turn.train, means, done.training, clock.now())
            with lock.lock(folder, lock.TRAINING):
                run(training)
            with lock.lock(folder, lock.LOOP, wait=True):
                after = turn.turn(means, clock.now())
            done = turn.Turned((*done.decisions, *after.decisions), after.training, after.challenge)
        if done.challenge is not None and not lock.held(folder, lock.TRAINING):
            challenge = functools.partial(challenging.challenge, means, done.challenge, clock.now)
            with lock.lock(folder, lock.TRAINING):
                run(challenge)
        _tell(system, folder, ledger, target)
        return done


def _run(work: Callable[[], None]) -> None:
    work()


def _tell(system: System, folder: Path, ledger: Ledger, target: str | None) -> None:
    """Send what waits for a person; whoever serves or watches the home does so by itself."""
    from trimtab.runtime.watching.passing import told_on  # noqa: PLC0415

    if wiring.served_elsewhere(folder):
        return
    with contextlib.suppress(UsageError), wiring.watching_lock(folder):
        told_on(system, ledger, wiring.sinks(system), wiring.clock().now(), file=target)


def verify(system: System, *, home: str | Path | None = None) -> Verified:
    """Feed what the live loop heard through it again: the recorded decisions must follow, byte for byte."""
    from trimtab.runtime.live_loop.turn import declared_now  # noqa: PLC0415
    from trimtab.runtime.live_loop.verifying import verify_live  # noqa: PLC0415

    folder = wiring.home(system, home)
    with contextlib.closing(wiring.ledger_to_read(folder / "ledger")) as ledger:
        declared, _ = declared_now(wiring.loop_means(system, folder, ledger))
        return verify_live(ledger, declared)


def diff(system: System, *, home: str | Path | None = None) -> Diff:
    """What the declaration as it is now changes against what the live version learned from, in words."""
    from trimtab.runtime.live_loop.differences import diff as run  # noqa: PLC0415

    with contextlib.closing(wiring.ledger_to_read(wiring.home(system, home) / "ledger")) as ledger:
        return run(system, ledger)


def experiment(
    system: System, *, effect: float | None = None, alpha: float = 0.05, home: str | Path | None = None
) -> Experiment:
    """Say how long an A/B test of two versions would take, and what the split of units on record says so far.

    effect: the difference in mean loss that it shall find, default the margin of the release; found with 80 % power,
    looked at daily. alpha: how often it may see one where there is none. Raises UsageError unless both are above 0.
    """
    from trimtab.runtime.live_loop.experimenting import experiment as run  # noqa: PLC0415
    from trimtab.runtime.live_loop.past import Past  # noqa: PLC0415

    for name, value in (("effect", effect), ("alpha", alpha)):
        if value is not None and not 0 < value < (1 if name == "alpha" else float("inf")):
            raise UsageError(f"{name} cannot be {value:g}", do=f"write {name}=0.05, or another small number")
    folder = wiring.home(system, home)
    with contextlib.closing(wiring.ledger_to_read(folder / "ledger")) as ledger:
        return run(
            Past(wiring.loop_means(system, folder, ledger), wiring.clock().now()), effect=effect, alpha=alpha
        )


def approve(
    system: System, version: str | None = None, *, reason: str = "", home: str | Path | None = None
) -> Asked:
    """Let a candidate take the step that it waits for (default: the one that waits); the loop takes it in next."""
    return _ask(system, "approve", version, reason, home)


def decline(
    system: System, version: str | None = None, *, reason: str = "", home: str | Path | None = None
) -> Asked:
    """Turn a candidate away at the step that it waits for (default: the one that waits); the loop retires it next."""
    return _ask(system, "decline", version, reason, home)


def promote(system: System, version: str, *, reason: str = "", home: str | Path | None = None) -> Asked:
    """Ask that a version answers all units, whatever the evidence; of the champion itself it ends a freeze."""
    return _ask(system, "promote", version, reason, home)


def rollback(system: System, *, reason: str = "", home: str | Path | None = None) -> Asked:
    """Ask that the version before the champion answers again; the champion goes into quarantine."""
    return _ask(system, "roll back", None, reason, home)


def _ask(system: System, what: What, version: str | None, reason: str, home: str | Path | None) -> Asked:
    """Put a wish on record, once it is one that the loop can take in."""
    from trimtab.runtime.live_loop.asked import ask  # noqa: PLC0415
    from trimtab.runtime.live_loop.wishing import wish  # noqa: PLC0415

    folder = wiring.home(system, home)
    wiring.check_record(folder / "ledger")
    with contextlib.closing(wiring.ledger(folder / "ledger")) as ledger:
        asked = replace(wish(ledger, what, version, reason, wiring.clock().now()), by=getpass.getuser())
        ask(ledger, asked)
    return asked
