"""The online plan of a set of features: which series it keeps, which keys a request reads, what comes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from trimtab.aggregate.base import Value
from trimtab.declare.features import Features
from trimtab.declare.kinds import Kind
from trimtab.declare.source import Source
from trimtab.features.online.keys import Row, encoder
from trimtab.features.online.layout import HEADER
from trimtab.features.online.reading import Reading
from trimtab.features.online.rows import RowFeatures
from trimtab.features.online.series import Series, series_of
from trimtab.features.rows import check_rows, kinds_of
from trimtab.features.specs import FactsTable, groups


class OnlinePlan:
    """Computes all features of one request from the blobs of its keys; made once by `compile_online`.

    `series` are what has to be kept, `sources` the names of the sources that they read, `kinds` the kinds of the
    features; that of a plain function is not known before it is called, and is left out.
    """

    def __init__(self, series: tuple[Series, ...], rows: RowFeatures, kinds: Mapping[str, Kind]) -> None:
        self.series, self.kinds = series, kinds
        self.sources = tuple(dict.fromkeys(each.source for each in series))
        self._readings = [Reading(each) for each in series]
        self._rows = rows
        self._encoders: list[Callable[[Row], bytes | None]] = []
        self._places = self._placed()

    def _placed(self) -> list[tuple[bytes, int]]:
        """Each series' prefix and the place of its encoder; series with the same fields share one."""
        places: dict[tuple[tuple[str, Kind], ...], int] = {}
        found = []
        for each in self.series:
            fields = tuple((field, each.kinds[column]) for column, field in each.keys)
            if fields not in places:
                places[fields] = len(self._encoders)
                self._encoders.append(encoder([field for field, _ in fields], dict(fields)))
            found.append((each.prefix, places[fields]))
        return found

    def keys(self, row: Row) -> list[bytes | None]:
        """The key in the store of each series for a request; None where a part of it is null."""
        encoded = [encode(row) for encode in self._encoders]
        return [None if (key := encoded[place]) is None else prefix + key for prefix, place in self._places]

    def as_of(self, blobs: Sequence[bytes | None], wanted: int) -> int:
        """The wanted instant, or the first later one at which the blobs are exact."""
        for blob in blobs:
            if blob is not None:
                since = HEADER.unpack_from(blob)[0]
                wanted = max(wanted, since)
        return wanted

    def values(self, row: Row, blobs: Sequence[bytes | None], as_of: int) -> list[Value | None]:
        """Every feature in declared order: the values of the batch plan for a request at `as_of`.

        Raises DataError where a sum overflows or the row lacks a field, and LearnerError where a function fails.
        """
        found: dict[str, Any] = {}
        for reading, blob in zip(self._readings, blobs, strict=True):
            reading.read(blob, as_of, row, found)
        return self._rows.values(row, found, as_of)


def compile_online(
    features: Features,
    request_kinds: Mapping[str, Kind],
    request_source: Source,
    fact_kinds: Mapping[str, Mapping[str, Kind]],
) -> OnlinePlan:
    """The online plan of features over a request's fields and the columns of each source.

    Raises what the batch plan raises for features that cannot be computed.
    """
    tables = {name: FactsTable(name, kinds) for name, kinds in fact_kinds.items()}
    found = groups(features, request_source, request_kinds, tables)
    aggregates = {spec.name: spec.result for group in found for spec in group.specs}
    check_rows(features, request_kinds, aggregates)
    rows = RowFeatures(features, request_kinds, aggregates)
    return OnlinePlan(series_of(found), rows, kinds_of(features, request_kinds, aggregates))
