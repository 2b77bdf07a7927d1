"""Features at the time of one request: facts folded into small blobs per key, read back as the values of the batch plan."""

from trimtab.features.online.building import build
from trimtab.features.online.folding import fold
from trimtab.features.online.plan import OnlinePlan, compile_online
from trimtab.features.online.series import Series
from trimtab.features.online.thinning import Retention, is_dead

__all__ = ["OnlinePlan", "Retention", "Series", "build", "compile_online", "fold", "is_dead"]
