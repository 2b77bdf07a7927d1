"""When each source last brought a fact, and how long it is usually silent: from known times on record."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trimtab.declare.aggregate import Aggregate
from trimtab.declare.needs import explicit_features
from trimtab.declare.source import Source
from trimtab.declare.system import System
from trimtab.monitoring.operational import SourceFlow
from trimtab.monitoring.usual import DAY, FEWEST_DAYS
from trimtab.monitoring.volume import infer_flow
from trimtab.ports import Ledger
from trimtab.serving.timeline import rows
from trimtab.sources.identity import KNOWN

BEFORE = 28 * DAY
FACTS_AT_MOST = 100_000
"""Facts of a source that are looked at one by one; of more, some."""
PLACES = 100
"""How many are looked at then. Their longest silence is no shorter than that of all: the contract errs on its lax side."""
FEWEST_FACTS = 20
"""Fewer facts do not tell how long a source is silent."""


def source_flows(system: System, ledger: Ledger, now: int) -> tuple[SourceFlow, ...]:
    """How the facts of each source come that a feature or the label reads, at an instant (epoch microseconds)."""
    return tuple(_flow(source, ledger, now) for source in _read(system))


def _read(system: System) -> tuple[Source, ...]:
    """The sources that serving and learning wait for; that of requests is among them only where something reads it."""
    of_features = [each.source for _, each in explicit_features(system) if isinstance(each, Aggregate)]
    return tuple(dict.fromkeys([*of_features, *(source for source, _ in system.model.label.arms)]))


def _flow(source: Source, ledger: Ledger, now: int) -> SourceFlow:
    stream = f"facts/{source.name}"
    timeline = rows(ledger, stream)
    begun, last = timeline.at(0), timeline.last()
    if begun is None or last is None:
        return SourceFlow(source.name, owner=source.owner)
    known = _known(ledger, stream, range(timeline.first_since(last - BEFORE), timeline.frontier))
    known = np.sort(known[known <= now])
    if not known.size:
        return SourceFlow(source.name, owner=source.owner)
    latest = int(known[-1])
    known = known[known > latest - BEFORE]
    told = known.size >= FEWEST_FACTS and latest - int(known[0]) >= FEWEST_DAYS * DAY
    return SourceFlow(source.name, latest, infer_flow(known) if told else None, last > begun, source.owner)


def _known(ledger: Ledger, stream: str, stretch: range) -> NDArray[np.int64]:
    """The known times of facts: of all, or of some at even distances, the latest among them."""
    if len(stretch) <= FACTS_AT_MOST:
        table = ledger.read_rows(stream, since=stretch.start, until=stretch.stop)
        return np.asarray(table[KNOWN], np.int64)
    some = np.linspace(stretch.start, stretch.stop - 1, PLACES).astype(np.int64).tolist()
    pieces = [ledger.read_rows(stream, since=place, until=place + 1)[KNOWN].to_numpy() for place in some]
    return np.concatenate(pieces).astype(np.int64)
