"""What the monitors of a replay say: heard by the policy that waits for incidents, and on record day by day."""

import json
from dataclasses import replace

import numpy as np
import pytest
from watched_worlds import DAY, START, harmed_tables

from orders import orders_system
from trimtab import Retrain, days, every, on_drift, on_estimated_drop, on_incident, on_skill_drop, wiring
from trimtab.declare.policy import Policy
from trimtab.runtime.live_loop.journal import _plain
from trimtab.runtime.replay import run
from trimtab.runtime.replay.measuring import PolicyMeasure
from trimtab.runtime.replay.watch_journal import HAPPENED, WATCHED, _day
from trimtab.runtime.replay.watched import Matured
from trimtab.runtime.replay.watched_days import TRAILING, trailing
from trimtab.runtime.replay.watches import Watches, _watched, reads_monitors
from trimtab.runtime.replay.watching import PolicyWatch
from trimtab.testing import MemoryLedger


@pytest.fixture(scope="module")
def replayed():
    """A replay whose own policy trains on incidents only, in a world that turns round: outcome, record, walk."""
    system = orders_system(harmed_tables(), retrain=Retrain(on_incident()))
    ledger, kept = MemoryLedger(), []
    outcome = run.outcome
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "outcome", lambda found, watch: kept.append(found) or outcome(found, watch))
        settings = run.Settings(policies=("own",), processes=1)
        done = run.replay(system, wiring.engine(), wiring.tables(), ledger, settings)
    return done, ledger, kept[0]


def happened(ledger, policy, kind):
    return [e for e in ledger.read_events(HAPPENED) if (e.subject, e.kind) == (policy, kind)]


def test_a_policy_that_waits_for_incidents_trains_at_the_tick_after_its_own_page(replayed):
    done, ledger, _ = replayed
    paged = happened(ledger, "own", "paged")
    trained = happened(ledger, "own", "trained")
    assert len(paged) == 1
    assert [each.body["reason"] for each in trained[1:]] == ["1 incidents since the last attempt"]
    assert trained[1].at == paged[0].at + DAY, "the window is closed just after the tick that ended it"
    assert len(done.policies[1].retrained_at) == 1


def test_who_never_retrains_pages_and_trains_nothing(replayed):
    _, ledger, _ = replayed
    assert len(happened(ledger, "never", "paged")) == 1
    assert len(happened(ledger, "never", "trained")) == 1


def test_the_fresh_model_that_nobody_walks_is_charged_to_nobody(replayed):
    done, _, found = replayed
    assert [each.compared_with for each in done.watched] == ["weekly-expanding"] * 2
    assert {each.name: each.score.spent.fits for each in done.policies} == {"never": 0, "own": 1}
    assert len(found.watches.ground.fresh) > 10


def test_a_policy_watched_as_it_is_walked_sees_what_it_would_see_afterwards(replayed):
    _, _, found = replayed
    line = next(each for each in found.timelines if each.policy.name == "own")
    walked, after = found.watches.walked["own"], _watched(found.watches.ground, line)
    first, second = walked.result(), after.result()
    assert replace(first, days=()) == replace(second, days=())
    assert [_day("own", each) for each in first.days] == [_day("own", each) for each in second.days]


def test_each_day_is_on_record_as_it_was_known_when_it_ended(replayed):
    _, ledger, found = replayed
    events = [each for each in ledger.read_events(WATCHED) if each.subject == "own"]
    ticks = found.period.ticks
    assert [each.at for each in events] == list(ticks[1:])
    assert [each.body["start"] for each in events] == list(ticks[:-1])
    assert sum(each.body["requests"] for each in events) > 0.9 * len(found.period.rows)
    assert all(start + 3 * DAY <= e.at for e in events for start, *_ in e.body["matured"]), "two days late"
    assert _plain([each.body for each in events]) == [each.body for each in events]
    json.dumps([each.body for each in events], allow_nan=False)


def test_the_recorded_losses_of_a_day_are_those_of_its_predictions_and_labels(replayed):
    _, ledger, _ = replayed
    matured = {
        start: (rows, loss, constant)
        for event in ledger.read_events(WATCHED)
        if event.subject == "own"
        for start, rows, loss, _, constant in event.body["matured"]
    }
    predictions = ledger.read_rows("predictions").to_pylist()
    label = {each["order"]: each["value"] for each in ledger.read_rows("labels").to_pylist()}
    for start in list(matured)[::20]:
        rows = [each for each in predictions if start <= each["at"] < start + DAY and each["order"] in label]
        truth = np.array([label[each["order"]] for each in rows])
        score = np.array([each["score"] for each in rows])
        rate = truth.mean()
        expected = -(truth * np.log(score) + (1 - truth) * np.log(1 - score)).sum()
        constant = -len(truth) * (rate * np.log(rate) + (1 - rate) * np.log(1 - rate))
        assert matured[start] == (len(rows), pytest.approx(expected), pytest.approx(constant))


def test_a_page_and_its_verdict_are_on_record_from_the_same_day_on(replayed):
    _, ledger, _ = replayed
    paged = happened(ledger, "never", "paged")[0]
    open_ = [each for each in ledger.read_events(WATCHED) if each.subject == "never" and each.body["page"]]
    assert open_[0].at == paged.at
    assert {each.body["verdict"] for each in open_} == {"ACT"}
    assert open_[0].body["what"] == paged.body["finding"]["what"]


def test_promotions_say_whom_they_replaced(replayed):
    _, ledger, _ = replayed
    found = [(each.body["version"], each.body["replaced"]) for each in happened(ledger, "own", "promoted")]
    assert found == [("v1", None), ("v2", "v1")]


def test_the_report_shows_what_the_record_shows(replayed):
    done, ledger, _ = replayed
    own = done.watched[1]
    assert len(own.days) == own.windows == len([e for e in ledger.read_events(WATCHED) if e.subject == "own"])
    assert [at for at, _ in own.told] == [d.stop for d in own.days if _month(d.start) != _month(d.stop)]
    assert own.pages[0].page.at > START


def _month(instant):
    return np.datetime64(instant, "us").astype("datetime64[M]")


def test_only_policies_that_wait_for_incidents_are_watched_as_they_are_walked():
    weekly, both = Policy("a", Retrain(every(days(7)))), Policy("b", Retrain(every(days(7)) | on_incident()))
    assert [reads_monitors(each) for each in (weekly, both)] == [False, True]
    quiet = Watches(None, None, None, (weekly,), "")
    assert quiet.lines() == ()
    measure = Watches(None, None, None, (weekly, both), "")
    assert measure.measure(weekly, {}).watch is None
    assert measure.measure(both, {}).reads_scores
    assert measure.measure(both, {}).foreseeable, "its calendar is fitted ahead"
    assert not measure.measure(Policy("c", Retrain(on_skill_drop(0.1) | on_incident())), {}).foreseeable


def test_triggers_read_drift_and_estimates_of_all_days_but_the_newest(replayed):
    _, _, found = replayed
    ground, never = found.watches.ground, found.timelines[0]
    watch = PolicyWatch(ground, "never", reads_figures=True)
    policy = Policy("drift", Retrain(on_drift(notify=False) | on_estimated_drop(0.1)))
    measure = PolicyMeasure(ground.answers, policy, ground.results, watch)
    for tick in found.period.ticks[:30]:
        measure.opened(tick, never.served)
    known = measure(found.period.ticks[29], never.served, [never.trained[0][1]])
    assert len(watch.figures) == 28, "the first tick ends no day, and the newest day is closed after the tick"
    assert known.drift.windows == sum(each["quiet"] for each in watch.figures[:-4])
    assert len(known.estimated.drops) == 4
    state = watch.follower.state
    assert watch.newest["trusted"] == state.trust.trusted
    mean, loss = state.inputs[-1].estimated.mean, watch.follower.reference.loss
    assert watch.newest["estimated_drop"] == (mean - watch.follower.reference.baseline) * loss.scale
    quiet = Watches(None, None, None, (policy,), "").measure(policy, {})
    assert quiet.watch.reads_figures
    assert not quiet.foreseeable


def test_figures_are_over_the_last_days_with_labels():
    days = [Matured(day, 0 if day % 2 else 10, float(day), None, 2.0 * day + 1) for day in range(200)]
    loss, skill, gap = trailing(days, seed=0)
    held = [each for each in days if each.rows][-TRAILING:]
    assert loss.estimate == pytest.approx(sum(each.loss for each in held) / (10 * TRAILING))
    assert skill.estimate == pytest.approx(
        1 - sum(each.loss for each in held) / sum(each.constant for each in held)
    )
    assert gap is None
    assert trailing([], seed=0) == (None, None, None)
