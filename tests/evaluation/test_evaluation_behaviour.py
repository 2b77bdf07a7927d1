from dataclasses import replace

import numpy as np
import pytest
from evaluation_worlds import asking, numbers, told, truth, world

import trimtab as tt
from trimtab.evaluation.directions import directions, expectation_findings, golden_findings
from trimtab.evaluation.evaluated import Rows
from trimtab.evaluation.importance import (
    feature_values,
    headline,
    importance_findings,
    importances,
    tail,
)
from trimtab.evaluation.perturbing import noisy, outages, perturbation_findings, with_gaps
from trimtab.evaluation.steadiness import seed_finding, staleness, staleness_finding
from trimtab.finding import Severity
from trimtab.stats import Interval


def test_the_columns_that_the_model_uses_are_important_in_their_order():
    worth = importances(world(rows=6000))
    assert [each.feature for each in worth[:3]] == ["c0", "c1", "c2"]
    assert all(each.rise.below(1e-9) or each.rise.estimate == 0 for each in worth[3:])
    assert set(tail(worth)) == {"c3", "c4", "c5"}


def test_the_report_opens_with_what_the_tail_costs():
    worth = importances(world())
    line = headline(worth, Interval(0.001, -0.002, 0.004))
    assert line == (
        "the top 6 features carry 100 % of importance, the bottom 3 under 1 %; dropping them costs 0.001 ± 0.003"
    )
    (value, dominant) = importance_findings(worth, Interval(0.001, -0.002, 0.004))
    assert value.action.startswith("drop c3, c4, c5")
    assert "c0 carries" in dominant.what


def test_a_tail_whose_removal_was_not_measured_says_so():
    found = importance_findings(importances(world()), None, "no training here")
    assert "no training here" in [each.cause for each in found if each.severity is Severity.NOT_RUN]


def test_feature_values_set_importance_beside_cost():
    found = world()
    rows = feature_values(found, importances(found), outages(found), {})
    assert rows[0].outage.estimate > 0
    assert rows[0].cost is None


def test_the_dearest_outage_is_that_of_the_strongest_column():
    assert outages(world())[0].name == "c0"
    assert outages(numbers())[0].name == "x"


def test_noise_stays_below_the_scale_of_measurement_and_leaves_words_and_flags_alone():
    generator = np.random.default_rng(0)
    values = np.column_stack(
        [generator.integers(0, 50, 500), generator.integers(0, 2, 500), generator.integers(0, 3, 500)]
    ).astype(float)
    rows = Rows(("whole", "flag", "word"), values, {"word": ("a", "b", "c")})
    moved = np.abs(noisy(rows, 1).values - values)
    assert 0 < moved[:, 0].max() <= 0.5
    assert moved[:, 1:].max() == 0


def test_gaps_are_added_up_to_the_rate_and_never_taken_away():
    values = np.arange(4000.0)[:, None].repeat(2, axis=1)
    values[:1200, 1] = np.nan
    rates = np.isnan(with_gaps(Rows(("x", "y"), values), {"x": 0.25, "y": 0.1}, 3).values).mean(axis=0)
    assert rates[0] == pytest.approx(0.25, abs=0.03)
    assert rates[1] == pytest.approx(0.3)


def jagged(rows):
    """Answers that hang on the fourth decimal of a column."""
    return np.where(np.floor(rows.column("c0") * 1e4) % 2 == 0, truth(rows), 1 - truth(rows))


def test_a_model_that_hangs_on_noise_is_to_be_looked_at():
    smooth = world()
    assert not asking(perturbation_findings(smooth, {"c0": 0.0}))
    fragile = world(predict=jagged)
    flat = np.where(np.floor(fragile.rows.column("c0") * 1e4) % 2 == 0, 1, 0)
    label = np.where(flat == 1, fragile.label, 1 - fragile.label)
    assert asking(perturbation_findings(replace(fragile, label=label)))


def test_gaps_of_production_that_cost_the_gain_are_to_be_looked_at():
    assert asking(perturbation_findings(world(), {"c0": 0.5}))


def test_directions_are_measured_and_suggested():
    found = world()
    measured = {each.feature: each for each in directions(found)}
    assert measured["c0"].suggestion == "rising"
    assert measured["c1"].suggestion == "falling"
    assert measured["c5"].suggestion is None
    (suggested,) = expectation_findings(found, tuple(measured.values()), ())
    assert "3 features" in suggested.what


def test_declared_expectations_hold_or_block():
    found = world()
    expected = (
        tt.Expectation("c0", "rising"),
        tt.Expectation("c1", "rising"),
        tt.Expectation("c5", "invariant"),
        tt.Expectation("c0", "invariant"),
        tt.Expectation("c9", "rising"),
    )
    findings = expectation_findings(found, directions(found), expected)
    severities = [each.severity for each in findings]
    ok, act = Severity.OK, Severity.ACT
    assert severities == [ok, act, ok, act, Severity.NOT_RUN]


def test_an_invariant_text_must_not_change_an_answer():
    words = {"c3": ("a", "b")}
    base = world()
    codes = (base.rows.column("c3") > 0) * 1.0
    rows = replace(base.rows.with_column("c3", codes), dictionaries=words)
    blind = replace(base, rows=rows)
    expected = (tt.Expectation("c3", "invariant"),)
    assert not asking(expectation_findings(blind, (), expected))

    def seeing(given):
        return np.clip(truth(given) + 0.05 * given.column("c3"), 0.01, 0.99)

    sighted = replace(blind, predict=seeing, score=seeing(rows))
    assert asking(expectation_findings(sighted, (), expected))


def test_golden_rows_are_held_to_their_range():
    found = world()
    sure, wrong = tt.GoldenRow({"c0": 3.0}, low=0.8), tt.GoldenRow({"c0": -3.0}, low=0.8)
    assert not asking(golden_findings(found, (sure,)))
    assert asking(golden_findings(found, (sure, wrong))) == ["1 of 2 golden rows are answered wrongly"]


@pytest.mark.parametrize(
    "declare",
    [
        lambda: tt.Expectation("x", "upwards"),
        lambda: tt.Expectation("x", "rising", at_least=0),
        lambda: tt.GoldenRow({}, low=1, high=0),
    ],
)
def test_impossible_expectations_are_refused(declare):
    with pytest.raises(tt.DeclarationError):
        declare()


def test_seeds_that_decide_otherwise_are_told():
    found = world()
    calm = seed_finding(found, [found.score, found.score])
    assert calm.action is None
    assert seed_finding(found, [1 - found.score]).action
    assert seed_finding(found, []).severity is Severity.NOT_RUN


def test_staleness_is_the_gain_by_age():
    found = world(rows=8000)
    ages = staleness(found, trained_at=0)
    assert [each.first_day for each in ages] == [0, 14, 28, 42, 56, 70]
    assert staleness_finding(ages).estimate == pytest.approx(ages[-1].saved.estimate - ages[0].saved.estimate)
    assert staleness_finding(ages[:1]).severity is Severity.NOT_RUN
    assert told([staleness_finding(ages)], Severity.INFO)
