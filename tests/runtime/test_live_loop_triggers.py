"""Triggers beside a live system: a weekly challenger, money lost for want of it, incidents, drift and estimates."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from loop_worlds import BEGIN, shop, system
from watched_worlds import START, TRAINED, quiet

import trimtab as tt
from orders import DAY, orders_tables
from trimtab import days
from trimtab.errors import LearnerError
from trimtab.finding import Finding, Severity
from trimtab.monitoring.incidents import Alert
from trimtab.monitoring.incidents import step as incidents_step
from trimtab.ports import Event
from trimtab.retrain.readings import read
from trimtab.retrain.seen import NOTHING
from trimtab.runtime.live_loop import challenging, journal
from trimtab.runtime.live_loop.carrying import VERSIONS
from trimtab.runtime.live_loop.challenging import (
    CHALLENGERS,
    FAILED,
    FITTED,
    challenge,
    challengers,
    due,
    wants_challenger,
)
from trimtab.runtime.live_loop.cohorts import COHORTS, challenged_days
from trimtab.runtime.live_loop.findings import loop_findings
from trimtab.runtime.live_loop.measuring import measured
from trimtab.runtime.live_loop.past import Past
from trimtab.runtime.live_loop.turn import declared_now
from trimtab.runtime.live_loop.verifying import verify_live
from trimtab.runtime.logged import PREDICTIONS, decode
from trimtab.runtime.loop import State
from trimtab.runtime.watching import figures as reading
from trimtab.runtime.watching.figures import FIGURES, figures_before, folded_figures
from trimtab.runtime.watching.live import Place, look
from trimtab.runtime.watching.telling import record
from trimtab.runtime.watching.windows import WINDOWS
from trimtab.serving.watching import served
from trimtab.testing import MemoryLedger

TABLES = orders_tables(rows=400, length_days=60)
STAKES = tt.Stakes(false_alarm=1, miss=2, fit=0.5)


def asking(when):
    return system(TABLES, retrain=tt.Retrain(when, tt.sliding(days(28))), stakes=STAKES)


def trainings(ledger):
    """Each decision to train or not, by its reason."""
    events = [e for e in ledger.read_events(journal.LOOP) if e.kind == journal.DECIDED]
    return [(e.at, e.subject, e.body["reason"]) for e in events if e.body["kind"] in {"train", "notice"}]


@pytest.fixture(scope="module")
def turned_round():
    """A shop whose world turns round when it goes live, until what was lost has paid for a training."""
    with shop(asking(tt.on_challenger() | tt.on_regret(8))) as found:
        found.sign, found.per_day = -1.0, 24
        found.run(16)
        yield found


def test_a_challenger_is_fitted_a_week_where_a_trigger_asks_and_never_answers(turned_round):
    events = turned_round.ledger.read_events(CHALLENGERS)
    assert [(e.kind, e.subject) for e in events] == [(FITTED, "c1"), (FITTED, "c2")]
    assert [(e.at - BEGIN) // DAY for e in events] == [7, 14]
    named = {event.subject for event in turned_round.ledger.read_events(VERSIONS)}
    assert not {"c1", "c2"} & named


def test_what_the_champion_lost_against_it_trains_once_it_has_paid_for_a_training(turned_round):
    found = trainings(turned_round.ledger)
    trained = [each for each in found if each[1] == "v2"]
    assert len(trained) == 1
    assert "lost for want of a newer model, due from 8.00" in trained[0][2]
    before = [reason for at, _, reason in found if at < trained[0][0]]
    assert "no challenger is fitted yet" in before[1]
    assert all("due from 8.00" in reason for reason in before[8:]), "each 'not now' says what it saw"


def test_the_totals_on_record_are_those_of_both_models_on_the_same_answers(turned_round):
    ledger, means = turned_round.ledger, turned_round.means()
    past, fitted = Past(means, turned_round.clock.now()), challengers(turned_round.ledger)
    recorded = {int(e.subject): e.body["challenged"] for e in ledger.read_events(COHORTS) if e.kind == "day"}
    expected = {}
    for _, stored in ledger.read_records(PREDICTIONS):
        logged = decode(stored)
        before = [each for each in fitted if each.since <= logged.as_of]
        place = past.places[logged.request["order"],]
        if not before or not past.view.mature[place]:
            continue
        row = np.array([place])
        score = past.score(past.predictor(before[-1].version), row)
        truth = past.view.value[row][0]
        losses = [float(past.losses(row, each)[0]) for each in (np.array([logged.score]), score)]
        paid = [1.0 * (s >= 1 / 3) if truth == 0 else 2.0 * (s < 1 / 3) for s in (logged.score, score[0])]
        day = expected.setdefault(int(past.day[place]), {}).setdefault(logged.version, np.zeros(5))
        day += [*losses, *paid, 1]
    assert {day for day, found in recorded.items() if found} <= set(expected)
    for day, found in recorded.items():
        for version, totals in found.items():
            assert totals == pytest.approx(expected[day][version]), (day, version)


def test_the_decisions_are_repeated_from_the_record_byte_for_byte(turned_round):
    verified = verify_live(turned_round.ledger, declared_now(turned_round.means())[0])
    assert verified.finding.severity is Severity.OK
    assert verified.decisions > 16


def test_the_status_tells_of_the_challenger(turned_round):
    told = loop_findings(turned_round.ledger, turned_round.clock.now(), turned_round.system)
    assert any(each.what.startswith("challenger c2, of ") for each in told)


def test_a_challenger_that_is_on_record_is_not_fitted_again(turned_round):
    before = turned_round.ledger.frontier(CHALLENGERS)
    challenge(turned_round.means(), challenging.Challenge("c2", BEGIN), lambda: BEGIN)
    assert turned_round.ledger.frontier(CHALLENGERS) == before


def test_a_challenger_is_wanted_by_a_trigger_or_by_the_monitors():
    silent, reading = tt.Retrain(tt.every(days(7)) | tt.on_incident()), tt.Retrain(tt.on_regret())
    plain = system(TABLES, retrain=silent)
    assert not wants_challenger(plain)
    assert wants_challenger(system(TABLES, retrain=reading))
    assert wants_challenger(system(TABLES, retrain=silent, watch=tt.Watch(challenger=True)))


def test_the_first_challenger_is_due_a_week_after_the_first_version_where_one_is_wanted():
    state = State(champion="v1", ticked=BEGIN + 30 * DAY, last_attempt=BEGIN)
    ledger = MemoryLedger()
    version = {"name": "v1", "artifact": "", "format": "", "as_of": BEGIN, "rows": 1, "dataset": ""}
    ledger.append_events(VERSIONS, [Event(BEGIN, "trained", "v1", version)])
    assert due(ledger, state, wanted=False) is None
    assert due(ledger, state, wanted=True) == challenging.Challenge("c1", BEGIN + 30 * DAY)
    assert due(ledger, replace(state, champion=None), wanted=True) is None
    assert due(ledger, replace(state, ticked=BEGIN + 6 * DAY), wanted=True) is None
    an_hour_short = replace(state, ticked=BEGIN + 7 * DAY - DAY // 24)
    assert due(ledger, an_hour_short, wanted=True) is not None, "a clock that went forward delays nothing"


def test_a_challenger_that_cannot_be_fitted_is_told_and_tried_again_a_week_later(turned_round):
    ledger = MemoryLedger()
    ledger._streams.update(turned_round.ledger._streams)
    ledger._streams.pop(CHALLENGERS)

    def broken(_):
        raise LearnerError("out of luck")

    means = replace(turned_round.means(), ledger=ledger, dump=broken)
    challenge(means, challenging.Challenge("c1", BEGIN + 20 * DAY), lambda: BEGIN + 20 * DAY)
    assert [e.kind for e in ledger.read_events(CHALLENGERS)] == [FAILED]
    assert challengers(ledger) == ()
    assert any("out of luck" in each.what for each in loop_findings(ledger, BEGIN + 21 * DAY))
    state = State(champion="v1", ticked=BEGIN + 26 * DAY)
    assert due(ledger, state, wanted=True) is None
    assert due(ledger, replace(state, ticked=BEGIN + 27 * DAY), wanted=True).name == "c2"


def with_days(totals):
    """A record of ripe days on which v1 was compared with challengers."""
    ledger = MemoryLedger()
    events = [Event(day, "day", str(day), {"challenged": {"v1": each}}) for day, each in totals.items()]
    ledger.append_events(COHORTS, [*events, Event(0, "day", "900", {"pairs": {}, "served": {}})])
    return ledger


def test_days_before_the_last_attempt_and_days_of_others_do_not_count():
    ledger = with_days({800 + day: [2.0, 1.0, None, None, 1.0] for day in range(60)})
    found = challenged_days(ledger, "v1", 830)
    assert found.unit.tolist() == list(range(830, 860))
    assert np.isnan(found.sums[:, 2:]).all()
    assert not len(challenged_days(ledger, "v2", 0).unit)


def test_where_outcomes_have_no_price_the_challenger_counts_and_regret_is_unknown(turned_round):
    today = BEGIN // DAY
    ledger = with_days({today + day: [2.0 + day % 2, 1.0, None, None, 1.0] for day in range(60)})
    ledger._streams[CHALLENGERS] = turned_round.ledger._streams[CHALLENGERS]
    past = Past(replace(turned_round.means(), ledger=ledger), BEGIN + 70 * DAY)
    state = State(champion="v1", last_attempt=BEGIN, ticked=past.now)
    found = measured(past, state, tt.Retrain(tt.on_challenger() | tt.on_regret(1)))
    assert found.challenger.units == 60
    assert 0 < found.challenger.low < found.challenger.mean == 1.5
    assert read(tt.on_challenger(), found).due
    assert found.unknown["regret"] == "the stakes price no outcome"


def test_an_incident_that_opens_trains_at_the_next_midnight():
    with shop(asking(tt.on_incident())) as found:
        found.run(1)
        now = found.clock.now()
        finding = Finding("late-orders loses more", Severity.ACT)
        _, changes = incidents_step((), Alert("realised", finding, now), now=now)
        record(found.ledger, changes)
        found.turn()
        assert trainings(found.ledger)[-1][1] == "not now", "the loop decides once a day"
        found.run(1)
        assert trainings(found.ledger)[-1][1:] == ("v2", "1 incidents since the last attempt")


def test_a_closed_window_holds_the_figures_that_triggers_read():
    place = quiet()
    place.answer("v1", TRAINED, TRAINED + 6)
    folded = look(place.place(), START + (TRAINED + 6) * DAY + DAY // 2)
    events = [each for each in place.ledger.read_events(WINDOWS) if each.kind == "window"]
    held = [each.body[FIGURES] for each in events]
    assert len(held) == 6
    assert held[-1] == folded_figures(folded)
    assert all(each["drift"] > 0 and each["quiet"] for each in held)
    reference, inputs = folded.watcher.reference, folded.state.inputs
    drops = [(each.estimated.mean - reference.baseline) * reference.loss.scale for each in inputs]
    assert [each["estimated_drop"] for each in held] == drops
    assert figures_before(place.ledger, events[-1].at) == held[:-1], "the newest is closed after the tick"


def windows(figures, line="a"):
    """A journal of closed windows of one line, one a day from day 1 on."""
    ledger = MemoryLedger()
    terms = Event(0, "terms", "v1", {"line": line})
    events = [Event(day * DAY, "window", "", {FIGURES: each}) for day, each in enumerate(figures, 1)]
    ledger.append_events(WINDOWS, [terms, *events])
    return ledger


def drift(ledger, now):
    return reading.drift(figures_before(ledger, now))


def estimated(ledger, now):
    return reading.estimated(figures_before(ledger, now))


def figure(drift=0.0, drop=0.0, *, trusted=True, quiet=True):
    return {"drift": drift, "estimated_drop": drop, "trusted": trusted, "quiet": quiet}


def test_drift_is_due_live_beyond_the_quantile_of_the_models_own_quiet_windows():
    calm = [figure(0.001 * (day % 10)) for day in range(100)]
    ledger = windows([*calm, *(figure(0.5) for _ in range(4))])
    found = drift(ledger, 200 * DAY)
    assert found.windows == 100
    seen = replace(NOTHING, drift=found)
    assert read(tt.on_drift(notify=False), seen).due
    assert read(tt.on_drift(), seen).notify
    assert drift(ledger, 50 * DAY).windows == 45, "later windows are not known yet"


def test_windows_with_an_open_page_are_no_quiet_times():
    ledger = windows([figure(9.0, quiet=False)] * 50 + [figure(0.1)] * 50)
    assert drift(ledger, 200 * DAY).windows == 46


def test_windows_of_another_recipe_do_not_count():
    ledger = windows([figure(0.1)] * 20)
    ledger.append_events(WINDOWS, [Event(21 * DAY, "terms", "v2", {"line": "b"})])
    assert drift(ledger, 200 * DAY) == "no window has been compared with the accepted period"
    same = windows([figure(0.1)] * 20)
    same.append_events(WINDOWS, [Event(21 * DAY, "terms", "v2", {"line": "a"})])
    assert drift(same, 200 * DAY).windows == 16, "a refresh goes on"


def test_an_estimated_drop_is_due_live_while_the_estimate_is_trusted():
    drops = [0.0] * 5 + [0.05, 0.01, 0.06, 0.07]
    ledger = windows([figure(drop=drop) for drop in drops])
    found = estimated(ledger, 200 * DAY)
    assert found.drops == (0.05, 0.01, 0.06, 0.07)
    assert read(tt.on_estimated_drop(0.02), replace(NOTHING, estimated=found)).due
    silent = windows([figure(drop=drop) for drop in drops[:-1]] + [figure(drop=0.07, trusted=False)])
    told = read(tt.on_estimated_drop(0.02), replace(NOTHING, estimated=estimated(silent, 200 * DAY)))
    assert (told.due, told.reason) == (False, "unknown, because the estimate is not trusted")
    assert estimated(windows([None, figure(drop=None)]), 200 * DAY) == "no window has an estimate"


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=30))
@examples(max_examples=40)
def test_ranks_agree_with_counting_the_quiet_windows_that_drifted_less(found):
    seen = drift(windows([figure(size, quiet=quiet) for size, quiet in found]), 200 * DAY)
    if not found:
        assert isinstance(seen, str)
        return
    quiet = [size for size, calm in found[:-4] if calm]
    assert seen.windows == len(quiet)
    for rank, (size, _) in zip(seen.ranks, found[-4:], strict=True):
        assert math.isclose(rank, sum(each < size for each in quiet) / (len(quiet) + 1))


# --- the monitors


def test_a_challenger_that_the_loop_fitted_for_the_monitors_is_what_they_compare_with():
    asked = system(TABLES, retrain=tt.Retrain(tt.on_incident()), watch=tt.Watch(challenger=True))
    with shop(asked) as found:
        found.run(11)
        assert [(e.kind, e.subject) for e in found.ledger.read_events(CHALLENGERS)] == [(FITTED, "c1")]
        days_on_record = [e.body for e in found.ledger.read_events(COHORTS) if e.kind == "day"]
        assert not any("challenged" in body for body in days_on_record), "no trigger reads it"
        means = found.means()
        place = Place(asked, found.ledger, means.blobs, means.engine, means.load, served(found.ledger))
        folded = look(place, found.clock.now())
        assert folded.terms.paired
        assert folded.watcher.reference.paired
