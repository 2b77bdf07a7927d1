"""A world whose truth is known: 20 columns, labels by a known rule, a model trained on earlier rows."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

NUMBERS, LEVELS = 16, (2, 5, 8, 12)
NAMES = (*(f"x{i}" for i in range(NUMBERS)), *(f"t{levels}" for levels in LEVELS))
TOP, NOISE = 0, 2  # the most important column, and the one that says how noisy a label is
CYCLING, IRRELEVANT = (1, 5, 6, 7, 8), (12, 13, 14, 15)
BROKEN = ("stuck", "null", "new scale")
TRAINING_ROWS = 20_000


@dataclass(frozen=True)
class Rows:
    """Columns (n, 20), texts as codes; P(label) (n,) known to the world alone; labels (n,) of 0 and 1."""

    values: np.ndarray
    probability: np.ndarray
    label: np.ndarray


@dataclass(frozen=True)
class World:
    """One seed's rule and model; with a season, five columns and the noise move with the hour of the day."""

    seed: int
    season: bool = False

    @cached_property
    def rule(self):
        """Loads of four hidden factors, weights of the numbers, shares and effects of the texts."""
        generator = np.random.default_rng(self.seed)
        load = generator.normal(0, 0.5, (4, NUMBERS))
        weight = np.concatenate([[1.3, -1.1, 0.0], generator.normal(0, 0.5, NUMBERS - 7), np.zeros(4)])
        shares = [generator.normal(0, 0.6, levels) for levels in LEVELS]
        effects = [generator.normal(0, 0.6, levels) * (i < 2) for i, levels in enumerate(LEVELS)]
        return load, weight, shares, effects

    def draw(self, generator, hour, change="", size=0.0):
        """Rows at hours (n,) of a day, changed by a size, () or (n,), whose meaning depends on the change."""
        load, weight, shares, effects = self.rule
        n, size = len(hour), np.broadcast_to(np.asarray(size, float), len(hour))
        z = generator.normal(size=(n, 4)) @ load + generator.normal(size=(n, NUMBERS))
        z /= np.sqrt(1 + (load**2).sum(axis=0))
        wave = np.sin(2 * np.pi * hour / 24) * self.season
        z[:, CYCLING] += 0.5 * wave[:, None]
        z[:, NOISE] += 0.15 * wave + size * (change == "covariate")
        z[:, IRRELEVANT] += (size * (change == "benign"))[:, None]
        words = []
        for place, logit in enumerate(shares):
            tilt = (size * (change == "benign" and place == 3))[:, None] * np.roll(logit, 5)
            words.append((logit + tilt + generator.gumbel(size=(n, logit.size))).argmax(axis=1))
        used = np.where(change == "concept", 1 - size, 1.0)
        logit = z @ weight + z[:, TOP] * weight[TOP] * (used - 1) + 0.5 * z[:, 3] * z[:, 4] - 0.6
        logit += sum(effect[word] for effect, word in zip(effects, words, strict=True))
        probability = 1 / (1 + np.exp(-2.2 * logit / (1 + np.exp(-3 * (1 - z[:, NOISE])))))
        label = (generator.random(n) < probability).astype(int)
        x = np.column_stack([z, *words])
        x[:, 4], x[:, 9], x[:, 14] = np.exp(x[:, 4]), np.sinh(x[:, 9]), np.exp(x[:, 14])
        _break(x, change, size > 0)
        return Rows(x, probability, label)

    @cached_property
    def model(self):
        """Gradient-boosted trees on 20,000 earlier rows."""
        rows = self.draw(np.random.default_rng([self.seed, 1]), np.arange(TRAINING_ROWS) % 24)
        return HistGradientBoostingClassifier(
            max_iter=120,
            learning_rate=0.08,
            max_leaf_nodes=15,
            random_state=self.seed,
            categorical_features=list(range(NUMBERS, NUMBERS + len(LEVELS))),
        ).fit(rows.values, rows.label)

    def score(self, values):
        return self.model.predict_proba(values)[:, 1]

    def error(self, change="", size=0.0, rows=30_000):
        """The expected error of the model's decisions, without the noise of labels."""
        found = self.draw(np.random.default_rng([self.seed, 2]), np.arange(rows) % 24, change, size)
        return float(np.abs((self.score(found.values) >= 0.5) - found.probability).mean())

    @cached_property
    def sizes(self):
        """What `size_for` found so far."""
        return {}

    def size_for(self, change, points):
        """How large a covariate or concept change must be to cost so many points of error."""
        if (change, points) not in self.sizes:
            self.sizes[change, points] = self._size_for(change, points)
        return self.sizes[change, points]

    def _size_for(self, change, points):
        wanted, low, high = self.error() + points / 100, 0.0, {"covariate": 6.0, "concept": 2.0}[change]
        for _ in range(12):
            middle = (low + high) / 2
            low, high = (middle, high) if self.error(change, middle) < wanted else (low, middle)
        return (low + high) / 2


def _break(x, change, rows):
    if change == "stuck":
        x[rows, TOP] = 0.0
    if change == "null":
        x[rows, TOP] = np.nan
    if change == "new scale":
        x[rows, TOP] *= 100.0
