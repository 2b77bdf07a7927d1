"""What the door to a ledger does with callers of every kind, within one process."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest

from trimtab import errors
from trimtab.adapters.door.address import find_door
from trimtab.adapters.door.remote import RemoteLedger
from trimtab.adapters.door.server import LedgerDoor
from trimtab.adapters.ledger.memory import MemoryLedger
from trimtab.errors import DataError, LedgerError, TrimtabError
from trimtab.ports import Event, Identities, Ledger, Record
from trimtab.serving.problems import RequestError


class Troubled(MemoryLedger):
    """A ledger that loses its callers: `lose` is called after each append, before the answer is sent."""

    def lose(self):
        """Nothing yet."""

    def append_records(self, stream, records):
        earlier = super().append_records(stream, records)
        self.lose()
        return earlier

    def append_events(self, stream, events):
        first = super().append_events(stream, events)
        self.lose()
        return first


def fail(error):
    raise error


@pytest.fixture
def ledger():
    return Troubled()


@pytest.fixture
def waits():
    """How many calls of the service `wait` are under way."""
    return threading.Semaphore(0)


@pytest.fixture
def released():
    return threading.Event()


@pytest.fixture
def door(ledger, tmp_path, waits, released):
    def wait():
        waits.release()
        return released.wait(5)

    services = {
        "echo": lambda *values: list(values),
        "raise": lambda name: fail(PROBLEMS[name]),
        "fail": lambda: fail(ValueError("two\nlines")),
        "object": object,
        "wait": wait,
    }
    with LedgerDoor(ledger, tmp_path, services) as door:
        yield door


@pytest.fixture
def remote(door, ledger, tmp_path):
    with RemoteLedger(tmp_path, ledger) as remote:
        yield remote


PROBLEMS = {
    "bare": TrimtabError("bare"),
    "full": DataError("what", where="here.py:3", found=[1, 2], nearest="near", do="something"),
    **{name: getattr(errors, name)("what", found=0) for name in ("UsageError", "DeclarationError")},
    **{name: getattr(errors, name)("what", do="it") for name in ("LearnerError", "LedgerError")},
    "ArtifactError": errors.ArtifactError("what", where="there.py:1"),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_errors_arrive_as_the_same_class_with_the_same_text(remote, name):
    with pytest.raises(TrimtabError) as raised:
        remote.call("raise", name)
    assert type(raised.value) is type(PROBLEMS[name])
    assert str(raised.value) == str(PROBLEMS[name])
    assert raised.value.do == PROBLEMS[name].do


def test_an_error_from_elsewhere_arrives_as_its_nearest_class(door, remote):
    door._calls._services["refuse"] = lambda: fail(RequestError(422, "no", field="row.x"))
    with pytest.raises(TrimtabError, match=r"^no$") as raised:
        remote.call("refuse")
    assert type(raised.value) is TrimtabError


def test_any_other_exception_is_a_ledger_error_of_one_line(remote):
    with pytest.raises(LedgerError) as raised:
        remote.call("fail")
    assert (
        str(raised.value) == "call failed in the process that owns the ledger; found: ValueError: two lines"
    )


def test_text_that_no_message_can_hold_is_told_all_the_same(door, remote):
    door._calls._services["odd"] = lambda: fail(LedgerError("half \ud800"))
    with pytest.raises(LedgerError, match=r"half \\ud800"):
        remote.call("odd")


@pytest.mark.parametrize("value", [object(), 2**70, "\ud800"])
def test_what_cannot_travel_is_refused_before_it_is_sent(remote, value):
    with pytest.raises(LedgerError, match="cannot travel"):
        remote.call("echo", value)
    assert remote.call("echo", 1) == [1]


def test_a_result_that_cannot_travel_is_an_error(remote):
    with pytest.raises(LedgerError, match="cannot travel"):
        remote.call("object")


def test_too_much_is_refused_on_either_side(remote, monkeypatch):
    monkeypatch.setattr("trimtab.adapters.door.frames.LARGEST", 1000)
    with pytest.raises(LedgerError, match=r"too much.*at most 1000.*several parts"):
        remote.call("echo", "x" * 1000)
    assert remote.call("echo", "x" * 900) == ["x" * 900]


def test_facts_travel_as_rows_of_plain_values(remote):
    rows = [
        {"none": None, "flag": True, "count": -(2**63), "share": 0.1, "word": "Zürich"},
        {"nan": float("inf")},
    ]
    assert remote.call("echo", "landings", rows) == ["landings", rows]


def test_an_unknown_service_names_the_nearest(remote):
    with pytest.raises(LedgerError, match=r"no service 'ehco'.*did you mean 'echo'"):
        remote.call("ehco")


def test_it_is_a_ledger(remote):
    assert isinstance(remote, Ledger)


def test_records_and_identities_come_back_as_they_were(remote):
    records = [Record("a", 5, b"\x00\xff", "ann"), Record("b", 6, b"\x80", 7), Record("a", 7, b"again")]
    assert remote.append_records("served", records) == [None, None, records[0]]
    assert remote.append_records("served", records[:1]) == records[:1]
    assert [record for _, record in remote.read_records("served")] == records[:2]
    assert remote.find_record("served", "b") == records[1]
    remote.append_rows("facts", pa.table({"x": [1]}), at=1, identities=Identities(["i"], [b"\x01"]))
    assert remote.find_identities("facts", ["i", "j"]) == [b"\x01", None]


def test_a_broken_connection_after_records_were_written_is_no_loss(remote, ledger, door):
    records = [Record("a", 1, b"x"), Record("b", 1, b"y"), Record("a", 1, b"x")]
    ledger.append_records("served", [Record("c", 0, b"before")])
    ledger.lose = lambda: _lose_callers(ledger, door)
    told = remote.append_records("served", [*records, Record("c", 0, b"other")])
    assert told == [None, None, records[0], Record("c", 0, b"before")]
    assert [record.id for _, record in remote.read_records("served")] == ["c", "a", "b"]


def test_events_are_not_sent_twice(remote, ledger, door):
    ledger.lose = lambda: _lose_callers(ledger, door)
    with pytest.raises(LedgerError, match=r"unknown whether append_events of 'journal' was done.*do: look"):
        remote.append_events("journal", [Event(1, "k", "s")])
    assert len(remote.read_events("journal")) == 1


def test_records_whose_owner_breaks_twice_are_unknown(remote, ledger, door):
    ledger.lose = lambda: _lose_callers(ledger, door, times=2)
    with pytest.raises(LedgerError, match=r"unknown whether the records were written.*do it again"):
        remote.append_records("served", [Record("a", 1, b"x")])


def test_a_refusal_of_the_second_try_is_told_as_it_is(remote, ledger, door):
    ledger.append_events("journal", [Event(1, "k", "s")])
    refused, first = ledger.append_records, threading.Event()

    def append(stream, records):
        if not first.is_set():
            first.set()
            _lose_callers(ledger, door)
            return []
        return refused(stream, records)

    ledger.append_records = append
    with pytest.raises(LedgerError, match="holds events"):
        remote.append_records("journal", [Record("a", 1, b"x")])


def _lose_callers(ledger, door, times=1):
    """End all connections, as when the owner dies; after so many times no more."""
    ledger.lose = (lambda: None) if times == 1 else (lambda: _lose_callers(ledger, door, times - 1))
    for connection in door._connections:
        connection.shutdown(socket.SHUT_RDWR)


def test_a_reopened_door_is_found_again(ledger, tmp_path):
    with RemoteLedger(tmp_path, ledger) as remote:
        for turn in range(3):
            with LedgerDoor(ledger, tmp_path):
                assert remote.append_events("journal", [Event(turn, "k", "s")]) == turn
            with pytest.raises(LedgerError, match="no running process owns the ledger"):
                remote.append_events("journal", [Event(turn, "k", "s")])
        assert [event.at for event in remote.read_events("journal")] == [0, 1, 2]


def test_each_calling_thread_has_a_connection_and_no_more_are_made(remote, waits, released):
    assert remote.call("echo", 0) == [0]
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(remote.call, "wait") for _ in range(4)]
        for _ in waiting:
            assert waits.acquire(timeout=5)
        assert remote.call("echo", 1) == [1]
        released.set()
        assert [call.result() for call in waiting] == [True] * 4
    assert len(remote._connections._idle) <= 5


def test_a_call_under_way_is_answered_while_the_door_closes(door, remote, waits, released):
    with ThreadPoolExecutor(2) as pool:
        waiting = pool.submit(remote.call, "wait")
        assert waits.acquire(timeout=5)
        closed = pool.submit(door.close)
        time.sleep(0.05)
        assert not closed.done()
        released.set()
        assert waiting.result() is True
        closed.result()
    assert not door._connections


def test_a_closed_remote_ledger_closes_its_reader_and_lets_the_door_go(door, remote, ledger):
    remote.call("echo")
    remote.close()
    remote.close()
    for use in (lambda: remote.call("echo"), lambda: remote.append_records("s", []), ledger.streams):
        with pytest.raises(LedgerError, match="closed"):
            use()
    while door._connections:
        time.sleep(0.001)


def test_a_connection_in_use_while_the_remote_ledger_closes_is_let_go_after(remote, waits, released):
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(remote.call, "wait")
        assert waits.acquire(timeout=5)
        remote.close()
        released.set()
        assert waiting.result() is True
    assert remote._connections._idle == []


def test_a_door_can_be_opened_again(ledger, tmp_path):
    door = LedgerDoor(ledger, tmp_path)
    for _ in range(2):
        with door:
            assert find_door(tmp_path) is not None
        assert find_door(tmp_path) is None
