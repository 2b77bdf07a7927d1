"""The detector is its definition, a double loop over starts; it is cheap, and it finds harm when the table says."""

from timeit import repeat

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.stats.betting import FRACTIONS
from trimtab.stats.detector import Detector, advance, empty_detector, reset

patient = settings(deadline=None, max_examples=60)
windows = st.lists(
    st.tuples(st.integers(0, 2**32 - 1), st.sampled_from([-np.inf, -3.0, 0.0])), min_size=1, max_size=15
)


def log_e_values(seed):
    return np.random.default_rng(seed).normal(0, 1.5, FRACTIONS.size)


def naive(found):
    """Every start times every bet: the total evidence, and the start of the largest single term."""
    terms = {}
    for start, (_, inflow) in enumerate(found):
        if np.isfinite(inflow):
            after = [log_e_values(seed) for seed, kept in found[start:] if np.isfinite(kept)]
            for bet, log_term in enumerate(inflow + np.sum(after, axis=0)):
                terms[start, bet] = log_term
    total = np.logaddexp.reduce(list(terms.values())) - np.log(FRACTIONS.size) if terms else -np.inf
    return total, max(terms, key=terms.get)[0] + 100 if terms else 0


def followed(found):
    state = empty_detector()
    for place, (seed, inflow) in enumerate(found):
        log_e = log_e_values(seed) if np.isfinite(inflow) else np.zeros(FRACTIONS.size)
        state = advance(state, log_e, at=100 + place, log_inflow=inflow)
    return state


@patient
@given(windows)
def test_the_running_sum_is_the_double_loop_over_starts(found):
    total, since = naive(found)
    state = followed(found)
    assert state.log_evidence == pytest.approx(total, abs=1e-9)
    assert int(state.since) == since


def test_a_window_without_data_changes_nothing():
    state = followed([(1, 0.0), (2, 0.0)])
    waited = advance(state, np.zeros(FRACTIONS.size), at=999, log_inflow=-np.inf)
    assert (waited.log_sum == state.log_sum).all()
    assert (waited.start == state.start).all()


def test_many_monitors_are_each_what_they_are_alone():
    alone = [followed([(seed, 0.0), (seed + 1, -3.0)]) for seed in (1, 5, 9)]
    state = empty_detector((3,))
    for step, inflow in enumerate((0.0, -3.0)):
        log_e = np.array([log_e_values(seed + step) for seed in (1, 5, 9)])
        state = advance(state, log_e, at=100 + step, log_inflow=np.full((3, 1), inflow))
    assert state.log_evidence == pytest.approx([float(one.log_evidence) for one in alone])
    assert state.since.tolist() == [int(one.since) for one in alone]


def test_a_reset_empties_only_what_it_names():
    state = advance(empty_detector((2,)), np.ones((2, 8)), at=5)
    kept = reset(state, [True, False])
    assert np.isneginf(kept.log_evidence[0])
    assert kept.since.tolist() == [0, 5]
    assert kept.log_evidence[1] == state.log_evidence[1]
    assert np.isneginf(reset(state).log_evidence).all()


def test_overwhelming_evidence_does_not_overflow():
    state = empty_detector()
    for at in range(50):
        state = advance(state, np.full(8, 5000.0), at=at)
    assert state.log_evidence == pytest.approx(250_000)


def test_the_expected_sum_grows_by_one_a_window_at_the_edge_of_the_null():
    generator = np.random.default_rng(3)
    state = empty_detector((100_000,))
    log_e = np.log1p(np.array([-1.0, 1.0])[:, None] * FRACTIONS * 0.3)
    for at in range(10):
        state = advance(state, log_e[generator.integers(0, 2, 100_000)], at=at)
    assert np.exp(state.log_evidence).mean() == pytest.approx(10, rel=0.03)


def test_since_finds_the_change():
    generator = np.random.default_rng(4)
    state = empty_detector((300,))
    for at in range(60):
        ones = generator.binomial(1000, 0.16 if at < 40 else 0.21, 300)[:, None]
        log_e = ones * np.log1p(FRACTIONS * (1 / 0.18 - 1)) + (1000 - ones) * np.log1p(-FRACTIONS)
        state = advance(state, log_e, at=at)
    assert np.median(state.since) == 40
    assert (np.abs(state.since - 40) <= 3).mean() > 0.9


def test_a_window_update_takes_less_than_ten_microseconds():
    state, log_e, inflow = empty_detector((4,)), np.zeros((4, 8)), np.zeros((4, 1))
    seconds = repeat(lambda: advance(state, log_e, at=1, log_inflow=inflow), number=300, repeat=15)
    assert min(seconds) / 300 < 10e-6


def delays(probability, rows, *, design_effect=1.0, histories=300):
    """Windows from a step 0.16 -> probability to a page, bound 0.18, one page budgeted per 2,184 windows."""
    generator = np.random.default_rng(int(probability * 1000) + rows)
    state: Detector = empty_detector((histories,))
    found = np.full(histories, np.inf)
    up, down = np.log1p(FRACTIONS * (1 / 0.18 - 1)), np.log1p(-FRACTIONS)
    for window in range(-50, 600):
        ones = generator.binomial(rows, 0.16 if window < 0 else probability, histories)[:, None]
        state = advance(state, (ones * up + (rows - ones) * down) / design_effect, at=window)
        paged = state.log_evidence >= np.log(2184)
        if window < 0:
            state = reset(state, paged)
            continue
        found = np.where(paged & np.isinf(found), window + 1, found)
        if np.isfinite(found).all():
            break
    return np.quantile(found, [0.5, 0.9], method="higher")


@pytest.mark.parametrize(
    ("probability", "rows", "median", "most"),
    [
        (0.19, 1000, 29, 64),
        (0.20, 1000, 8, 14),
        (0.21, 1000, 4, 7),
        (0.22, 1000, 2, 4),
        (0.24, 1000, 1, 2),
        (0.30, 1000, 1, 1),
        (0.19, 200, 102, 218),
        (0.20, 200, 33, 53),
        (0.22, 200, 10, 17),
        (0.24, 200, 5, 9),
        (0.30, 200, 2, 2),
        (0.20, 50, 88, 184),
        (0.22, 50, 34, 55),
        (0.24, 50, 16, 24),
        (0.30, 50, 5, 8),
    ],
)
def test_harm_is_found_in_the_windows_the_table_says(probability, rows, median, most):
    half, ninety = delays(probability, rows)
    assert 0.6 * median - 1 <= half <= 1.15 * median + 1
    assert ninety <= 1.15 * most + 1


def test_tempering_by_four_takes_the_delay_from_two_windows_to_eight():
    half, _ = delays(0.22, 1000, design_effect=4.0)
    assert 6 <= half <= 9
