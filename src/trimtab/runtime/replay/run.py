"""A replay from start to finish: load once, walk every policy, pay for each distinct fit once, compare."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from trimtab.declare.system import System
from trimtab.errors import DeclarationError
from trimtab.ports import Engine, Ledger, Tables
from trimtab.runtime.clock import Stopwatch
from trimtab.runtime.history import load
from trimtab.runtime.learning import refuse_manner
from trimtab.runtime.replay.journal import record, record_served
from trimtab.runtime.replay.outcome import outcome
from trimtab.runtime.replay.period import choose_period
from trimtab.runtime.replay.policies import choose
from trimtab.runtime.replay.result import Replay
from trimtab.runtime.replay.settings import Progress, Settings, silent
from trimtab.runtime.replay.walks import Walks
from trimtab.runtime.replay.watch_journal import record_watched
from trimtab.runtime.versions import Dump

__all__ = ["Progress", "Settings", "replay", "silent"]


def replay(
    system: System,
    engine: Engine,
    tables: Tables,
    ledger: Ledger,
    settings: Settings,
    progress: Progress = silent,
    dump: Dump | None = None,
) -> Replay:
    """Replay a system's history under several policies; raises TrimtabError where that cannot be done honestly.

    dump: how a model is stored, where gates try the stored ones.
    """
    watch = Stopwatch()
    policies = choose(system.retrain, settings.policies, thorough=settings.thorough)
    _refuse_causal(system)
    refuse_manner(system)
    progress("reading sources and computing features", 0, 0)
    history = load(system, engine, tables)
    period = choose_period(
        history.requests.at,
        system.zone,
        start=settings.start,
        stop=settings.stop,
        warm_up=system.retrain.warm_up,
    )
    with tempfile.TemporaryDirectory(prefix="trimtab-") as folder:
        found = Walks(history, period, policies, settings, engine, Path(folder), dump).settle(progress)
    if settings.watch:
        progress("watching as if it had been live", 0, 0)
        found = replace(found, watched=found.watches.told(found.timelines, found.results))
    progress("comparing", 0, 0)
    done = outcome(found, watch)
    record(ledger, done, found.timelines, found.results)
    record_watched(ledger, found.watched, found.timelines)
    record_served(ledger, history, found.judge, found.timelines[-1], found.results, period.rows)
    return done


def _refuse_causal(system: System) -> None:
    if system.feedback == "causal":
        raise DeclarationError(
            "predictions of this system change the outcomes, so its history cannot say what another policy would have done",
            where=system.site,
            found='feedback="causal"',
            do="compare policies in an experiment, or declare feedback='selective' if only the labelling depends on them",
        )
