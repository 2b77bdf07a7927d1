"""Is the budget kept at the edge of the null? Simulated model-years in which every mean is exactly its bound."""

import numpy as np

from trimtab.monitoring.budget import Budget, Monitor, log_inflows, weights
from trimtab.stats.betting import FRACTIONS
from trimtab.stats.detector import advance, empty_detector, reset
from trimtab.units import days, hours

MONITORS = [Monitor(kind) for kind in ("realised", "estimated", "residual", "breakage")]
ROWS, THETA, HISTORIES = 1000, 0.18, 400


def promises(years):
    """Pages a year and the 95 % interval of their mean, by world; each of so many model-years in all."""
    length = max(years // HISTORIES, 1)
    return [
        _promise("hourly, 1,000 rows, monitors independent", hours(1), length, _rows(MONITORS)),
        _promise("hourly, 1,000 rows, all monitors see the same", hours(1), length, _rows(MONITORS[:1])),
        _promise("daily, one value a day, monitors independent", days(1), 5 * length, _days),
    ]


def _rows(drawn):
    up, down = np.log1p(FRACTIONS * (1 / THETA - 1)), np.log1p(-FRACTIONS)

    def draw(generator):
        ones = generator.binomial(ROWS, THETA, (HISTORIES, len(drawn), 1))
        return np.broadcast_to(ones * up + (ROWS - ones) * down, (HISTORIES, len(MONITORS), FRACTIONS.size))

    return draw


def _days(generator):
    values = generator.beta(4, 4, (HISTORIES, len(MONITORS), 1))  # mean 1/2, the bound
    return np.log1p(FRACTIONS * (values / 0.5 - 1))


def _promise(name, window, years, draw):
    """Histories that go on after each page, so that none is hidden behind an open one."""
    budget, generator = Budget(1.0, window=window), np.random.default_rng(5)
    shares = weights(MONITORS)
    inflow = np.broadcast_to(log_inflows(shares, np.ones(len(shares), bool)), (HISTORIES, len(shares), 1))
    state, pages = empty_detector((HISTORIES, len(shares))), np.zeros(HISTORIES)
    for at in range(round(years * budget.windows_per_year)):
        state = advance(state, draw(generator), at=at, log_inflow=inflow)
        sent = budget.exceeded(state)
        if sent.any():
            pages += sent
            state = reset(state, np.repeat(sent[:, None], len(shares), axis=1))
    rates = pages / years
    half = 1.96 * rates.std(ddof=1) / np.sqrt(HISTORIES)
    return {
        "world": name,
        "years": HISTORIES * years,
        "pages": int(pages.sum()),
        "rate": float(rates.mean()),
        "interval": [float(rates.mean() - half), float(rates.mean() + half)],
    }
