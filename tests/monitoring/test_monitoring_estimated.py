"""Estimated performance in worlds with known truth: what it sees, what it cannot see, and when it is silent."""

import time

import numpy as np
import pytest
from loss_worlds import ERROR, build, draw

from trimtab.errors import DataError
from trimtab.finding import Severity
from trimtab.monitoring.estimated import ErrorModel, error_inputs, fit_reference
from trimtab.monitoring.losses import GRID, absolute_error, brier
from trimtab.monitoring.residual import concept_residuals, gap_totals, past_error
from trimtab.monitoring.reweighted import reweighted_estimate
from trimtab.monitoring.trust import estimated_finding, trust

TOLERANCE = 0.02


@pytest.fixture(scope="module")
def world():
    return build(0)


@pytest.fixture(scope="module")
def tides():
    return build(1, seasonal=True)


@pytest.fixture(scope="module")
def judged(world):
    """Realised loss, both estimates and the verdict on them, after each change."""
    found = {}
    for change in ("", "covariate", "concept", "stuck", "null", "scale"):
        x, score, loss = world.chunk(0, change=change)
        estimate = reweighted_estimate(world.reference, x, score)
        found[change] = (float(loss.mean()), estimate, trust(estimate, None, TOLERANCE))
    return found


def test_a_quiet_world_is_estimated_within_sampling_error_and_trusted(judged):
    realised, estimate, verdict = judged[""]
    assert abs(estimate.running - realised) < 0.015
    assert abs(estimate.estimate - realised) < 0.015
    assert verdict.trusted
    assert verdict.uncertainty < 0.01


def test_harm_that_comes_with_the_population_is_seen_without_labels(world, judged):
    realised, estimate, verdict = judged["covariate"]
    assert realised - world.reference_loss > 0.05
    assert abs(estimate.running - realised) < TOLERANCE
    assert abs(estimate.estimate - realised) < 0.015
    assert verdict.trusted
    found = estimated_finding(verdict, estimate, world.reference_loss, ERROR, TOLERANCE)
    assert found.severity is Severity.WATCH
    assert found.interval[0] > TOLERANCE


def test_a_changed_relation_is_invisible_to_the_estimate_and_plain_to_the_residual(world, judged):
    realised, estimate, _ = judged["concept"]
    assert realised - world.reference_loss > 0.05
    assert abs(estimate.estimate - world.reference_loss) < TOLERANCE
    x, score, loss = world.chunk(0, change="concept")
    before = concept_residuals(world.reference.losses, world.reference.estimates).mean()
    after = concept_residuals(loss, world.reference.model.estimate(x, score)).mean()
    assert abs(before - 0.5) < 0.002
    assert after - before > 0.025


def test_the_residual_is_quiet_while_season_moves_the_loss(tides):
    losses, residuals = [], []
    for hour in range(24):
        x, score, loss = tides.chunk(hour, 2000, phase=np.full(2000, hour / 24))
        losses.append(loss.mean())
        residuals.append(concept_residuals(loss, tides.reference.model.estimate(x, score)).mean() - 0.5)
    assert max(losses) - min(losses) > 0.06
    # half the loss's sampling error of 0.008, over 24 windows: 3.5 standard deviations
    assert max(np.abs(residuals)) < 0.016
    x, score, loss = tides.chunk(0, change="concept")
    assert concept_residuals(loss, tides.reference.model.estimate(x, score)).mean() - 0.5 > 0.02


def test_season_alone_is_trusted_and_seen_as_the_covariate_shift_that_it_is(tides):
    for hour in (6, 18):
        x, score, loss = tides.chunk(hour, phase=np.full(4000, hour / 24))
        estimate = reweighted_estimate(tides.reference, x, score)
        assert abs(estimate.estimate - loss.mean()) < 0.02
        assert trust(estimate, None, TOLERANCE).trusted


@pytest.mark.parametrize("change", ["stuck", "null", "scale"])
def test_a_broken_column_makes_the_estimate_wrong_and_the_gate_silences_it(world, judged, change):
    realised, estimate, verdict = judged[change]
    assert realised - estimate.running > 0.03  # dangerously optimistic
    assert not verdict.trusted
    found = estimated_finding(verdict, estimate, world.reference_loss, ERROR, TOLERANCE)
    assert found.severity is Severity.NOT_RUN
    assert "reference" in found.cause


def test_a_column_gone_null_fools_effective_rows_and_not_coverage(world, judged):
    _, estimate, _ = judged["null"]
    assert estimate.effective_rows > 0.9 * len(world.reference)
    assert estimate.disagreement < TOLERANCE
    assert estimate.coverage < 0.2


def test_coverage_is_about_one_where_the_reference_has_such_rows(judged):
    for change in ("", "covariate", "concept"):
        assert 0.85 < judged[change][1].coverage < 1.05


def test_the_estimate_of_a_whole_is_the_sum_of_its_rows(world):
    x, score, _ = world.chunk(1, 1000)
    whole = world.reference.model.estimate(x, score)
    parts = [world.reference.model.estimate(x[cut], score[cut]) for cut in (slice(0, 300), slice(300, None))]
    assert np.array_equal(whole, np.concatenate(parts))
    assert whole.sum() == parts[1].sum() + parts[0].sum()
    assert np.array_equal(whole, np.rint(whole / GRID) * GRID)
    assert ((whole >= 0) & (whole <= 1)).all()
    assert world.reference.model.estimate(x[:0], score[:0]).size == 0


def test_its_past_error_is_small_in_a_quiet_world_and_large_after_a_changed_relation(world):
    totals = {}
    for change in ("", "concept"):
        x, score, loss = world.chunk(2, 20_000, change=change)
        totals[change] = gap_totals(loss, world.reference.model.estimate(x, score), np.arange(20_000) // 1000)
    x, score, _ = world.chunk(3)
    estimate = reweighted_estimate(world.reference, x, score)
    calm, wrong = past_error(totals[""]), past_error(totals["concept"])
    assert calm.likely < 0.015
    assert wrong.bias > 0.05
    assert trust(estimate, calm, TOLERANCE).trusted
    assert trust(estimate, calm, TOLERANCE).uncertainty >= trust(estimate, None, TOLERANCE).uncertainty
    assert "off when labels came" in trust(estimate, wrong, TOLERANCE).reasons[0]


def test_regression_harm_is_estimated_too():
    generator = np.random.default_rng(5)

    def rows(count, shift=0.0):
        x = generator.normal(size=(count, 4)) + np.array([shift, 0, 0, 0])
        return x, 2 * x[:, 1], 2 * x[:, 1] + np.exp(0.6 * x[:, 0]) * generator.normal(size=count)

    x, score, label = rows(6000)
    loss = absolute_error(label, score, "minutes")
    reference = fit_reference(x, score, loss.losses(label, score))
    x, score, label = rows(4000, shift=0.7)
    realised = loss.losses(label, score).mean()
    estimate = reweighted_estimate(reference, x, score)
    assert realised - reference.losses.mean() > 0.05
    assert abs(estimate.running - realised) < 0.02
    assert abs(estimate.estimate - realised) < 0.015


def test_classes_are_judged_by_the_best_one_and_its_lead():
    generator = np.random.default_rng(6)

    def rows(count, hard):
        label = generator.integers(0, 3, count)
        noisy = generator.random(count) < hard
        raw = np.eye(3)[label] * 3 + generator.gumbel(size=(count, 3)) * np.where(noisy, 3, 0.5)[:, None]
        score = np.exp(raw)
        return np.column_stack([noisy, label * 0.0]), score / score.sum(axis=1, keepdims=True), label

    x, score, label = rows(3000, 0.2)
    reference = fit_reference(x, score, brier("multiclass").losses(label, score))
    x, score, label = rows(3000, 0.6)
    realised = brier("multiclass").losses(label, score).mean()
    assert realised > 1.3 * reference.losses.mean()
    assert reference.model.estimate(x, score).mean() == pytest.approx(realised, abs=0.02)


def test_a_row_is_estimated_by_a_model_that_did_not_see_its_day():
    generator = np.random.default_rng(7)
    day = np.repeat(np.arange(40), 50)
    luck = generator.random(40)[day]  # each day has its own loss, which its number gives away
    by_day = fit_reference(day[:, None], np.full(2000, 0.5), luck, unit=day)
    by_row = fit_reference(day[:, None], np.full(2000, 0.5), luck)
    assert np.corrcoef(by_day.estimates, luck)[0, 1] < 0.5
    assert np.corrcoef(by_row.estimates, luck)[0, 1] > 0.9


def test_many_words_and_infinite_numbers_are_read_and_never_an_error():
    generator = np.random.default_rng(8)
    x = np.column_stack([generator.integers(0, 400, 2000), generator.integers(0, 4, 2000)]).astype(float)
    reference = fit_reference(x, generator.random(2000), (x[:, 1] == 2) * 0.8, categorical=[True, True])
    odd = np.array([[399.0, 2.0], [np.inf, 7.0], [np.nan, -1.0]])
    found = reference.model.estimate(odd, [0.5, np.nan, -np.inf])
    assert found[0] > 0.6
    assert np.isfinite(found).all()


def test_too_few_rows_or_a_missing_loss_are_refused():
    x, y = draw(np.random.default_rng(0), 600)
    score = np.full(600, 0.5)
    with pytest.raises(DataError, match="at least 500"):
        fit_reference(x[:400], score[:400], ERROR.losses(y, score)[:400])
    with pytest.raises(DataError, match="599 losses for 600 rows"):
        fit_reference(x, score, np.where(np.arange(600) == 3, np.nan, 0.5))


def test_no_row_is_no_estimate(world):
    with pytest.raises(DataError, match="no row"):
        reweighted_estimate(world.reference, np.zeros((0, 9)), np.zeros(0))


def test_the_score_is_read_with_its_distance_from_the_threshold():
    assert error_inputs([[1.0], [np.inf]], [0.25, 0.75], 0.25).tolist()[0] == [1.0, 0.25, 0.0]
    assert np.isnan(error_inputs([[1.0], [np.inf]], [0.25, 0.75], 0.25)[1, 0])


def test_the_running_estimate_is_cheap(world):
    x, score, _ = world.chunk(4, 1000)
    model = ErrorModel(world.reference.model.estimator)
    spent = []
    for _ in range(15):
        start = time.process_time()
        model.estimate(x, score)
        spent.append(time.process_time() - start)
    assert min(spent) < 0.010  # about 2 ms on one thread; room for a busy machine
