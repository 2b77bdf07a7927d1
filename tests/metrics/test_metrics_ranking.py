"""Ranking metrics: equal to the pairwise definition and to scikit-learn's, with ties and weights."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics as sk

from trimtab.metrics import area_under_roc, average_precision, roc_auc

patient = settings(deadline=None)


@st.composite
def ranked(draw):
    """Rows of both classes with many tied scores, and a weight for each."""
    rows = draw(st.integers(2, 25))
    y = draw(hnp.arrays(np.int64, rows, elements=st.integers(0, 1)))
    assume(0 < y.sum() < rows)
    score = draw(hnp.arrays(np.float64, rows, elements=st.integers(-4, 4).map(float)))
    return y, score, draw(hnp.arrays(np.float64, rows, elements=st.floats(0.125, 8)))


def pairwise(y, score, weight):
    """The naive twin: every positive against every negative."""
    won = total = 0.0
    for i in np.flatnonzero(y == 1):
        for j in np.flatnonzero(y == 0):
            total += weight[i] * weight[j]
            won += weight[i] * weight[j] * ((score[i] > score[j]) + (score[i] == score[j]) / 2)
    return won / total


@patient
@given(ranked())
def test_the_area_is_the_share_of_pairs_in_order(rows):
    y, score, weight = rows
    assert area_under_roc(y, score) == pytest.approx(pairwise(y, score, np.ones(y.size)))
    assert area_under_roc(y, score, weight) == pytest.approx(pairwise(y, score, weight))


@patient
@given(ranked())
def test_both_equal_scikit_learns(rows):
    y, score, weight = rows
    for own, other in ((area_under_roc, sk.roc_auc_score), (average_precision, sk.average_precision_score)):
        assert own(y, score) == pytest.approx(other(y, score))
        assert own(y, score, weight) == pytest.approx(other(y, score, sample_weight=weight))


@patient
@given(ranked())
def test_weights_of_one_change_nothing_and_whole_weights_repeat_rows(rows):
    y, score, weight = rows
    whole = np.ceil(weight).astype(int)
    for area in (area_under_roc, average_precision):
        assert area(y, score, np.ones(y.size)) == area(y, score)
        repeated = area(np.repeat(y, whole), np.repeat(score, whole))
        assert area(y, score, whole) == pytest.approx(repeated)


@patient
@given(ranked(), st.randoms(use_true_random=False))
def test_only_the_order_of_scores_counts(rows, random):
    y, score, weight = rows
    order = np.array(random.sample(range(y.size), y.size))
    for area in (area_under_roc, average_precision):
        assert area(y, np.exp(score), weight) == area(y, score, weight)
        assert area(y[order], score[order], weight[order]) == pytest.approx(area(y, score, weight))


@patient
@given(ranked())
def test_turning_scores_or_classes_round_mirrors_the_area(rows):
    y, score, weight = rows
    area = area_under_roc(y, score, weight)
    assert area_under_roc(y, -score, weight) == pytest.approx(1 - area)
    assert area_under_roc(1 - y, score, weight) == pytest.approx(1 - area)


@patient
@given(ranked())
def test_a_weight_of_zero_removes_the_row(rows):
    y, score, weight = rows
    more = np.append(y, [0, 1]), np.append(score, [99, -99]), np.append(weight, [0, 0])
    for area in (area_under_roc, average_precision):
        assert area(*more) == pytest.approx(area(y, score, weight))


@patient
@given(ranked())
def test_areas_stay_in_their_range(rows):
    for area in (area_under_roc, average_precision):
        assert 0 <= area(*rows) <= 1


def test_infinite_scores_are_ranked():
    assert area_under_roc([0, 1, 0, 1], [-np.inf, 0.0, 1.0, np.inf]) == 0.75


@pytest.mark.parametrize("area", [area_under_roc, average_precision])
@pytest.mark.parametrize(
    ("y", "score", "weight"),
    [([1, 1], [0.1, 0.2], None), ([0], [0.1], None), ([], [], None), ([0, 1], [0.1, 0.2], [1, 0])],
)
def test_one_class_only_is_undefined_and_no_error(area, y, score, weight):
    assert np.isnan(area(y, score, weight))


def test_classes_are_averaged_one_against_the_rest_over_those_that_occur():
    generator = np.random.default_rng(3)
    y = generator.integers(0, 3, 200)
    score = generator.dirichlet(np.ones(3), 200) + np.eye(3)[y] * 0.3
    score /= score.sum(axis=1, keepdims=True)
    assert area_under_roc(y, score) == pytest.approx(sk.roc_auc_score(y, score, multi_class="ovr"))
    never = np.column_stack([score, np.zeros(200)])
    assert area_under_roc(y, never) == pytest.approx(area_under_roc(y, score))
    assert average_precision(y, score) == pytest.approx(sk.average_precision_score(np.eye(3)[y], score))
    assert np.isnan(area_under_roc([1, 1], score[:2]))


def test_the_area_needs_no_probabilities_but_numbers():
    assert roc_auc.value([0, 1], [-3.0, 7.0]) == 1.0
    with pytest.raises(ValueError, match="found NaN"):
        area_under_roc([0, 1], [np.nan, 0.5])
    with pytest.raises(ValueError, match="found NaN"):
        area_under_roc([0, np.nan], [0.1, 0.5])
    with pytest.raises(ValueError, match="negative or missing"):
        area_under_roc([0, 1], [0.1, 0.5], [1, -1])
    with pytest.raises(ValueError, match="one number per row; got shape"):
        area_under_roc([0, 1], [0.1, 0.5], [1])
