"""What is asked of a record without changing it: its state, its parity, its past."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from trimtab import wiring
from trimtab.declare.system import System
from trimtab.instants import Instant, instant

if TYPE_CHECKING:
    from trimtab.runtime.live_loop.told import ReleaseHistory
    from trimtab.serving.parity import Parity
    from trimtab.serving.status import Status


def parity(
    system: System, *, since: Instant = None, sample: int | None = None, home: str | Path | None = None
) -> Parity:
    """Recompute what was served as one batch and compare it, feature by feature; nothing should differ.

    `since` limits it to predictions asked from then on, `sample` to so many of them.
    """
    from trimtab.serving.parity import parity as run  # noqa: PLC0415

    engine, ledger = wiring.engine(), wiring.ledger_to_read(wiring.home(system, home) / "ledger")
    try:
        return run(system, ledger, engine, since=instant(since, system.zone), sample=sample)
    finally:
        ledger.close()
        engine.close()


def status(system: System, *, home: str | Path | None = None) -> Status:
    """The state of a system as verdicts, worst first: what answers, how well, what is required, parity, trouble."""
    from trimtab.runtime.live_loop.findings import loop_findings  # noqa: PLC0415
    from trimtab.runtime.watching.telling import judged  # noqa: PLC0415
    from trimtab.serving.status import status as run  # noqa: PLC0415

    with contextlib.closing(wiring.ledger_to_read(wiring.home(system, home) / "ledger")) as ledger:
        now = wiring.clock().now()
        return run(system, ledger, now, [*judged(ledger, now), *loop_findings(ledger, now, system)])


def history(system: System, *, at: Instant = None, home: str | Path | None = None) -> ReleaseHistory:
    """Which version answered at an instant (default: now), why, and what happened to all versions until then."""
    from trimtab.runtime.live_loop.told import release_history  # noqa: PLC0415

    with contextlib.closing(wiring.ledger_to_read(wiring.home(system, home) / "ledger")) as ledger:
        return release_history(system.name, ledger, instant(at, system.zone) or wiring.clock().now())
