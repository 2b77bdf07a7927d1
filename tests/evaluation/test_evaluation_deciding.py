import numpy as np
import pytest
from evaluation_worlds import asking, logistic, told, truth, world
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.declare.model import Stakes
from trimtab.evaluation.deciding import best_threshold, costs, decision_findings
from trimtab.evaluation.fairness import fairness_findings, groups
from trimtab.evaluation.reading import first_screen, verdict_of
from trimtab.evaluation.tradeoff import Option, marked
from trimtab.finding import Finding, Severity
from trimtab.stats import Interval

STAKES = Stakes(currency="EUR", false_alarm=20, miss=60)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 9)), min_size=1, max_size=30),
    st.integers(1, 9),
    st.integers(1, 9),
)
def test_the_best_threshold_is_that_of_trying_them_all(pairs, false_alarm, miss):
    label = np.array([float(pair[0]) for pair in pairs])
    score = np.array([pair[1] / 10 for pair in pairs])
    tried = [*np.unique(score), np.inf]
    least = min(costs(label, score >= each, false_alarm, miss).sum() for each in tried)
    found = best_threshold(label, score, false_alarm, miss)
    assert costs(label, score >= found, false_alarm, miss).sum() == least


def test_a_threshold_of_calibrated_scores_is_left_alone():
    assert not asking(decision_findings(world(threshold=0.25), STAKES))


def test_a_threshold_that_scores_do_not_fit_is_to_be_looked_at():
    low = world(rows=8000, predict=lambda rows: logistic(np.log(truth(rows)) - 2), threshold=0.25)
    assert asking(decision_findings(low, STAKES))


def test_what_decisions_save_is_told_in_money_whatever_the_metric_is_counted_in():
    (finding,) = decision_findings(world(threshold=0.25), STAKES)
    told = dict(finding.evidence)
    assert told["saved against no model"].endswith("EUR")
    assert told["what it would save on the other half"].endswith("EUR")


def test_without_prices_capacities_are_told():
    (only,) = decision_findings(world(), None)
    assert only.severity is Severity.INFO
    assert len(only.evidence) == 4


def unfair(rows):
    return np.where(rows.column("c5") > 0.85, 0.5 + 0.4 * (truth(rows) < 0.5), truth(rows))


def test_a_group_that_is_served_worse_than_allowed_blocks():
    found = world(rows=10_000, predict=unfair, slices=("c5",))
    assert any("c5" in what for what in asking(fairness_findings(groups(found), 0.2)))


def test_equal_groups_pass_and_small_ones_are_named_insufficient():
    found = world(rows=10_000, slices=("c5",))
    findings = fairness_findings(groups(found), 0.3)
    assert told(findings, Severity.OK) == ["no group is served worse than is allowed"]
    few = fairness_findings(groups(world(rows=400, slices=("c5",))), 0.2)
    assert few[0].severity is Severity.NOT_RUN
    assert "insufficient" in few[0].cause


def test_rates_of_a_group_are_those_of_counting():
    found = world(slices=("c5",))
    first = groups(found)[0]
    rows = found.rows.column("c5") < np.quantile(found.rows.column("c5"), 0.2)
    acted = found.score[rows] >= 0.5
    label = found.label[rows]
    assert first.rows == rows.sum()
    assert first.true_positive == pytest.approx(acted[label == 1].mean())
    assert first.precision == pytest.approx(label[acted].mean())
    assert first.worse_by == pytest.approx(
        found.losses(found.score)[rows].mean() / found.losses(found.score).mean() - 1
    )


FIGURES = st.one_of(st.none(), st.integers(0, 3).map(float), st.just(float("nan")))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), *[FIGURES] * 5), min_size=1, max_size=6))
def test_an_option_is_marked_unless_another_beats_it_in_something_and_loses_nothing(figures):
    options = [
        Option(str(place), Interval(float(loss)), *others) for place, (loss, *others) in enumerate(figures)
    ]
    for mine, option in zip(figures, marked(options), strict=True):
        beaten = False
        for other in figures:
            pairs = zip(other, mine, strict=True)
            both = [pair for pair in pairs if not any(each is None or np.isnan(each) for each in pair)]
            beaten |= max(a - b for a, b in both) <= 0 and min(a - b for a, b in both) < 0
        assert option.undominated is not beaten


def test_seven_findings_come_first_and_nothing_is_lost():
    findings = [
        Finding(str(place), severity)
        for place, severity in enumerate([Severity.OK] * 5 + [Severity.INFO] * 9 + [Severity.ACT])
    ]
    shown, folded = first_screen(findings)
    assert len(shown) == 7
    assert shown[0].severity is Severity.ACT
    assert len(shown) + len(folded) == 15


def test_a_check_that_did_not_run_is_no_pass():
    assert verdict_of([Finding("x", Severity.NOT_RUN)])[1] is Severity.NOT_RUN
    assert verdict_of([Finding("x", Severity.ACT)])[0].startswith("Do not ship")
    assert verdict_of([Finding("x", Severity.WATCH)])[0].startswith("Look before shipping")
