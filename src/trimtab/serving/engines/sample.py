"""The rows on which an engine must agree with its learner: ordinary ones, and those where engines go wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from trimtab.errors import LearnerError
from trimtab.serving.engines.base import Floats
from trimtab.serving.engines.splits import split_points
from trimtab.training.matrix import FeatureMatrix
from trimtab.training.predictor import Predictor

ORDINARY, ALL_AT_SPLITS, ONE_AT_SPLIT = 200, 120, 60
"""How many rows come from training, have every number at a split point, have one number at a split point."""

_BASES = 3  # each column is made missing, unseen or extreme in so many ordinary rows


def sample_rows(matrix: FeatureMatrix, predictor: Predictor, seed: int) -> FeatureMatrix:
    """A few hundred rows for a predictor, in its columns: training rows, and made-up ones.

    Made up are rows with each column missing, all missing, words never seen, numbers at split points and next to them
    on both sides in 64 and 32 bits, and extremes. Rows that the predictor itself refuses are left out.
    """
    rows = matrix.only(predictor.encoder.names)
    ordinary = np.random.default_rng(seed).permutation(len(rows))[:ORDINARY]
    widened = _with_unseen_words(rows.take(np.sort(ordinary)))
    made = [widened.values, *_made_up(widened, split_points(predictor), np.random.default_rng([seed, 1]))]
    return _accepted(replace(widened, values=np.asfortranarray(np.vstack(made))), predictor)


def _with_unseen_words(rows: FeatureMatrix) -> FeatureMatrix:
    """Each dictionary ends with one word more, which no training row holds; words keep their byte order."""
    dictionaries = {
        name: (*words, f"{words[-1] if words else ''} (unseen)") for name, words in rows.dictionaries.items()
    }
    return replace(rows, dictionaries=dictionaries)


def _made_up(rows: FeatureMatrix, splits: Mapping[int, Floats], rng: np.random.Generator) -> Iterator[Floats]:
    numbers = [place for place, is_text in enumerate(rows.categorical) if not is_text]
    unseen = {
        place: len(rows.dictionaries[name]) - 1.0
        for place, name in enumerate(rows.names)
        if name in rows.dictionaries
    }
    yield np.full((1, len(rows.names)), np.nan)
    for place in range(len(rows.names)):
        yield _changed(_picked(rows, _BASES, rng), place, np.nan)
    for place, code in unseen.items():
        yield _changed(_picked(rows, _BASES, rng), place, code)
    for place in numbers:
        extremes = _extremes(rows.values[:, place])
        yield _changed(_picked(rows, len(extremes), rng), place, extremes)
    yield _at_splits(_picked(rows, ALL_AT_SPLITS, rng), splits, rng, each=True)
    yield _at_splits(_picked(rows, ONE_AT_SPLIT, rng), splits, rng, each=False)


def _picked(rows: FeatureMatrix, count: int, rng: np.random.Generator) -> Floats:
    return np.asarray(rows.values[rng.integers(0, len(rows), count)])


def _changed(values: Floats, place: int, new: Any) -> Floats:
    values[:, place] = new
    return values


def _extremes(values: Floats) -> Floats:
    """Far outside what training held, yet small enough for learners that count in 32 bits."""
    present = values[np.isfinite(values)]
    low, high = (float(present.min()), float(present.max())) if len(present) else (0.0, 1.0)
    span = high - low or 1.0
    outside = np.array([low - 10 * span, high + 10 * span, 0.0, -1e9, 1e9])
    return np.asarray(np.clip(outside, -1e30, 1e30))


def _at_splits(
    values: Floats, splits: Mapping[int, Floats], rng: np.random.Generator, *, each: bool
) -> Floats:
    places = list(splits)
    for row in values:
        chosen = places if each else rng.permutation(places)[:1].tolist()
        for place in chosen:
            points = splits[place]
            row[place] = rng.choice(_beside(points[rng.integers(len(points))]))
    return values


def _beside(point: float) -> Floats:
    """The point and its neighbours in 64 bits and in 32 bits."""
    single, far = np.float32(point), np.float32(np.inf)
    neighbours = (np.nextafter(single, -far), single, np.nextafter(single, far))
    return np.array(
        [np.nextafter(point, -np.inf), point, np.nextafter(point, np.inf), *neighbours], np.float64
    )


def _accepted(rows: FeatureMatrix, predictor: Predictor) -> FeatureMatrix:
    if _answers(rows, predictor):
        return rows
    kept = [place for place in range(len(rows)) if _answers(rows.rows(place, place + 1), predictor)]
    return rows.take(np.array(kept, dtype=np.int64))


def _answers(rows: FeatureMatrix, predictor: Predictor) -> bool:
    try:
        predictor.score(rows)
    except LearnerError:
        return False
    return True


def python_rows(rows: FeatureMatrix) -> list[list[Any]]:
    """The rows as Python values: words, numbers, and None for what is missing."""
    columns = []
    for name, values in zip(rows.names, rows.values.T, strict=True):
        words = rows.dictionaries.get(name)
        present = values.tolist()
        columns.append(
            [
                None if value != value else value if words is None else words[int(value)]  # noqa: PLR0124  # NaN
                for value in present
            ]
        )
    return [list(row) for row in zip(*columns, strict=True)]


@dataclass(frozen=True)
class StoredSample:
    """Sample rows with the scores that the learner gave them where it was trained: (n,) or (n, k)."""

    rows: FeatureMatrix
    expected: Floats

    def to_json(self) -> dict[str, Any]:
        """The sample as plain JSON values, column by column; NaN stands for missing."""
        return {
            "names": list(self.rows.names),
            "columns": [column.tolist() for column in self.rows.values.T],
            "words": {name: list(words) for name, words in self.rows.dictionaries.items()},
            "expected": self.expected.tolist(),
        }


def stored_sample(parts: Mapping[str, Any]) -> StoredSample:
    """The sample of plain JSON values."""
    values = np.asfortranarray(np.array(parts["columns"], dtype=np.float64).T)
    words = {name: tuple(known) for name, known in parts["words"].items()}
    return StoredSample(FeatureMatrix(tuple(parts["names"]), values, words), np.array(parts["expected"]))
