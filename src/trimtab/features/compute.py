"""Point-in-time features for a table of requests: aggregates by plan, then the row logic over them."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from trimtab.declare.features import Features
from trimtab.declare.kinds import Kind
from trimtab.declare.source import Source
from trimtab.features.aggregates import values
from trimtab.features.gather import count_rows
from trimtab.features.planning import Limits
from trimtab.features.rows import Aggregates, Requests, check_rows, row_features
from trimtab.features.specs import FactsTable, groups
from trimtab.ports import Engine


def compute(  # the stage's whole context
    engine: Engine,
    features: Features,
    *,
    requests: str,
    request_kinds: Mapping[str, Kind],
    request_source: Source,
    facts: Mapping[str, FactsTable],
    limits: Limits | None = None,
) -> pa.Table:
    """One column per feature in declared order, one row per request in `__row` order.

    `requests` names a registered table with the request's fields, `__row` (0 to n - 1) and `__at` (epoch
    microseconds, never null); `facts` gives each source's registered table, with `__known` and `__sequence` beside
    its columns. The value at t covers facts with known in [floor((t - over) / hop) * hop, t); a request's own fact
    never counts.

    Raises DeclarationError where a feature cannot be computed from its source or the request, and DataError where
    sums overflow.
    """
    found = groups(features, request_source, request_kinds, facts)
    kinds = {spec.name: spec.result for group in found for spec in group.specs}
    check_rows(features, request_kinds, kinds)
    count = count_rows(engine, requests)
    computed: dict[str, pa.ChunkedArray] = {}
    for group in found:
        computed |= values(engine, group, requests, count, limits or Limits())
    asked = Requests(requests, request_kinds, count)
    return row_features(engine, features, asked, Aggregates(computed, kinds))
