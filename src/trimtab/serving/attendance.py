"""When a process was there to take facts in: silence while nobody listened is not blamed on a source."""

from __future__ import annotations

from dataclasses import replace

from trimtab.monitoring.operational import Operations, SourceFlow
from trimtab.ports import Ledger

HEARTBEATS = "heartbeats"
"""The journal in which the owner of a record says now and then that it runs, and since when."""

BEAT_SECONDS = 600.0


def attended(operations: Operations, ledger: Ledger) -> Operations:
    """The numbers with each source's silence counted only while the last process that took facts in was running.

    Without any heartbeat on record nothing changes.
    """
    frontier = ledger.frontier(HEARTBEATS)
    if not frontier:
        return operations
    (beat,) = ledger.read_events(HEARTBEATS, since=frontier - 1)
    until = min(operations.now, beat.at + int(BEAT_SECONDS * 1e6))
    sources = tuple(_heard(each, beat.body["since"], until, operations.now) for each in operations.sources)
    return replace(operations, sources=sources)


def _heard(flow: SourceFlow, since: int, until: int, now: int) -> SourceFlow:
    """The source as if nothing of its silence had passed while nobody listened."""
    if flow.latest is None:
        return flow
    silent = max(until - max(flow.latest, since), 0)
    return replace(flow, latest=max(flow.latest, now - silent))
