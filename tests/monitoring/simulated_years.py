"""Many simulated model-years at once: the rule of the budget on arrays (histories, monitors), and what it sent."""

from statistics import NormalDist

import numpy as np
from scipy.stats import beta

from trimtab.monitoring.budget import Budget, log_inflows
from trimtab.stats.betting import FRACTIONS
from trimtab.stats.detector import advance, empty_detector, reset


def log_e_of_values(values, theta, design_effect=1.0):
    """Log e-values (..., bets) of one value per unit (...)."""
    return (
        np.log1p(FRACTIONS * (np.asarray(values)[..., None] / theta - 1))
        / np.asarray(design_effect)[..., None]
    )


def log_e_of_counts(ones, rows, theta, design_effect=1.0):
    """Log e-values (..., bets) of windows of rows with value 0 or 1."""
    up, down = np.log1p(FRACTIONS * (1 / theta - 1)), np.log1p(-FRACTIONS)
    found = np.asarray(ones)[..., None] * up + (rows - np.asarray(ones))[..., None] * down
    return found / np.asarray(design_effect)[..., None]


def pages_sent(draw, shares, budget: Budget, *, histories, windows):
    """Which windows of each history sent a page, (windows, histories).

    draw(window, detector) -> log e-values (histories, monitors, bets) and which monitors have data, or True.
    """
    shares = np.asarray(shares, float)
    state = empty_detector((histories, shares.size))
    sent = np.zeros((windows, histories), bool)
    for window in range(windows):
        log_e, present = draw(window, state)
        there = np.broadcast_to(present, (histories, shares.size))
        log_e = np.where(there[..., None], log_e, 0.0)
        state = advance(state, log_e, at=window, log_inflow=log_inflows(shares, there))
        sent[window] = budget.exceeded(state)
        if sent[window].any():
            state = reset(state, np.repeat(sent[window][:, None], shares.size, axis=1))
    return sent


def rate_bound(sent, years):
    """Pages a year of each history, and their one-sided 99 % bound (normal, over independent histories)."""
    rates = sent.sum(axis=0) / years
    return float(rates.mean() + NormalDist().inv_cdf(0.99) * rates.std(ddof=1) / np.sqrt(rates.size))


def chance_bound(sent):
    """The exact one-sided 99 % binomial bound of the chance that a history sends any page (Clopper-Pearson)."""
    hits, histories = int(sent.any(axis=0).sum()), sent.shape[1]
    return 1.0 if hits == histories else float(beta.ppf(0.99, hits + 1, histories - hits))
