"""What the monitors say between pages: each matter once, worst first, and what is not known is NOT RUN."""

from dataclasses import replace

import numpy as np
import pytest
from joined_world import ABOUT, BY_ROW, DAY, DAYS, MONDAY, accepted, followed, log_of

from trimtab.finding import Severity
from trimtab.monitoring.gauge import Part
from trimtab.monitoring.reference import accept
from trimtab.monitoring.summary import OutcomeSummary, summarise_outcomes
from trimtab.monitoring.verdicts import paired_of, verdicts
from trimtab.monitoring.watcher import Watcher

FIRST = MONDAY + DAYS * DAY


def said(reference, state):
    return {each.what: each.severity for each in verdicts(reference, state, ABOUT)}


def test_before_any_window_nothing_is_known_and_nothing_is_fine():
    found = said(accepted(), Watcher(accepted()).begin())
    assert set(found.values()) == {Severity.NOT_RUN}
    assert list(found) == [
        "realised performance is unknown",
        "performance is unknown until labels come",
        "no prediction was seen",
        "inputs were not checked for breakage",
    ]


def test_a_quiet_world_is_fine_in_every_respect():
    found = verdicts(accepted(), followed(accepted(), log_of(3, DAYS, 12)).state, ABOUT)
    assert {each.severity for each in found} == {Severity.OK}
    assert len(found) == 4


def test_harm_is_watched_with_the_column_that_drifts_and_nothing_but_a_page_acts():
    found = verdicts(accepted(), followed(accepted(), log_of(3, DAYS, 20, change="covariate")).state, ABOUT)
    severities = [each.severity for each in found]
    assert severities == sorted(severities, reverse=True)
    assert severities[0] is Severity.WATCH
    watched = [each.what for each in found if each.severity is Severity.WATCH]
    assert any(what.startswith("the model is worse than its reference") for what in watched)
    assert any(what.startswith("z2 drifts") for what in watched)


def test_a_few_days_that_are_worse_within_what_is_tolerated_are_no_verdict():
    outcomes = tuple(OutcomeSummary(FIRST + day * DAY, loss=Part(18.0, 18.0, 100)) for day in range(5))
    reference = replace(accepted(), baseline=0.175, tolerance=0.02)
    state = replace(Watcher(accepted()).begin(), outcomes=outcomes)
    found = next(each for each in verdicts(reference, state, ABOUT) if each.what.startswith("the model"))
    assert found.severity is Severity.OK
    assert found.what.startswith("the model is worse than its reference: skill -0.029")


def test_a_broken_column_acts_and_the_estimate_does_not_run():
    found = said(accepted(), followed(accepted(), log_of(3, DAYS, 2, change="null")).state)
    assert next(iter(found.values())) is Severity.ACT
    assert found["performance is unknown until labels come"] is Severity.NOT_RUN


@pytest.mark.parametrize(
    ("days", "rows", "what"), [(9, 600, "harm is not watched"), (12, 40, "estimates are not watched")]
)
def test_what_cannot_be_watched_is_not_run_with_its_reason(days, rows, what):
    reference = accept(log_of(0, 0, days, rows=rows), BY_ROW)
    found = verdicts(reference, followed(reference, log_of(3, DAYS, 4)).state, ABOUT)
    missing = next(each for each in found if each.what == what)
    assert missing.severity is Severity.NOT_RUN
    assert missing.cause == reference.missing[0]


def test_windows_with_too_few_rows_are_not_checked_for_breakage():
    found = said(accepted(), followed(accepted(), log_of(3, DAYS, 2, rows=5)).state)
    assert found["inputs were not checked for breakage"] is Severity.NOT_RUN


def test_both_losses_are_told_of_the_same_rows():
    rows = log_of(3, DAYS, 1, paired=True)
    other = rows.reference_score.copy()
    other[:400] = np.nan
    reference = accepted(paired=True)
    outcome = summarise_outcomes(reference, replace(rows, reference_score=other), FIRST)
    totals = paired_of(reference, [outcome, OutcomeSummary(FIRST + DAY)])
    model = (rows.score >= 0.5) != rows.label
    compared = (other >= 0.5) != rows.label
    assert totals.counts.tolist() == [200.0]
    assert totals.sums.tolist() == [[model[400:].sum(), compared[400:].sum()]]


def test_without_another_model_the_accepted_period_is_what_is_compared_with():
    reference = replace(accepted(), baseline=0.25)
    totals = paired_of(reference, [OutcomeSummary(FIRST, loss=Part(30.0, 30.0, 100))])
    assert totals.sums.tolist() == [[30.0, 25.0]]
    assert paired_of(reference, []).sums.shape == (0, 2)
