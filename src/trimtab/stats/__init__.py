"""How sure one can be: intervals and comparisons whose unit is a day or an entity, never a row.

>>> import numpy as np
>>> from trimtab.stats import Bootstrap, unit_totals
>>> losses = np.random.default_rng(1).exponential(0.5, 6000)
>>> print(Bootstrap(seed=7).mean(unit_totals(losses, np.repeat(np.arange(60), 100)), units="nats"))
0.499 [0.485, 0.512] nats
"""

from trimtab.stats.bootstrap import Bootstrap, Statistic
from trimtab.stats.clusters import (
    UnitTotals,
    design_effect,
    lag_correlation,
    unit_residuals,
    unit_totals,
)
from trimtab.stats.comparison import Comparison, compare
from trimtab.stats.concordance import bootstrap_roc_auc, bootstrap_roc_auc_difference
from trimtab.stats.holm import holm
from trimtab.stats.interval import Interval
from trimtab.stats.resample import MINIMUM_BLOCKS, MINIMUM_UNITS

__all__ = [
    "MINIMUM_BLOCKS",
    "MINIMUM_UNITS",
    "Bootstrap",
    "Comparison",
    "Interval",
    "Statistic",
    "UnitTotals",
    "bootstrap_roc_auc",
    "bootstrap_roc_auc_difference",
    "compare",
    "design_effect",
    "holm",
    "lag_correlation",
    "unit_residuals",
    "unit_totals",
]
