"""Evidence of rows is tempered by what live windows show: faster, and within the budget at the edge of the null."""

from dataclasses import replace

import numpy as np
import pytest
from simulated_years import log_e_of_counts, pages_sent, rate_bound

from trimtab.monitoring.budget import Budget, Monitor, log_inflows
from trimtab.monitoring.gauge import Gauge, part_of
from trimtab.monitoring.summary import OutcomeSummary
from trimtab.monitoring.tempering import (
    EVERY,
    LATEST,
    LEAST_HELD_BACK,
    MOST_HELD_BACK,
    SUSPECTED,
    held_back,
    suspected,
    tempered,
)
from trimtab.monitoring.watching import restart, start_watching, watch
from trimtab.monitoring.window import window_evidence
from trimtab.stats.detector import advance, empty_detector
from trimtab.stats.dispersion import Dispersion, row_dispersion
from trimtab.stats.scale import Scale
from trimtab.stats.successive import FEWEST_WINDOWS, successive_dispersion
from trimtab.units import hours

ROWS, THETA = 1000, 0.18
REFERENCE = Dispersion(240, row_effect=1.1, row_bound=1.2, rows=42)
MONITORS = (
    Monitor("realised", unit="row", dispersion=REFERENCE),
    Monitor("estimated", unit="row", dispersion=REFERENCE),
)
GAUGES = {each.name: Gauge(each, Scale(0.0, 1.0), 0.02, None, 0.16) for each in MONITORS}
LATE = LEAST_HELD_BACK + FEWEST_WINDOWS


def outcomes(shares, seed=0, names=("realised",)):
    """Matured windows of 1,000 rows of loss 0 or 1, one a share, for so many monitors."""
    generator = np.random.default_rng(seed)

    def part(share):
        return part_of((generator.random(ROWS) < share).astype(float))

    return [
        OutcomeSummary(place, parts={name: part(share) for name in names})
        for place, share in enumerate(shares)
    ]


def effects(state):
    return [monitor.design_effect(ROWS) for monitor in state.monitors]


def test_live_windows_of_independent_rows_show_that_they_are():
    begun = start_watching(Budget(1.0, hours(1)), MONITORS)
    found = tempered(begun, GAUGES, outcomes([0.16] * 200))
    assert effects(begun)[0] > 5
    assert 1 <= effects(found)[0] < 2
    assert effects(found)[1] == effects(begun)[1]  # its values are not in what matured


def test_live_windows_show_what_their_rows_share_at_the_size_of_these_windows():
    moving = np.clip(0.16 + 0.03 * np.random.default_rng(1).standard_normal(300), 0, 1)
    found = tempered(start_watching(Budget(1.0, hours(1)), MONITORS), GAUGES, outcomes(moving))
    assert 0.8 * (1 + ROWS * 0.03**2 / 0.134) < effects(found)[0] < 14


def test_trouble_that_lasts_tempers_more_than_trouble_that_is_gone_in_the_next_window():
    generator, shocks = np.random.default_rng(1), [0.0]
    for _ in range(383):
        shocks.append(0.8 * shocks[-1] + 0.6 * generator.standard_normal())
    begun = start_watching(Budget(1.0, hours(1)), MONITORS)
    lasting, gone = (
        effects(tempered(begun, GAUGES, outcomes(0.16 + 0.02 * np.array(each))))[0]
        for each in (shocks, generator.permutation(shocks))
    )
    assert gone < 8
    assert lasting > 2 * gone


def test_too_few_windows_leave_what_the_reference_says():
    begun = start_watching(Budget(1.0, hours(1)), MONITORS)
    assert tempered(begun, GAUGES, outcomes([0.16] * (LATE - 1))).monitors == begun.monitors
    assert tempered(begun, GAUGES, outcomes([0.16] * LATE)).monitors != begun.monitors


def test_windows_without_any_loss_leave_what_the_reference_says():
    begun = start_watching(Budget(1.0, hours(1)), MONITORS)
    assert tempered(begun, GAUGES, outcomes([0.0] * 60)).monitors == begun.monitors


def test_the_latest_windows_and_very_old_ones_do_not_count():
    begun = start_watching(Budget(1.0, hours(1)), MONITORS)
    quiet = outcomes([0.16] * LATEST)
    wild = outcomes([0.9, 0.1] * (MOST_HELD_BACK // 2), seed=2)
    whole = tempered(begun, GAUGES, [*wild, *quiet, *wild])
    assert whole.monitors == tempered(begun, GAUGES, [*quiet, *wild]).monitors
    assert effects(whole)[0] < 2


def test_no_more_than_a_third_of_the_windows_is_held_back_once_there_are_enough():
    assert [held_back(windows) for windows in (10, 60, 72, 99, 144, 400)] == [24, 24, 24, 33, 48, 48]


@pytest.mark.parametrize("after", [0.21, 0.11])
def test_a_step_hardly_tempers_evidence_whichever_way_it_goes(after):
    stepped = outcomes([0.16] * 120 + [after] * 100)
    sums = np.array([each.parts["realised"].total for each in stepped])
    around = row_dispersion(sums, sums, np.full(len(sums), float(ROWS))).design_effect(ROWS)
    found = tempered(start_watching(Budget(1.0, hours(1)), MONITORS), GAUGES, stepped)
    assert around > 20
    assert effects(found)[0] < 2


def test_a_monitor_under_suspicion_keeps_what_it_has_and_so_do_all_while_a_page_is_open():
    state = start_watching(Budget(1.0, hours(1)), MONITORS)
    worse = {"realised": window_evidence(np.repeat([1.0, 0.0], [235, 765]), THETA)}
    matured = outcomes([0.16] * 100, names=("realised", "estimated"))
    while not suspected(state.detector, state.shares).any():
        told = zip(tempered(state, GAUGES, matured).monitors, state.monitors, strict=True)
        assert all(after != before for after, before in told)
        state, _ = watch(state, worse, at=0)
    assert state.open is None
    realised, estimated = tempered(state, GAUGES, matured).monitors
    assert realised is state.monitors[0]
    assert estimated != state.monitors[1]
    while state.open is None:
        state, _ = watch(state, worse, at=1)
    assert tempered(state, GAUGES, matured) is state
    assert tempered(restart(state), GAUGES, matured).monitors != state.monitors


def test_evidence_that_only_many_starts_have_together_is_no_suspicion():
    state, shares = empty_detector((2,)), np.array([0.7, 0.3])
    inflow = log_inflows(shares, [True, True])
    for at in range(100):
        state = advance(state, np.zeros((2, 8)), at=at, log_inflow=inflow)
    assert (state.log_evidence > np.log(SUSPECTED)).all()
    assert not suspected(state, shares).any()
    grown = np.log([[SUSPECTED * 0.99], [SUSPECTED * 1.01]]) * np.ones(8)
    assert suspected(advance(state, grown, at=100, log_inflow=inflow), shares).tolist() == [False, True]


def test_monitors_of_one_value_a_window_keep_what_they_have():
    daily = tuple(replace(each, unit="day") for each in MONITORS)
    begun = start_watching(Budget(1.0), daily)
    assert tempered(begun, GAUGES, outcomes([0.16] * 100)).monitors == daily


def edge_pages(spread, follows, *, histories, windows, seed=3):
    """Pages where hourly windows share a risk that moves by `spread` around the bound, and follow each other.

    The dispersion is that of 240 reference windows of 42 rows, and of live windows as `tempered` tells it.
    """
    generator = np.random.default_rng(seed)

    def risk(length, mean):
        shocks = generator.standard_normal((length, histories))
        for place in range(1, length):
            shocks[place] = follows * shocks[place - 1] + np.sqrt(1 - follows**2) * shocks[place]
        return np.clip(mean + spread * shocks, 0, 1)

    before = generator.binomial(42, risk(240, 0.16)).astype(float)
    ones = generator.binomial(ROWS, risk(windows, THETA)).astype(float)
    counts, each = np.full(240, 42.0), np.full(windows, float(ROWS))
    effect = np.array([row_dispersion(sums, sums, counts).design_effect(ROWS) for sums in before.T])

    def draw(window, detector):
        last = window - held_back(window)
        if window % EVERY == 0 and last >= FEWEST_WINDOWS:
            part = slice(max(last - LATEST, 0), last)
            for place in np.flatnonzero(~suspected(detector, [1.0])[:, 0]):
                sums = ones[part, place]
                effect[place] = successive_dispersion(sums, sums, each[part]).design_effect(ROWS)
        return log_e_of_counts(ones[window][:, None], ROWS, THETA, effect[:, None]), True

    return pages_sent(draw, [1.0], Budget(1.0, hours(1)), histories=histories, windows=windows)


@pytest.mark.parametrize(("spread", "follows"), [(0.02, 0.0), (0.01, 0.5)])
def test_the_budget_is_kept_at_the_edge_when_live_windows_tell_the_dispersion(spread, follows):
    assert rate_bound(edge_pages(spread, follows, histories=40, windows=3000), 3000 / 8766) <= 1.0


def test_the_budget_is_kept_where_most_of_an_hours_trouble_is_still_there_in_the_next():
    assert edge_pages(0.01, 0.8, histories=60, windows=3000).sum() / (60 * 3000 / 8766) <= 1.0


@pytest.mark.campaign
@pytest.mark.parametrize("spread", [0.005, 0.01, 0.02, 0.04])
@pytest.mark.parametrize("follows", [0.0, 0.25, 0.5, 0.8])
def test_the_budget_is_kept_over_many_hourly_years(spread, follows):
    assert rate_bound(edge_pages(spread, follows, histories=150, windows=8766, seed=4), 1) <= 1.0
