"""Evaluate as a function: a version, or the declared model, on rows that it has not seen."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trimtab import wiring
from trimtab.declare.system import System
from trimtab.instants import Instant, instant

if TYPE_CHECKING:
    from trimtab.declare.expectations import Expectation, GoldenRow
    from trimtab.finding import Finding
    from trimtab.ports import Engine
    from trimtab.runtime.evaluating.result import Evaluation
    from trimtab.runtime.history import History
    from trimtab.runtime.replay.run import Progress


def evaluate(  # noqa: PLR0913  # each option is one independent wish
    system: System,
    version: str | None = None,
    *,
    as_of: Instant = None,
    expectations: Sequence[Expectation] = (),
    golden: Sequence[GoldenRow] = (),
    rows: int = 100_000,
    retrain: bool = True,
    home: str | Path | None = None,
    progress: Progress | None = None,
    command: str = "",
) -> Evaluation:
    """Run every check on a version (default: the newest) on the newest matured rows that it has not seen.

    Where a version has seen almost everything, or none is stored, its recipe is trained on older rows and judged on
    the newer ones. `as_of` is the instant whose labels count as known (default: now), `rows` the most that judge.
    Without `retrain`, nothing is trained but the candidate. Where there is a record, the evaluation goes on it, and what
    people have accepted asks for nothing until it expires. Raises TrimtabError when too little has matured, or for an
    unknown version.
    """
    from trimtab.runtime.evaluating.run import Settings, silent  # noqa: PLC0415
    from trimtab.runtime.evaluating.run import evaluate as run  # noqa: PLC0415
    from trimtab.runtime.evaluating.versions import contenders  # noqa: PLC0415
    from trimtab.serving.engines import engine_record  # noqa: PLC0415

    folder, engine, clock = wiring.home(system, home), wiring.engine(), wiring.clock()
    (progress or silent)("reading sources and computing features", 0, 0)
    try:
        recorded = (folder / "ledger").exists()
        if version is not None:
            wiring.check_record(folder / "ledger")
        if recorded:
            with contextlib.closing(wiring.ledger_to_read(folder / "ledger")) as ledger:
                stored, champion = contenders(ledger, wiring.blobs(folder / "blobs"), wiring.load, version)
        else:
            stored, champion = None, None
        now = instant(as_of, system.zone) or clock.now()
        settings = Settings(
            now,
            (*system.expectations, *expectations),
            (*system.golden, *golden),
            rows,
            retrain,
            command or f"tt.evaluate({system.name})",
            progress or silent,
            served=functools.partial(_served, system, folder / "ledger") if recorded else None,
            choose=functools.partial(engine_record, threshold=system.threshold),
        )
        history = _history(system, engine, folder / "ledger", recorded=recorded)
        done = run(history, stored, champion, wiring.dump, functools.partial(_limits, system), settings)
        name = "" if stored is None else stored.version.name
        return _kept(folder / "ledger", done, name, clock.now()) if recorded else done
    finally:
        engine.close()


def _history(system: System, engine: Engine, record: Path, *, recorded: bool) -> History:
    """A system's past: as its sources hold it, or once it has answered requests as it is on record."""
    from trimtab.errors import LedgerError  # noqa: PLC0415
    from trimtab.runtime.history import assemble, identity, load  # noqa: PLC0415
    from trimtab.runtime.intake import facts_from  # noqa: PLC0415
    from trimtab.runtime.logged import PREDICTIONS  # noqa: PLC0415
    from trimtab.runtime.served import served_requests  # noqa: PLC0415

    if recorded:
        with contextlib.closing(wiring.ledger_to_read(record)) as ledger, contextlib.suppress(LedgerError):
            # an edited declaration may use what is not on record yet: then its sources tell
            if ledger.frontier(PREDICTIONS):
                facts = facts_from(ledger, system, engine)
                kinds = facts[system.request.source.name].kinds
                return assemble(system, facts, engine, served_requests(ledger, identity(system), kinds))
    return load(system, engine, wiring.tables())


def _served(system: System, record: Path, version: str) -> dict[tuple[Any, ...], float | list[float]]:
    """The scores that a version gave in service."""
    from trimtab.runtime.evaluating.served import served_scores  # noqa: PLC0415
    from trimtab.runtime.history import identity  # noqa: PLC0415

    with contextlib.closing(wiring.ledger_to_read(record)) as ledger:
        return served_scores(ledger, identity(system), version)


def _kept(record: Path, done: Evaluation, version: str, now: int) -> Evaluation:
    """The evaluation, put on record as it is, with what was accepted; where it cannot be written, it says so."""
    from trimtab.errors import LedgerError  # noqa: PLC0415
    from trimtab.runtime.auditing.acceptances import read_acceptances  # noqa: PLC0415
    from trimtab.runtime.auditing.evaluations import accepting, keep  # noqa: PLC0415

    try:
        with contextlib.closing(wiring.ledger(record)) as ledger:
            keep(ledger, done, version, now)
            return accepting(done, read_acceptances(ledger), now)
    except LedgerError as problem:
        return replace(done, remarks=(*done.remarks, f"not on record: {problem}"))


def _limits(system: System, row_microseconds: float | None, size: int | None) -> Sequence[Finding]:
    """What a candidate that has not served can tell of the declared limits; fairness is judged by the suite."""
    from trimtab.serving.requirements import Measured, judge  # noqa: PLC0415
    from trimtab.units import Size  # noqa: PLC0415

    if system.requires is None:
        return ()
    measured = Measured(row_microseconds, size=None if size is None else Size(size))
    return [each for each in judge(system.requires, measured) if "fairness" not in each.what]
