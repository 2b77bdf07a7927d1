"""From windows to pages and back: one open page at a time, closed by recovery or by a person."""

from dataclasses import replace
from timeit import repeat

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_years import log_e_of_counts, pages_sent

from trimtab.errors import DataError, UsageError
from trimtab.monitoring.budget import Budget, Monitor, total_log_evidence, weights
from trimtab.monitoring.watching import (
    Closed,
    Page,
    acknowledge,
    restart,
    start_watching,
    watch,
    with_monitors,
)
from trimtab.monitoring.window import HYSTERESIS, WindowEvidence, window_evidence
from trimtab.stats.betting import evidence_of_counts
from trimtab.stats.dispersion import Dispersion
from trimtab.stats.phase import DAY, HOUR, phase_reference
from trimtab.units import hours

THETA, TOLERANCE, ROWS = 0.18, 0.02, 500
LOWER = THETA - HYSTERESIS * TOLERANCE
ONE = (Monitor("realised"),)
TWO = (Monitor("realised"), Monitor("breakage"))


def counted(ones, rows=ROWS, theta=THETA):
    """The evidence of a window with so many ones."""
    lower = theta - HYSTERESIS * TOLERANCE
    return WindowEvidence(
        evidence_of_counts(int(ones), rows, float(theta)),
        evidence_of_counts(rows - int(ones), rows, float(1 - lower)),
    )


def lived(state, risks, generator, name="realised", at=0):
    """Follow one monitor through windows of these risks; return the state and what happened, with its window."""
    happened = []
    for window, risk in enumerate(risks, at):
        state, found = watch(state, {name: counted(generator.binomial(ROWS, risk))}, at=window)
        happened += [found] if found else []
    return state, happened


def paged(monitors=ONE, generator=None):
    """A state whose page has just been sent."""
    state = start_watching(Budget(1.0), monitors)
    state, happened = lived(state, [0.16] * 5, generator or np.random.default_rng(1))
    assert not happened
    window = 5
    while state.open is None:
        state, _ = watch(state, {"realised": counted(0.4 * ROWS)}, at=window)
        window += 1
    return state, window


def test_counts_give_what_the_values_give():
    values = np.repeat([1.0, 0.0], [90, 410])
    assert window_evidence(values, THETA, tolerance=TOLERANCE) == counted(90)


@pytest.mark.parametrize("theta", [1.0, 1.05, 1.2, np.nextafter(1.05, 0), np.nextafter(1.05, 2)])
def test_a_bound_that_nothing_exceeds_gives_no_harm_and_can_be_recovered_from(theta):
    found = window_evidence([0.5], theta, tolerance=0.1)
    assert max(found.harm.log_e()) < 0 < max(found.recovery.log_e())


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(0, 1), max_size=20), st.integers(0, 20))
def test_window_evidence_merges_to_the_whole(values, cut):
    a, b = (window_evidence(part, 0.3, tolerance=0.1) for part in (values[:cut], values[cut:]))
    assert a.merge(b) == b.merge(a) == window_evidence(values, 0.3, tolerance=0.1)


def test_five_thousand_quiet_windows_with_a_daily_cycle_send_no_page():
    generator = np.random.default_rng(2)
    monitors = [Monitor(kind) for kind in ("realised", "estimated", "residual", "breakage")]

    def risk(times):
        return 0.16 + 0.03 * np.sin(2 * np.pi * times / DAY)

    past = np.arange(28 * 24) * HOUR
    ones = generator.binomial(1000, risk(past))
    reference = phase_reference(past, ones / 1000)
    live = past[-1] + HOUR + np.arange(5000) * HOUR
    thetas = reference.theta_at(live, tolerance=TOLERANCE)
    state = start_watching(Budget(1.0, hours(1)), monitors)
    for at, theta, truth in zip(live.tolist(), thetas.tolist(), risk(live).tolist(), strict=True):
        counts = generator.binomial(1000, truth, 4)
        window = {m.name: counted(n, 1000, theta) for m, n in zip(monitors, counts, strict=True)}
        state, found = watch(state, window, at=at)
        assert found is None


def test_without_the_phase_the_same_cycle_pages():
    generator = np.random.default_rng(3)
    risks = 0.16 + 0.06 * np.sin(2 * np.pi * np.arange(500) / 24)
    _, happened = lived(start_watching(Budget(1.0, hours(1)), ONE), risks, generator)
    assert any(isinstance(found, Page) for found in happened)


def test_watching_is_the_rule_that_the_promise_was_simulated_with():
    generator = np.random.default_rng(4)
    counts = generator.binomial(ROWS, 0.19, (300, 2))
    there = generator.uniform(size=(300, 2)) < 0.7

    def draw(window, detector):
        return log_e_of_counts(counts[window][None], ROWS, THETA), there[window][None]

    expected = pages_sent(draw, weights(TWO), Budget(1.0), histories=1, windows=300)[:, 0]
    state, sent = start_watching(Budget(1.0), TWO), []
    for at in range(300):
        names = [(m.name, n) for m, n, present in zip(TWO, counts[at], there[at], strict=True) if present]
        state, found = watch(state, {name: counted(n) for name, n in names}, at=at)
        sent.append(isinstance(found, Page))
        if found:
            state = restart(state)
    assert sent == expected.tolist()
    assert expected.any()


def test_a_page_says_since_when_and_who_carried_it():
    generator = np.random.default_rng(5)
    state = start_watching(Budget(1.0), TWO)
    for at in range(60):
        risk = 0.16 if at < 40 else 0.24
        window = {
            "realised": counted(generator.binomial(ROWS, risk)),
            "breakage": counted(generator.binomial(ROWS, 0.16)),
        }
        state, page = watch(state, window, at=at)
        if page:
            break
    assert isinstance(page, Page)
    assert 38 <= page.since <= 41
    assert [name for name, _ in page.shares] == ["realised"]
    assert page.log_evidence >= np.log(page.threshold)


@pytest.mark.parametrize("window", [hours(24), hours(1)])
def test_what_must_page_at_once_does_so_from_one_value(window):
    budget = Budget(0.5, window)
    theta = budget.theta_at_once(weights(TWO)[1])
    state = start_watching(budget, TWO)
    for factor, pages in ((1.0, True), (1.01, False)):
        broken = {"breakage": window_evidence([1.0], theta * factor, recovery_theta=0.5)}
        assert isinstance(watch(state, broken, at=3)[1], Page) == pages


def test_what_paged_at_once_recovers_within_days():
    theta = Budget(1.0).theta_at_once(1.0)
    broken, whole = ({"breakage": window_evidence([v], theta, recovery_theta=0.5)} for v in (1.0, 0.0))
    state, closed, at = start_watching(Budget(1.0), [Monitor("breakage")]), None, 0
    for _ in range(5):
        state, closed = watch(state, broken, at=at)
    while not isinstance(closed, Closed):
        at += 1
        state, closed = watch(state, whole, at=at)
    assert 5 <= closed.at <= 20


def test_while_a_page_is_open_there_is_no_second_one():
    state, at = paged()
    state, happened = lived(state, [0.4] * 200, np.random.default_rng(6), at=at)
    assert happened == []
    assert state.open is not None


def test_recovery_closes_the_page_even_after_long_harm():
    state, at = paged()
    generator = np.random.default_rng(7)
    state, _ = lived(state, [0.3] * 100, generator, at=at)
    plain = sum(counted(ROWS * risk).recovery.log_e() for risk in [0.3] * 100 + [0.16] * 110)
    state, happened = lived(state, [0.16] * 110, generator, at=at + 100)
    (closed,) = happened[:1]
    assert closed.why == "recovered"
    assert closed.reference_from is None
    assert plain.max() < 0  # bets that ran through the harm would still be lost


def test_recovery_leaves_no_evidence_behind():
    state, at = paged()
    while state.open is not None:
        state, closed = watch(state, {"realised": counted(0.1 * ROWS)}, at=at)
        at += 1
    assert isinstance(closed, Closed)
    assert state.log_evidence() == {"realised": -np.inf}


def test_a_harm_that_lasts_is_seldom_taken_for_recovered():
    generator = np.random.default_rng(8)
    opened, at = paged()
    closed = sum(bool(lived(opened, [LOWER] * 120, generator, at=at)[1]) for _ in range(80))
    assert closed <= 9  # at the very edge; 5 % of 80 is 4, and 99 % of such counts are at most 9


def test_just_below_the_bound_of_harm_is_not_recovered():
    opened, at = paged()
    _, happened = lived(opened, [THETA - 0.1 * TOLERANCE] * 200, np.random.default_rng(9), at=at)
    assert happened == []


def test_no_data_never_closes_a_page():
    state, at = paged(TWO)
    for window in range(at, at + 100):
        state, found = watch(state, {"breakage": counted(0.05 * ROWS)}, at=window)
        assert found is None
    before = state.open.recovery.log_sum[0].tolist()
    state, _ = watch(state, {"realised": WindowEvidence()}, at=at + 100)
    assert state.open.recovery.log_sum[0].tolist() == before


def test_every_carrier_has_to_recover():
    state = start_watching(Budget(1.0), TWO)
    at, page = 0, None
    while page is None:
        state, page = watch(state, {m.name: counted(0.2 * ROWS) for m in TWO}, at=at)
        at += 1
    assert len(page.shares) == 2
    for window in range(at, at + 60):
        state, found = watch(
            state, {"realised": counted(0.1 * ROWS), "breakage": counted(0.3 * ROWS)}, at=window
        )
        assert found is None
    for window in range(at + 60, at + 120):
        state, found = watch(state, {m.name: counted(0.1 * ROWS) for m in TWO}, at=window)
        if found:
            break
    assert isinstance(found, Closed)


def test_what_a_person_says_decides():
    state, at = paged()
    since = state.open.page.since
    after, closed = acknowledge(state, "benign", at=at)
    assert (closed.why, closed.reference_from, after.open) == ("benign", since, None)
    after, closed = acknowledge(state, "fixed", at=at)
    assert (closed.why, closed.reference_from, after.open) == ("fixed", None, None)
    after, closed = acknowledge(state, "working", at=at)
    assert closed is None
    assert after.open.acknowledged
    _, happened = lived(after, [0.16] * 60, np.random.default_rng(10), at=at)
    assert [found.why for found in happened] == ["recovered"]
    with pytest.raises(UsageError, match="no page is open"):
        acknowledge(restart(state), "fixed", at=at)


def test_a_missing_monitor_keeps_its_evidence():
    state = start_watching(Budget(1.0), TWO)
    state, _ = watch(state, {m.name: counted(0.185 * ROWS) for m in TWO}, at=0)
    before = state.log_evidence()
    state, _ = watch(state, {"breakage": counted(0.185 * ROWS)}, at=1)
    assert state.log_evidence()["realised"] == before["realised"]
    assert state.log_evidence()["breakage"] > before["breakage"]


def test_monitors_may_come_and_go_without_adding_evidence():
    state = start_watching(Budget(1.0), TWO)
    state, _ = watch(state, {m.name: counted(0.185 * ROWS) for m in TWO}, at=0)
    more = with_monitors(state, (*TWO, Monitor("residual")))
    assert total_log_evidence(more.detector) == pytest.approx(float(total_log_evidence(state.detector)))
    assert more.shares.sum() == pytest.approx(1)
    fewer = with_monitors(state, (Monitor("breakage"),))
    assert total_log_evidence(fewer.detector) < total_log_evidence(state.detector)
    opened, _ = paged(TWO)
    kept = with_monitors(opened, (Monitor("residual"), *TWO))
    assert kept.open.carriers.tolist() == [False, True, False]


def test_tempering_of_a_monitor_slows_its_evidence():
    slow = (Monitor("realised", dispersion=Dispersion(60, correlation_effect=4.0)),)
    windows = {"realised": counted(0.22 * ROWS)}
    plain, _ = watch(start_watching(Budget(1.0), ONE), windows, at=0)
    tempered, _ = watch(start_watching(Budget(1.0), slow), windows, at=0)
    assert tempered.log_evidence()["realised"] < plain.log_evidence()["realised"]


def test_a_name_that_is_not_watched_is_refused():
    with pytest.raises(DataError, match="did you mean 'realised'"):
        watch(start_watching(Budget(), ONE), {"realized": counted(1)}, at=0)


def test_the_same_windows_give_the_same_pages():
    runs = [lived(start_watching(Budget(), ONE), [0.2] * 80, np.random.default_rng(11)) for _ in range(2)]
    assert runs[0][1] == runs[1][1] != []


def test_a_window_of_four_monitors_takes_little():
    monitors = [Monitor(kind) for kind in ("realised", "estimated", "residual", "breakage")]
    state = replace(start_watching(Budget(1.0, hours(1)), monitors))
    window = {monitor.name: counted(0.1 * ROWS) for monitor in monitors}
    seconds = repeat(lambda: watch(state, window, at=1), number=100, repeat=15)
    assert min(seconds) / 100 / 4 < 20e-6
