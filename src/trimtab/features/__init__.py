"""Features at the time of each request: plans for engines, and the row logic after them (book ch. 5)."""

from trimtab.features.compute import compute
from trimtab.features.explain import Data, Explanation, explain
from trimtab.features.planning import Limits
from trimtab.features.specs import FactsTable

__all__ = ["Data", "Explanation", "FactsTable", "Limits", "compute", "explain"]
