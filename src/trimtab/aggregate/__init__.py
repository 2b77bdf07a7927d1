"""Aggregators as monoids, windows on a grid, and the naive twin that defines what is right."""

from trimtab.aggregate.base import Aggregator
from trimtab.aggregate.catalogue import aggregator_of, result_kind
from trimtab.aggregate.exact import Scale

__all__ = ["Aggregator", "Scale", "aggregator_of", "result_kind"]
