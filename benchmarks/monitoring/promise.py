"""Is the budget kept at the edge of the null? Simulated model-years in which every mean is exactly its bound."""

import numpy as np

from trimtab.monitoring.budget import Budget, Monitor, log_inflows, weights
from trimtab.monitoring.tempering import EVERY, LATEST, MOST_HELD_BACK, held_back, suspected
from trimtab.stats.betting import FRACTIONS
from trimtab.stats.detector import advance, empty_detector, reset
from trimtab.stats.dispersion import row_dispersion
from trimtab.stats.successive import FEWEST_WINDOWS, successive_dispersion
from trimtab.units import days, hours

MONITORS = [Monitor(kind) for kind in ("realised", "estimated", "residual", "breakage")]
ROWS, THETA, HISTORIES, FEWER = 1000, 0.18, 400, 100
REFERENCE_WINDOWS, REFERENCE_ROWS, REFERENCE_RISK = 240, 42, 0.16
UP, DOWN = np.log1p(FRACTIONS * (1 / THETA - 1)), np.log1p(-FRACTIONS)


def promises(years):
    """Pages a year and the 95 % interval of their mean, by world; each of so many model-years, or a tenth of them."""
    length = max(years // HISTORIES, 1)
    tenth = max(years // (10 * FEWER), 1)
    found = [
        _promise("hourly, 1,000 rows, monitors independent", hours(1), length, _rows(MONITORS)),
        _promise("hourly, 1,000 rows, all monitors see the same", hours(1), length, _rows(MONITORS[:1])),
        _promise("daily, one value a day, monitors independent", days(1), 5 * length, _days),
    ]
    for name, spread, follows in (
        ("hours alike", 0.0, 0.0),
        ("hours differ by 2 points", 0.02, 0.0),
        ("hours differ by 1 point, half of it stays", 0.01, 0.5),
        ("hours differ by 2 points, half of it stays", 0.02, 0.5),
        ("hours differ by 1 point, four fifths of it stay", 0.01, 0.8),
        ("hours differ by 2 points, four fifths of it stay", 0.02, 0.8),
    ):
        draw = _Tempered(spread, follows)
        found.append(_promise(f"hourly, tempered, {name}", hours(1), tenth, draw, FEWER))
    return found


def _rows(drawn):
    def draw(generator, _state, _at):
        ones = generator.binomial(ROWS, THETA, (HISTORIES, len(drawn), 1))
        return np.broadcast_to(ones * UP + (ROWS - ones) * DOWN, (HISTORIES, len(MONITORS), FRACTIONS.size))

    return draw


def _days(generator, _state, _at):
    values = generator.beta(4, 4, (HISTORIES, len(MONITORS), 1))  # mean 1/2, the bound
    return np.log1p(FRACTIONS * (values / 0.5 - 1))


class _Tempered:
    """Hours whose risk moves by `spread`, of which the share `follows` stays for the next; all monitors see the same.

    Evidence is tempered by the reference at first, later by what live windows show, as trimtab does it.
    """

    def __init__(self, spread, follows):
        self.spread, self.follows = spread, follows
        self.shock, self.ones, self.effect = None, [], None

    def __call__(self, generator, state, at):
        if not at:
            self._begin(generator)
        elif at % EVERY == 0 and at - held_back(at) >= FEWEST_WINDOWS:
            self._look(state, held_back(at))
        ones = self._window(generator, ROWS, THETA)
        self.ones = [*self.ones[-LATEST - MOST_HELD_BACK :], ones]
        log_e = (ones[:, None] * UP + (ROWS - ones)[:, None] * DOWN) / self.effect[:, None]
        return np.repeat(log_e[:, None], len(MONITORS), axis=1)

    def _begin(self, generator):
        self.shock = generator.standard_normal(FEWER)
        windows = [self._window(generator, REFERENCE_ROWS, REFERENCE_RISK) for _ in range(REFERENCE_WINDOWS)]
        rows = np.full(REFERENCE_WINDOWS, float(REFERENCE_ROWS))
        self.effect = np.array(
            [row_dispersion(sums, sums, rows).design_effect(ROWS) for sums in np.transpose(windows)]
        )

    def _look(self, state, held):
        matured = np.array(self.ones[: len(self.ones) - held][-LATEST:])
        for place in np.flatnonzero(~suspected(state, weights(MONITORS)).any(axis=-1)):
            sums = matured[:, place]
            found = successive_dispersion(sums, sums, np.full(len(sums), float(ROWS)))
            self.effect[place] = found.design_effect(ROWS)

    def _window(self, generator, rows, mean):
        fresh = np.sqrt(1 - self.follows**2) * generator.standard_normal(FEWER)
        self.shock = self.follows * self.shock + fresh
        return generator.binomial(rows, np.clip(mean + self.spread * self.shock, 0, 1)).astype(float)


def _promise(name, window, years, draw, histories=HISTORIES):
    """Histories that go on after each page, so that none is hidden behind an open one."""
    budget, generator = Budget(1.0, window=window), np.random.default_rng(5)
    shares = weights(MONITORS)
    inflow = np.broadcast_to(log_inflows(shares, np.ones(len(shares), bool)), (histories, len(shares), 1))
    state, pages = empty_detector((histories, len(shares))), np.zeros(histories)
    for at in range(round(years * budget.windows_per_year)):
        state = advance(state, draw(generator, state, at), at=at, log_inflow=inflow)
        sent = budget.exceeded(state)
        if sent.any():
            pages += sent
            state = reset(state, np.repeat(sent[:, None], len(shares), axis=1))
    rates = pages / years
    half = 1.96 * rates.std(ddof=1) / np.sqrt(histories)
    return {
        "world": name,
        "years": histories * years,
        "pages": int(pages.sum()),
        "rate": float(rates.mean()),
        "interval": [float(rates.mean() - half), float(rates.mean() + half)],
    }
