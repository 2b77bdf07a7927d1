"""Is what was served what a batch would say? The log of served features, recomputed as one batch of requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from trimtab.declare.arrow import ARROW
from trimtab.declare.expression import Expression
from trimtab.declare.features import Features, Function
from trimtab.declare.kinds import Kind
from trimtab.declare.needs import request_fields
from trimtab.declare.system import System
from trimtab.features.parity import ULPS, FeatureParity, compare
from trimtab.finding import Severity
from trimtab.ports import Engine, Ledger
from trimtab.report import Column, Document, Paragraph, Section, Table
from trimtab.report.shown import Shown
from trimtab.runtime.history import AT, ROW, compute_features, resolve_features
from trimtab.runtime.intake import facts_from
from trimtab.runtime.live_loop.keeping import as_served
from trimtab.serving.erasures import latest_erasure
from trimtab.serving.logged import PREDICTIONS, Logged, decode


@dataclass(frozen=True)
class Parity(Shown):
    """The outcome: each feature's counts, and which predictions could not be checked and why."""

    system: str
    rows: int
    features: tuple[FeatureParity, ...]
    unchecked: Mapping[str, int]

    @property
    def values(self) -> int:
        """How many values were compared."""
        return sum(feature.rows for feature in self.features)

    @property
    def differing(self) -> int:
        """How many values differ; should be 0."""
        return sum(feature.differing for feature in self.features)

    @property
    def severity(self) -> Severity:
        """ACT when anything differs; NOT RUN when there was nothing to check."""
        if self.differing:
            return Severity.ACT
        return Severity.OK if self.rows else Severity.NOT_RUN

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        if not self.rows:
            return "No served prediction could be checked."
        if not self.differing:
            return f"All {self.values:,} feature values of {self.rows:,} served predictions equal the batch values."
        return f"{self.differing:,} of {self.values:,} served feature values differ from the batch values."

    def to_json(self) -> dict[str, Any]:
        """The outcome as plain JSON values."""
        return {
            "system": self.system,
            "rows": self.rows,
            "values": self.values,
            "differing": self.differing,
            "unchecked": dict(self.unchecked),
            "features": [asdict(feature) for feature in self.features],
        }

    def document(self) -> Document:
        """The outcome as a page."""
        columns = (
            Column("feature"),
            *(
                Column(name, format=",d")
                for name in ("rows", "both null", "served null", "batch null", "mismatches")
            ),
            Column("worst difference", format=".3g"),
            Column("first to differ", explanation="Ids of predictions: trimtab explains each by its id."),
        )
        rows = tuple(
            (
                f.name,
                f.rows,
                f.both_null,
                f.left_null,
                f.right_null,
                f.mismatches,
                f.worst,
                ", ".join(f.first),
            )
            for f in self.features
        )
        notes = tuple(
            Paragraph(f"{n:,} predictions were not checked: {why}.") for why, n in self.unchecked.items()
        )
        return Document(
            f"Parity of {self.system}",
            self.sentence,
            severity=self.severity,
            sections=(Section("Features", (Table(columns, rows), *notes)),),
        )


def parity(
    system: System, ledger: Ledger, engine: Engine, *, since: int | None = None, sample: int | None = None
) -> Parity:
    """Recompute the features of served predictions (asked since an instant; at most `sample`, drawn evenly)."""
    system = as_served(system, ledger)
    facts = facts_from(ledger, system, engine)
    kinds = facts[system.request.source.name].kinds
    features = resolve_features(system, kinds)
    unchecked: dict[str, int] = {}
    served = list(_checkable(_drawn(ledger, since, sample), features, latest_erasure(ledger), unchecked))
    if not served:
        return Parity(system.name, 0, (), unchecked)
    fields = {name: kinds[name] for name in request_fields(system, kinds)}
    batch = compute_features(system, features, facts, _requests([each for _, each in served], fields), engine)
    ids = [id_ for id_, _ in served]
    compared = tuple(
        compare(
            name,
            ids,
            [each.features[name] for _, each in served],
            batch[name].to_pylist(),
            ulps=_ulps(feature),
        )
        for name, feature in features
    )
    return Parity(system.name, len(served), compared, unchecked)


def _ulps(feature: object) -> int:
    return ULPS if isinstance(feature, Expression | Function) else 0


def _drawn(ledger: Ledger, since: int | None, sample: int | None) -> Iterator[tuple[str, Logged | None]]:
    """Predictions in order of the log: all, or as many as wanted at even distances, the newest among them."""
    frontier = ledger.frontier(PREDICTIONS)
    wanted = range(frontier)
    if sample is not None and sample < frontier and since is None:
        wanted = np.unique(np.linspace(0, frontier - 1, sample).astype(int)).tolist()
        for place in wanted:
            for _, record in ledger.read_records(PREDICTIONS, since=place, until=place + 1):
                yield record.id, decode(record)
        return
    found = [record for _, record in ledger.read_records(PREDICTIONS) if since is None or record.at >= since]
    step = 1 if sample is None else max(1, -(-len(found) // sample))
    for record in found[::-1][::step][::-1]:
        yield record.id, decode(record)


def _checkable(
    drawn: Iterator[tuple[str, Logged | None]], features: Features, erased: int, unchecked: dict[str, int]
) -> Iterator[tuple[str, Logged]]:
    names = set(features.names)
    for id_, logged in drawn:
        if logged is not None and logged.as_of < erased:
            why = "something was erased since, which they may have counted"
        elif logged is None:
            why = "they were erased"
        elif not logged.features:
            why = "a fallback answered without features"
        elif set(logged.features) != names:
            why = "they were served under another declaration"
        else:
            yield id_, logged
            continue
        unchecked[why] = unchecked.get(why, 0) + 1


def _requests(served: Sequence[Logged], fields: Mapping[str, Kind]) -> pa.Table:
    columns: dict[str, pa.Array] = {
        name: pa.array([each.request.get(name) for each in served], ARROW[kind])
        for name, kind in fields.items()
    }
    columns[AT] = pa.array([each.as_of for each in served], pa.int64())
    columns[ROW] = pa.array(np.arange(len(served), dtype=np.int64))
    return pa.table(columns)
