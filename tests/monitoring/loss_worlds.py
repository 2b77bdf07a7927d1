"""A world whose truth is known, with harm of several kinds, season, and a model that was right for it once."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from trimtab.monitoring.estimated import EstimateReference, fit_reference
from trimtab.monitoring.losses import decision_error

COLUMNS, WORDS = 8, 5
SEASON = 0.5
ERROR = decision_error()


def draw(generator, rows, *, change="", phase=None):
    """Rows (n, 8 numbers + 1 text code) and labels; `phase` (n,) in days moves the population by the hour."""
    z = generator.normal(size=(rows, COLUMNS))
    word = generator.integers(0, WORDS, rows)
    if phase is not None:
        wave = SEASON * np.sin(2 * np.pi * phase)
        z[:, 0] += wave
        z[:, 2] += wave  # how noisy a label is moves with the hour, too
    if change == "covariate":
        z[:, 2] += 0.9  # more of the hard rows
    signal = 0.3 if change == "concept" else 1.3
    hard = 1 / (1 + np.exp(-3 * (1 - z[:, 2])))
    logit = 2.2 * hard * (signal * z[:, 0] - 1.1 * z[:, 1] + 0.5 * z[:, 3] * z[:, 4] + 0.3 * (word == 2))
    label = (generator.random(rows) < 1 / (1 + np.exp(-logit))).astype(np.int64)
    if change == "stuck":
        z[:, 0] = 0.0
    if change == "null":
        z[:, 0] = np.nan
    if change == "scale":
        z[:, 0] *= 100.0
    return np.column_stack([z, word]), label


@dataclass(frozen=True)
class World:
    """A fitted model, and the reference that its error model was learned on."""

    model: Any
    reference: EstimateReference
    reference_loss: float
    seasonal: bool

    def chunk(self, seed, rows=4000, change="", phase=None):
        """Features, score and loss of fresh rows."""
        generator = np.random.default_rng([9, seed])
        if phase is None and self.seasonal:
            phase = generator.random(rows)
        x, y = draw(generator, rows, change=change, phase=phase)
        score = self.model.predict_proba(x)[:, 1]
        return x, score, ERROR.losses(y, score)


def build(seed=0, rows=8000, *, seasonal=False):
    """A model of 12,000 training rows, and its reference of as many later rows as asked for."""
    generator = np.random.default_rng(seed)
    x, y = draw(generator, 12_000, phase=generator.random(12_000) if seasonal else None)
    model = HistGradientBoostingClassifier(max_iter=60, random_state=0, early_stopping=False).fit(x, y)
    x, y = draw(generator, rows, phase=generator.random(rows) if seasonal else None)
    score = model.predict_proba(x)[:, 1]
    loss = ERROR.losses(y, score)
    words = [*[False] * COLUMNS, True]
    reference = fit_reference(x, score, loss, unit=np.arange(rows) // 400, categorical=words)
    return World(model, reference, float(loss.mean()), seasonal)
