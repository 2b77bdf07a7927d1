"""The ROC-AUC by units: its matrix equals pairs counted one by one and rows repeated as drawn."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from trimtab.metrics import area_under_roc
from trimtab.stats import Bootstrap, bootstrap_roc_auc, bootstrap_roc_auc_difference, concordance
from trimtab.stats.concordance import pairs_by_unit, rank_rows

patient = settings(deadline=None, max_examples=60)
rows = st.lists(st.tuples(st.integers(0, 1), st.integers(-3, 3), st.integers(0, 4)), min_size=2, max_size=30)


def both_classes(found):
    y, score, unit = np.array(found).T
    assume(0 < y.sum() < y.size)
    return y, score.astype(float), unit


@given(rows)
@patient
def test_the_pairs_are_those_of_the_definition(found):
    y, score, unit = both_classes(found)
    pairs = pairs_by_unit(rank_rows(y, score, unit), 5)
    expected = np.zeros((5, 5))
    for i in np.flatnonzero(y == 1):
        for j in np.flatnonzero(y == 0):
            expected[unit[i], unit[j]] += (score[i] > score[j]) + (score[i] == score[j]) / 2
    assert np.array_equal(pairs.concordant, expected)
    assert pairs.positives.tolist() == [((y == 1) & (unit == u)).sum() for u in range(5)]


@given(rows, st.lists(st.integers(0, 3), min_size=5, max_size=5))
@patient
def test_both_paths_equal_the_area_of_rows_repeated_as_drawn(found, counts):
    y, score, unit = both_classes(found)
    repeat = np.array(counts)[unit]
    repeated = np.repeat(y, repeat)
    assume(0 < repeated.sum() < repeated.size)
    expected = roc_auc_score(repeated, np.repeat(score, repeat))
    ranked, count = rank_rows(y, score, unit), np.array([counts], float)
    assert ranked.roc_auc(count)[0] == pytest.approx(expected)
    assert pairs_by_unit(ranked, 5).roc_auc(count)[0] == pytest.approx(expected)
    assert area_under_roc(y, score, repeat) == pytest.approx(expected)


def test_matrix_and_reweighted_rows_give_the_same_interval(monkeypatch):
    generator = np.random.default_rng(1)
    y, day = generator.integers(0, 2, 2000), generator.integers(0, 30, 2000)
    score = y + generator.normal(size=2000).round(1)
    boot = Bootstrap(seed=1, block=1, draws=200)
    matrix = bootstrap_roc_auc(y, score, day, boot)
    monkeypatch.setattr(concordance, "MATRIX_UNITS", 0)
    assert bootstrap_roc_auc(y, score, day, boot) == matrix
    assert matrix.estimate == pytest.approx(area_under_roc(y, score))


def test_draws_with_one_class_only_have_no_area():
    ranked = rank_rows([1, 0, 0], [0.9, 0.5, 0.1], np.array([0, 1, 1]))
    counts = np.array([[2.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    with np.errstate(invalid="ignore"):
        assert np.isnan(pairs_by_unit(ranked, 2).roc_auc(counts)).tolist() == [True, True, False]
    assert np.isnan(ranked.roc_auc(counts)).tolist() == [True, True, False]


def test_one_class_or_one_unit_of_positives_has_no_interval():
    day = np.arange(200) // 10
    score = np.random.default_rng(2).normal(size=200)
    boot = Bootstrap(seed=1, block=1)
    assert "undefined" in bootstrap_roc_auc(np.zeros(200), score, day, boot).reason
    rare = bootstrap_roc_auc(day == 3, score, day, boot)
    assert not rare.known
    assert "of the draws have no value" in rare.reason
    assert "5 units" in bootstrap_roc_auc(np.arange(50) % 2, score[:50], day[:50], boot).reason


def test_a_perfect_ranking_stays_at_one():
    y = np.arange(400) % 2
    found = bootstrap_roc_auc(y, y.astype(float), np.arange(400) // 10, Bootstrap(seed=1))
    assert (found.low, found.estimate, found.high) == (1, 1, 1)


def test_a_paired_difference_sees_what_two_intervals_do_not():
    generator = np.random.default_rng(3)
    y, day = generator.integers(0, 2, 6000), np.arange(6000) // 100
    score = y + generator.normal(size=6000)
    worse = score + 0.3 * generator.normal(size=6000)
    boot = Bootstrap(seed=1, block=1)
    difference = bootstrap_roc_auc_difference(y, score, worse, day, boot)
    assert difference.above(0)
    assert bootstrap_roc_auc(y, score, day, boot).low < bootstrap_roc_auc(y, worse, day, boot).high
    turned = bootstrap_roc_auc_difference(y, worse, score, day, boot)
    assert (turned.low, turned.high) == pytest.approx((-difference.high, -difference.low))
    same = bootstrap_roc_auc_difference(y, score, score, day, boot)
    assert (same.low, same.estimate, same.high) == (0, 0, 0)


@pytest.mark.parametrize(
    ("y", "score", "message"),
    [
        ([0, 2], [0.1, 0.2], "y 0 or 1"),
        ([0, 1], [0.1, np.nan], "a score in every row"),
        ([0], [0.1, 0.2], "one per"),
    ],
)
def test_bad_input_is_refused_in_words(y, score, message):
    with pytest.raises(ValueError, match=message):
        bootstrap_roc_auc(y, score, [1, 2], Bootstrap(seed=1))
