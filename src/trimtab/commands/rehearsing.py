"""What is done before anything goes live: check the data, replay the history, take a training set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from trimtab import wiring
from trimtab.commands import showing
from trimtab.declare.system import System
from trimtab.instants import Instant, instant

if TYPE_CHECKING:
    import pyarrow as pa

    from trimtab.declare.policy import Policy
    from trimtab.runtime.check import Check
    from trimtab.runtime.replay.result import Replay
    from trimtab.runtime.replay.run import Progress


def check(system: System) -> Check:
    """Check a system's declaration against its data; the result lists every finding, worst first."""
    from trimtab.runtime.check import check as run  # noqa: PLC0415  # heavy parts load when a command runs

    engine = wiring.engine()
    try:
        return run(system, engine, wiring.tables(), wiring.clock().now())
    finally:
        engine.close()


def replay(  # noqa: PLR0913  # each option is one independent wish
    system: System,
    *,
    start: Instant = None,
    stop: Instant = None,
    policies: Sequence[str | Policy] = (),
    thorough: bool = False,
    home: str | Path | None = None,
    processes: int | None = None,
    progress: Progress | None = None,
    command: str = "",
) -> Replay:
    """Replay a system's own history under several retraining policies and recommend one.

    `start` and `stop` limit the period that is scored; `policies` are those to compare, by name or as `tt.Policy` (default: never, monthly,
    weekly on everything, on 60 days and weighted by recency, and the system's own); `thorough` adds daily ones and
    finer curves. The record is kept in the home folder. Raises TrimtabError where the data or declaration is at
    fault.
    """
    from trimtab.runtime.replay.run import Settings, silent  # noqa: PLC0415
    from trimtab.runtime.replay.run import replay as run  # noqa: PLC0415

    settings = Settings(
        start=instant(start, system.zone),
        stop=instant(stop, system.zone),
        policies=tuple(policies),
        thorough=thorough,
        processes=processes or wiring.processes(),
        command=command or f"tt.replay({system.name})",
    )
    engine = wiring.engine()
    folder = wiring.home(system, home) / "replays" / system.name
    ledger = wiring.fresh_ledger(folder)
    try:
        outcome = run(system, engine, wiring.tables(), ledger, settings, progress or silent, wiring.dump)
        showing.add_up(system, ledger, folder)
        return outcome
    finally:
        ledger.close()
        engine.close()


def training_set(system: System, *, as_of: Instant = None) -> pa.Table:
    """The training set of a system as known at an instant (default: now), as an Arrow table, from its sources.

    Columns: the request's id, `at`, the features, `label` and `weight`. Only rows mature by then are in it.
    """
    from trimtab.retrain.windows import selection  # noqa: PLC0415
    from trimtab.runtime.history import load as load_history  # noqa: PLC0415
    from trimtab.runtime.training_set import training_table  # noqa: PLC0415

    engine = wiring.engine()
    try:
        now = instant(as_of, system.zone) or wiring.clock().now()
        return training_table(
            load_history(system, engine, wiring.tables()), selection(system.retrain.window, now), now
        )
    finally:
        engine.close()
