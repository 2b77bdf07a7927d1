"""The tables of the comparison with other suites hold the faults that they are said to hold, and no others."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks" / "evaluation" / "peers"))

import planted


@pytest.fixture(scope="module")
def judge():
    clean = planted.table("clean", 0)
    return planted.learner().fit(clean.learned, clean.label)


def wrong(judge, made):
    return judge.predict(made.judged) != made.answers


def corner(made):
    return (made.judged[:, 3] > planted.EDGE) & (made.judged[:, 4] < -planted.EDGE)


def test_one_judged_row_in_25_has_twice_the_errors_where_a_weak_slice_is_planted(judge):
    before, after = planted.table("clean", 0), planted.table("weak slice", 0)
    inside = corner(after)
    assert inside.mean() == pytest.approx(0.04, abs=0.005)
    assert wrong(judge, after)[inside].mean() == pytest.approx(
        2 * wrong(judge, before)[~inside].mean(), rel=0.15
    )
    assert (wrong(judge, after) == wrong(judge, before))[~inside].all()


def test_a_leak_is_the_label_but_for_a_little_noise():
    made = planted.table("leak", 0)
    assert ((made.judged[:, 5] > 0.5) == made.answers).mean() > 0.999


def test_one_judged_row_in_20_is_a_learned_one_where_duplicates_are_planted():
    for fault, share in (("duplicates", planted.COPIED), ("clean", 0.0)):
        made = planted.table(fault, 0)
        old = {row.tobytes() for row in made.learned}
        assert np.mean([row.tobytes() in old for row in made.judged]) == share


def test_yes_is_three_times_as_frequent_among_what_a_miscalibrated_model_learns():
    made, clean = planted.table("miscalibration", 0), planted.table("clean", 0)
    assert made.label.sum() == 3 * clean.label.sum()
    assert (made.label == 0).sum() == (clean.label == 0).sum()
    assert (made.answers == clean.answers).all()


def test_drift_moves_one_column_of_the_judged_rows_and_their_answers_follow():
    made, clean = planted.table("drift", 0), planted.table("clean", 0)
    assert made.judged - clean.judged == pytest.approx(np.eye(planted.COLUMNS)[0] * 0.8 + 0 * clean.judged)
    assert made.answers.mean() > clean.answers.mean() + 0.03
