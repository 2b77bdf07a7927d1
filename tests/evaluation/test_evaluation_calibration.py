import numpy as np
import pytest
from evaluation_worlds import DAY, asking, logistic, truth, world

from trimtab.evaluation.calibration import calibrate, calibration_findings
from trimtab.evaluation.evaluated import Evaluated, Rows
from trimtab.metrics import log_loss


def logit(score):
    return np.log(score / (1 - score))


@pytest.mark.parametrize(
    ("intercept", "slope", "cause"),
    [(0, 0.5, "too timid"), (0, 2.0, "too sure"), (0.6, 1.0, "too high"), (-0.6, 1.0, "too low")],
)
def test_each_way_to_be_miscalibrated_is_named(intercept, slope, cause):
    found = world(predict=lambda rows: logistic(intercept + slope * logit(truth(rows))))
    (whole,) = calibration_findings(found)
    assert asking([whole])
    assert cause in whole.cause


def test_slope_and_intercept_are_recovered_and_corrected():
    found = world(rows=40_000)
    wrong = logistic(0.4 + 0.5 * logit(found.score))
    fitted = calibrate(found.label, wrong, found.day)
    assert fitted.slope == pytest.approx(2.0, abs=0.1)
    assert np.abs(fitted.corrected(wrong) - found.score).mean() < 0.01


def test_a_general_optimiser_fits_the_same_line():
    from scipy.optimize import minimize

    found = world()
    fitted = calibrate(found.label, found.score, found.day)
    design = np.column_stack([np.ones(len(found)), logit(found.score)])

    def deviance(line):
        value = design @ line
        return np.logaddexp(0, value).mean() - (found.label * value).mean()

    twin = minimize(deviance, [0.0, 1.0], tol=1e-12).x
    assert (fitted.intercept, fitted.slope) == pytest.approx(tuple(twin), abs=1e-3)


def test_a_calibrated_model_is_left_alone():
    false = [bool(asking(calibration_findings(world(seed, slices=("c0", "c5"))))) for seed in range(30)]
    assert np.mean(false) <= 0.05


def test_a_slice_that_is_off_is_named_although_the_whole_is_not():
    def off(rows):
        high, low = rows.column("c5") > 0.85, rows.column("c5") < -0.85
        return np.clip(truth(rows) + 0.1 * high - 0.1 * low, 0.01, 0.99)

    found = world(rows=20_000, predict=off, slices=("c5",))
    assert any("where c5" in what for what in asking(calibration_findings(found)))


def test_constant_scores_and_single_labels_do_not_break_it():
    day = np.arange(400) // 10
    fitted = calibrate((np.arange(400) % 4 == 0) * 1.0, np.full(400, 0.25), day)
    assert fitted.off < 0.01
    assert np.isfinite(calibrate(np.zeros(400), np.linspace(0.01, 0.2, 400), day).off)


def test_classes_are_each_tested_against_the_rest():
    generator = np.random.default_rng(0)
    score = generator.dirichlet((2.0, 3.0, 4.0), size=6000)
    label = (generator.random(6000)[:, None] > np.cumsum(score, axis=1)).sum(axis=1) * 1.0
    day = np.arange(6000) // 100
    rows = Rows(("x",), np.zeros((6000, 1)))

    def evaluated(given):
        return Evaluated(rows, label, day * DAY, day, given, "multiclass", log_loss, lambda _: given, label)

    assert not asking(calibration_findings(evaluated(score)))
    sharp = score**3 / (score**3).sum(axis=1, keepdims=True)
    assert asking(calibration_findings(evaluated(sharp)))
