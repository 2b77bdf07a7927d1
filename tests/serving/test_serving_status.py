"""The state of a system from its record alone, worst first."""

import pytest
from live_worlds import NOW, world

from orders import DAY
from trimtab.finding import Finding, Severity
from trimtab.ports import Event
from trimtab.serving.champion import VERSIONS
from trimtab.serving.housekeeping import TROUBLE
from trimtab.serving.measuring import MEASUREMENTS, PARITY
from trimtab.serving.status import status
from trimtab.testing import MemoryLedger


@pytest.fixture(scope="module")
def shared():
    with world(versions=2, rows=300) as found:
        yield found


@pytest.fixture
def ledger(shared):
    """A record of its own with the trained versions."""
    found = MemoryLedger()
    found.append_events(VERSIONS, shared.home.ledger.read_events(VERSIONS))
    return found


def says(shared, ledger):
    return {finding.what: finding.severity for finding in status(shared.system, ledger, NOW).findings}


def one(shared, ledger, words):
    (found,) = [f for f in status(shared.system, ledger, NOW).findings if words in f.what]
    return found


def test_a_system_without_a_version_must_be_trained(shared):
    found = status(shared.system, MemoryLedger(), NOW)
    assert found.severity is Severity.ACT
    assert found.findings[0].what == "no version has been trained"
    assert found.findings[0].action == "trimtab train"


def test_the_version_that_was_activated_last_is_the_one_that_answers(shared, ledger):
    assert one(shared, ledger, "v2: trained").severity is Severity.OK
    ledger.append_events(VERSIONS, [Event(NOW, "activated", "v1", {})])
    assert one(shared, ledger, "v1: trained").severity is Severity.OK
    assert not any("v2" in what for what in says(shared, ledger))


def test_parity_is_not_run_ok_or_act_as_the_last_sample_was(shared, ledger):
    assert one(shared, ledger, "parity").severity is Severity.NOT_RUN
    for differing, severity in ((0, Severity.OK), (2, Severity.ACT), (0, Severity.OK)):
        body = {"rows": 10, "values": 1_070, "differing": differing}
        ledger.append_events(MEASUREMENTS, [Event(NOW, PARITY, "late-orders", body)])
        found = one(shared, ledger, "of 1,070")
        assert (found.severity, found.since) == (severity, NOW)
    assert status(shared.system, ledger, NOW).severity is Severity.NOT_RUN, "no prediction yet"


def test_recent_trouble_is_to_be_watched_and_old_trouble_forgotten(shared, ledger):
    for at in (NOW - DAY - 1, NOW - 5, NOW - 4, NOW - 3, NOW - 2):
        event = Event(at, "failed", "sealing", {"why": f"no space at {at}"})
        ledger.append_events(TROUBLE, [event])
    found = [f for f in status(shared.system, ledger, NOW).findings if "sealing failed" in f.what]
    assert [f.severity for f in found] == [Severity.WATCH] * 3
    assert {f.since for f in found} == {NOW - 4, NOW - 3, NOW - 2}


def test_what_is_known_of_the_model_is_among_the_verdicts(shared, ledger):
    harm = Finding("log loss is 0.02 above tolerance", Severity.ACT, since=NOW - 3 * DAY, owner="ml")
    found = status(shared.system, ledger, NOW, judged=[harm])
    assert found.findings[0] is harm
    assert found.severity is Severity.ACT


def test_one_line_a_matter_with_since_when_and_who_can_look_where(shared, ledger):
    harm = Finding("loss is up", Severity.ACT, since=NOW, owner="ml", check_command="trimtab check SYSTEM")
    alone = Finding("it smells", Severity.WATCH, owner="ml", action="open a window")
    nobody = Finding("it rains", Severity.WATCH)
    lines = status(shared.system, ledger, NOW, judged=[alone, nobody, harm]).lines
    assert lines[:3] == (
        "ACT      loss is up, since 2024-03-14 \u2192 owner ml: trimtab check SYSTEM",
        "WATCH    it smells \u2192 owner ml: open a window",
        "WATCH    it rains",
    )
    assert "NOT RUN  answers: no call came in 24 h: without calls nothing is measured" in lines
    assert lines[-1].startswith("OK       v2: trained on")
    assert len(lines) == len(status(shared.system, ledger, NOW).findings) + 3


def test_the_page_begins_with_what_is_worst_or_says_that_there_is_nothing(shared, ledger):
    calm = str(status(shared.system, ledger, NOW))
    assert calm.splitlines()[1].startswith("INFO     nothing to look at; ")
    assert "To look at" not in calm
    harm = Finding("loss is up", Severity.WATCH, evidence=(("days", 3),))
    told = str(status(shared.system, ledger, NOW, judged=[harm]))
    assert told.splitlines()[1] == "WATCH    loss is up"
    assert "days  3" in told.split("To look at")[1]


def test_verdicts_come_worst_first_and_as_json_page_and_text(shared, ledger):
    body = {"rows": 10, "values": 1_070, "differing": 2}
    ledger.append_events(MEASUREMENTS, [Event(NOW, PARITY, "late-orders", body)])
    found = status(shared.system, ledger, NOW)
    assert found.findings[0].severity is Severity.ACT
    assert found.to_json()["severity"] == "ACT"
    assert len(found.to_json()["findings"]) == len(found.findings)
    for text in (str(found), found._repr_html_()):
        assert "2 of 1,070 served feature values differ" in text
        assert "no prediction has been asked for" in text
