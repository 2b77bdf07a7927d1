import time
from itertools import combinations

import numpy as np
import pytest
from evaluation_worlds import asking, numbers, truth, world
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.evaluation import slicing
from trimtab.evaluation.evaluated import Rows
from trimtab.evaluation.slicing import cut, worst_slices
from trimtab.evaluation.weakness import expected_losses, slice_findings
from trimtab.finding import Severity
from trimtab.stats.clustered import excess


def searched(seed, *, planted, rows=8000, shock=0.0):
    """Errors of 15 %, twice as many in a pair of outer fifths where one is planted; days may have a shock."""
    generator = np.random.default_rng(seed)
    values = generator.normal(size=(rows, 10))
    day = np.arange(rows) // 80
    high, low = np.quantile(values[:, 0], 0.8), np.quantile(values[:, 1], 0.2)
    inside = (values[:, 0] > high) & (values[:, 1] < low) & planted
    chance = np.where(inside, 0.30, 0.15) * (1 + shock * generator.normal(size=day[-1] + 1)[day])
    lost = (generator.random(rows) < chance) * 1.0
    names = tuple(f"c{place}" for place in range(10))
    return [each for each in worst_slices(Rows(names, values), lost, day, seed=seed) if each.confirmed]


def test_a_planted_slice_with_doubled_error_is_found():
    found = [searched(seed, planted=True) for seed in range(25)]
    hits = [any("c0" in each.name and "c1" in each.name for each in slices) for slices in found]
    assert np.mean(hits) >= 0.8


def test_nothing_is_confirmed_where_nothing_is_planted():
    assert np.mean([bool(searched(seed, planted=False)) for seed in range(100)]) <= 0.08
    assert np.mean([bool(searched(seed, planted=False, shock=0.3)) for seed in range(100)]) <= 0.08


@pytest.mark.campaign
def test_the_promised_rates_of_the_slice_search():
    hits = [searched(seed, planted=True) for seed in range(400)]
    assert np.mean([any("c0" in e.name and "c1" in e.name for e in found) for found in hits]) >= 0.85
    for shock in (0.0, 0.3):
        false = [bool(searched(seed, planted=False, shock=shock)) for seed in range(400, 1400)]
        assert np.mean(false) <= 0.08


def test_fifty_thousand_rows_of_twenty_columns_take_half_a_second():
    generator = np.random.default_rng(1)
    rows = Rows(tuple(f"c{place}" for place in range(20)), generator.normal(size=(50_000, 20)))
    lost, day = (generator.random(50_000) < 0.15) * 1.0, np.arange(50_000) // 500
    worst_slices(rows, lost, day)
    began = time.process_time()
    worst_slices(rows, lost, day)
    assert time.process_time() - began < 0.5


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_the_histogram_scores_are_those_of_a_loop_over_cells(seed):
    generator = np.random.default_rng(seed)
    values = generator.integers(0, 4, size=(400, 3)).astype(float)
    values[generator.random(values.shape) < 0.1] = np.nan
    lost = generator.exponential(size=400) * (1 + (values[:, 0] == 1))
    rows = Rows(("a", "b", "c"), values, {"c": ("u", "v", "w", "x")})
    bins = [cut(rows, name) for name in rows.names]
    found = {cell: score for score, cell in slicing._candidates(bins, lost)}
    naive = {}
    cells = [((place, code),) for place, each in enumerate(bins) for code in range(len(each.names))]
    for i, j in combinations(range(3), 2):
        cells += [((i, a), (j, b)) for a in range(len(bins[i].names)) for b in range(len(bins[j].names))]
    for cell in cells:
        inside = np.all([bins[place].codes == code for place, code in cell], axis=0)
        if inside.sum() < slicing.MINIMUM_ROWS or (~inside).sum() < slicing.MINIMUM_ROWS:
            continue
        own, other = lost[inside], lost[~inside]
        score = (own.mean() - other.mean()) / np.sqrt(own.var() / own.size + other.var() / other.size)
        if score > 1:
            naive[cell] = score
    assert found.keys() == naive.keys()
    assert all(found[cell] == pytest.approx(naive[cell]) for cell in naive)


def test_a_column_is_cut_into_every_row_once_with_the_missing_apart():
    values = np.array([[1.0], [1.0], [2.0], [3.0], [np.nan]])
    bins = cut(Rows(("x",), values), "x")
    assert bins.names[bins.codes[-1]] == "x missing"
    assert len(bins.codes) == 5
    assert bins.codes.max() < len(bins.names)


def test_a_slice_of_one_day_is_no_evidence_however_many_rows_it_has():
    day = np.repeat(np.arange(20), 100)
    lost = np.where(day == 3, 5.0, 1.0)
    assert not excess(lost, day == 3, day).known


def test_errors_by_day_are_wider_than_by_row_when_days_differ():
    generator = np.random.default_rng(0)
    day = np.repeat(np.arange(40), 50)
    lost = generator.normal(size=40)[day] + generator.normal(size=2000)
    inside = np.isin(day, np.arange(0, 40, 2))
    assert excess(lost, inside, day).error > 3 * excess(lost, inside, np.arange(2000)).error


def wrong_in_a_corner(rows):
    corner = (rows.column("c3") > 0.8) & (rows.column("c4") < -0.8)
    return np.where(corner, 1 - truth(rows), truth(rows))


def test_a_slice_where_the_model_errs_more_than_it_says_is_to_be_looked_at():
    found = world(rows=12_000, predict=wrong_in_a_corner)
    weak = [each for each in slice_findings(found) if each.severity is Severity.WATCH]
    assert any("c3" in each.what and "c4" in each.what for each in weak)


def test_a_slice_that_got_worse_than_with_the_champion_blocks():
    good = world(rows=12_000)
    found = world(rows=12_000, predict=wrong_in_a_corner, champion=good.score)
    assert any("worse than the champion where" in what for what in asking(slice_findings(found)))
    assert not asking(slice_findings(world(rows=12_000, champion=good.score)))


def test_a_small_test_set_says_that_it_was_not_searched():
    (only,) = slice_findings(world(rows=1500))
    assert only.severity is Severity.NOT_RUN


def test_the_expected_loss_of_right_probabilities_is_the_loss_on_average():
    found = world(rows=40_000)
    assert expected_losses(found).mean() == pytest.approx(found.losses(found.score).mean(), rel=0.02)
    assert expected_losses(numbers()) is None
