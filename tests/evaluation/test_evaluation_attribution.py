"""Shapley values against their definition: every order of the features, one by one."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.evaluation.attribution import enumerated, sampled, shapley


def by_definition(score, row, background):
    """The mean, over all orders and background rows, of what each feature adds when its turn comes."""
    amounts, orders = np.zeros(len(row)), list(permutations(range(len(row))))
    for order in orders:
        for other in background:
            now = other.copy()
            for feature in order:
                before = score(now[None])[0]
                now[feature] = row[feature]
                amounts[feature] += score(now[None])[0] - before
    return amounts / (len(orders) * len(background))


def entangled(seed, width):
    """A score with interactions of two and three features."""
    weights = np.random.default_rng(seed).normal(size=(3, width))

    def score(rows):
        known = np.nan_to_num(rows)
        return known @ weights[0] + (known @ weights[1]) * (known @ weights[2]) + np.sin(known.prod(axis=1))

    return score


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 4))
def test_enumerated_values_are_those_of_the_definition(seed, width):
    generator = np.random.default_rng(seed)
    row, background = generator.normal(size=width), generator.normal(size=(3, width))
    background[generator.random(background.shape) < 0.1] = np.nan
    score = entangled(seed, width)
    assert enumerated(score, row, background).amounts == pytest.approx(
        by_definition(score, row, background), abs=1e-9
    )


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 12), st.integers(1, 6))
def test_sampled_parts_add_up_to_the_score_exactly(seed, width, pairs):
    generator = np.random.default_rng(seed)
    row, background = generator.normal(size=width), generator.normal(size=(7, width))
    score = entangled(seed, width)
    found = sampled(score, row, background, pairs=pairs, seed=seed)
    assert found.base == pytest.approx(score(background).mean())
    assert found.total == pytest.approx(score(row[None])[0], rel=1e-9, abs=1e-9)


def test_sampled_values_are_within_their_stated_errors_of_the_exact_ones():
    outside = []
    for seed in range(25):
        generator = np.random.default_rng(seed)
        row, background = generator.normal(size=6), generator.normal(size=(100, 6))
        score = entangled(seed, 6)
        exact, found = enumerated(score, row, background), sampled(score, row, background, seed=seed)
        assert (found.errors > 0).all()
        outside += list(np.abs(found.amounts - exact.amounts) > 2 * found.errors)
    assert 0 < np.mean(outside) < 0.1


def test_a_sum_of_terms_needs_no_luck():
    weights = np.arange(1.0, 21.0)
    found = shapley(lambda rows: rows @ weights, np.ones(20), np.zeros((5, 20)))
    assert found.amounts == pytest.approx(weights)
    assert found.errors == pytest.approx(np.zeros(20), abs=1e-12)


def test_what_is_asked_for_is_the_same_in_pieces_as_at_once(monkeypatch):
    row, background, score = np.ones(10), np.random.default_rng(0).normal(size=(9, 10)), entangled(1, 10)
    whole = sampled(score, row, background)
    monkeypatch.setattr("trimtab.evaluation.attribution.NUMBERS_AT_ONCE", 2000)
    assert sampled(score, row, background).amounts == pytest.approx(whole.amounts)
