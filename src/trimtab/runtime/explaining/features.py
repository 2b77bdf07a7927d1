"""The features of one prediction: what was served, what it was made of, and how usual it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from trimtab.declare.aggregate import Aggregate
from trimtab.declare.arrow import ARROW
from trimtab.declare.expression import Expression
from trimtab.declare.features import Features, Function
from trimtab.declare.needs import request_fields
from trimtab.declare.system import System
from trimtab.features import explain
from trimtab.features.parity import ULPS, compare
from trimtab.monitoring.counts import Columns
from trimtab.ports import Engine
from trimtab.runtime.explaining.behind import Behind, behind
from trimtab.runtime.history import AT, ROW, compute_features, identity
from trimtab.runtime.logged import Logged
from trimtab.sources.facts import Facts


@dataclass(frozen=True)
class FeatureTold:
    """One feature of a prediction: the value that was served and what the batch plan says of it now.

    `known` is when the newest fact behind it became known, or for what the request brought when it was asked, and
    `age` how long that was before the features held; microseconds. `usual` says in words where the value lies among
    accepted training rows, and `strange` that it lies outside of them.
    """

    name: str
    meaning: str
    value: Any
    recomputed: Any = None
    differs: bool | None = None
    behind: Behind | None = None
    known: int | None = None
    age: int | None = None
    usual: str = ""
    strange: bool = False


def features_told(
    system: System,
    features: Features,
    facts: Mapping[str, Facts],
    logged: Logged,
    accepted: Columns | None,
    engine: Engine,
) -> tuple[FeatureTold, ...]:
    """Every served feature in its order; those of an older declaration without what is not declared any more."""
    declared = dict(features)
    meanings = {each.feature: each.meaning for each in explain(features)}
    again = _recomputed(system, features, facts, logged, engine)
    told = []
    for name, value in logged.features.items():
        feature = declared.get(name)
        made_of = _behind(system, feature, facts, logged)
        known = _known(feature, made_of, logged)
        usual, strange = usual_place(accepted, name, value)
        told.append(
            FeatureTold(
                name,
                meanings.get(name, "is not declared any more"),
                value,
                again.get(name),
                _differs(feature, name, value, again),
                made_of,
                known,
                None if known is None else logged.as_of - known,
                usual,
                strange,
            )
        )
    return tuple(told)


def _recomputed(
    system: System, features: Features, facts: Mapping[str, Facts], logged: Logged, engine: Engine
) -> dict[str, Any]:
    """The features of the request as the batch plan gives them from the record of today."""
    kinds = facts[system.request.source.name].kinds
    fields = request_fields(system, kinds)
    columns: dict[str, Any] = {
        name: pa.array([logged.request.get(name)], ARROW[kinds[name]]) for name in fields
    }
    columns |= {AT: pa.array([logged.as_of], pa.int64()), ROW: pa.array([0], pa.int64())}
    table = compute_features(system, features, facts, pa.table(columns), engine)
    return {name: table[name][0].as_py() for name in table.column_names}


def _differs(feature: object, name: str, value: Any, again: Mapping[str, Any]) -> bool | None:
    if name not in again:
        return None
    ulps = ULPS if isinstance(feature, Expression | Function) else 0
    return bool(compare(name, [name], [value], [again[name]], ulps=ulps).differing)


def _behind(system: System, feature: object, facts: Mapping[str, Facts], logged: Logged) -> Behind | None:
    if not isinstance(feature, Aggregate):
        return None
    same = feature.source.name == system.request.source.name
    own = {name: logged.request.get(name) for name in identity(system)} if same else {}
    return behind(feature, facts[feature.source.name], logged.request, logged.as_of, own)


def _known(feature: object, made_of: Behind | None, logged: Logged) -> int | None:
    """An expression over other features has no time of its own."""
    if isinstance(feature, Aggregate):
        return None if made_of is None else made_of.newest
    if isinstance(feature, Expression) and any(name not in logged.request for name in feature.columns()):
        return None
    return None if feature is None else logged.as_of


def usual_place(accepted: Columns | None, name: str, value: Any) -> tuple[str, bool]:
    """Where a value lies among the accepted rows, in words, and whether it is outside of them.

    >>> usual_place(Columns(("x",), np.arange(100.0)[:, None]), "x", 24.0)
    ('above 24 % of the accepted rows', False)
    >>> usual_place(Columns(("x",), np.arange(100.0)[:, None]), "x", 200.0)
    ('above all accepted rows, which end at 99', True)
    """
    if accepted is None or name not in accepted.names:
        return "", False
    column = accepted.values[:, accepted.names.index(name)]
    missing = float(np.isnan(column).mean())
    if value is None:
        share = f"{100 * missing:.1f} %" if missing else "none"
        return f"missing, as in {share} of the accepted rows", missing == 0
    words = accepted.dictionaries.get(name)
    if words is not None or isinstance(value, str):
        return _word(column, words or (), str(value))
    return _number(column[~np.isnan(column)], float(value))


def _word(
    column: np.ndarray[Any, np.dtype[np.float64]], words: tuple[str, ...], value: str
) -> tuple[str, bool]:
    share = float((column == words.index(value)).mean()) if value in words else 0.0
    if share == 0:
        return "in none of the accepted rows", True
    return f"in {100 * share:.1f} % of the accepted rows", False


def _number(known: np.ndarray[Any, np.dtype[np.float64]], value: float) -> tuple[str, bool]:
    if not known.size:
        return "every accepted row lacks it", True
    if value > known.max():
        return f"above all accepted rows, which end at {known.max():.6g}", True
    if value < known.min():
        return f"below all accepted rows, which begin at {known.min():.6g}", True
    return f"above {100 * float((known < value).mean()):.0f} % of the accepted rows", False
