"""How a version comes to be that can serve: trained with its engine chosen, checked against limits, tried out."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from trimtab.declare.system import System
from trimtab.finding import Finding
from trimtab.ports import Blobs, Ledger
from trimtab.runtime.history import History
from trimtab.runtime.live_loop.learning import Keeping, learn
from trimtab.runtime.loop import Train
from trimtab.runtime.training_set import Version
from trimtab.runtime.versions import Dump
from trimtab.serving.engines import engine_record, load_scorer
from trimtab.serving.requirements import judge, measured_at_registration

Registering = tuple[
    Callable[[History, Train], Version],
    Callable[[Version, int], tuple[Finding, ...]],
    Callable[[Version], None],
    float | None,
]


def registering(
    system: System, ledger: Ledger, blobs: Blobs, dump: Dump, load: Callable[[str, bytes], Any]
) -> Registering:
    """How the loop fits, checks and tries out versions of a system, and from how many microseconds on one is slow."""
    choose = functools.partial(engine_record, threshold=system.threshold)

    def fit(history: History, order: Train) -> Version:
        return learn(history, order, Keeping(ledger, blobs, dump, load), choose)

    def checks(version: Version, now: int) -> tuple[Finding, ...]:
        if system.requires is None:
            return ()
        return judge(system.requires, measured_at_registration(version, now))

    def try_out(version: Version) -> None:
        load_scorer(version, blobs, load)

    limit = system.requires.p99 if system.requires is not None else None
    return fit, checks, try_out, None if limit is None else float(limit.microseconds)
