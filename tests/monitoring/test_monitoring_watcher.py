"""The fold of windows: what is remembered, when the second estimate is made, and what a new reference keeps."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from joined_world import BY_ROW, DAY, DAYS, LATE, MONDAY, ROWS, accepted, followed, joined, log_of

from trimtab.monitoring.budget import Budget, Monitor
from trimtab.monitoring.following import edges
from trimtab.monitoring.gauge import Part, fit_gauge, make_windows
from trimtab.monitoring.reference import accept
from trimtab.monitoring.summary import OutcomeSummary, summarise_inputs, summarise_outcomes
from trimtab.monitoring.watcher import KEPT_INPUTS, LOOKED_AT, Watcher, gap_of
from trimtab.monitoring.watching import Page
from trimtab.stats.dispersion import Dispersion
from trimtab.units import hours


def stepped(reference, log, *, state=None, weighed=None):
    """The state after the days of a log without labels; `weighed` takes the days that were weighed."""
    watcher = Watcher(reference)
    state = watcher.begin() if state is None else state
    bounds = edges(int(log.at[0]), int(log.at[-1]) + 1, DAY).tolist()
    for start, stop in pairwise(bounds):
        weigh = watcher.weighs(state)
        if weigh and weighed is not None:
            weighed.append((start - MONDAY) // DAY - DAYS)
        state, _ = watcher.step(
            state, summarise_inputs(reference, log.between(start, stop), start, weigh=weigh)
        )
    return state


def test_the_second_estimate_is_made_weekly_while_it_moves_and_again_when_it_could_not_be():
    calm, moved, small, broken = [], [], [], []
    stepped(accepted(), log_of(1, DAYS, 22), weighed=calm)
    assert calm[0] == 0
    assert min(calm[1:]) > 7
    stepped(accepted(), log_of(1, DAYS, 9, change="covariate"), weighed=moved)
    assert moved == [0, 7]
    stepped(accepted(), joined(log_of(1, DAYS, 2, rows=200), log_of(2, DAYS + 2, 2)), weighed=small)
    assert small == [0, 1, 2]
    stepped(accepted(), joined(log_of(1, DAYS, 1, change="null"), log_of(2, DAYS + 1, 2)), weighed=broken)
    assert broken == [0, 1]


def test_hours_are_weighed_every_third_day_while_nothing_moves():
    options = replace(BY_ROW, budget=Budget(1.0, window=hours(1)))
    watcher = Watcher(replace(accepted(), options=options))
    state = stepped(accepted(), log_of(1, DAYS, 2))
    assert not watcher.weighs(replace(state, windows=state.weighed_after + 71))
    assert watcher.weighs(replace(state, windows=state.weighed_after + 72))
    assert not Watcher(accept(log_of(0, 0, 9), BY_ROW)).weighs(Watcher(accepted()).begin())


def test_one_window_that_strays_is_not_weighed_sooner_but_four_are():
    options = replace(BY_ROW, budget=Budget(1.0, window=hours(1)))
    watcher = Watcher(replace(accepted(), options=options))
    state = stepped(accepted(), log_of(1, DAYS, 6))
    later = replace(state, windows=state.weighed_after + 24)
    part = state.inputs[-1].estimated

    def windows_at(*means):
        parts = [replace(part, total=mean * part.rows) for mean in means]
        return replace(later, inputs=tuple(replace(state.inputs[-1], estimated=each) for each in parts))

    usual, strayed = watcher.reference.baseline, watcher.reference.baseline + watcher.reference.tolerance
    assert not watcher.weighs(windows_at(*[usual] * LOOKED_AT, strayed))
    assert watcher.weighs(windows_at(*[usual] * LOOKED_AT, *[strayed] * LOOKED_AT))


def test_matured_windows_temper_what_comes_after_them_every_twelve_windows():
    reference = accepted()
    wide = Dispersion(DAYS, row_effect=9.0, row_bound=9.0, rows=float(ROWS))
    gauges = {
        name: replace(gauge, monitor=replace(gauge.monitor, dispersion=wide))
        for name, gauge in reference.gauges.items()
    }
    watcher = Watcher(replace(reference, gauges=gauges))
    state, found = watcher.begin(), []
    log = log_of(2, DAYS, 62)
    for start, stop in pairwise(edges(int(log.at[0]), int(log.at[-1]) + 1, DAY).tolist()):
        summary = summarise_outcomes(reference, log.between(start, stop), start)
        state, _ = watcher.step(state, None, [summary])
        named = {each.name: each.design_effect(ROWS) for each in state.watching.monitors}
        found.append(named["realised"])
    told = {place for place, (before, after) in enumerate(pairwise(found), 1) if before != after}
    assert told == {60}
    assert found[59] == pytest.approx(9.0)
    assert found[60] < 5


def test_windows_with_few_rows_say_why_there_is_no_estimate():
    state = stepped(accepted(), log_of(1, DAYS, 3, rows=200))
    assert "only 200 rows (needs 500)" in state.trust.reasons


def test_what_is_remembered_stays_small():
    state = stepped(accepted(), log_of(1, DAYS, KEPT_INPUTS + 4))
    assert len(state.inputs) == KEPT_INPUTS
    assert state.windows == KEPT_INPUTS + 4


def test_a_window_without_anything_only_counts():
    watcher = Watcher(accepted())
    state, happened = watcher.step(watcher.begin(), None)
    assert happened is None
    assert state.windows == 1
    assert set(state.watching.log_evidence().values()) == {-np.inf}


def test_labels_of_several_windows_may_come_at_once():
    reference, log = accepted(), log_of(3, DAYS, 4, change="concept")
    starts = [MONDAY + (DAYS + day) * DAY for day in range(4)]
    outcomes = [summarise_outcomes(reference, log.between(start, start + DAY), start) for start in starts]
    watcher = Watcher(reference)
    state, page = watcher.step(watcher.begin(), None, outcomes)
    assert isinstance(page, Page)
    assert state.outcomes == tuple(outcomes)
    assert state.lag == 0


def test_the_lag_is_how_much_later_labels_are_taken_in():
    state = followed(accepted(), log_of(3, DAYS, 6)).state
    assert state.lag == LATE


def test_a_new_reference_keeps_the_evidence_and_forgets_comparisons_with_the_old_one():
    log = joined(log_of(3, DAYS, 4), log_of(4, DAYS + 4, 4))
    before = followed(accepted(), log).state
    other = accept(log_of(9, 0, DAYS), replace(BY_ROW, slices=("word",)))
    after = Watcher(other).carry_over(before)
    old, new = before.watching.log_evidence(), after.watching.log_evidence()
    assert {name: new[name] for name in old} == old
    assert new["realised, word = a"] == -np.inf
    assert (after.inputs, after.weighed, after.trust.trusted) == ((), None, False)
    assert stepped(other, log_of(5, DAYS + 8, 1), state=after).trust.trusted


def test_past_errors_are_those_of_windows_with_estimates():
    outcomes = [
        OutcomeSummary(day, loss=Part(6.0, 6.0, 10), estimated=Part(4.0, 2.0, 10), gap=Part(2.0, 1.0, 10))
        for day in range(3)
    ]
    totals = gap_of([*outcomes, OutcomeSummary(3)])
    assert totals.sums.tolist() == [[6.0, 4.0, 1.0]] * 3
    assert totals.counts.tolist() == [10.0] * 3
    assert gap_of([]).sums.shape == (0, 3)


def quiet_years(windows, seed, tolerance):
    """Pages of quiet days whose paired difference lies just at what is tolerated, through gauge and watcher."""
    generator = np.random.default_rng([41, seed])
    reference = paired_reference(generator, tolerance)
    watcher = Watcher(reference)
    state, pages, gauge = watcher.begin(), 0, reference.gauges["realised"]
    for day in range(windows):
        losses = generator.normal(reference.tolerance, 0.01, 1)
        outcome = OutcomeSummary(day * DAY, 0, {"realised": gauge.part(losses, day * DAY)})
        state, happened = watcher.step(state, None, [outcome])
        if isinstance(happened, Page):
            pages += 1
            state = replace(state, watching=watcher.begin().watching)
    return pages


def paired_reference(generator, tolerance):
    """A reference of which only the paired difference is watched, learned from 60 quiet days."""
    at = np.arange(60) * DAY
    windows = make_windows(at, np.zeros_like(at), DAY)
    gauge = fit_gauge(
        Monitor("realised", "", "day", Dispersion(0)),
        generator.normal(0, 0.01, 60),
        np.arange(60),
        windows,
        tolerance,
        limits=(-1.0, 1.0),
        null=0.0,
    )
    return replace(accepted(), gauges={"realised": gauge}, estimate=None, paired=True, tolerance=tolerance)


def budget_kept(histories, years, seed):
    """Whether false pages a year stay within the budget of one, by the mean over histories and its 99 % bound."""
    rates = np.array([quiet_years(years * 365, (seed, place), 0.01) / years for place in range(histories)])
    return rates.mean() + 2.33 * rates.std(ddof=1) / np.sqrt(histories) <= 1.0


def test_quiet_years_at_the_edge_keep_the_budget():
    assert budget_kept(8, 1, 1)


@pytest.mark.campaign
def test_hundreds_of_quiet_years_at_the_edge_keep_the_budget():
    assert budget_kept(100, 4, 2)
