"""Where the door to a ledger is, and what strangers find there: other users, other versions, garbage."""

import json
import os
import socket
import stat
import tempfile
from contextlib import closing, suppress
from pathlib import Path

import msgspec
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trimtab.adapters.door import address, connections, server
from trimtab.adapters.door.address import find_door, read_address
from trimtab.adapters.door.frames import LARGEST, framed, receive
from trimtab.adapters.door.messages import VERSION, Hello, rows_content, rows_of
from trimtab.adapters.door.remote import RemoteLedger
from trimtab.adapters.door.server import LedgerDoor
from trimtab.adapters.ledger.memory import MemoryLedger
from trimtab.errors import LedgerError
from trimtab.ports import Event


@pytest.fixture
def ledger():
    return MemoryLedger()


@pytest.fixture
def door(ledger, tmp_path):
    with LedgerDoor(ledger, tmp_path, {"echo": lambda *values: list(values)}) as door:
        yield door


@pytest.fixture
def remote(door, ledger, tmp_path):
    with RemoteLedger(tmp_path, ledger) as remote:
        yield remote


def test_only_this_user_can_reach_the_door(door, tmp_path):
    path = find_door(tmp_path)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "door.json").stat().st_mode) == 0o600
    assert json.loads((tmp_path / "door.json").read_text()) == {"socket": str(path), "process": os.getpid()}


def test_another_user_is_not_listened_to(door, remote, monkeypatch):
    monkeypatch.setattr(server, "of_this_user", lambda _: False)
    with pytest.raises(LedgerError, match="does not answer"):
        remote.call("echo", 1)
    monkeypatch.undo()
    assert remote.call("echo", 1) == [1]


@pytest.mark.skipif(not hasattr(socket, "SO_PEERCRED"), reason="this system does not tell who calls")
def test_the_user_at_the_other_side_is_known(door, tmp_path, monkeypatch):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert address.of_this_user(ours)
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
        assert not address.of_this_user(ours)
    assert find_door(tmp_path) is None


def test_closing_leaves_nothing_behind(ledger, tmp_path):
    door = LedgerDoor(ledger, tmp_path).open()
    path = find_door(tmp_path)
    door.close()
    door.close()
    assert not path.parent.exists()
    assert list(tmp_path.iterdir()) == []
    assert find_door(tmp_path) is None


def test_the_door_of_a_dead_owner_is_replaced(ledger, tmp_path):
    path, listener = address.listening()
    listener.close()
    address.write_address(tmp_path, address.Address(str(path), 1))
    assert path.exists()
    assert find_door(tmp_path) is None
    with LedgerDoor(ledger, tmp_path):
        assert find_door(tmp_path) not in {None, path}
    assert not path.parent.exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"socket": 3, "process": 4}', b"\xff"])
def test_an_unreadable_address_is_no_door(ledger, tmp_path, content):
    (tmp_path / "door.json").write_bytes(content)
    assert find_door(tmp_path) is None
    with LedgerDoor(ledger, tmp_path):
        assert find_door(tmp_path) is not None


def test_a_stranger_s_file_named_in_an_address_stays(ledger, tmp_path):
    mine = tmp_path / "mine"
    mine.write_text("kept")
    address.write_address(tmp_path, address.Address(str(mine), 1))
    with LedgerDoor(ledger, tmp_path):
        pass
    assert mine.read_text() == "kept"


def test_a_closing_door_leaves_the_address_of_its_successor(ledger, tmp_path):
    successor = address.Address("elsewhere", 1)
    with LedgerDoor(ledger, tmp_path):
        address.write_address(tmp_path, successor)
    assert read_address(tmp_path) == successor


def test_a_second_door_is_told_whose_is_open(door, ledger, tmp_path):
    with pytest.raises(LedgerError, match=f"process {os.getpid()} has the door"):
        LedgerDoor(ledger, tmp_path).open()
    assert find_door(tmp_path) is not None


def test_a_path_too_long_for_a_socket_is_a_plain_error(ledger, tmp_path, monkeypatch):
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    with pytest.raises(LedgerError, match=r"too long.*TMPDIR"):
        LedgerDoor(ledger, tmp_path).open()
    assert list(deep.iterdir()) == []


def test_an_address_that_cannot_be_written_leaves_no_socket(ledger, tmp_path, monkeypatch):
    (tmp_path / "door.json").mkdir()
    made = []
    listening = address.listening
    monkeypatch.setattr(server, "listening", lambda: made.append(listening()) or made[0])
    door = LedgerDoor(ledger, tmp_path)
    with pytest.raises(OSError, match=r"door\.json"):
        door.open()
    door.close()
    assert not made[0][0].exists()


def test_another_version_is_a_plain_error_on_both_sides(door, remote, tmp_path, monkeypatch):
    monkeypatch.setattr(connections, "VERSION", VERSION + 1)
    with pytest.raises(
        LedgerError, match=rf"another version.*version {VERSION} of its door.*speaks {VERSION + 1}"
    ):
        remote.call("echo")
    with called(tmp_path) as caller:
        caller.sendall(framed(Hello(VERSION + 1, 0)))
        assert msgspec.msgpack.decode(receive(caller), type=Hello).version == VERSION
        assert caller.recv(1) == b""


def test_later_fields_of_a_hello_are_ignored(door, tmp_path):
    with called(tmp_path) as caller:
        caller.sendall(framed({"version": VERSION, "process": 1, "mood": "good"}))
        receive(caller)
        caller.sendall(framed(("call", ("echo", [1]))))
        assert msgspec.msgpack.decode(receive(caller))[0] == [1]


def called(folder):
    return closing(address.connected(str(find_door(folder))))


def test_a_huge_length_is_not_waited_for(door, remote, tmp_path):
    with called(tmp_path) as caller:
        caller.sendall(b"\xff\xff\xff\xff")
        assert caller.recv(1) == b""
    assert remote.call("echo", 1) == [1]


def test_an_announced_length_takes_no_memory(door, remote, tmp_path):
    with called(tmp_path) as caller:
        caller.sendall(LARGEST.to_bytes(4, "big") + b"x")
        assert remote.call("echo", 1) == [1]
    assert Path("/proc/self/statm").exists() is False or _resident() < 2**30


def _resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(garbage=st.binary(max_size=60), greeted=st.booleans(), whole=st.booleans())
def test_garbage_does_not_hurt_the_owner(door, remote, tmp_path, garbage, greeted, whole):
    with called(tmp_path) as caller:
        if greeted:
            caller.sendall(framed(Hello(VERSION, 1)))
        caller.sendall(len(garbage).to_bytes(4, "big") + garbage if whole else garbage)
        caller.shutdown(socket.SHUT_WR)
        with suppress(ConnectionResetError):  # what was not read is thrown away
            while caller.recv(100):
                pass
    assert remote.call("echo", 1) == [1]


@pytest.mark.parametrize(
    "request_",
    [
        None,
        [],
        ["append_rows"],
        ["append_rows", []],
        ["append_rows", ["facts", b"no arrow", 1, None, None]],
        ["append_records", ["s", [["id", "late", b"", None]]]],
        ["append_events", ["s", [[1, "k", "s", "{"]]]],
        ["nothing", []],
        ["call", ["echo"]],
    ],
)
def test_a_request_that_makes_no_sense_is_a_ledger_error(door, remote, tmp_path, request_):
    with called(tmp_path) as caller:
        caller.sendall(framed(Hello(VERSION, 1)))
        receive(caller)
        caller.sendall(framed(request_))
        result, problem = msgspec.msgpack.decode(receive(caller))
        assert result is None
        assert problem[0] == "LedgerError"
    assert remote.call("echo", 1) == [1]


def test_torn_arrow_rows_do_not_end_the_owner(remote, door):
    content = bytearray(rows_content(pa.table({"word": ["a" * 40, "b" * 40]})))
    offset = content.index((40).to_bytes(4, "little") + (80).to_bytes(4, "little"))
    content[offset : offset + 4] = (2**30).to_bytes(4, "little")
    with pytest.raises(pa.ArrowException):
        rows_of(memoryview(content))


def test_an_owner_that_does_not_greet_is_a_plain_error(ledger, tmp_path, monkeypatch):
    monkeypatch.setattr(address, "CONNECT_SECONDS", 0.2)
    path, listener = address.listening()
    address.write_address(tmp_path, address.Address(str(path), 1))
    refused = pytest.raises(LedgerError, match=r"process 1, which owns the ledger in .* does not answer")
    with closing(listener), RemoteLedger(tmp_path, ledger) as remote, refused:
        remote.append_events("journal", [Event(1, "k", "s")])
    address.remove_socket(path)
