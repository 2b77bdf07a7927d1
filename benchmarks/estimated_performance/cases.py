"""The data: a reference period with labels, and chunks whose labels the estimates may not see."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

CHUNK = 5000
CENSUS = [
    "AGEP",
    "SCHL",
    "MAR",
    "RELP",
    "DIS",
    "ESP",
    "CIT",
    "MIG",
    "MIL",
    "ANC",
    "NATIVITY",
    "DEAR",
    "DEYE",
    "DREM",
    "SEX",
    "RAC1P",
]
AGES = ((18, 25), (25, 35), (35, 45), (45, 55), (55, 62), (62, 68), (68, 75), (75, 99))
NUMBERS, CARDINALITIES = 16, (2, 5, 8, 12)


@dataclass(frozen=True)
class Rows:
    """Features (n, d), binary labels, probabilities and decisions (n,)."""

    features: np.ndarray
    label: np.ndarray
    score: np.ndarray
    decision: np.ndarray

    def take(self, rows):
        return Rows(self.features[rows], self.label[rows], self.score[rows], self.decision[rows])


@dataclass(frozen=True)
class Case:
    """Chunks of one kind beside the reference that estimates are fitted on."""

    name: str
    reference: Rows
    chunks: list
    categorical: tuple = ()
    unit: object = None  # (n,) of the reference, such as its weeks; None: each 1,000 rows


def census(folder):
    """Employment in Massachusetts 2015 to 2018, as it ships in the peer's package: in order, and by group of people."""
    reference = pd.read_parquet(folder / "employment_MA_reference.pq")
    later = pd.read_parquet(folder / "employment_MA_analysis.pq").merge(
        pd.read_parquet(folder / "employment_MA_analysis_target.pq"), on="id"
    )
    known, new = _people(reference), _people(later)
    in_order = [new.take(slice(start, start + CHUNK)) for start in range(0, len(later) - CHUNK + 1, CHUNK)]
    age, race, school = (new.features[:, CENSUS.index(name)] for name in ("AGEP", "RAC1P", "SCHL"))
    groups = [(age >= low) & (age < high) for low, high in AGES] + [race == code for code in (2, 6, 8, 9)]
    groups += [(school >= low) & (school <= high) for low, high in ((1, 11), (12, 16), (22, 24))]
    drawn = [new.take(_drawn(group)) for group in groups]
    whole = [new.take(np.flatnonzero(group)) for group in groups]
    return [
        Case("census, in order", known, in_order),
        Case("census, 5,000 of one group of people", known, drawn),
        Case("census, a whole group of people", known, whole),
    ]


def synthetic(seed):
    """20 columns, 10,000 reference rows; the population moves to noisy rows (5 points), or a column breaks."""
    world = World(seed)
    generator = np.random.default_rng([seed, 1])
    x, y = world.draw(generator, 20_000)
    columns = list(range(NUMBERS, NUMBERS + len(CARDINALITIES)))
    model = HistGradientBoostingClassifier(
        max_iter=120, learning_rate=0.08, max_leaf_nodes=15, random_state=seed, categorical_features=columns
    ).fit(x, y)

    def rows(count, change=""):
        x, y = world.draw(generator, count, change)
        score = model.predict_proba(x)[:, 1]
        return Rows(x, y, score, (score >= 0.5).astype(int))

    reference, kinds = rows(10_000), (*[False] * NUMBERS, *[True] * len(CARDINALITIES))
    return [
        Case(f"synthetic {seed}, {name}", reference, [rows(CHUNK, change) for _ in range(8)], kinds)
        for name, change in (("quiet", ""), ("covariate harm", "covariate"), ("broken column", "broken"))
    ]


class World:
    """P(label | features) is known; the third number says how noisy a row is."""

    def __init__(self, seed):
        generator = np.random.default_rng(seed)
        self.load = generator.normal(0, 0.5, (4, NUMBERS))
        self.weight = np.concatenate([[1.3, -1.1, 0.0], generator.normal(0, 0.5, NUMBERS - 7), np.zeros(4)])
        self.logits = [generator.normal(0, 0.6, count) for count in CARDINALITIES]
        self.effects = [
            generator.normal(0, 0.6, count) * (place < 2) for place, count in enumerate(CARDINALITIES)
        ]

    def draw(self, generator, count, change=""):
        z = generator.normal(size=(count, 4)) @ self.load + generator.normal(size=(count, NUMBERS))
        z /= np.sqrt(1 + (self.load**2).sum(axis=0))
        z[:, 2] += 0.6 * (change == "covariate")
        words = [(logit + generator.gumbel(size=(count, logit.size))).argmax(axis=1) for logit in self.logits]
        hard = 1 / (1 + np.exp(-3 * (1 - z[:, 2])))
        logit = z @ self.weight + 0.5 * z[:, 3] * z[:, 4] - 0.6
        logit += sum(effect[word] for effect, word in zip(self.effects, words, strict=True))
        label = (generator.random(count) < 1 / (1 + np.exp(-2.2 * logit * hard))).astype(int)
        x = np.column_stack([z, *words])
        x[:, 4], x[:, 9], x[:, 14] = np.exp(x[:, 4]), np.sinh(x[:, 9]), np.exp(x[:, 14])
        if change == "broken":
            x[:, 0] = 0.0
        return x, label


def flights():
    """New York 2013: a model of January to March, a reference of April and May, and each later week a chunk."""
    import trimtab as tt
    from trimtab.examples.flights.system import learner, system

    table = tt.training_set(system, as_of=datetime(2014, 1, 15, tzinfo=UTC)).to_pandas()
    names = [name for name in table if name not in {"flight", "at", "label", "weight"}]
    table = table.sort_values("at", kind="stable")
    texts = [name for name in names if not pd.api.types.is_numeric_dtype(table[name])]
    for name in texts:
        table[name] = table[name].astype("category").cat.codes
    at, x = pd.to_datetime(table["at"], unit="us", utc=True), table[names].to_numpy(float)
    y = table["label"].to_numpy(int)
    month = at.dt.month.to_numpy()
    model = learner.fit(x[month <= 3], y[month <= 3])
    score = model.predict_proba(x)[:, 1]
    rows = Rows(x, y, score, (score >= 0.5).astype(int))
    week = ((at - pd.Timestamp("2013-06-01", tz=UTC)).dt.days // 7).to_numpy()
    known, chunks = (month == 4) | (month == 5), [rows.take(week == one) for one in range(30)]
    kinds = tuple(name in texts for name in names)
    return Case("flights, each week from June", rows.take(known), chunks, kinds, week[known])


def all_cases(folder):
    """Every case, those of the census from the peer's data files."""
    return [*census(Path(folder)), *(case for seed in range(3) for case in synthetic(seed)), flights()]


def _people(frame):
    values = np.column_stack([pd.to_numeric(frame[name].astype(str)) for name in CENSUS]).astype(float)
    return Rows(
        values,
        frame["employed"].to_numpy(int),
        frame["predicted_probability"].to_numpy(float),
        frame["prediction"].to_numpy(int),
    )


def _drawn(group):
    places = np.flatnonzero(group)
    if places.size <= CHUNK:
        return places
    return pd.Series(places).sample(CHUNK, random_state=0).to_numpy()
