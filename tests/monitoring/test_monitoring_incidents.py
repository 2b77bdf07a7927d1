"""Incidents: one a cause, told no more often than needed, and the same again from the record."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.adapters.ledger.bodies import packed
from trimtab.errors import UsageError
from trimtab.finding import Finding, Severity
from trimtab.monitoring.incidents import (
    INCIDENTS,
    SILENT,
    Acknowledge,
    Alert,
    Change,
    Clear,
    Snooze,
    cause_of,
    incidents_of,
    step,
)
from trimtab.testing import MemoryLedger
from trimtab.units import days, hours

HOUR, DAY = hours(1).microseconds, days(1).microseconds
CAUSES = ("realised", "breakage: carrier")
WORSE = Finding("the loss is 0.05 higher", Severity.ACT, since=-DAY, owner="ops-data")
DRIFT = Finding("carrier drifted", Severity.WATCH)


class Desk:
    """One system's incidents over time, with all that people were told."""

    def __init__(self):
        self.incidents, self.changes, self.now = (), [], 0

    def at(self, now, signal=None):
        """Take in a signal; the kinds that people were told of."""
        self.now = now
        self.incidents, changes = step(self.incidents, signal, now=now)
        self.changes += changes
        return [change.kind for change in changes if not change.quiet]

    @property
    def only(self):
        (incident,) = self.incidents
        return incident


def alert(at, cause="realised", finding=WORSE):
    return Alert(cause, finding, at)


def test_a_first_alert_opens_an_incident_with_what_was_found():
    desk = Desk()
    assert desk.at(5, alert(3)) == ["opened"]
    incident = desk.only
    assert (incident.id, incident.cause, incident.opened_at, incident.since) == ("i1", "realised", 3, -DAY)
    assert (incident.state, incident.owners, incident.last_sent_at) == ("open", ("ops-data",), 5)


def test_without_a_since_the_harm_began_with_the_alert():
    desk = Desk()
    desk.at(5, alert(3, finding=DRIFT))
    assert desk.only.since == 3


def test_alerts_of_one_cause_join_in_silence_and_the_worst_finding_stays():
    desk = Desk()
    assert desk.at(0, alert(0)) == ["opened"]
    assert desk.at(1, alert(1, finding=DRIFT)) == []
    assert desk.at(2, alert(2, finding=Finding("again", Severity.ACT, owner="team-b"))) == []
    assert (desk.only.alerts, desk.only.finding) == (3, WORSE)
    assert desk.only.owners == ("ops-data", "team-b")


def test_another_cause_opens_another_incident():
    desk = Desk()
    desk.at(0, alert(0))
    assert desk.at(1, alert(1, "breakage: carrier")) == ["opened"]
    assert [one.id for one in desk.incidents] == ["i1", "i2"]


def test_an_incident_that_turns_into_one_that_needs_action_is_told_once():
    desk = Desk()
    desk.at(0, alert(0, finding=DRIFT))
    assert desk.at(1, alert(1)) == ["worsened"]
    assert desk.at(2, alert(2)) == []
    assert desk.only.finding == WORSE


def test_recovery_resolves_by_cause_or_by_id_and_is_told():
    desk = Desk()
    desk.at(0, alert(0))
    desk.at(0, alert(0, "breakage: carrier"))
    assert desk.at(7, Clear("realised", "recovered", 6)) == ["resolved"]
    assert desk.at(8, Clear("i2", "promoted v3", 8)) == ["resolved"]
    assert [(one.state, one.resolved_at, one.why) for one in desk.incidents] == [
        ("resolved", 6, "recovered"),
        ("resolved", 8, "promoted v3"),
    ]


def test_recovery_of_what_is_not_open_says_nothing():
    desk = Desk()
    assert desk.at(0, Clear("realised", "recovered", 0)) == []
    assert desk.changes == []


def test_the_same_cause_within_a_week_reopens_the_incident_and_later_makes_another():
    desk = Desk()
    desk.at(0, alert(0))
    desk.at(1, Acknowledge("i1", "fixed", "ann", 1))
    assert desk.at(1 + 7 * DAY, alert(1 + 7 * DAY, finding=DRIFT)) == ["reopened"]
    again = desk.only
    assert (again.state, again.alerts, again.opened_at, again.finding) == ("open", 2, 0, DRIFT)
    assert (again.resolved_at, again.why, again.acknowledged_by, again.answer) == (None, None, None, None)
    assert again.owners == ("ops-data",)
    desk.at(8 * DAY, Clear("i1", "recovered", 8 * DAY))
    assert desk.at(15 * DAY + 1, alert(15 * DAY + 1)) == ["opened"]
    assert [one.id for one in desk.incidents] == ["i1", "i2"]


def test_a_shorter_cooldown_may_be_asked_for():
    opened, _ = step((), alert(0), now=0)
    resolved, _ = step(opened, Clear("realised", "recovered", 1), now=1)
    _, (change,) = step(resolved, alert(DAY), now=DAY, cooldown=hours(1))
    assert (change.kind, change.incident.id) == ("opened", "i2")


def test_nobody_took_it_so_it_is_told_again_after_a_day_and_never_after():
    desk = Desk()
    desk.at(0, alert(0))
    assert desk.at(DAY - 1) == []
    assert desk.at(DAY) == ["reminder"]
    assert desk.at(30 * DAY) == []


def test_only_what_needs_action_is_told_again():
    desk = Desk()
    desk.at(0, alert(0, finding=DRIFT))
    assert desk.at(30 * DAY) == []


def test_a_reopened_incident_is_told_again_after_a_day_as_well():
    desk = Desk()
    desk.at(0, alert(0))
    assert desk.at(DAY) == ["reminder"]
    desk.at(2 * DAY, Clear("realised", "recovered", 2 * DAY))
    desk.at(3 * DAY, alert(3 * DAY))
    assert desk.at(4 * DAY) == ["reminder"]


def test_who_has_it_in_hand_is_not_reminded():
    desk = Desk()
    desk.at(0, alert(0))
    assert desk.at(1, Acknowledge("i1", "working", "ann", 1)) == ["acknowledged"]
    assert desk.at(2 * DAY) == []
    assert (desk.only.state, desk.only.acknowledged_by, desk.only.acknowledged_at) == (
        "acknowledged",
        "ann",
        1,
    )


@pytest.mark.parametrize("answer", ["benign", "fixed"])
def test_benign_and_fixed_resolve(answer):
    desk = Desk()
    desk.at(0, alert(0))
    assert desk.at(1, Acknowledge("i1", answer, "ann", 1)) == ["resolved"]
    assert (desk.only.state, desk.only.why, desk.only.acknowledged_by) == ("resolved", answer, "ann")


def test_what_is_in_hand_can_be_fixed_later_by_another():
    desk = Desk()
    desk.at(0, alert(0))
    desk.at(1, Acknowledge("i1", "working", "ann", 1))
    assert desk.at(2, Acknowledge("i1", "fixed", "bob", 2)) == ["resolved"]
    assert desk.only.acknowledged_by == "bob"


def test_a_snoozed_incident_is_silent_and_then_told_once():
    desk = Desk()
    desk.at(0, alert(0, finding=DRIFT))
    assert desk.at(1, Snooze("i1", 3 * DAY, "ann", 1)) == []
    assert (desk.only.snoozed_until, desk.only.snoozed_by) == (3 * DAY, "ann")
    assert desk.at(DAY, alert(DAY)) == []
    assert desk.at(3 * DAY - 1) == []
    assert desk.at(3 * DAY) == ["reminder"]
    assert desk.at(9 * DAY) == []
    assert desk.only.snoozed_until is None


def test_what_ends_in_a_snooze_ends_in_silence_on_record():
    desk = Desk()
    desk.at(0, alert(0))
    desk.at(1, Snooze("i1", 3 * DAY, "ann", 1))
    assert desk.at(2, Clear("realised", "recovered", 2)) == []
    assert (desk.changes[-1].kind, desk.changes[-1].quiet) == ("resolved", True)
    assert desk.at(4 * DAY) == []


def test_a_snooze_outlives_a_pause_of_the_harm():
    desk = Desk()
    desk.at(0, alert(0))
    desk.at(1, Snooze("i1", 3 * DAY, "ann", 1))
    desk.at(2, Clear("realised", "recovered", 2))
    assert desk.at(DAY, alert(DAY)) == []
    assert desk.only.last_sent_at == 0
    assert desk.at(3 * DAY) == ["reminder"]


def test_what_turned_worse_after_a_reminder_is_told_again_after_a_day_as_well():
    desk = Desk()
    desk.at(0, alert(0, finding=DRIFT))
    desk.at(1, Snooze("i1", DAY, "ann", 1))
    assert desk.at(DAY) == ["reminder"]
    assert desk.at(2 * DAY, alert(2 * DAY)) == ["worsened"]
    assert desk.at(3 * DAY) == ["reminder"]


def test_a_new_notice_at_the_end_of_a_snooze_needs_no_reminder_beside_it():
    desk = Desk()
    desk.at(0, alert(0, finding=DRIFT))
    desk.at(1, Snooze("i1", DAY, "ann", 1))
    assert desk.at(DAY, alert(DAY)) == ["worsened"]
    assert desk.at(DAY + 1) == []


def test_a_person_who_names_no_incident_is_told_the_nearest():
    desk = Desk()
    desk.at(0, alert(0))
    with pytest.raises(UsageError, match=r"no incident 'i11'; found: i1; did you mean 'i1'"):
        desk.at(1, Acknowledge("i11", "fixed", "ann", 1))
    with pytest.raises(UsageError, match="no incident 'i2'"):
        desk.at(1, Snooze("i2", DAY, "ann", 1))


def test_a_snooze_in_the_past_is_refused():
    desk = Desk()
    desk.at(5, alert(0))
    with pytest.raises(UsageError, match="ended already"):
        desk.at(5, Snooze("i1", 5, "ann", 5))


def test_changes_survive_a_ledger():
    desk, ledger = Desk(), MemoryLedger()
    finding = Finding(
        "late",
        Severity.ACT,
        1,
        0.5,
        (0.25, 0.75),
        3.0,
        "c",
        "o",
        "a",
        "k",
        ("so", ("rows", 7), ("x", math.nan)),
    )
    desk.at(0, alert(0, finding=finding))
    desk.at(1, Acknowledge("i1", "working", "ann", 1))
    desk.at(2, Snooze("i1", DAY, "ann", 2))
    ledger.append_events(INCIDENTS, [change.to_event() for change in desk.changes])
    read = ledger.read_events(INCIDENTS)
    assert [Change.from_event(event) for event in read] == desk.changes
    assert incidents_of(read) == desk.incidents
    assert [event.subject for event in read] == ["i1", "i1", "i1"]


def test_what_is_not_finite_is_unknown_in_the_state_as_on_record():
    desk = Desk()
    desk.at(0, alert(0, finding=Finding("x", Severity.ACT, estimate=math.nan, interval=(math.nan, math.inf))))
    assert (desk.only.finding.estimate, desk.only.finding.interval) == (None, None)


def test_the_name_of_a_cause_does_not_depend_on_an_order():
    assert cause_of(["realised", "breakage"]) == cause_of(["breakage", "realised", "breakage"])
    assert cause_of(["breakage"], "carrier") != cause_of(["breakage"], "weather")


SEVERITIES = st.sampled_from([Severity.WATCH, Severity.ACT])
STEPS = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 5, 11, 24, 100, 200]),  # hours that pass before
        st.sampled_from(["alert", "clear", "acknowledge", "snooze", "time"]),
        st.integers(0, 3),
        st.sampled_from(["benign", "fixed", "working"]),
        SEVERITIES,
    ),
    max_size=25,
)


def signal_of(desk, now, kind, which, answer, severity):
    """The signal that a drawn step stands for; persons name only what there is."""
    cause = CAUSES[which % 2]
    if kind == "alert":
        return Alert(cause, Finding(f"{cause} {severity}", severity), now)
    if kind == "clear":
        return Clear(cause if which < 2 else f"i{which}", "recovered", now)
    if not desk.incidents or kind == "time":
        return None
    named = desk.incidents[which % len(desk.incidents)].id
    if kind == "acknowledge":
        return Acknowledge(named, answer, "ann", now)
    return Snooze(named, now + (which + 1) * 20 * HOUR, "ann", now)


def run(steps):
    """All states and changes of drawn steps, one a step."""
    desk, seen, now = Desk(), [], 0
    for passed, *drawn in steps:
        now += passed * HOUR
        before, known = desk.incidents, len(desk.changes)
        desk.at(now, signal_of(desk, now, *drawn))
        seen.append((before, desk.changes[known:], desk.incidents))
    return desk, seen


@settings(max_examples=300, deadline=None)
@given(STEPS)
def test_whatever_happens_a_cause_has_at_most_one_open_incident(steps):
    _, seen = run(steps)
    for _, _, after in seen:
        causes = [one.cause for one in after if one.state != "resolved"]
        assert len(causes) == len(set(causes))
        assert [one.id for one in after] == [f"i{place + 1}" for place in range(len(after))]


@settings(max_examples=300, deadline=None)
@given(STEPS)
def test_whatever_happens_nothing_is_told_in_a_snooze(steps):
    _, seen = run(steps)
    for before, changes, _ in seen:
        snoozed = {one.id: one.snoozed_until for one in before if one.snoozed_until is not None}
        for change in changes:
            if change.at < snoozed.get(change.incident.id, change.at):
                assert change.quiet
            assert change.quiet or change.kind not in SILENT


@settings(max_examples=200, deadline=None)
@given(STEPS, st.integers(0, 25))
def test_the_record_gives_the_same_state_at_any_point(steps, stop):
    desk, _ = run(steps[:stop])
    events = [change.to_event() for change in desk.changes]
    assert incidents_of(events) == desk.incidents
    for event in events:
        assert Change.from_event(type(event)(event.at, event.kind, event.subject, json.loads(packed(event))))


@settings(max_examples=200, deadline=None)
@given(STEPS, st.sampled_from(["benign", "fixed", "working"]))
def test_acknowledging_twice_is_acknowledging_once(steps, answer):
    desk, _ = run(steps)
    for incident in desk.incidents:
        once, _ = step(desk.incidents, Acknowledge(incident.id, answer, "ann", desk.now), now=desk.now)
        twice, changes = step(once, Acknowledge(incident.id, answer, "bob", desk.now), now=desk.now)
        assert twice == once
        assert changes == ()


@settings(max_examples=200, deadline=None)
@given(STEPS)
def test_the_same_instant_again_changes_nothing(steps):
    desk, _ = run(steps)
    settled, _ = step(desk.incidents, None, now=desk.now)
    assert step(settled, None, now=desk.now) == (settled, ())


WITHOUT_PEOPLE = st.lists(
    st.tuples(st.sampled_from([1, 11, 24, 100, 200]), st.sampled_from(["alert", "clear", "time"])),
    max_size=25,
)


@settings(max_examples=300, deadline=None)
@given(WITHOUT_PEOPLE)
def test_what_is_told_is_what_a_look_back_at_the_whole_story_says(steps):
    desk, told, now, story = Desk(), [], 0, []
    for passed, kind in steps:
        now += passed * HOUR
        story.append((now, kind))
        signal = {"alert": alert(now), "clear": Clear("realised", "recovered", now), "time": None}[kind]
        told += [(now, each) for each in desk.at(now, signal)]
    assert told == sorted(naive(story))


def naive(story):
    """The notices of one cause whose alerts all need action: by looking at the neighbours of each moment."""
    spoken = [(at, kind) for at, kind in story if kind != "time"]
    turns = [
        turn for place, turn in enumerate(spoken) if turn[1] != (spoken[place - 1][1] if place else "clear")
    ]
    ends = [at for at, kind in turns if kind == "clear"]
    for at, kind in turns:
        if kind == "clear":
            yield at, "resolved"
            continue
        before = max((end for end in ends if end < at), default=None)
        yield at, "reopened" if before is not None and at - before <= 7 * DAY else "opened"
        after = min((end for end in ends if end > at), default=math.inf)
        late = [moment for moment, _ in story if at + DAY <= moment < after]
        if late:
            yield late[0], "reminder"
