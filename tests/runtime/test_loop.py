import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab import Policy, Release, Retrain, days, every, never, on_incident, on_skill_drop
from trimtab.errors import DataError
from trimtab.release import events as release
from trimtab.retrain.seen import Measured, Sequence, Skill
from trimtab.runtime.loop import (
    Declared,
    IncidentOpened,
    State,
    Tick,
    Train,
    Trained,
    begin,
    outstanding,
    read_event,
    step,
    write_decision,
    write_event,
)
from trimtab.runtime.replay.timeline import MODELLED_TRAINING
from trimtab.runtime.replay.walk import walk

DAY = 86_400_000_000
TICKS = [day * DAY for day in range(40)]
WEEKLY = Policy("weekly", Retrain(every(days(7))))
PLAIN = Declared(WEEKLY.retrain)
RELEASED = Declared(Retrain(every(days(7)) | on_incident()), Release(canary=()))
"""Without a canary: gate, then champion."""


def told(declared, *events, state=None):
    """The state after events, with all commands and decisions."""
    state = begin(declared) if state is None else state
    commands, decisions = [], []
    for event in events:
        state, ordered, made = step(state, event, declared)
        commands += ordered
        decisions += made
    return state, commands, decisions


def promoted(number, at):
    """A version is trained and passes its gate."""
    return Trained(at, f"v{number}"), release.Gated(at, f"v{number}", passed=True)


def test_the_first_tick_trains_the_first_model_for_every_policy():
    for policy in (WEEKLY, Policy("never", Retrain(never()))):
        timeline = walk(policy, TICKS, lambda _: None)
        assert timeline.served[0].since == 0
    assert len(timeline.served) == 1


def test_later_versions_serve_after_the_modelled_training_time():
    timeline = walk(WEEKLY, TICKS, lambda _: None)
    assert [served.since for served in timeline.served] == [0] + [
        week * 7 * DAY + MODELLED_TRAINING.microseconds for week in range(1, 6)
    ]


def test_a_failed_training_is_refused_and_the_champion_goes_on():
    timeline = walk(WEEKLY, TICKS, lambda spec: "it answered NaN" if spec.as_of == 14 * DAY else None)
    assert "v3" not in [served.version for served in timeline.served]
    refused = [decision for decision in timeline.decisions if decision.kind == "refuse"]
    assert [decision.subject for decision in refused] == ["v3"]
    assert "v2 goes on" in refused[0].reason


def test_a_tick_during_training_waits_and_still_says_what_it_saw():
    declared = Declared(Retrain(on_skill_drop(0.1)))
    state, commands, _ = step(State(), Tick(0), declared)
    assert isinstance(commands[0], Train)
    seen = Tick(DAY, Measured(skill=Skill(0.1, 0.3, 7)))
    again, nothing, decisions = step(state, seen, declared)
    assert (replace(again, ticked=0), nothing) == (state, ())
    assert "still in training" in decisions[0].reason
    assert decisions[0].numbers["skill"] == 0.1


@pytest.mark.parametrize("rules", [None, Release(canary=())])
@pytest.mark.parametrize("when", [never(), on_skill_drop(0.1), every(days(7))])
def test_a_first_training_that_failed_is_tried_again_after_a_day_whatever_the_triggers(when, rules):
    declared = Declared(Retrain(when), rules)
    state, *_ = told(declared, Tick(0), Trained(5, "v1", problem="out of memory"))
    state, early, _ = told(declared, Tick(DAY - 1), state=state)
    assert early == []
    state, orders, decisions = told(declared, Tick(DAY), Tick(2 * DAY), state=state)
    assert [order.version for order in orders] == ["v2"], "while it is in training, no other one is"
    assert "no version serves" in decisions[0].reason
    state, *_ = told(declared, *promoted(2, 2 * DAY + 5), state=state)
    assert state.champion == "v2"
    assert told(declared, Tick(3 * DAY), state=state)[1] == []


def test_a_first_model_that_waits_at_its_gate_is_not_trained_again():
    declared = Declared(Retrain(never()), Release(approval=("promotion",)))
    state, *_ = told(declared, Tick(0), *promoted(1, 5))
    assert state.champion is None
    assert told(declared, Tick(3 * DAY), state=state)[1] == []


def test_every_tick_is_a_recorded_decision():
    timeline = walk(WEEKLY, TICKS, lambda _: None)
    assert sum(decision.kind == "train" for decision in timeline.decisions) == len(TICKS)


@given(st.integers(1, 39), st.sets(st.integers(0, 5)))
def test_cutting_history_leaves_earlier_decisions_as_they_were(cut, failures):
    def outcome(spec):
        return "broken" if spec.as_of // (7 * DAY) in failures - {0} else None

    whole = walk(WEEKLY, TICKS, outcome)
    short = walk(WEEKLY, TICKS[:cut], outcome)
    before = [decision for decision in whole.decisions if decision.at < cut * DAY]
    assert [decision for decision in short.decisions if decision.at < cut * DAY] == before


def test_a_trained_version_goes_to_the_gate_and_serves_after_it():
    state, commands, _ = told(RELEASED, Tick(0), Trained(5, "v1"))
    assert [type(each) for each in commands] == [Train, release.Gate]
    assert state.champion is None
    state, commands, _ = told(RELEASED, release.Gated(6, "v1", passed=True), state=state)
    assert (state.champion, commands) == ("v1", [release.Promote("v1", None, 6)])


def test_the_recipe_of_a_training_decides_between_refresh_and_change():
    state, _, _ = told(RELEASED, Tick(0), *promoted(1, 5))
    same = told(RELEASED, Trained(DAY, "v2"), state=state)[2]
    other = told(RELEASED, Trained(DAY, "v2", recipe="another"), state=state)[2]
    assert same[0].reason.startswith("a refresh")
    assert other[0].reason.startswith("a change")


def test_an_incident_makes_a_training_due_once():
    state, _, _ = told(RELEASED, Tick(0), *promoted(1, 5))
    opened = IncidentOpened(DAY, "i1")
    state, commands, decisions = told(RELEASED, opened, opened, Tick(2 * DAY), state=state)
    assert [each.version for each in commands] == ["v2"]
    assert decisions[-1].numbers["incidents"] == 1.0
    after, commands, _ = told(RELEASED, Trained(2 * DAY + 5, "v2"), opened, Tick(3 * DAY), state=state)
    assert not [each for each in commands if isinstance(each, Train)]
    assert after.incidents == ()


def rolled_back():
    """v2 replaced v1, and is rolled back on day 30 as labels show that it is worse."""
    return (
        Tick(0),
        *promoted(1, 5),
        Tick(7 * DAY),
        *promoted(2, 7 * DAY + 5),
        release.ReverseJudged(30 * DAY, "v2", "worse", {"upper": 0.5}),
    )


def test_a_rollback_counts_as_an_attempt_and_its_recipe_rests():
    state, commands, _ = told(RELEASED, *rolled_back())
    assert isinstance(commands[-2], release.RollBack)
    assert (state.champion, state.last_attempt) == ("v1", 30 * DAY)
    for day in (30, 36, 43):
        state, commands, decisions = told(RELEASED, Tick(day * DAY), state=state)
        assert commands == []
    assert decisions[-1].reason == "its recipe rests after a rollback"
    assert isinstance(told(RELEASED, Tick(44 * DAY), state=state)[1][0], Train)


def test_another_recipe_does_not_rest_with_the_one_that_was_rolled_back():
    state, _, _ = told(RELEASED, *rolled_back())
    edited = replace(RELEASED, recipe="another")
    _, commands, _ = told(edited, Tick(37 * DAY), state=state)
    assert commands[0].recipe == "another"


def test_nothing_is_trained_while_releases_are_frozen():
    state, _, _ = told(RELEASED, Tick(0), *promoted(1, 5))
    frozen = replace(state, release=replace(state.release, frozen=True))
    _, commands, decisions = told(RELEASED, Tick(9 * DAY), state=frozen)
    assert commands == []
    assert decisions[-1].reason == "releases are frozen until a person decides"


def test_a_version_that_a_person_trained_is_heard_and_its_name_not_given_again():
    state, _, _ = told(RELEASED, Tick(0), *promoted(1, 5))
    state, commands, _ = told(RELEASED, Trained(DAY, "v2"), state=state)
    assert commands[0] == release.Gate("v2", DAY)
    assert state.last_attempt == DAY
    assert told(RELEASED, Tick(8 * DAY), state=state)[1][0].version == "v3"


def test_a_failure_of_a_version_that_nobody_ordered_is_no_news():
    state, _, _ = told(RELEASED, Tick(0), *promoted(1, 5))
    assert told(RELEASED, Trained(DAY, "v9", "out of luck"), state=state) == (state, [], [])


def test_what_was_ordered_and_not_answered_is_ordered_again_after_a_restart():
    state, commands, _ = told(RELEASED, Tick(0))
    assert list(outstanding(state, RELEASED)) == commands
    state, commands, _ = told(RELEASED, Trained(5, "v1"), state=state)
    assert list(outstanding(state, RELEASED)) == commands
    state, _, _ = told(RELEASED, release.Gated(6, "v1", passed=True), state=state)
    assert outstanding(state, RELEASED) == ()


def test_routes_and_shadows_are_ordered_again_after_a_restart():
    declared = Declared(Retrain(every(days(7))))
    declared = replace(declared, release=Release(canary=(0.05, 0.25)))
    state, _, _ = told(declared, Tick(0), *promoted(1, 5), Tick(7 * DAY), *promoted(2, 7 * DAY + 5))
    assert outstanding(state, declared) == (release.Route("v2", 0.05, 7 * DAY + 5),)
    changed = Trained(7 * DAY + 6, "v3", recipe="another")
    state, _, _ = told(declared, changed, release.Gated(7 * DAY + 7, "v3", passed=True), state=state)
    assert release.Shadow("v3", 7 * DAY + 7) in outstanding(state, declared)


VERSIONS = st.sampled_from(["v1", "v2", "v3", "v4"])
KINDS = st.sampled_from(
    [
        lambda at, _: Tick(at),
        lambda at, _: Tick(at, Measured(challenger=Sequence(0.1, 0.05, 0.2, 20), attempts=(1, 2))),
        lambda at, version: IncidentOpened(at, f"i{version}"),
        Trained,
        Trained,
        lambda at, version: Trained(at, version, "out of luck"),
        lambda at, version: Trained(at, version, recipe="another"),
        lambda at, version: release.Gated(at, version, passed=True),
        lambda at, version: release.Gated(at, version, passed=True),
        lambda at, version: release.Gated(at, version, passed=False, reason="worse"),
        lambda at, version: release.ShadowJudged(at, version, "better", {"upper": -0.1}),
        lambda at, version: release.CanaryJudged(at, version, 0.05, "advance"),
        lambda at, version: release.ReverseJudged(at, version, "worse", {"units": 20}),
        lambda at, version: release.Trouble(at, version, "it fails"),
        lambda at, version: release.Approved(at, version, "promotion"),
        lambda at, version: release.Declined(at, version, "promotion"),
        release.PromoteAsked,
        release.RollbackAsked,
    ]
)
LIVES = st.lists(st.tuples(KINDS, VERSIONS, st.integers(1, 15)), max_size=40)
WORLDS = st.sampled_from(
    [RELEASED, PLAIN, replace(RELEASED, release=Release(canary=(0.05,), approval=("promotion",)))]
)


def lived(drawn):
    """Drawn steps as events in order of time, after a first tick."""
    at, events = 0, [Tick(0)]
    for kind, version, passed in drawn:
        at += passed * DAY
        events.append(kind(at, version))
    return events


@given(LIVES, WORLDS)
@settings(max_examples=60, deadline=None)
def test_the_same_event_twice_changes_nothing_more(drawn, declared):
    state = begin(declared)
    for event in lived(drawn):
        state, _, _ = step(state, event, declared)
        again, commands, decisions = step(state, event, declared)
        assert (again, commands) == (state, ())
        # a person who asks for what is refused gets the same answer again
        assert decisions == () or isinstance(event, release.PromoteAsked)


@given(LIVES, WORLDS)
@settings(max_examples=60, deadline=None)
def test_a_restart_from_text_at_any_point_is_no_restart(drawn, declared):
    events = lived(drawn)
    state = kept = begin(declared)
    for event in events:
        first = step(state, event, declared)
        kept = State.from_json(json.loads(json.dumps(kept.to_json())))
        assert step(kept, read_event(json.loads(json.dumps(write_event(event)))), declared) == first
        state = kept = first[0]


@given(LIVES, WORLDS)
@settings(max_examples=60, deadline=None)
def test_whatever_happens_the_champion_is_a_version_that_was_trained_and_is_not_barred(drawn, declared):
    state, trained = begin(declared), set()
    for event in lived(drawn):
        state, _, _ = step(state, event, declared)
        if isinstance(event, Trained) and event.problem is None:
            trained.add(event.version)
        assert state.champion is None or state.champion in trained
        if state.release is not None:
            assert state.champion not in state.release.quarantined


def test_evidence_without_end_is_written_as_null():
    judged = release.ShadowJudged(5, "v2", "continue", {"upper": float("inf"), "units": 3})
    assert json.loads(json.dumps(write_event(judged), allow_nan=False))["numbers"]["upper"] is None
    assert write_decision(release.Decision(5, "wait", "v2", "", {"x": float("nan")}))["numbers"] == {
        "x": None
    }


def test_an_event_of_an_unknown_kind_is_one_clear_error():
    with pytest.raises(DataError, match="no event of the loop"):
        read_event({"kind": "Tock", "at": 5})
