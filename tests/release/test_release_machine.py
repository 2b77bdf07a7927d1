"""The release machine: who is tried, who serves, who goes, and that nothing happens twice."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.declare.releasing import Release
from trimtab.release.events import (
    Approved,
    Call,
    CanaryJudged,
    Declined,
    Gate,
    Gated,
    Promote,
    PromoteAsked,
    Quarantine,
    Registered,
    Retire,
    ReverseJudged,
    RollBack,
    RollbackAsked,
    Route,
    Shadow,
    ShadowJudged,
    Tick,
    Trouble,
)
from trimtab.release.machine import step
from trimtab.release.state import State, start
from trimtab.units import days

DAY = days(1).microseconds


class System:
    """A machine that remembers every command and decision, by day."""

    def __init__(self, **declared):
        self.declared, self.commands, self.decisions = Release(**{"canary": (0.05, 0.25), **declared}), [], []
        self.state = start(self.declared)

    def hear(self, *events):
        """The commands that these events led to."""
        before = len(self.commands)
        for event in events:
            self.state, commands, decisions = step(self.state, event, self.declared)
            self.commands += commands
            self.decisions += decisions
        return self.commands[before:]

    def serving(self, version="v1", recipe="a", day=0):
        """With a first champion."""
        self.hear(Registered(day * DAY, version, recipe), Gated(day * DAY, version, passed=True))
        return self

    def candidate(self, version, recipe, day):
        """With one more candidate, through the gate."""
        return self.hear(Registered(day * DAY, version, recipe), Gated(day * DAY, version, passed=True))

    def through_canary(self, version, day):
        """With every stage of the canary advanced, a day each."""
        for place, share in enumerate(self.declared.canary):
            self.hear(CanaryJudged((day + place + 1) * DAY, version, share, "advance"))
        return self

    def refreshed(self, version, day, recipe="a"):
        """With a refresh promoted."""
        self.candidate(version, recipe, day)
        return self.through_canary(version, day)

    def said(self):
        return [(decision.kind, decision.subject) for decision in self.decisions]


def test_the_first_version_serves_once_it_is_through_the_gate():
    system = System()
    assert system.hear(Registered(0, "v1", "a")) == [Gate("v1", 0)]
    assert system.hear(Gated(1, "v1", passed=True)) == [Promote("v1", None, 1)]
    assert system.state.champion == "v1"
    assert system.state.watch is None


def test_what_the_gate_blocks_is_retired_and_never_routed():
    system = System().serving()
    system.hear(Registered(DAY, "v2", "a"), Gated(DAY, "v2", passed=False, reason="leaks"))
    assert system.commands[-1] == Retire("v2", DAY)
    assert system.decisions[-1].reason == "leaks"
    assert system.state.candidates == ()


def test_a_refresh_goes_from_the_gate_to_the_canary_without_a_shadow():
    system = System().serving()
    assert Route("v2", 0.05, DAY) in system.candidate("v2", "a", 1)
    system.through_canary("v2", 1)
    assert Route("v2", 0.25, 2 * DAY) in system.commands
    assert system.state.champion == "v2"
    assert Shadow("v1", 3 * DAY) in system.commands  # the old one watches
    assert system.state.watch.anchor == "v1"


def test_a_change_has_to_pass_a_shadow_of_fourteen_days():
    system = System().serving()
    assert Shadow("v2", DAY) in system.candidate("v2", "b", 1)
    assert system.hear(ShadowJudged(8 * DAY, "v2", "not worse")) == []
    assert system.hear(ShadowJudged(15 * DAY, "v2", "not worse")) == [Route("v2", 0.05, 15 * DAY)]
    system.through_canary("v2", 15)
    assert system.state.champion == "v2"
    assert system.state.recipe == "b"


@pytest.mark.parametrize("verdict", ["worse", "undecided"])
def test_a_change_that_is_worse_or_undecided_in_shadow_is_refused(verdict):
    system = System().serving()
    system.candidate("v2", "b", 1)
    assert system.hear(ShadowJudged(20 * DAY, "v2", verdict)) == [Retire("v2", 20 * DAY)]
    assert system.state.champion == "v1"


def test_waiting_is_not_a_pass_and_ends_at_the_deadline():
    system = System().serving()
    system.candidate("v2", "b", 1)
    assert system.hear(ShadowJudged(30 * DAY, "v2", "continue"), Tick(60 * DAY)) == []
    assert system.hear(Tick(61 * DAY)) == [Retire("v2", 61 * DAY)]
    assert "deadline" in system.decisions[-1].reason


def test_a_newer_refresh_takes_the_place_of_a_waiting_one_and_not_of_the_evidence_of_a_change():
    system = System().serving()
    system.candidate("c1", "b", 1)
    system.hear(ShadowJudged(15 * DAY, "c1", "better"))  # in canary now
    system.candidate("v2", "a", 16)
    since = system.state.candidate("c1").since
    assert system.hear(Registered(17 * DAY, "v3", "a"))[0] == Retire("v2", 17 * DAY)
    assert system.state.candidate("c1").since == since
    assert [each.version for each in system.state.candidates] == ["c1", "v3"]


def test_a_refresh_in_canary_is_not_superseded():
    system = System().serving()
    system.candidate("v2", "a", 1)
    system.candidate("v3", "a", 2)
    assert {each.version: each.stage for each in system.state.candidates} == {"v2": "canary", "v3": "queued"}


def test_a_newer_fit_of_a_change_goes_on_with_its_evidence():
    system = System().serving()
    system.candidate("c1", "b", 1)
    assert system.candidate("c2", "b", 8)[1:] == [Retire("c1", 8 * DAY), Shadow("c2", 8 * DAY)]
    assert system.state.candidate("c2").since == DAY
    assert system.hear(ShadowJudged(15 * DAY, "c2", "not worse")) == [Route("c2", 0.05, 15 * DAY)]


def test_of_two_changes_one_waits_for_the_other():
    system = System().serving()
    system.candidate("c1", "b", 1)
    system.candidate("d1", "c", 2)
    assert system.state.candidate("d1").stage == "queued"
    assert Shadow("d1", 9 * DAY) in system.hear(ShadowJudged(9 * DAY, "c1", "worse"))


def test_only_one_candidate_at_a_time_is_in_canary():
    system = System().serving()
    system.candidate("v2", "a", 1)
    system.candidate("c1", "b", 1)
    system.hear(ShadowJudged(20 * DAY, "c1", "better"))
    assert system.state.candidate("c1").stage == "ready"
    assert Route("c1", 0.05, 21 * DAY) in system.hear(Trouble(21 * DAY, "v2", "it crashes"))


def test_a_refresh_that_was_compared_with_an_older_champion_goes_to_the_gate_again():
    system = System().serving()
    system.candidate("v2", "a", 1)
    system.candidate("v3", "a", 2)
    system.through_canary("v2", 2)
    assert system.state.champion == "v2"
    assert system.commands[-1] == Gate("v3", 4 * DAY)
    assert system.hear(Gated(2 * DAY, "v3", passed=True)) == []  # the look at the old champion, told late
    assert system.hear(Gated(5 * DAY, "v3", passed=True)) == [Route("v3", 0.05, 5 * DAY)]


def test_when_a_change_wins_refreshes_of_the_old_recipe_go():
    system = System().serving()
    system.candidate("c1", "b", 1)
    system.hear(ShadowJudged(20 * DAY, "c1", "better"))
    system.candidate("v2", "a", 21)
    system.through_canary("c1", 20)
    assert system.state.champion == "c1"
    assert system.state.candidates == ()
    assert Retire("v2", 22 * DAY) in system.commands


def test_a_canary_that_a_guard_stops_is_quarantined_and_cannot_come_back():
    system = System().serving()
    system.candidate("v2", "a", 1)
    assert system.hear(CanaryJudged(2 * DAY, "v2", 0.05, "stop")) == [
        Retire("v2", 2 * DAY),
        Quarantine("v2", 2 * DAY),
    ]
    assert system.hear(PromoteAsked(3 * DAY, "v2")) == []
    assert system.state.champion == "v1"


def test_a_held_canary_calls_a_person_once_and_ends_undecided():
    system = System().serving()
    system.candidate("v2", "a", 1)
    assert isinstance(system.hear(CanaryJudged(2 * DAY, "v2", 0.05, "hold"))[0], Call)
    assert system.hear(CanaryJudged(3 * DAY, "v2", 0.05, "hold")) == []
    assert system.hear(CanaryJudged(15 * DAY, "v2", 0.05, "undecided")) == [Retire("v2", 15 * DAY)]


def test_labels_roll_back_to_the_version_before():
    system = System().serving().refreshed("v2", 1)
    assert system.hear(ReverseJudged(20 * DAY, "v2", "worse")) == [
        RollBack("v2", "v1", 20 * DAY),
        Quarantine("v2", 20 * DAY),
    ]
    assert system.state.champion == "v1"
    assert system.state.quarantined == ("v2",)


def test_after_a_rollback_the_recipe_rests_for_fourteen_days():
    system = System().serving().refreshed("v2", 1)
    system.hear(ReverseJudged(20 * DAY, "v2", "worse"))
    assert system.hear(Registered(33 * DAY, "v3", "a")) == []
    assert system.hear(Registered(34 * DAY, "v4", "a")) == [Gate("v4", 34 * DAY)]


def test_refreshes_under_a_watch_do_not_begin_it_anew():
    system = System().serving().refreshed("v2", 1).refreshed("v3", 5)
    assert [(each.anchor, each.since) for each in system.state.watches] == [("v1", 3 * DAY)]
    assert len(system.state.rollbacks.spent) == 1
    assert RollBack("v3", "v1", 25 * DAY) in system.hear(ReverseJudged(25 * DAY, "v3", "worse"))


def test_each_weekly_refresh_opens_one_more_watch_with_its_own_share_of_the_budget():
    system = System().serving()
    for number in range(2, 9):
        system.refreshed(f"v{number}", 7 * number)
        system.hear(Tick((7 * number + 3) * DAY))
    watches = system.state.watches
    assert [each.anchor for each in watches] == ["v3", "v4", "v5", "v6", "v7"]
    assert [each.opened_by for each in watches] == ["v4", "v5", "v6", "v7", "v8"]
    assert len({each.alpha for each in watches}) == 5
    assert system.state.rollbacks.total < 0.5


def test_a_watch_that_finds_harm_goes_back_to_its_own_anchor_and_ends_the_others():
    system = System().serving().refreshed("v2", 1).refreshed("v3", 8).refreshed("v4", 15)
    heard = ReverseJudged(30 * DAY, "v4", "worse", anchor="v2")
    assert RollBack("v4", "v2", 30 * DAY) in system.hear(heard)
    assert system.state.watches == ()
    assert system.hear(ReverseJudged(30 * DAY + 1, "v4", "worse", anchor="v3")) == []


def test_daily_refreshes_are_watched_by_the_version_that_opened_the_watch_before():
    system = System().serving()
    for number in range(2, 14):
        system.refreshed(f"v{number}", 3 * number)
    first, second, third, *_ = system.state.watches
    assert second.anchor == first.opened_by
    assert third.anchor == second.opened_by
    assert second.since - first.since >= 6 * DAY


def test_a_watch_ends_after_thirty_days_and_the_next_promotion_opens_one():
    system = System().serving().refreshed("v2", 1)
    assert system.hear(Tick(32 * DAY)) == []
    assert system.hear(Tick(33 * DAY)) == [Retire("v1", 33 * DAY)]
    system.refreshed("v3", 34)
    assert system.state.watch.anchor == "v2"


def test_trouble_of_the_champion_rolls_back_at_once():
    system = System().serving().refreshed("v2", 1)
    assert RollBack("v2", "v1", 4 * DAY) in system.hear(Trouble(4 * DAY, "v2", "half of its answers fail"))


def test_trouble_with_nothing_to_go_back_to_calls_a_person():
    system = System().serving()
    assert [type(command) for command in system.hear(Trouble(DAY, "v1", "it fails"))] == [Call]


def test_a_person_is_called_once_for_a_trouble_that_nothing_can_undo():
    system = System().serving()
    system.hear(Trouble(DAY, "v1", "60 of 100 answers failed"))
    said = len(system.decisions)
    for minute in range(1, 20):
        assert system.hear(Trouble(DAY + minute * 300_000_000, "v1", f"{minute} of 100 answers failed")) == []
    assert len(system.decisions) == said
    assert [type(each) for each in system.hear(Trouble(3 * DAY, "v1", "it fails again"))] == [Call]
    system.candidate("v2", "b", 4)
    system.hear(PromoteAsked(5 * DAY, "v2"), RollbackAsked(6 * DAY, "v2"))
    assert [type(each) for each in system.hear(Trouble(6 * DAY + 1, "v1", "it fails"))] == [Call]


def test_a_budget_that_is_declared_anew_counts_from_then_on():
    system = System().serving()
    system.declared = Release(canary=(0.05, 0.25), harmful_promotions_per_year=0.1)
    system.candidate("v2", "a", 1)
    first, second = system.state.promotions.spent
    assert second.alpha < first.alpha / 4
    assert system.state.promotions.per_year == 0.1


def test_a_third_automatic_rollback_in_a_month_freezes_and_calls():
    system = System().serving()
    for number, day in enumerate((1, 6), 2):
        system.candidate(f"v{number}", f"r{number}", day)
        system.hear(
            PromoteAsked(day * DAY + 1, f"v{number}"), Trouble((day + 1) * DAY, f"v{number}", "fails")
        )
    system.candidate("v9", "r9", 10)
    system.hear(PromoteAsked(11 * DAY, "v9"))
    commands = system.hear(Trouble(12 * DAY, "v9", "fails"))
    assert [type(command) for command in commands] == [Call]
    assert system.state.frozen
    assert system.state.champion == "v9"
    assert system.candidate("v10", "r9", 13) == [Gate("v10", 13 * DAY)]  # nothing moves by itself
    assert RollBack("v9", "v1", 14 * DAY) in system.hear(RollbackAsked(14 * DAY, "v9"))
    assert not system.state.frozen


def test_a_person_promotes_in_one_step_and_the_old_champion_watches():
    system = System().serving()
    system.candidate("v2", "b", 1)
    assert system.hear(PromoteAsked(2 * DAY, "v2")) == [Promote("v2", "v1", 2 * DAY), Shadow("v1", 2 * DAY)]


@pytest.mark.parametrize("step_name", ["shadow", "canary", "promotion"])
def test_a_step_that_needs_approval_waits_for_it(step_name):
    system = System(approval=(step_name,), canary=(0.1,)).serving()
    if step_name == "promotion":  # the first version needs it too
        assert system.state.champion is None
        system.hear(Approved(0, "v1", "promotion"))
    system.candidate("v2", "b", 1)
    day = 2
    for _ in range(2):
        system.hear(
            ShadowJudged((day + 15) * DAY, "v2", "better"),
            CanaryJudged((day + 16) * DAY, "v2", 0.1, "advance"),
        )
        if system.state.champion == "v1":
            assert system.state.candidate("v2").awaiting == step_name
            assert isinstance(system.commands[-1], Call)
            system.hear(Approved((day + 17) * DAY, "v2", step_name))
            day += 20
    assert system.state.champion == "v2"


def test_a_declined_candidate_is_retired_and_another_step_is_not_declined():
    system = System(approval=("canary",)).serving()
    system.candidate("v2", "a", 1)
    assert system.hear(Declined(2 * DAY, "v2", "promotion")) == []
    assert system.hear(Declined(2 * DAY, "v2", "canary")) == [Retire("v2", 2 * DAY)]
    assert (system.state.champion, system.state.candidates, system.state.quarantined) == ("v1", (), ())
    assert system.hear(Approved(3 * DAY, "v2", "canary")) == []


def test_approval_that_does_not_come_ends_at_the_deadline():
    system = System(approval=("canary",)).serving()
    system.candidate("v2", "a", 1)
    assert system.hear(Tick(61 * DAY)) == [Retire("v2", 61 * DAY)]


def test_every_candidate_has_the_alpha_that_the_budget_gave_it():
    system = System(harmful_promotions_per_year=0.5).serving()
    system.candidate("v2", "a", 1)
    assert system.state.candidate("v2").alpha == system.state.promotions.spent[1].alpha
    assert system.state.promotions.total <= 0.5


VERSIONS = st.sampled_from([f"v{number}" for number in range(6)])
RECIPES = st.sampled_from(["a", "a", "b"])
EVENTS = st.one_of(
    st.builds(Tick, st.just(0)),
    st.builds(Registered, st.just(0), VERSIONS, RECIPES),
    st.builds(Gated, st.just(0), VERSIONS, st.sampled_from([True, True, False])),
    st.builds(ShadowJudged, st.just(0), VERSIONS, st.sampled_from(["better", "worse", "continue"])),
    st.builds(
        CanaryJudged,
        st.just(0),
        VERSIONS,
        st.sampled_from([0.05, 0.25]),
        st.sampled_from(["advance", "advance", "stop", "hold", "waiting"]),
    ),
    st.builds(
        ReverseJudged,
        st.just(0),
        VERSIONS,
        st.sampled_from(["worse", "waiting", "kept"]),
        anchor=st.one_of(st.just(""), VERSIONS),
    ),
    st.builds(Trouble, st.just(0), VERSIONS, st.just("fails")),
    st.builds(Approved, st.just(0), VERSIONS, st.sampled_from(["shadow", "canary", "promotion"])),
    st.builds(Declined, st.just(0), VERSIONS, st.sampled_from(["shadow", "canary", "promotion"])),
    st.builds(PromoteAsked, st.just(0), VERSIONS),
    st.builds(RollbackAsked, st.just(0), VERSIONS),
)
STORIES = st.lists(st.tuples(st.integers(0, 20), EVENTS), max_size=60)


def sound(state, gated):
    """What must hold after every event."""
    assert state.champion not in state.quarantined
    assert state.champion is None or state.champion in state.versions
    assert all(each.version not in state.quarantined for each in state.candidates)
    for kind in ("first", "refresh", "change"):
        kin = [each for each in state.candidates if each.kind == kind]
        assert sum(each.started for each in kin) <= 1
        assert sum(not each.started for each in kin) <= 1 or any(each.stage == "gate" for each in kin)
    assert sum(each.stage in {"canary", "passed"} for each in state.candidates) <= 1
    assert all(each.stage == "gate" or each.version in gated for each in state.candidates)
    anchors = [each.anchor for each in state.watches]
    assert state.champion not in anchors
    assert len(set(anchors)) == len(anchors) <= 5
    assert not set(anchors) & set(state.quarantined)
    assert state.promotions.total <= 0.5
    assert state.rollbacks.total <= 0.5


@settings(max_examples=150, deadline=None)
@given(STORIES, st.sampled_from([(), ("canary",), ("shadow", "promotion")]))
def test_whatever_happens_the_state_is_sound_and_nothing_happens_twice(story, approval):
    declared = Release(canary=(0.05, 0.25), approval=approval)
    state, at, gated, asked = start(declared), 0, set(), set()
    for passed, event in story:
        at += passed * DAY + 1
        heard = type(event)(**{**vars(event), "at": at})
        state, commands, _ = step(state, heard, declared)
        if isinstance(heard, Gated) and heard.passed:
            gated.add(heard.version)
        if isinstance(heard, PromoteAsked):
            asked.add(heard.version)
        sound(state, gated)
        assert all(c.version in gated | asked for c in commands if isinstance(c, Promote | Route | Shadow))
        again, twice, _ = step(state, heard, declared)
        assert again == state
        assert twice == ()
        # a restart between any two events is none
        state = State.from_json(json.loads(json.dumps(state.to_json())))
        assert state == again
