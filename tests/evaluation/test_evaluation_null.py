"""The promise of silence: a good model, evaluated, asks for nothing."""

from collections import Counter

import numpy as np
import pytest
from evaluation_worlds import asking, world

from trimtab.declare.model import Stakes
from trimtab.errors import LearnerError
from trimtab.evaluation.leakage.alone import alone, too_good_alone
from trimtab.evaluation.leakage.answers import label_inside
from trimtab.evaluation.leakage.duplicates import duplicates
from trimtab.evaluation.leakage.order import row_order
from trimtab.evaluation.suite import Wanted, run_suite
from trimtab.finding import Severity

WANTED = Wanted(stakes=Stakes(false_alarm=20, miss=60), fairness=0.3, null_rates={})


def asked_of(seed):
    good = world(seed, slices=("c4", "c5"), threshold=0.25)
    noise = np.random.default_rng(seed).normal(0, 0.01, len(good))
    found = world(
        seed, slices=("c4", "c5"), threshold=0.25, champion=np.clip(good.score + noise, 0.001, 0.999)
    )
    suite = run_suite(found, WANTED)
    leaks = (
        *label_inside(found.rows, found.label),
        *duplicates(world(seed + 10_000).rows.values, found.rows.values, found.label),
        too_good_alone(alone(found.rows, found.label)),
        row_order(np.arange(len(found)), found.at, found.label),
    )
    return asking([*(each for told in suite.findings.values() for each in told), *leaks])


def test_a_good_model_is_left_alone():
    assert sum(bool(asked_of(seed)) for seed in range(12)) <= 1


@pytest.mark.campaign
def test_the_suite_asks_for_something_in_at_most_one_null_run_in_twenty():
    asked = [asked_of(seed) for seed in range(200)]
    assert np.mean([bool(each) for each in asked]) <= 0.05, Counter(what for each in asked for what in each)


def test_a_predictor_that_refuses_a_missing_column_is_told_once_and_the_rest_goes_on():
    def strict(rows):
        if np.isnan(rows.values).any():
            raise LearnerError("no gaps, please")
        return world().predict(rows)

    suite = run_suite(world(predict=strict), WANTED)
    assert suite.findings["behaviour"][0].severity is Severity.NOT_RUN
    assert suite.findings["comparisons"]
