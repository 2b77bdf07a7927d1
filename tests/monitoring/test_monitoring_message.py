"""Messages say what a person needs, on single lines that steer nothing."""

import json

from hypothesis import given
from hypothesis import strategies as st

from trimtab.finding import Finding, Severity
from trimtab.monitoring.incidents import Acknowledge, Alert, Clear, Snooze, step
from trimtab.monitoring.message import message_of, one_line
from trimtab.units import days

DAY = days(1).microseconds
START = 1_364_864_460_000_000
FULL = Finding(
    "the loss is 0.05 higher",
    Severity.ACT,
    since=START - DAY,
    estimate=0.05,
    interval=(0.021, 0.0834),
    cost="120 EUR a day",
    cause="carrier is null in 30 % of requests",
    owner="ops-data",
    action="ask ops-data for the carrier feed",
    check_command="trimtab parity flights.py",
    evidence=("the page needs 365", ("evidence", 412.0), ("rows", 9000)),
)


def story(*signals, finding=FULL):
    """The messages of an incident that opens and then goes on with signals a minute apart."""
    incidents, changes = step((), Alert("realised", finding, START), now=START)
    found = list(changes)
    for minute, signal in enumerate(signals, start=1):
        incidents, changes = step(incidents, signal, now=START + 60_000_000 * minute)
        found += changes
    return [message_of(change, system="flight-delay", file="flights.py") for change in found]


def test_a_message_says_everything_that_a_person_asks():
    (opened,) = story()
    assert opened.title == "ACT flight-delay i1: the loss is 0.05 higher"
    assert opened.lines == (
        "since: 2013-04-01 01:01 UTC",
        "how much: 0.05, between 0.021 and 0.0834",
        "cost: 120 EUR a day",
        "evidence: the page needs 365; evidence 412; rows 9000",
        "likely cause: carrier is null in 30 % of requests",
        "owner: ops-data",
        "do: ask ops-data for the carrier feed",
        "check: trimtab parity flights.py",
        "acknowledge: trimtab acknowledge flights.py i1 --as fixed (or benign, or working)",
    )


def test_a_bare_cost_names_its_unit():
    (opened,) = story(finding=Finding("x", Severity.ACT, cost=0.0312345))
    assert "cost: 0.03123 in units of the metric" in opened.lines


def test_what_is_not_known_takes_no_line():
    (opened,) = story(finding=Finding("x", Severity.WATCH))
    assert [line.partition(":")[0] for line in opened.lines] == ["since", "acknowledge"]


def test_an_end_is_told_as_ok_with_the_reason_and_asks_for_nothing():
    over = story(Clear("realised", "recovered", START + DAY))[-1]
    assert over.title == "OK flight-delay i1: over: the loss is 0.05 higher"
    assert over.severity is Severity.OK
    assert (over.started_at, over.ended_at) == (START - DAY, START + DAY)
    assert over.acknowledge_command is None
    assert "over since: 2013-04-03 01:01 UTC (recovered)" in over.lines
    assert not [line for line in over.lines if line.startswith(("do:", "check:", "acknowledge:"))]


def test_an_acknowledgement_says_by_whom():
    taken = story(Acknowledge("i1", "working", "ann", START))[-1]
    assert taken.title == "ACT flight-delay i1: taken in hand: the loss is 0.05 higher"
    assert "acknowledged: working, by ann" in taken.lines


def test_joined_alerts_are_counted():
    messages = story(Alert("realised", FULL, START), Clear("realised", "recovered", START))
    assert "alerts: 2" in messages[-1].lines


def test_labels_stay_the_same_for_all_messages_of_an_incident():
    worse = story(
        Alert("realised", FULL, START),
        Acknowledge("i1", "working", "ann", START),
        Snooze("i1", START + DAY, "ann", START),
        Clear("realised", "recovered", START),
        finding=Finding("x", Severity.WATCH, owner="team-b"),
    )
    assert len({message.labels for message in worse}) == 1
    assert len({message.thread for message in worse}) == 1
    assert len({message.key for message in worse}) == len(worse)


def test_one_notice_has_one_key_however_often_it_is_made():
    assert story()[0].key == story()[0].key


def test_json_holds_the_whole_finding():
    (opened,) = story()
    found = json.loads(json.dumps(opened.to_json(), allow_nan=False))
    assert found["finding"] == json.loads(json.dumps(FULL.to_json()))
    assert (found["id"], found["kind"], found["started_at"]) == (opened.key, "opened", "2013-04-01T01:01:00Z")


@given(st.text())
def test_no_text_of_the_data_breaks_a_line_or_steers(text):
    message = story(finding=Finding(text, Severity.ACT, cause=text, owner=text))[0]
    for line in (message.title, *message.lines, *(value for _, value in message.labels)):
        assert line.isprintable()
    assert one_line(text) == one_line(one_line(text))
