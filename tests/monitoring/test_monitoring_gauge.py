"""From the values of windows to evidence: exact parts, the clock's expectation, and the budget kept at the edge."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_years import log_e_of_values, pages_sent, rate_bound

from trimtab.monitoring.budget import Budget, Monitor
from trimtab.monitoring.gauge import Gauge, Part, fit_gauge, make_windows, part_of
from trimtab.monitoring.losses import on_grid
from trimtab.monitoring.watching import Page, start_watching, watch
from trimtab.stats.dispersion import Dispersion
from trimtab.stats.scale import Scale

HOUR = 3_600_000_000
DAY = 24 * HOUR
YEAR = 365
patient = settings(deadline=None, max_examples=40)
ROWS = Monitor("realised", "", "row", Dispersion(0))
DAILY = Monitor("realised", "", "day", Dispersion(0))


def by_day(values, monitor=DAILY, *, null=None, limits=(0.0, 1.0), tolerance=0.02, spread=0.0, rows=None):
    """The gauge of one value a row, `values` (days, rows a day)."""
    days, each = values.shape
    at = np.repeat(np.arange(days), each) * DAY
    windows = make_windows(at, np.zeros_like(at), DAY)
    place = np.arange(at.size) if rows is None else rows
    return fit_gauge(
        monitor, values.ravel()[place], place, windows, tolerance, limits=limits, null=null, spread=spread
    )


@patient
@given(
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3)), max_size=40),
    st.sampled_from([ROWS, DAILY]),
    st.data(),
)
def test_parts_add_up_to_the_whole_in_every_order(rows, monitor, data):
    gauge = Gauge(monitor, Scale(0.0, 1.0), 0.1, None, 0.3)
    values = on_grid([value for value, _ in rows])
    group = np.array([place for _, place in rows], int)
    offset = group % 2 * HOUR
    whole, total = gauge.part(values, 0, offset), Part()
    for place in data.draw(st.permutations(range(4))):
        total = total.merge(gauge.part(values[group == place], 0, offset[group == place]))
    assert total == whole
    assert gauge.evidence(total, 0) == gauge.evidence(whole, 0)


def test_sums_of_squares_of_a_hundred_thousand_rows_are_exact():
    values = on_grid(np.random.default_rng(0).random(100_000))
    assert part_of(values).square == part_of(values[::-1]).square
    assert part_of(values).square == part_of(values[:50_001]).merge(part_of(values[50_001:])).square


def test_a_day_is_one_unit_and_rows_are_as_many_as_they_are():
    values = np.full(50, 0.25)
    for monitor, units in ((ROWS, 50), (DAILY, 1)):
        gauge = Gauge(monitor, Scale(0.0, 1.0), 0.1, None, 0.3)
        assert gauge.evidence(gauge.part(values, 0), 0).harm.units == units
        assert gauge.evidence(Part(), 0).harm.units == 0


def test_the_bound_moves_with_the_clock():
    at = np.arange(24 * 28 * 20) * HOUR // 20
    windows = make_windows(at, np.zeros_like(at), HOUR)
    generator = np.random.default_rng(1)
    chance = 0.2 + 0.1 * np.cos(2 * np.pi * at / DAY)
    values = (generator.random(at.size) < chance).astype(float)
    gauge = fit_gauge(ROWS, values, np.arange(at.size), windows, 0.02, limits=(0.0, 1.0))
    assert gauge.expected(0) == pytest.approx(0.3, abs=0.02)
    assert gauge.expected(12 * HOUR) == pytest.approx(0.1, abs=0.02)
    assert gauge.expected(0, 12 * HOUR) == gauge.expected(12 * HOUR)
    assert gauge.theta(0) > gauge.expected(0) + 0.02
    assert gauge.theta(0, more=0.05) == pytest.approx(gauge.theta(0) + 0.05)


@pytest.mark.parametrize("null", [None, 0.0])
def test_losses_expected_of_many_windows_are_those_of_each(null):
    at = np.arange(24 * 14 * 20) * HOUR // 20
    windows = make_windows(at, np.zeros_like(at), HOUR)
    values = np.random.default_rng(8).uniform(-0.5, 0.5, at.size) + 0.3 * np.cos(2 * np.pi * at / DAY)
    gauge = fit_gauge(ROWS, values, np.arange(at.size), windows, 0.02, limits=(-1.0, 1.0), null=null)
    starts, offsets = np.arange(30) * 5 * HOUR, np.arange(30) % 3 * HOUR
    each = [gauge.difference(gauge.expected(*pair)) for pair in zip(starts, offsets, strict=True)]
    assert gauge.expected_losses(starts, offsets) == pytest.approx(each)


def test_what_means_no_harm_is_known_for_differences_whatever_the_reference_did():
    generator = np.random.default_rng(2)
    better = by_day(generator.normal(-0.03, 0.01, (30, 20)), null=0.0, limits=(-1.0, 1.0))
    assert better.phase is None
    assert better.difference(better.expected(0)) == pytest.approx(0.0, abs=0.002)
    rows = by_day(generator.normal(-0.03, 0.01, (30, 20)), ROWS, null=0.0, limits=(-1.0, 1.0))
    assert rows.difference(rows.expected(0)) == pytest.approx(0.0, abs=1e-9)


def test_a_model_that_agreed_with_the_other_on_day_one_is_given_some_spread():
    same = by_day(np.zeros((30, 20)), null=0.0, limits=(-1.0, 1.0), spread=0.01)
    assert (same.scale.low, same.scale.high) == pytest.approx((-0.02, 0.24))
    assert same.theta(0) > same.expected(0)


@pytest.mark.parametrize("days", [9, 10])
def test_fewer_than_ten_windows_give_no_gauge(days):
    values = np.random.default_rng(3).random((days, 20))
    assert (by_day(values) is None) is (days < 10)
    assert (by_day(values, ROWS) is None) is (days < 10)


def test_rows_that_come_one_a_window_cannot_be_units():
    values = np.random.default_rng(4).random((30, 20))
    first = np.arange(30) * 20
    assert by_day(values, ROWS, rows=first) is None
    assert by_day(values, rows=first).evidence(Part(0.5, 0.25, 1), 0).harm.units == 1


def test_windows_are_those_of_local_time():
    at = np.array([0, 5 * HOUR, 30 * HOUR])
    windows = make_windows(at, np.full(3, -5 * HOUR), DAY)
    assert windows.starts.tolist() == [-19 * HOUR, 5 * HOUR, 29 * HOUR]
    assert windows.place.tolist() == [0, 1, 2]
    assert make_windows(at, np.zeros(3, int), DAY).place.tolist() == [0, 0, 1]


def edge_pages(histories, years, *, seed, spread=0.01, tolerance=0.01):
    """Pages of quiet years whose paired differences lie exactly at what is tolerated, through `fit_gauge`."""
    generator = np.random.default_rng(seed)
    gauges = [
        by_day(generator.normal(0, spread, (60, 1)), null=0.0, limits=(-1.0, 1.0), tolerance=tolerance)
        for _ in range(histories)
    ]
    theta = np.array([[gauge.theta(0)] for gauge in gauges])
    effect = np.array([[gauge.monitor.design_effect(1)] for gauge in gauges])

    def draw(window, detector):
        days = generator.normal(tolerance, spread, histories)
        values = [[gauge.scale.bounded(day)] for gauge, day in zip(gauges, days, strict=True)]
        return log_e_of_values(np.array(values, float), theta[..., None], effect), True

    return pages_sent(draw, [1.0], Budget(1.0), histories=histories, windows=years * YEAR)


def test_differences_at_the_edge_of_what_is_tolerated_keep_the_budget():
    assert rate_bound(edge_pages(120, 1, seed=5), 1) <= 1.0


@pytest.mark.campaign
@pytest.mark.parametrize("spread", [0.003, 0.01, 0.05])
def test_differences_at_the_edge_keep_the_budget_over_thousands_of_model_years(spread):
    assert rate_bound(edge_pages(500, 4, seed=6, spread=spread), 4) <= 1.0


def test_the_simulated_rule_is_that_of_watching():
    generator = np.random.default_rng(7)
    gauge = by_day(generator.normal(0, 0.01, (60, 1)), null=0.0, limits=(-1.0, 1.0), tolerance=0.01)
    days = generator.normal(0.03, 0.01, 60)

    def draw(window, detector):
        value = gauge.scale.bounded([days[window]])
        return log_e_of_values(
            value[None], gauge.theta(0), np.array([[gauge.monitor.design_effect(1)]])
        ), True

    first = int(pages_sent(draw, [1.0], Budget(1.0), histories=1, windows=60).argmax())
    state, pages = start_watching(Budget(1.0), [gauge.monitor]), []
    for place, day in enumerate(days):
        part = gauge.part(np.array([day]), place * DAY)
        state, what = watch(state, {"realised": gauge.evidence(part, place * DAY)}, at=place)
        pages += [what] if isinstance(what, Page) else []
    assert pages[0].at == first
