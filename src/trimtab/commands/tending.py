"""Commands that look after a served system: watch it, answer its incidents, try its sinks."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from trimtab import wiring
from trimtab.declare.system import System

if TYPE_CHECKING:
    from trimtab.monitoring.incidents import Acknowledge, Snooze
    from trimtab.monitoring.watching import Answer
    from trimtab.runtime.watching.responding import Responded
    from trimtab.serving.status import Status
    from trimtab.serving.watching import Watching
    from trimtab.units import Duration


def watch_system(system: System, *, home: str | Path | None = None, target: str | None = None) -> Status:
    """Watch a served system once: close the days that have ended, tell its sinks, and return what is known.

    Running it again changes nothing; a day that was missed is made up for. `target` is what commands call the system.
    Raises UsageError for a home without a record, or while another process watches it.
    """
    from trimtab.finding import by_severity  # noqa: PLC0415
    from trimtab.runtime.intake import take_in  # noqa: PLC0415
    from trimtab.runtime.live_loop.keeping import as_served  # noqa: PLC0415
    from trimtab.runtime.watching.live import Place  # noqa: PLC0415
    from trimtab.runtime.watching.passing import run_pass  # noqa: PLC0415
    from trimtab.serving.status import Status  # noqa: PLC0415
    from trimtab.serving.watching import served  # noqa: PLC0415

    folder, called = wiring.home(system, home), target or system.name
    wiring.check_record(folder / "ledger")
    with wiring.watching_lock(folder), contextlib.closing(wiring.ledger(folder / "ledger")) as ledger:
        now = wiring.clock().now()
        if not wiring.served_elsewhere(folder):
            with contextlib.closing(wiring.engine()) as engine:
                take_in(system, engine, wiring.tables(), ledger, now)
        place = Place(
            as_served(system, ledger),
            ledger,
            wiring.blobs(folder / "blobs"),
            wiring.engine,
            wiring.load,
            served(ledger),
            f"trimtab watch {called}",
            f"trimtab train {called}",
        )
        passed = run_pass(place, wiring.sinks(system), now, file=target)
    return Status(system.name, by_severity((*passed.findings, *passed.sent)), "Watching")


def acknowledge(  # each option is one independent wish
    system: System,
    id: str,  # noqa: A002  # the field's word for it
    answer: Answer,
    *,
    by: str | None = None,
    home: str | Path | None = None,
    target: str | None = None,
) -> Responded:
    """Answer an incident: "benign" (no harm: a new reference begins), "fixed" (it is over) or "working".

    `by` is who answers (default: the user of this process). Raises UsageError for an incident that there is not.
    """
    from trimtab.monitoring.incidents import Acknowledge  # noqa: PLC0415

    return _respond(system, lambda now: Acknowledge(id, answer, by or _user(), now), home, target)


def snooze(  # each option is one independent wish
    system: System,
    id: str,  # noqa: A002  # the field's word for it
    duration: Duration,
    *,
    by: str | None = None,
    home: str | Path | None = None,
    target: str | None = None,
) -> Responded:
    """Send nothing of an incident for some time; when it is still open then, that is told once.

    Raises UsageError for an incident that there is not.
    """
    from trimtab.monitoring.incidents import Snooze  # noqa: PLC0415

    return _respond(
        system,
        lambda now: Snooze(id, now + duration.microseconds, by or _user(), now),
        home,
        target,
    )


def _respond(
    system: System,
    said: Callable[[int], Acknowledge | Snooze],
    home: str | Path | None,
    target: str | None,
) -> Responded:
    from trimtab.runtime.watching.responding import respond as run  # noqa: PLC0415

    folder = wiring.home(system, home)
    wiring.check_record(folder / "ledger")
    with wiring.watching_lock(folder), contextlib.closing(wiring.ledger(folder / "ledger")) as ledger:
        now = wiring.clock().now()
        return run(system, ledger, wiring.sinks(system), said(now), now, file=target)


def _user() -> str:
    import getpass  # noqa: PLC0415

    return getpass.getuser()


def send_test(system: System, *, target: str | None = None) -> Status:
    """Send one test message to every declared sink; nothing goes on record."""
    from trimtab.finding import by_severity  # noqa: PLC0415
    from trimtab.runtime.watching.responding import send_test as run  # noqa: PLC0415
    from trimtab.serving.status import Status  # noqa: PLC0415

    found = run(system, wiring.sinks(system), wiring.clock().now(), file=target)
    return Status(system.name, by_severity(found), "Sinks of")


def watching(system: System, folder: Path, target: str | None) -> Watching | None:
    """How the server has the system watched; a system without a name to load it by is watched from elsewhere."""
    from trimtab.serving.watching import Watching  # noqa: PLC0415

    if target is None:
        return None
    command = [sys.executable, "-m", "trimtab", "watch", target, "--home", str(folder)]
    return Watching(command, wiring.sinks(system), lambda: wiring.watching_lock(folder), target)
