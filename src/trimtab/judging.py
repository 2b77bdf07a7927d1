"""Evaluate as a function: a version, or the declared model, on rows that it has not seen."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from trimtab import wiring
from trimtab.declare.system import System
from trimtab.instants import Instant, instant

if TYPE_CHECKING:
    from trimtab.declare.expectations import Expectation, GoldenRow
    from trimtab.finding import Finding
    from trimtab.runtime.evaluating.result import Evaluation
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
    Without `retrain`, nothing is trained but the candidate. Raises TrimtabError when too little has matured, or for an
    unknown version.
    """
    from trimtab.runtime.evaluating.run import Settings, silent  # noqa: PLC0415
    from trimtab.runtime.evaluating.run import evaluate as run  # noqa: PLC0415
    from trimtab.runtime.evaluating.versions import contenders  # noqa: PLC0415
    from trimtab.runtime.history import load as load_history  # noqa: PLC0415

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
            tuple(expectations),
            tuple(golden),
            rows,
            retrain,
            command or f"tt.evaluate({system.name})",
            progress or silent,
        )
        history = load_history(system, engine, wiring.tables())
        return run(history, stored, champion, wiring.dump, functools.partial(_limits, system), settings)
    finally:
        engine.close()


def _limits(system: System, row_microseconds: float | None, size: int | None) -> Sequence[Finding]:
    """What a candidate that has not served can tell of the declared limits; fairness is judged by the suite."""
    from trimtab.serving.requirements import Measured, judge  # noqa: PLC0415
    from trimtab.units import Size  # noqa: PLC0415

    if system.requires is None:
        return ()
    measured = Measured(row_microseconds, size=None if size is None else Size(size))
    return [each for each in judge(system.requires, measured) if "fairness" not in each.what]
