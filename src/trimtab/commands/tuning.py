"""Tune as a function: the settings of every rung searched with one budget, on rows older than those that test them."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trimtab import wiring
from trimtab.declare.system import System
from trimtab.instants import Instant, instant

if TYPE_CHECKING:
    from trimtab.runtime.replay.run import Progress
    from trimtab.runtime.tuning.result import Tuned


def tune(
    system: System,
    budget: float = 20,
    *,
    space: Mapping[str, Sequence[Any]] | None = None,
    as_of: Instant = None,
    home: str | Path | None = None,
    progress: Progress | None = None,
    command: str = "",
) -> Tuned:
    """Search the settings of a linear model, gradient boosting and the declared learner, each with one budget.

    `budget` is in whole trainings; a declared learner that is one of the others stands for it. `space` says what to
    try of the declared learner: by setting a tuple (low, high), or a list of values. `as_of` is the instant whose
    labels count as known (default: now). Nothing is changed; the run is kept on record with its predictions row by
    row. Needs the extra `trimtab[tune]`. Raises TrimtabError.
    """
    from trimtab.runtime.evaluating.run import silent  # noqa: PLC0415  # heavy parts load when a command runs
    from trimtab.runtime.history import load as load_history  # noqa: PLC0415
    from trimtab.runtime.tuning.run import Settings  # noqa: PLC0415
    from trimtab.runtime.tuning.run import tune as run  # noqa: PLC0415
    from trimtab.serving.engines import engine_record  # noqa: PLC0415

    folder, clock = wiring.home(system, home), wiring.clock()
    with (
        contextlib.closing(wiring.engine()) as engine,
        contextlib.closing(wiring.ledger(folder / "ledger")) as ledger,
    ):
        now = instant(as_of, system.zone) or clock.now()
        settings = Settings(
            now,
            budget,
            space or {},
            command or f"tt.tune({system.name})",
            wiring.dump,
            functools.partial(engine_record, threshold=system.threshold),
        )
        history = load_history(system, engine, wiring.tables())
        return run(history, ledger, wiring.blobs(folder / "blobs"), settings, progress or silent)
