"""The pure parts of the assessment: who wins the ladder, what it is worth, and what the verdict says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.evaluation.assess_ceilings import conflicts
from trimtab.evaluation.assess_ladder import Ladder, Rung, Step, climb
from trimtab.evaluation.assess_questions import Answered, due, questions_finding
from trimtab.evaluation.assess_value import cheaper_at, worth
from trimtab.evaluation.assess_verdict import Answer, Evidence, judge
from trimtab.stats import Bootstrap, Interval

DAY = np.repeat(np.arange(40), 25)
BOOTSTRAP = Bootstrap(seed=1, block=7, draws=400)


def ladder(*gains, spread=0.1, days=40, seed=0):
    """A constant, a rule, and models that gain so much over the rule, with noise of their own."""
    rng = np.random.default_rng(seed)
    base = rng.normal(1, 0.1, len(DAY))
    rungs = [Rung("same", False, base + 0.3), Rung("rule", False, base)]
    rungs += [
        Rung(f"model {place}", True, base - gain + rng.normal(0, spread, len(DAY)))
        for place, gain in enumerate(gains)
    ]
    keep = days > DAY
    rungs = [Rung(each.name, each.model, each.losses[keep]) for each in rungs]
    return climb(rungs, DAY[keep], BOOTSTRAP)


def evidence(found, **changed):
    usual = {"worth": None, "doubling": None, "days": 40, "rows": 1000, "labelled": 1.0, "feedback": "none"}
    return Evidence(found, **{**usual, **changed})


def test_the_simplest_of_models_that_cannot_be_told_apart_is_chosen():
    found = ladder(0.2, 0.2005)
    assert (found.rule, found.chosen) == ("rule", "model 0")
    verdict = judge(evidence(found))
    assert verdict.answer is Answer.GO
    assert "start with model 0" in verdict.sentence


def test_a_surely_better_model_is_preferred_to_a_simpler_one():
    assert ladder(0.1, 0.3).chosen == "model 1"


def test_a_model_that_is_worse_than_the_rule_gives_rule_first():
    verdict = judge(evidence(ladder(-0.2)))
    assert (verdict.answer, verdict.rung) == (Answer.RULE, "rule")


def test_the_rule_wins_on_noise_nearly_always():
    said = [judge(evidence(ladder(0.0, seed=seed))).answer for seed in range(60)]
    assert said.count(Answer.GO) <= 4


def gapped(gap):
    """A rule, and a model that differs from it by a given gap."""
    none = Interval(0.0, 0.0, 0.0)
    steps = [Step(name, name == "model", none, none, gap, "", 0.0, None) for name in ("rule", "model")]
    return Ladder(tuple(steps), "rule", "model", None)


@pytest.mark.parametrize(
    ("gap", "answer"),
    [
        (Interval(-0.02, -0.05, 0.01), Answer.COLLECT),
        (Interval(-0.002, -0.05, 0.046), Answer.RULE),
        (Interval(0.02, -0.01, 0.05), Answer.RULE),
    ],
)
def test_only_a_promising_gap_that_some_more_days_would_tell_asks_for_labels(gap, answer):
    verdict = judge(evidence(gapped(gap), days=20))
    assert verdict.answer is answer
    assert ("25 more days" in verdict.finding.action) == (answer is Answer.COLLECT)


def test_a_growing_learning_curve_asks_for_labels_too():
    even, helped = gapped(Interval(0.02, -0.01, 0.05)), Interval(-0.02, -0.03, -0.01)
    assert judge(evidence(even, doubling=helped)).answer is Answer.COLLECT
    worse = gapped(Interval(0.02, 0.01, 0.03))
    assert judge(evidence(worse, doubling=helped)).answer is Answer.RULE


def test_too_few_days_for_an_interval_ask_for_labels():
    assert judge(evidence(ladder(0.2, days=6), days=6)).answer is Answer.COLLECT


@pytest.mark.parametrize(
    ("change", "word"), [({"feedback": "causal"}, "experiment"), ({"labelled": 0.2}, "sample")]
)
def test_what_the_data_cannot_tell_names_what_would(change, word):
    verdict = judge(evidence(ladder(0.2), **change))
    assert verdict.answer is Answer.UNKNOWN
    assert word in verdict.finding.action


def priced(saved, fit, volume=10.0):
    rule = np.random.default_rng(0).normal(1, 0.05, len(DAY))
    return worth(
        rule - saved, rule, DAY, BOOTSTRAP, currency="EUR", metric_gain=Interval(0.1, 0.05, 0.15),
        requests_a_day=volume, fits_a_year=52.0, fit=fit,
    )  # fmt: skip


def test_a_better_model_that_does_not_earn_its_keep_gives_rule_first():
    verdict = judge(evidence(ladder(0.2), worth=priced(0.01, fit=100)))
    assert verdict.answer is Answer.RULE
    assert "earn its keep" in verdict.sentence


def test_the_volume_that_pays_is_where_a_year_leaves_nothing():
    found = priced(0.5, fit=7.0, volume=3.0)
    even = priced(0.5, fit=7.0, volume=found.pays_from)
    assert even.yearly.estimate == pytest.approx(0, abs=1e-6)
    assert found.saved.estimate == pytest.approx(500)
    assert found.unit == pytest.approx(5000)
    assert priced(-0.5, fit=7.0).pays_from == float("inf")
    assert priced(0.5, fit=0.0).pays_from is None


def test_a_useless_score_is_cheaper_at_no_threshold():
    label = np.random.default_rng(0).integers(0, 2, len(DAY)).astype(float)
    assert cheaper_at(label, np.full(len(DAY), 0.5), np.full(len(DAY), 0.5), DAY, BOOTSTRAP) == ()


def naive_conflicts(values, label):
    """Pairs of equal rows, one by one."""
    count, twins, shares, wrong = len(label), 0, [], []
    for row in range(count):
        others = [
            each
            for each in range(count)
            if each != row and np.array_equal(values[each], values[row], equal_nan=True)
        ]
        if not others:
            continue
        twins += 1
        group = label[[row, *others]]
        shares.append(np.mean(label[others] != label[row]))
        wrong.append(1 - max(np.mean(group == one) for one in group))
    return twins, np.mean(shares) if shares else np.nan, np.mean(wrong) if wrong else np.nan


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, -0.0, 1.0, np.nan]), st.integers(0, 1), st.integers(0, 2)),
        min_size=1,
        max_size=25,
    )
)
def test_conflicts_are_those_of_a_double_loop(rows):
    table = np.array(rows, float)
    found = conflicts(table[:, :2], table[:, 2], "multiclass")
    twins, disagree, floor = naive_conflicts(table[:, :2], table[:, 2])
    assert found.twins == twins
    np.testing.assert_allclose([found.disagree, found.floor], [disagree, floor], atol=1e-12)


def test_an_answer_of_a_year_ago_is_asked_for_again():
    year = 365 * 86_400_000_000
    given_ = [Answered(number, "yes", "ann", 0) for number in range(1, 10)]
    assert due(given_, year) == ()
    assert len(due(given_, year + 1)) == 9
    assert "wait for one: 1, 2" in questions_finding((), 0, "flights").what
