"""The bootstrap's laws: its naive twin, shared draws, and no interval where there is no evidence."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.stats import Bootstrap, UnitTotals, bootstrap, unit_totals
from trimtab.stats.bootstrap import mean_statistic
from trimtab.stats.resample import block_draws, plan_resampling, unit_draws

patient = settings(deadline=None, max_examples=40)
units = st.integers(10, 60)
seeds = st.integers(0, 2**32 - 1)


def some_totals(seed, count=40, losses=3):
    generator = np.random.default_rng(seed)
    return UnitTotals(
        np.arange(count), generator.normal(size=(count, losses)), 1.0 + generator.poisson(5, count)
    )


def column(totals, index):
    return UnitTotals(totals.unit, totals.sums[:, index], totals.counts)


@given(units, seeds)
@patient
def test_a_draw_holds_as_many_units_as_there_are(count, seed):
    generator = np.random.default_rng(seed)
    for counts in (unit_draws(count, 20, generator), block_draws(count, 7, 20, generator)):
        assert (counts.sum(axis=1) == count).all()
        assert (counts >= 0).all()


@pytest.mark.parametrize("block", [1, 3, 7])
def test_every_unit_is_drawn_equally_often(block):
    counts = block_draws(30, block, 20_000, np.random.default_rng(1))
    assert counts.mean(axis=0) == pytest.approx(np.ones(30), abs=0.05)


def test_blocks_keep_neighbours_together():
    single, weeks = (block_draws(70, block, 20_000, np.random.default_rng(1)) for block in (1, 7))
    assert np.corrcoef(single[:, 10], single[:, 11])[0, 1] == pytest.approx(0, abs=0.03)
    assert np.corrcoef(weeks[:, 10], weeks[:, 11])[0, 1] == pytest.approx(6 / 7, abs=0.05)


def test_the_matrix_equals_rows_gathered_draw_by_draw():
    generator = np.random.default_rng(3)
    losses, day = generator.exponential(size=300), generator.integers(0, 12, 300)
    counts = unit_draws(12, 50, generator)
    fast = mean_statistic(unit_totals(losses[:, None], day))(counts)[:, 0]
    for drawn, count in zip(fast, counts.astype(int), strict=True):
        gathered = np.concatenate([np.tile(losses[day == unit], count[unit]) for unit in range(12)])
        assert drawn == pytest.approx(gathered.mean())


def test_the_spread_is_that_of_clustered_means():
    totals = unit_totals(np.random.default_rng(4).normal(size=40_000), np.arange(40_000) // 200)
    found = Bootstrap(seed=1, block=1).mean(totals)
    residuals = totals.sums - totals.mean * totals.counts
    error = np.sqrt(residuals @ residuals) / totals.counts.sum()
    assert found.high - found.low == pytest.approx(2 * 1.97 * error, rel=0.05)


@given(units, seeds, st.sampled_from([1, 2, 7]))
@patient
def test_the_estimate_lies_within(count, seed, block):
    found = Bootstrap(seed=seed, block=block, draws=200).means(some_totals(seed, count))
    assert all(interval.low <= interval.estimate <= interval.high for interval in found)


@given(seeds)
@patient
def test_all_statistics_share_the_same_draws(seed):
    totals, boot = some_totals(seed), Bootstrap(seed=seed, draws=200)
    together = boot.means(totals)
    for index, interval in enumerate(together):
        alone = boot.mean(column(totals, index))
        assert (alone.low, alone.high) == pytest.approx((interval.low, interval.high))
    difference = boot.difference(column(totals, 0), column(totals, 1))
    paired = UnitTotals(totals.unit, totals.sums[:, 0] - totals.sums[:, 1], totals.counts)
    assert difference == boot.mean(paired)
    turned = boot.difference(column(totals, 1), column(totals, 0))
    assert (turned.low, turned.high) == pytest.approx((-difference.high, -difference.low))


@given(seeds, st.floats(0.1, 10), st.floats(-5, 5))
@patient
def test_intervals_move_with_scale_and_shift(seed, scale, shift):
    totals, boot = column(some_totals(seed), 0), Bootstrap(seed=seed, draws=200)
    moved = UnitTotals(totals.unit, scale * totals.sums + shift * totals.counts, totals.counts)
    plain, found = boot.mean(totals), boot.mean(moved)
    expected = [scale * bound + shift for bound in (plain.estimate, plain.low, plain.high)]
    assert [found.estimate, found.low, found.high] == pytest.approx(expected, abs=1e-9)


def test_the_same_seed_gives_the_same_interval_and_another_gives_nearly_it():
    totals = column(some_totals(5, 200), 0)
    found, again, other = (Bootstrap(seed=seed).mean(totals) for seed in (7, 7, 8))
    assert found == again != other
    assert found.high - found.low == pytest.approx(other.high - other.low, rel=0.15)


def test_a_higher_level_is_wider():
    totals = column(some_totals(6), 0)
    widths = [(i := Bootstrap(seed=1, level=level).mean(totals)).high - i.low for level in (0.5, 0.8, 0.95)]
    assert widths == sorted(widths)
    assert widths[0] < widths[-1]


def test_fewer_than_ten_units_have_an_estimate_but_no_interval():
    totals = column(some_totals(7, count=9), 0)
    found = Bootstrap(seed=1).mean(totals, units="nats")
    assert found.estimate == pytest.approx(float(totals.mean))
    assert not found.known
    assert found.reason == "9 units; a clustered interval needs 10"
    assert found.units == "nats"
    assert Bootstrap(seed=1).mean(column(some_totals(7, count=10), 0)).known


def test_no_rows_have_no_estimate():
    found = Bootstrap(seed=1).mean(unit_totals([], []))
    assert np.isnan(found.estimate)
    assert found.reason == "0 units; a clustered interval needs 10"


def test_fewer_than_four_weeks_resample_shorter_blocks_and_say_so():
    totals = column(some_totals(8, count=27), 0)
    found = Bootstrap(seed=1).mean(totals)
    assert "27 units make less than 4 blocks of 7" in found.method
    shorter = Bootstrap(seed=1, block=6).mean(totals)
    assert (found.low, found.high) == (shorter.low, shorter.high)
    assert Bootstrap(seed=1).mean(column(some_totals(8, count=28), 0)).method == (
        "bootstrap of 7-unit blocks, 2,000 draws"
    )


def test_a_statistic_undefined_in_many_draws_has_no_interval():
    found = Bootstrap(seed=1, block=1).ratio([1.0] + [0.0] * 11, [1.0] + [0.0] * 11)
    assert found.estimate == 1
    assert not found.known
    assert "of the draws have no value" in found.reason
    undefined = Bootstrap(seed=1, block=1).ratio(np.zeros(12), np.zeros(12))
    assert undefined.reason == "the estimate itself is undefined"


def test_a_ratio_is_of_sums_and_skill_is_one_minus_it():
    generator = np.random.default_rng(9)
    ours, theirs, day = generator.uniform(size=400), 2 * generator.uniform(size=400), np.arange(400) // 10
    left, right = unit_totals(ours, day), unit_totals(theirs, day)
    boot = Bootstrap(seed=1)
    ratio, skill = boot.ratio(left.sums, right.sums), boot.skill(left, right)
    assert skill.estimate == pytest.approx(1 - ours.sum() / theirs.sum())
    assert (skill.low, skill.high) == (1 - ratio.high, 1 - ratio.low)
    with pytest.raises(ValueError, match="same rows"):
        boot.skill(left, unit_totals(theirs[10:], day[10:]))


def test_many_units_are_drawn_in_parts(monkeypatch):
    totals = column(some_totals(10, 500), 0)
    whole = Bootstrap(seed=1, block=1).mean(totals)
    monkeypatch.setattr(bootstrap, "CELLS_AT_ONCE", 500 * 300)
    parts = Bootstrap(seed=1, block=1).mean(totals)
    assert (parts.low, parts.high) == pytest.approx((whole.low, whole.high), rel=0.5)
    assert parts == Bootstrap(seed=1, block=1).mean(totals)


@pytest.mark.parametrize("setting", [{"block": 0}, {"draws": 99}, {"level": 95}])
def test_a_senseless_setting_is_refused(setting):
    with pytest.raises(ValueError, match="block >= 1, draws >= 100 and 0 < level < 1"):
        Bootstrap(seed=1, **setting)


def test_shapes_are_checked():
    boot = Bootstrap(seed=1)
    with pytest.raises(ValueError, match="one number per unit"):
        boot.mean(some_totals(1))
    with pytest.raises(ValueError, match="units, k"):
        boot.means(column(some_totals(1), 0))


def test_a_plan_counts_its_independent_blocks():
    assert plan_resampling(28, 7, 2000).blocks == 4
    assert plan_resampling(27, 7, 2000).blocks == 4.5
    assert plan_resampling(100, 1, 2000).blocks == 100


def test_draws_whose_ratio_is_to_nothing_have_no_value():
    top, bottom = np.ones(12), np.concatenate([np.ones(3), np.zeros(9)])
    found = Bootstrap(seed=1, block=1).ratio(top, bottom)
    assert found.estimate == 4
    assert np.isfinite([found.low, found.high]).all() or not found.known
