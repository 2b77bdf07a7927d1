"""Whole logs of planted worlds: who pages, when, in which words, and who keeps silent."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from joined_world import ABOUT, BY_ROW, DAY, DAYS, LATE, MONDAY, accepted, followed, joined, log_of

from trimtab.finding import Severity
from trimtab.monitoring.following import edges, follow
from trimtab.monitoring.options import Options
from trimtab.monitoring.reference import accept
from trimtab.monitoring.summary import summarise_inputs, summarise_outcomes
from trimtab.monitoring.watcher import Watcher

CHANGED = DAYS + 8


def told_of(change, *, seed=3, days=12, paired=False, options=BY_ROW):
    quiet = log_of(seed, DAYS, 8, paired=paired)
    log = joined(quiet, log_of(seed + 1, CHANGED, days, change=change, paired=paired))
    return followed(accepted(options, paired=paired), log)


def always(start, stop):
    return True


def day_of(at):
    return (at - MONDAY) // DAY


def test_a_quiet_world_sends_no_page():
    found = told_of("", days=30)
    assert found.pages == ()
    assert found.windows == 38
    assert found.state.trust.trusted


def test_harm_that_comes_with_the_requests_pages_before_its_labels_are_there():
    page = told_of("covariate").pages[0]
    assert page.page.shares[0][0] == "estimated"
    assert CHANGED <= day_of(page.page.at) < CHANGED + 3
    assert day_of(page.page.since) == CHANGED
    assert "estimated to lose" in page.finding.what
    assert "z2" in page.finding.cause
    assert page.finding.estimate == pytest.approx(0.1, abs=0.05)


def test_a_changed_relation_pages_after_labels_and_is_called_that():
    page = told_of("concept").pages[0]
    assert day_of(page.page.at) >= CHANGED + 3
    assert day_of(page.finding.since) == CHANGED
    facts = dict(page.finding.evidence)
    concept = facts["change of the loss from a changed relation (concept shift)"]
    assert concept > 0.05 > abs(facts["change of the loss from other requests (covariate shift)"])
    assert "relation between features and label changed" in page.finding.cause
    assert page.finding.action == "look at what moved, then compare with a fresh fit: trimtab train"


def test_a_broken_column_pages_in_its_first_window_and_silences_the_estimate():
    found = told_of("null")
    page = found.pages[0]
    assert day_of(page.page.at) == CHANGED
    assert page.page.shares[0][0] == "breakage"
    assert page.finding.what.startswith("z0 is broken (nulls)")
    assert found.state.trust.reasons[0] == "broken inputs: z0"


def test_an_estimate_speaks_again_as_soon_as_the_column_is_repaired():
    logs = [log_of(3, DAYS, 7), log_of(4, DAYS + 7, 1, change="null"), log_of(5, DAYS + 8, 2)]
    assert followed(accepted(), joined(*logs)).state.trust.trusted


def test_a_shift_to_easier_requests_pages_nobody():
    found = told_of("better", days=20)
    assert found.pages == ()
    assert np.mean([each.loss.mean for each in found.state.outcomes[-14:]]) < accepted().baseline - 0.01


def test_harm_in_one_slice_pages_with_its_name():
    options = replace(BY_ROW, slices=("word",))
    page = told_of("slice", options=options).pages[0]
    assert ("realised, word = d") in dict(page.page.shares)
    facts = dict(page.finding.evidence)
    assert max((name for name in facts if name.startswith("slice")), key=facts.get) == "slice word = d"
    assert "word = d loses" in page.finding.what


def test_storms_page_by_themselves_and_cancel_against_a_fresh_model_on_the_same_requests():
    storm = log_of(6, DAYS, 20, storms=True, paired=True)
    alone, paired = (
        replace(reference, gauges={"realised": reference.gauges["realised"]}, estimate=None)
        for reference in (accepted(), accepted(paired=True))
    )
    assert followed(alone, storm).pages[0].page.shares[0][0] == "realised"
    assert followed(paired, storm).pages == ()


def test_a_model_that_falls_behind_a_fresh_one_pages_and_is_to_be_trained():
    late = log_of(7, DAYS, 20, change="concept", paired=True)
    fresh = replace(late, reference_score=np.clip(0.9 * late.label + 0.05, 0, 1))
    found = followed(accepted(paired=True), fresh)
    page = next(sent for sent in found.pages if sent.page.shares[0][0] == "realised")
    assert "more than a fresh model does on the same requests" in page.finding.what
    assert page.finding.action.startswith("train on what is known now")


def test_a_page_closes_when_the_world_recovers():
    logs = [log_of(8, DAYS, 4), log_of(9, DAYS + 4, 5, change="null"), log_of(10, DAYS + 9, 12)]
    page = followed(accepted(), joined(*logs)).pages[0]
    assert page.closed.why == "recovered"


def test_a_log_followed_at_once_is_the_fold_of_its_steps():
    log = joined(log_of(3, DAYS, 5), log_of(4, DAYS + 5, 6, change="covariate"))
    whole = followed(accepted(), log)
    watcher, state, happened = Watcher(accepted()), None, []
    bounds = edges(int(log.at[0]), int(log.at[-1]) + 1, DAY).tolist()
    state = watcher.begin()
    for place, (start, stop) in enumerate(pairwise(bounds)):
        rows = log.between(start, stop)
        inputs = summarise_inputs(
            accepted(), rows, start, weigh=watcher.weighs(state), uncertainty=state.uncertainty
        )
        outcomes = []
        if place >= 3:
            ripe = log.between(bounds[place - 3], bounds[place - 2])
            outcomes = [summarise_outcomes(accepted(), ripe, bounds[place - 3])]
        state, what = watcher.step(state, inputs, outcomes)
        happened += [what] if what is not None else []
    assert [sent.page for sent in whole.pages] == happened[:1]
    assert whole.state.watching.log_evidence() == state.watching.log_evidence()
    assert whole.state.past == state.past


def test_what_comes_later_changes_nothing_that_was_said_before():
    before, after = log_of(3, DAYS, 8), log_of(4, DAYS + 8, 4, change="concept")
    every = {"tell": always}
    alone, longer = (
        followed(accepted(), before, **every),
        followed(accepted(), joined(before, after), **every),
    )
    assert longer.told[:8] == alone.told


def test_labels_that_come_after_maturity_are_left_out():
    log = log_of(3, DAYS, 8)
    tardy = replace(log, label_at=log.label_at + 30 * DAY)
    assert followed(accepted(), tardy).state.outcomes == ()
    assert len(followed(accepted(), log).state.outcomes) == 5


def test_a_log_without_labels_is_watched_by_its_inputs():
    log = log_of(0, 0, DAYS)
    bare = replace(log, label=np.full(len(log), np.nan))
    reference = accept(bare, BY_ROW)
    assert [monitor.name for monitor in reference.monitors] == ["breakage"]
    found = followed(reference, log_of(4, DAYS, 3, change="null"), tell=always)
    assert found.pages[0].page.shares == (("breakage", 1.0),)
    assert any(
        each.severity is Severity.NOT_RUN and "no mature labels" in each.cause for each in found.told[-1][1]
    )


def test_windows_without_rows_wait():
    log = joined(log_of(3, DAYS, 3), log_of(4, DAYS + 6, 3))
    found = followed(accepted(), log)
    assert found.windows == 9
    assert found.pages == ()
    assert [day_of(each.start) for each in found.state.inputs] == [24, 25, 26, 30, 31, 32]
    nothing = follow(accepted(), log.take(slice(0)), edges(MONDAY, MONDAY + 3 * DAY, DAY), LATE, ABOUT)
    assert nothing.state.inputs == ()


def test_days_as_units_page_on_harm_and_not_on_quiet():
    options = Options(loss="decision")
    assert told_of("", days=20, options=options).pages == ()
    assert told_of("concept", days=40, options=options).pages
