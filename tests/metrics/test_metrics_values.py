"""Metrics as values: what a declaration holds, hashes and prints."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
from sklearn import metrics as sk

from trimtab.metrics import (
    METRICS,
    Metric,
    brier,
    default_metric,
    log_loss,
    loss_difference,
    mean_absolute_error,
    pinball,
    pr_auc,
    roc_auc,
    root_mean_squared_error,
    skill,
    squared_errors,
)

EVERY = [*METRICS.values(), pinball(0.9)]


@pytest.mark.parametrize("metric", EVERY, ids=lambda metric: metric.name)
def test_a_metric_is_hashable_picklable_and_says_what_it_is(metric):
    assert pickle.loads(pickle.dumps(metric)) == metric  # noqa: S301 - our own bytes
    assert len({metric, pickle.loads(pickle.dumps(metric))}) == 1  # noqa: S301 - our own bytes
    assert metric.name in repr(metric)
    assert metric.unit in repr(metric)
    assert "0x" not in repr(metric)


def test_metrics_differ_where_their_settings_do():
    assert pinball(0.9) == pinball(0.9)
    assert pinball(0.9) != pinball(0.5)
    assert len(set(EVERY)) == len(EVERY)
    assert pinball(0.9).quantile == 0.9
    assert mean_absolute_error.quantile == 0.5
    assert log_loss.quantile is None


def test_a_value_is_the_weighted_mean_of_losses_or_its_root():
    generator = np.random.default_rng(1)
    y, score, weight = generator.normal(size=(3, 50))
    weight = np.abs(weight)
    expected = sk.root_mean_squared_error(y, score, sample_weight=weight)
    assert root_mean_squared_error.value(y, score, weight) == pytest.approx(expected)
    losses = root_mean_squared_error.losses(y, score)
    assert root_mean_squared_error.from_mean(losses.mean()) == root_mean_squared_error.value(y, score)
    expected = sk.mean_pinball_loss(y, score, alpha=0.9, sample_weight=weight)
    assert pinball(0.9).value(y, score, weight) == pytest.approx(expected)
    assert mean_absolute_error.value(y, score) == pytest.approx(np.abs(y - score).mean())


def test_sums_and_counts_by_day_give_the_value_of_the_whole():
    generator = np.random.default_rng(2)
    y, score = generator.integers(0, 2, 300), generator.uniform(size=300)
    for metric in (log_loss, brier):
        parts = [metric.losses(y[i : i + 60], score[i : i + 60]) for i in range(0, 300, 60)]
        mean = sum(part.sum() for part in parts) / sum(part.size for part in parts)
        assert metric.from_mean(mean) == pytest.approx(metric.value(y, score))


@pytest.mark.parametrize("metric", [roc_auc, pr_auc], ids=lambda metric: metric.name)
def test_a_ranking_has_no_losses_of_rows(metric):
    assert metric.greater_is_better
    with pytest.raises(ValueError, match=rf"{metric.name} compares rows .* use {metric.name}\.value"):
        metric.losses([0, 1], [0.1, 0.9])


@pytest.mark.parametrize("metric", EVERY, ids=lambda metric: metric.name)
def test_no_rows_have_no_value(metric):
    assert np.isnan(metric.value([], []))


def test_a_metric_has_either_losses_or_a_whole():
    with pytest.raises(ValueError, match="either per_row or whole"):
        Metric("nothing", ("binary",), "")
    own = Metric("cost", ("regression",), "EUR", per_row=squared_errors)
    assert own.value([1.0], [3.0]) == 4.0


def test_every_task_has_a_default():
    assert default_metric("binary") is default_metric("multiclass") is log_loss
    assert default_metric("regression") is root_mean_squared_error
    assert all(task in default_metric(task).tasks for task in ("binary", "multiclass", "regression"))
    with pytest.raises(ValueError, match="got 'ranking'"):
        default_metric("ranking")


def test_skill_is_one_when_perfect_nought_as_the_reference_and_the_same_under_scaling():
    generator = np.random.default_rng(4)
    losses, reference = generator.uniform(size=(2, 40))
    assert skill(np.zeros(40), reference) == 1
    assert skill(reference, reference) == 0
    assert skill(3 * losses, 3 * reference) == pytest.approx(skill(losses, reference))
    assert loss_difference(losses, reference) == pytest.approx((losses - reference).mean())
    assert skill(losses, reference) == pytest.approx(-loss_difference(losses, reference) / reference.mean())
    assert np.isnan(skill([], []))
    assert np.isnan(skill([1.0], [0.0]))
    with pytest.raises(ValueError, match="same rows"):
        skill(losses, reference[1:])


def test_importing_metrics_and_stats_loads_no_learner():
    code = (
        "import sys, trimtab.metrics, trimtab.stats; "
        "print(sorted({m.split('.')[0] for m in sys.modules} & {'sklearn', 'scipy', 'pandas'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
