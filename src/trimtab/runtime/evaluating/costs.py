"""What each feature costs by its declaration: its source, the pieces merged for a request, how fresh it is."""

from __future__ import annotations

from trimtab.declare.aggregate import Aggregate
from trimtab.declare.features import Features
from trimtab.declare.model import Request
from trimtab.evaluation.importance import FeatureCost
from trimtab.features import explain
from trimtab.units import Duration


def feature_costs(features: Features, request: Request) -> dict[str, FeatureCost]:
    """The cost of each declared feature by name."""
    meanings = {each.feature: each.meaning for each in explain(features)}
    return {name: _cost(feature, meanings[name], request) for name, feature in features}


def _cost(feature: object, meaning: str, request: Request) -> FeatureCost:
    if not isinstance(feature, Aggregate):
        return FeatureCost(meaning, request.source.name, 0, "comes with the request")
    source = feature.source
    return FeatureCost(meaning, source.name, _pieces(feature), f"facts are known at {source.known!r}")


def _pieces(feature: Aggregate) -> int:
    """The tiles that are merged for one request; 1 for a latest value or a window without a grid."""
    if feature.over is None or feature.hop in (None, Duration(0)) or feature.hop is None:
        return 1
    return -(-feature.over.microseconds // feature.hop.microseconds) + 1
