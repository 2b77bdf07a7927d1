"""Incidents from the command line: watch, answer, be quiet, try the sinks."""

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from trimtab import commands, wiring
from trimtab.adapters.ledger.sqlite import SqliteLedger
from trimtab.cli import cli
from trimtab.errors import UsageError
from trimtab.monitoring.incidents import INCIDENTS, Alert, incidents_of, step
from trimtab.testing import ManualClock
from trimtab.units import hours

TESTS = Path(__file__).parents[1]
HOUR = 3_600_000_000
SYSTEM = f"""
import sys
sys.path.insert(0, {str(TESTS)!r})
import trimtab as tt
from orders import orders_system, orders_tables

system = orders_system(orders_tables(rows=60), watch=tt.Watch(sinks=(tt.Log(), tt.Webhook("env:NO_SUCH_HOOK"))))
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A system file and its home, with one open incident; the clock stands still."""
    from trimtab.finding import Finding, Severity  # only here

    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delenv("NO_SUCH_HOOK", raising=False)
    clock = ManualClock(1_700_000_000_000_000)
    monkeypatch.setattr(wiring, "clock", lambda: clock)
    (tmp_path / "late.py").write_text(SYSTEM)
    ledger = SqliteLedger(tmp_path / ".trimtab" / "ledger")
    worse = Finding("the loss is 0.05 higher", Severity.ACT, since=clock.now())
    _, changes = step((), Alert("realised", worse, clock.now()), now=clock.now())
    ledger.append_events(INCIDENTS, [change.to_event() for change in changes])
    ledger.close()
    return tmp_path


def run(place, *words):
    home = () if words[0] == "send-test" else ("--home", str(place / ".trimtab"))
    told = [words[0], str(place / "late.py"), *words[1:], *home]
    return CliRunner().invoke(cli, told, catch_exceptions=False)


def incident(place):
    ledger = SqliteLedger(place / ".trimtab" / "ledger", read_only=True)
    try:
        return incidents_of(ledger.read_events(INCIDENTS))[0]
    finally:
        ledger.close()


def test_an_answer_is_on_record_and_people_are_told(place):
    done = run(place, "acknowledge", "i1", "--as", "working", "--by", "ann")
    assert done.exit_code == 0
    assert "i1 is acknowledged: the loss is 0.05 higher" in done.output
    assert "was sent to log" in done.output
    assert "was not yet taken by slack env:NO_SUCH_HOOK" in done.output
    one = incident(place)
    assert (one.state, one.answer, one.acknowledged_by) == ("acknowledged", "working", "ann")
    again = run(place, "acknowledge", "i1", "--as", "working")
    assert "i1 is acknowledged already: nothing changed" in again.output


def test_benign_and_fixed_end_it(place):
    done = run(place, "acknowledge", "i1", "--as", "benign")
    assert "i1 is resolved; a new reference begins where the change did" in done.output
    assert incident(place).why == "benign"


def test_a_snooze_says_until_when(place):
    done = run(place, "snooze", "i1", "--for", "4h", "--by", "ann")
    assert "nothing of it is sent until 2023-11-15T02:13:20Z" in done.output
    assert incident(place).snoozed_until == 1_700_000_000_000_000 + 4 * HOUR
    assert incident(place).snoozed_by == "ann"


def test_an_unknown_incident_a_wrong_length_and_a_home_without_record_are_refused(place, tmp_path):
    system = commands.load(str(place / "late.py"))
    with pytest.raises(UsageError, match="no incident 'i7'"):
        commands.acknowledge(system, "i7", "fixed", home=place / ".trimtab")
    with pytest.raises(UsageError, match="no incident 'i7'"):
        commands.snooze(system, "i7", hours(1), home=place / ".trimtab")
    with pytest.raises(UsageError, match="there is no record"):
        commands.watch_system(system, home=tmp_path / "nowhere")
    with pytest.raises(UsageError, match="a quarter"):
        run(place, "snooze", "i1", "--for", "a quarter")


def test_the_test_message_goes_to_every_sink_and_nothing_is_put_on_record(place, caplog):
    with caplog.at_level("INFO", logger="trimtab.alerts"):
        done = run(place, "send-test")
    assert done.exit_code == 1
    assert "the test was sent to log" in done.output
    assert "slack env:NO_SUCH_HOOK did not take the test" in done.output
    assert "this is a test; nothing is wrong" in caplog.text
    assert incident(place).alerts == 1


def test_status_and_watch_name_the_incident_and_exit_with_1(place):
    shown = run(place, "status")
    assert shown.exit_code == 1
    assert "incident i1 (open): the loss is 0.05 higher" in shown.output
    watched = run(place, "watch")
    assert watched.exit_code == 1
    assert "incident i1 (open): the loss is 0.05 higher" in watched.output
    assert "was sent to log" in watched.output


def test_a_system_that_is_watched_takes_no_options_of_a_log(place):
    with pytest.raises(UsageError, match="declares how it is watched"):
        run(place, "watch", "--every", "100")


def test_only_one_process_watches_a_home(place):
    system = commands.load(str(place / "late.py"))
    with (
        wiring.watching_lock(place / ".trimtab"),
        pytest.raises(UsageError, match="another watching of this system is under way"),
    ):
        commands.watch_system(system, home=place / ".trimtab")
