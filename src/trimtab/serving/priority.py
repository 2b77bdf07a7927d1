"""How work beside the requests lets them go first: fewer threads, a lower priority, and for trainings the idle class."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress

from trimtab.errors import UsageError, nearest

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TRIMTAB_THREADS")
"""By what the libraries of learners and our engine are told how many threads they may have."""

NICENESS = 10
"""How much a turn lets others go first. It keeps a share of the processor, so that a rollback comes whatever the load."""


def with_one_thread(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment in which libraries compute on one thread, where it does not say otherwise.

    >>> with_one_thread({"OMP_NUM_THREADS": "4"})["OMP_NUM_THREADS"], with_one_thread({})["OMP_NUM_THREADS"]
    ('4', '1')
    """
    return {**dict.fromkeys(THREADS, "1"), **environment}


PRIORITY = "TRIMTAB_TRAINING_PRIORITY"
"""The environment variable that says how far trainings beside a server stand back."""

PRIORITIES = ("idle", "low", "normal")


def priority(environment: Mapping[str, str]) -> str:
    """How far trainings stand back: "idle" unless the environment says otherwise; raises UsageError for another word.

    >>> priority({}), priority({"TRIMTAB_TRAINING_PRIORITY": "low"})
    ('idle', 'low')
    """
    found = environment.get(PRIORITY) or "idle"
    if found not in PRIORITIES:
        raise UsageError(
            f"{PRIORITY} says nothing that trainings could keep to",
            found=repr(found),
            nearest=nearest(found, PRIORITIES),
            do=f"use {', '.join(PRIORITIES)}",
        )
    return found


def lower_priority(chosen: str) -> None:
    """Let other processes of this machine go first from now on, unless the priority is normal."""
    if chosen != "normal":
        os.nice(NICENESS)


def training_runner(chosen: str) -> Callable[[Callable[[], None]], None]:
    """What a training is run by: of the idle class if that was chosen, else as the turn runs."""
    return run_when_idle if chosen == "idle" else lambda work: work()


def run_when_idle(work: Callable[[], None]) -> None:
    """Do some work to its end on processor time that nobody else wants, and raise what it raises.

    On Linux it runs in a thread of the idle class, which every other thread preempts at once; its reads and writes have
    the idle class too. Elsewhere it runs as it is. A thread, because a process may not leave that class again.
    """
    problems: list[BaseException] = []

    def run() -> None:
        _idle()
        try:
            work()
        except BaseException as problem:  # noqa: BLE001  # whatever it is, the caller is told
            problems.append(problem)

    thread = threading.Thread(target=run, name="trimtab-idle", daemon=True)
    thread.start()
    thread.join()
    if problems:
        raise problems[0]


def _idle() -> None:
    """Put this thread, and those that it starts, into the idle class where there is one."""
    if hasattr(os, "SCHED_IDLE"):
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
