"""Explain as a function: one served prediction, from its raw request to its label."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trimtab import wiring
from trimtab.declare.system import System

if TYPE_CHECKING:
    from collections.abc import Callable

    from trimtab.ports import Ledger
    from trimtab.runtime.explaining.result import Explained
    from trimtab.serving.service import Outcome


def explain(
    system: System,
    id: str | None = None,  # noqa: A002  # the field's word for it
    *,
    home: str | Path | None = None,
) -> Explained:
    """Explain one served prediction (default: the newest): its request, features, score, version and label so far.

    Each feature comes with the facts behind it, the value that the record gives now, and what it adds to the score.
    Raises UsageError for an id that is not on record.
    """
    from trimtab.runtime.explaining.run import Place  # noqa: PLC0415  # heavy parts load when a command runs
    from trimtab.runtime.explaining.run import explain as run  # noqa: PLC0415

    folder = wiring.home(system, home)
    with (
        contextlib.closing(wiring.ledger_to_read(folder / "ledger")) as ledger,
        contextlib.closing(wiring.engine()) as engine,
    ):
        models, now = wiring.blobs(folder / "blobs"), wiring.clock().now()
        return run(Place(system, ledger, models, engine, wiring.load, labels(system, ledger), now), id)


def labels(system: System, ledger: Ledger) -> Callable[[Mapping[str, Any], int, int], Outcome]:
    """What gives the label of an answered request from the facts on record."""
    from trimtab.runtime.given_labels import VALUE, given_labels  # noqa: PLC0415
    from trimtab.runtime.history import identity  # noqa: PLC0415
    from trimtab.runtime.intake import recorded_kinds  # noqa: PLC0415
    from trimtab.serving.outcomes import Outcomes  # noqa: PLC0415

    kinds = recorded_kinds(ledger)
    arms = {**dict(system.model.label.arms), given_labels(system, identity(system)): VALUE}
    known = {source: value for source, value in arms.items() if source.name in kinds}
    return Outcomes(system, known, kinds, identity(system), ledger).of
