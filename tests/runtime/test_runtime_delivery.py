"""Deliveries: every notice to every sink at least once, in order, on record, whatever fails or crashes."""

from contextlib import closing, suppress
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.adapters.ledger.sqlite import SqliteLedger
from trimtab.errors import LedgerError, UsageError
from trimtab.finding import Finding, Severity
from trimtab.monitoring.incidents import INCIDENTS, Alert, Clear, Snooze, incidents_of, step
from trimtab.runtime.delivery import DELIVERIES, Sink, deliver, pause
from trimtab.testing import MemoryLedger
from trimtab.units import days, hours, minutes

MINUTE, HOUR, DAY = minutes(1).microseconds, hours(1).microseconds, days(1).microseconds
WORSE = Finding("the loss is 0.05 higher", Severity.ACT, owner="ops-data")


class DownError(UsageError):
    """What a sink of the tests raises."""


@dataclass
class Kept:
    """A sink that keeps what it takes; `down` says whether it fails now."""

    name: str = "kept"
    owner: str | None = None
    keeps_state: bool = False
    down: bool = False
    raises: Exception = field(default_factory=lambda: DownError("no route"))
    got: list = field(default_factory=list)
    tried: int = 0

    def send(self, message):
        self.tried += 1
        if self.down:
            raise self.raises
        self.got.append((message.incident, message.kind))


class World:
    """A ledger, its incidents, and sinks."""

    def __init__(self, *sinks, ledger=None):
        self.sinks, self.ledger = list(sinks), ledger or MemoryLedger()
        self.deliver(0)  # the loop delivers at every turn, so also before anything happens

    def happens(self, signal, now):
        incidents, changes = step(incidents_of(self.ledger.read_events(INCIDENTS)), signal, now=now)
        self.ledger.append_events(INCIDENTS, [change.to_event() for change in changes])
        return incidents

    def deliver(self, now):
        return deliver(self.ledger, self.sinks, now, system="flight-delay", file="flights.py")

    def attempts(self):
        events = [event for event in self.ledger.read_events(DELIVERIES) if event.kind != "started"]
        return [(event.subject, event.kind, event.body["notice"], event.at) for event in events]


def alert(cause="realised", at=1, finding=WORSE):
    return Alert(cause, finding, at)


def test_a_notice_goes_to_every_sink_once_and_stays_on_record():
    one, other = Kept("one"), Kept("other")
    world = World(one, other)
    world.happens(alert(), 1)
    findings = world.deliver(2)
    assert world.deliver(3) == ()
    assert one.got == other.got == [("i1", "opened")]
    assert world.attempts() == [("one", "delivered", 0, 2), ("other", "delivered", 0, 2)]
    assert [finding.severity for finding in findings] == [Severity.OK, Severity.OK]


def test_a_sink_is_given_the_message_with_the_names_that_commands_use():
    class Reading(Kept):
        def send(self, message):
            self.got.append(message)

    sink = Reading()
    world = World(sink)
    world.happens(alert(), 1)
    world.deliver(1)
    (message,) = sink.got
    assert message.system == "flight-delay"
    assert message.acknowledge_command == "trimtab acknowledge flights.py i1 --as fixed"


def test_what_is_silent_is_sent_to_nobody():
    sink = Kept()
    world = World(sink)
    world.happens(alert(), 1)
    world.happens(alert(), 2)
    world.happens(Snooze("i1", DAY, "ann", 2), 2)
    world.happens(Clear("realised", "recovered", 3), 3)
    world.deliver(4)
    assert sink.got == [("i1", "opened")]


def test_a_sink_that_holds_incidents_open_hears_of_an_end_in_a_snooze_and_of_nothing_else():
    sink = Kept(keeps_state=True)
    world = World(sink)
    world.happens(alert(finding=Finding("x", Severity.WATCH)), 1)
    world.happens(Snooze("i1", DAY, "ann", 2), 2)
    world.happens(alert(), 3)
    world.happens(Clear("realised", "recovered", 4), 4)
    world.deliver(5)
    assert sink.got == [("i1", "opened"), ("i1", "resolved")]


def test_an_owner_hears_of_what_they_can_fix_and_others_of_everything():
    theirs, others, everyone = Kept("a", owner="ops-data"), Kept("b", owner="team-b"), Kept("c")
    world = World(theirs, others, everyone)
    world.happens(alert(), 1)
    world.happens(alert("breakage", finding=Finding("x", Severity.ACT)), 1)
    world.deliver(2)
    assert theirs.got == [("i1", "opened")]
    assert others.got == []
    assert everyone.got == [("i1", "opened"), ("i2", "opened")]


def test_whoever_heard_of_the_beginning_hears_of_the_end_when_a_worse_finding_has_another_owner():
    theirs = Kept(owner="team-b")
    world = World(theirs)
    world.happens(alert(finding=Finding("x", Severity.WATCH, owner="team-b")), 1)
    world.happens(alert(), 2)
    world.happens(Clear("realised", "recovered", 3), 3)
    world.deliver(3)
    assert theirs.got == [("i1", "opened"), ("i1", "worsened"), ("i1", "resolved")]


def test_a_failing_sink_keeps_no_other_waiting():
    bad, good = Kept("bad", down=True), Kept("good")
    world = World(bad, good)
    world.happens(alert(), 1)
    findings = world.deliver(1)
    assert good.got == [("i1", "opened")]
    assert [finding.severity for finding in findings] == [Severity.WATCH, Severity.OK]
    assert findings[0].what == "the notice 'opened' of flight-delay i1 was not yet taken by bad"
    assert findings[0].cause == "no route"


def test_a_fault_of_a_sink_is_on_record_by_its_kind_alone():
    bad, good = Kept("bad", down=True, raises=ValueError("https://secret")), Kept("good")
    world = World(bad, good)
    world.happens(alert(), 1)
    world.deliver(1)
    assert good.got
    failed = world.ledger.read_events(DELIVERIES)[-2]
    assert failed.body == {"notice": 0, "incident": "i1", "attempt": 1, "problem": "ValueError"}


def test_pauses_double_from_a_minute_to_an_hour():
    sink = Kept(down=True)
    world = World(sink)
    world.happens(alert(), 0)
    for minute in range(4 * 60):
        world.deliver(minute * MINUTE)
    tried = [at // MINUTE for _, _, _, at in world.attempts()]
    assert tried == [0, 1, 3, 7, 15, 31, 63, 123, 183]
    assert [pause(count) for count in (1, 2, 3, 10**6)] == [minutes(1), minutes(2), minutes(4), hours(1)]


def test_what_failed_is_sent_once_the_sink_is_back():
    sink = Kept(down=True)
    world = World(sink)
    world.happens(alert(), 0)
    world.deliver(0)
    sink.down = False
    (waiting,) = world.deliver(MINUTE - 1)
    assert (waiting.severity, waiting.since, sink.got) == (Severity.WATCH, 0, [])
    world.deliver(MINUTE)
    assert sink.got == [("i1", "opened")]


def test_an_end_never_overtakes_its_beginning():
    sink = Kept(down=True)
    world = World(sink)
    world.happens(alert(), 0)
    world.deliver(0)
    sink.down = False
    world.happens(Clear("realised", "recovered", 1), 1)
    world.happens(alert("breakage"), 1)
    world.deliver(1)
    assert sink.got == [("i2", "opened")]
    world.deliver(MINUTE)
    assert sink.got == [("i2", "opened"), ("i1", "opened"), ("i1", "resolved")]


def test_a_sink_that_is_down_is_tried_once_a_call():
    sink = Kept(down=True)
    world = World(sink)
    for place in range(5):
        world.happens(alert(f"cause {place}"), 0)
    world.deliver(0)
    assert sink.tried == 1


def test_after_a_day_of_failures_a_notice_is_given_up_and_said_to_be():
    sink = Kept(down=True)
    world = World(sink)
    world.happens(alert(finding=Finding("x", Severity.WATCH)), 0)
    given_up = []
    for hour in range(49):
        given_up += [(hour, one) for one in world.deliver(hour * HOUR) if one.severity is Severity.ACT]
    ((hour, finding),) = given_up
    assert hour == 24
    assert "was given up: kept did not take it for 1 day" in finding.what
    sink.down = False
    world.happens(alert("breakage"), 50 * HOUR)
    world.deliver(50 * HOUR)
    assert sink.got == [("i2", "opened")]


def test_a_new_sink_hears_of_what_is_open_and_not_of_the_past():
    world = World()
    world.happens(alert("over"), 0)
    world.happens(Clear("over", "recovered", 1), 1)
    world.happens(alert("open"), 2)
    world.happens(alert("open"), 3)
    world.happens(None, 2 + DAY)
    sink = Kept()
    world.sinks.append(sink)
    world.deliver(3 * DAY)
    assert sink.got == [("i2", "reminder")]
    world.happens(Clear("open", "recovered", 4 * DAY), 4 * DAY)
    world.deliver(4 * DAY)
    assert sink.got == [("i2", "reminder"), ("i2", "resolved")]


def test_a_process_that_was_down_for_days_still_sends():
    sink = Kept()
    world = World(sink)
    world.happens(alert(), 1)
    world.deliver(9 * DAY)
    assert sink.got == [("i1", "opened")]


def test_two_sinks_of_one_name_are_refused_before_anything_is_sent():
    one, other = Kept("same"), Kept("same")
    ledger = MemoryLedger()
    with pytest.raises(UsageError, match="two sinks have one name"):
        deliver(ledger, [one, other], 0, system="flight-delay")
    assert ledger.read_events(DELIVERIES) == []


class CrashError(Exception):
    """The process ends here."""


class Crashing:
    """A ledger whose process ends right before an append to the deliveries, when told to."""

    def __init__(self, ledger):
        self.ledger, self.soon = ledger, False

    def append_events(self, stream, events):
        if self.soon and stream == DELIVERIES and any(event.kind != "started" for event in events):
            self.soon = False
            raise CrashError
        return self.ledger.append_events(stream, events)

    def __getattr__(self, name):
        return getattr(self.ledger, name)


def test_a_crash_between_sending_and_recording_sends_twice_and_not_never():
    ledger = Crashing(MemoryLedger())
    sink = Kept()
    world = World(sink, ledger=ledger)
    world.happens(alert(), 1)
    ledger.soon = True
    with pytest.raises(CrashError):
        world.deliver(1)
    world.deliver(2)
    world.deliver(3)
    assert sink.got == [("i1", "opened")] * 2


def test_a_crash_right_after_the_first_notice_of_a_new_sink_loses_nothing():
    ledger = Crashing(MemoryLedger())
    world = World(ledger=ledger)
    world.happens(alert(), 1)
    world.sinks.append(Kept(down=True))
    world.deliver(2)
    world.happens(Clear("realised", "recovered", 3), 3)
    world.sinks = [sink := Kept()]
    world.deliver(MINUTE + 2)
    assert sink.got == [("i1", "opened"), ("i1", "resolved")]


def test_it_goes_on_in_another_process_on_the_same_disk(tmp_path):
    sink = Kept(down=True)
    with closing(SqliteLedger(tmp_path)) as ledger:
        world = World(sink, ledger=ledger)
        world.happens(alert(), 0)
        world.deliver(0)
    sink.down = False
    with closing(SqliteLedger(tmp_path)) as ledger:
        deliver(ledger, [sink], MINUTE, system="flight-delay")
        deliver(ledger, [sink], HOUR, system="flight-delay")
    assert sink.got == [("i1", "opened")]


def test_a_ledger_that_cannot_write_is_told_at_once():
    class Full(Crashing):
        def append_events(self, stream, events):
            raise LedgerError("the disk is full")

    with pytest.raises(LedgerError):
        deliver(Full(MemoryLedger()), [Kept()], 0, system="flight-delay")


STEPS = st.lists(
    st.tuples(
        # minutes that pass before; in all fewer than 24 hours, after which a notice is given up
        st.sampled_from([1, 15, 30, 55]),
        st.sampled_from(["alert", "other", "clear", "snooze", "nothing"]),
        st.booleans(),  # the first sink is down
        st.booleans(),  # the process ends at the next recording
    ),
    max_size=20,
)


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_whatever_fails_every_notice_arrives_in_order_and_only_crashes_double_it(steps):
    ledger = Crashing(MemoryLedger())
    shaky, steady = Kept("shaky"), Kept("steady")
    world, now, crashes = World(shaky, steady, ledger=ledger), 0, 0
    for passed, what, down, crash in steps:
        now += passed * MINUTE
        shaky.down, ledger.soon = down, crash
        signals = {
            "alert": alert(at=now),
            "other": alert("other", now),
            "clear": Clear("realised", "ok", now),
        }
        snooze = Snooze("i1", now + HOUR, "ann", now) if ledger.read_events(INCIDENTS) else None
        world.happens({**signals, "snooze": snooze}.get(what), now)
        with suppress(CrashError):
            world.deliver(now)
            crashes -= 1
        crashes += 1
    shaky.down = ledger.soon = False
    for _ in range(len(steps) + 1):
        now += HOUR
        world.deliver(now)
    events = ledger.read_events(INCIDENTS)
    told = [(event.subject, event.kind) for event in events if not event.body["quiet"]]
    for sink in (shaky, steady):
        assert len(sink.got) <= len(told) + crashes
        for incident in {one for one, _ in told}:
            assert without_repeats(sink.got, incident) == without_repeats(told, incident)
    assert not world.deliver(now + HOUR)


def without_repeats(notices, incident):
    """The kinds of one incident's notices; what came twice in a row counts once."""
    kinds = [kind for one, kind in notices if one == incident]
    return [kind for place, kind in enumerate(kinds) if place == 0 or kinds[place - 1] != kind]


def test_the_sinks_of_the_tests_are_sinks():
    sink: Sink = Kept()
    assert sink.name == "kept"
