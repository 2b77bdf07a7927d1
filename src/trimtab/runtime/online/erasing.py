"""The keys of erased facts, built again from the facts that are left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from trimtab.features.online import Retention, Series, build
from trimtab.features.online.folding import Folding
from trimtab.ports import Engine

How = tuple[Engine, int, Retention]
"""The engine, the present, and how much is kept."""


def rebuilt(
    series: Series, erased: Sequence[Mapping[str, Any]], left: pa.Table, how: How
) -> dict[bytes, bytes | None]:
    """What to write for the keys of erased facts: their blobs without them, or nothing."""
    folding = Folding(series)
    keys = {key for key in map(folding.key, erased) if key is not None}
    for column, _ in series.keys:
        values = pa.array({fact[column] for fact in erased}, left.schema.field(column).type)
        left = left.filter(pc.is_in(left.column(column), values))
    engine, now, retention = how
    found = dict(build(series, left, engine, now, retention))
    return {key: found.get(key) for key in keys}
