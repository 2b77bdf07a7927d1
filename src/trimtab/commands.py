"""Every command as a function of the same name, returning a frozen result that prints itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from trimtab import wiring
from trimtab.declare.system import System
from trimtab.errors import UsageError
from trimtab.loading import load
from trimtab.starting import init

if TYPE_CHECKING:
    import pyarrow as pa

    from trimtab.declare.policy import Policy
    from trimtab.runtime.check import Check
    from trimtab.runtime.replay.result import Replay
    from trimtab.runtime.replay.run import Progress
    from trimtab.runtime.training_set import Version

Instant = datetime | date | str | None
"""A point in time: aware datetimes as they are; dates, texts and naive datetimes in the system's zone."""


def instant(value: Instant, zone: str) -> int | None:
    """A point in time as epoch microseconds.

    >>> instant("2013-07-01", "America/New_York")
    1372651200000000
    """
    if value is None:
        return None
    import numpy as np  # noqa: PLC0415  # `import trimtab` stays free of it

    from trimtab.sources.localtime import local_to_utc  # noqa: PLC0415

    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise UsageError(
                f"{value!r} is no date", do="write it as 2013-07-01 or 2013-07-01T12:00+00:00"
            ) from None
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)  # noqa: DTZ001  # placed in the system's zone below
    if value.tzinfo is not None:
        return int((value - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000_000)
    local = np.array([np.datetime64(value, "us").astype(np.int64)])
    return int(local_to_utc(local, zone).utc[0])


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
    ledger = wiring.fresh_ledger(wiring.home(system, home) / "replays" / system.name)
    try:
        return run(system, engine, wiring.tables(), ledger, settings, progress or silent)
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


def train(system: System, *, as_of: Instant = None, home: str | Path | None = None) -> Version:
    """Take in what is new, train one version on what was known at an instant (default: now), store and record it.

    Facts enter the ledger of the home folder first, and training reads them from there: the same instant, declaration
    and ledger give the same dataset, byte for byte, and its fingerprint stands in the version.
    """
    from trimtab.runtime.history import assemble  # noqa: PLC0415
    from trimtab.runtime.intake import facts_from, take_in  # noqa: PLC0415
    from trimtab.runtime.versions import train_version  # noqa: PLC0415

    folder = wiring.home(system, home)
    engine, ledger = wiring.engine(), wiring.ledger(folder / "ledger")
    try:
        clock = wiring.clock()
        take_in(system, engine, wiring.tables(), ledger, clock.now())
        now = instant(as_of, system.zone) or clock.now()
        history = assemble(system, facts_from(ledger, system, engine), engine)
        return train_version(history, now, ledger, wiring.blobs(folder / "blobs"), wiring.dump)
    finally:
        ledger.close()
        engine.close()


__all__ = ["check", "init", "load", "replay", "train", "training_set"]
