"""The commands of the loop: turn it, see what an edited file changes, and let versions answer or go."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from trimtab import wiring
from trimtab.declare.system import System

if TYPE_CHECKING:
    from trimtab.runtime.live_loop.asked import Asked, What
    from trimtab.runtime.live_loop.differences import Diff
    from trimtab.runtime.live_loop.turn import Turned
    from trimtab.runtime.verify import Verified


def loop(system: System, *, home: str | Path | None = None) -> Turned:
    """Make one turn of a system's loop: decide, train, gate, release and roll back, as of now.

    Idempotent, and cut off at any point it goes on from there. Raises UsageError when another turn is under way.
    """
    from trimtab.runtime.intake import take_in  # noqa: PLC0415
    from trimtab.runtime.live_loop import lock, turn  # noqa: PLC0415

    folder, clock = wiring.home(system, home), wiring.clock()
    with contextlib.closing(wiring.ledger(folder / "ledger")) as ledger:
        means = wiring.loop_means(system, folder, ledger)
        with lock.lock(folder, lock.LOOP):
            if not wiring.served_elsewhere(folder):
                with contextlib.closing(wiring.engine()) as engine:
                    take_in(system, engine, wiring.tables(), ledger, clock.now())
            done = turn.turn(means, clock.now())
        while done.training is not None and not lock.held(folder, lock.TRAINING):
            with lock.lock(folder, lock.TRAINING):
                turn.train(means, done.training, clock.now())
            with lock.lock(folder, lock.LOOP, wait=True):
                after = turn.turn(means, clock.now())
            done = turn.Turned((*done.decisions, *after.decisions), after.training)
        return done


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


def approve(
    system: System, version: str | None = None, *, reason: str = "", home: str | Path | None = None
) -> Asked:
    """Let a candidate take the step that it waits for (default: the one that waits); the loop takes it in next."""
    return _ask(system, "approve", version, reason, home)


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
        asked = wish(ledger, what, version, reason, wiring.clock().now())
        ask(ledger, asked)
    return asked
