"""The door to a ledger between real processes: every law, many writers at once, and owners that are killed."""

import itertools
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pyarrow as pa
import pytest

from trimtab.adapters.door.address import find_door, read_address, remove_socket
from trimtab.adapters.door.remote import RemoteLedger
from trimtab.adapters.ledger.sqlite import SqliteLedger
from trimtab.errors import LedgerError
from trimtab.ports import Event, Record
from trimtab.testing import durability_laws, ledger_laws

NOTICED_SECONDS = 2.0

OWNER = textwrap.dedent("""
    import json, os, sys, time
    from contextlib import ExitStack
    from pathlib import Path
    from trimtab.adapters.door.server import LedgerDoor
    from trimtab.adapters.ledger.sqlite import SqliteLedger
    from trimtab.errors import DataError

    def refuse():
        raise DataError("no", where="there.py:3", found=7, nearest="yes", do="ask again")

    def copy():
        copy = os.fork()
        if copy == 0:
            time.sleep(30)
            os._exit(0)
        return copy

    services = {"refuse": refuse, "die": lambda: os.kill(os.getpid(), 9), "wait": time.sleep, "copy": copy}
    owned = {}
    for line in sys.stdin:
        action, folder = json.loads(line)
        if action == "open":
            owned[folder] = ExitStack()
            ledger = owned[folder].enter_context(SqliteLedger(folder))
            owned[folder].enter_context(LedgerDoor(ledger, Path(folder), services))
        else:
            owned.pop(folder).close()
        print("done", flush=True)
""")

WRITER = textwrap.dedent("""
    import sys
    from concurrent.futures import ThreadPoolExecutor
    from pathlib import Path
    import pyarrow as pa
    from trimtab.adapters.door.remote import RemoteLedger
    from trimtab.adapters.ledger.sqlite import SqliteLedger
    from trimtab.ports import Event, Record

    folder, name = Path(sys.argv[1]), sys.argv[2]

    def write(thread):
        appended = 0
        for number in range(24):
            token = f"{name}-{thread}-{number}"
            mine = [Record(token, number, token.encode()), Record(f"shared-{number}", 0, token.encode())]
            mine_told, shared_told = remote.append_records("served", mine)
            assert mine_told is None
            appended += shared_told is None
            remote.append_events("journal", [Event(number, token, "s")] * 2)
            if number % 8 == 0:
                remote.append_rows("facts", pa.table({"token": [token] * 3}), at=number)
        return appended

    with RemoteLedger(folder, SqliteLedger(folder, read_only=True)) as remote, ThreadPoolExecutor(2) as pool:
        print("ready", flush=True)
        sys.stdin.readline()
        print(sum(pool.map(write, range(2))))
""")


class Owner:
    """A process that owns the ledgers it is told to open."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-c", OWNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def do(self, action, folder):
        self.process.stdin.write(json.dumps([action, str(folder)]) + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n"

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.end()

    def end(self):
        self.process.communicate()


class Remote(RemoteLedger):
    """A remote ledger that ends its owner's ownership when it is closed."""

    def __init__(self, owner, folder):
        owner.do("open", folder)
        super().__init__(folder, SqliteLedger(folder, read_only=True))
        self._owner = owner

    def close(self):
        super().close()
        if self._owner is not None:
            self._owner.do("close", self._folder)
            self._owner = None


@pytest.fixture(scope="module")
def owner():
    owner = Owner()
    yield owner
    owner.end()


@contextmanager
def owning(folder):
    """An owner to be killed, and a remote ledger in front of it."""
    owner = Owner()
    try:
        owner.do("open", folder)
        with RemoteLedger(folder, SqliteLedger(folder, read_only=True)) as remote:
            yield owner, remote
    finally:
        owner.kill()
        remove_socket(Path(read_address(folder).socket))


@pytest.mark.parametrize("law", ledger_laws, ids=lambda law: law.__name__)
def test_law(law, owner, tmp_path):
    with closing(Remote(owner, tmp_path / "ledger")) as remote:
        law(remote)


@pytest.mark.parametrize("law", durability_laws, ids=lambda law: law.__name__)
def test_durability_law(law, owner, tmp_path):
    law(lambda: Remote(owner, tmp_path / "ledger"))


def test_errors_cross_the_border_of_processes(owner, tmp_path):
    with closing(Remote(owner, tmp_path)) as remote:
        remote.append_events("journal", [Event(0, "k", "s")])
        with pytest.raises(LedgerError, match=r"^stream 'journal' holds events, not rows; do: use another"):
            remote.append_rows("journal", pa.table({"x": [1]}), at=0)
        with pytest.raises(Exception, match="no") as raised:
            remote.call("refuse")
    assert type(raised.value).__name__ == "DataError"
    assert str(raised.value) == "no (declared at there.py:3); found: 7; did you mean 'yes'?; do: ask again"


def test_many_processes_at_once_lose_nothing_and_double_nothing(owner, tmp_path):
    with closing(Remote(owner, tmp_path)) as remote:
        writers = [
            subprocess.Popen(
                [sys.executable, "-c", WRITER, tmp_path, name],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for name in "ab"
        ]
        for writer in writers:
            assert writer.stdout.readline() == "ready\n"
        for writer in writers:
            writer.stdin.write("\n")
            writer.stdin.flush()
        appended = [int(writer.communicate()[0]) for writer in writers]
        tokens = {f"{name}-{thread}-{number}" for name in "ab" for thread in range(2) for number in range(24)}
        records = remote.read_records("served")
        ids = [record.id for _, record in records]
        assert sum(appended) == 24
        assert sorted(ids) == sorted(tokens | {f"shared-{number}" for number in range(24)})
        assert [number for number, _ in records] == list(range(len(records)))
        assert Counter(event.kind for event in remote.read_events("journal")) == dict.fromkeys(tokens, 2)
        found = Counter(remote.read_rows("facts")["token"].to_pylist())
        assert found == {token: 3 for token in tokens if int(token.rpartition("-")[2]) % 8 == 0}


def assert_gone(folder):
    """The kernel takes its time to end a process: soon nobody listens."""
    began = time.perf_counter()
    while find_door(folder) is not None:
        assert time.perf_counter() - began < NOTICED_SECONDS
        time.sleep(0.01)


def append_until_it_fails(remote, thread, acknowledged):
    """Append records of one thread; the error that ended it, and how long the call took that raised it."""
    for number in itertools.count():
        records = [Record(f"{thread}-{number}-{part}", number, b"x" * 600) for part in range(3)]
        began = time.perf_counter()
        try:
            assert remote.append_records("served", records) == [None] * 3
        except LedgerError as problem:
            return problem, time.perf_counter() - began
        acknowledged += records
    raise AssertionError  # never reached


def test_a_killed_owner_is_noticed_and_loses_nothing_that_it_acknowledged(tmp_path):
    acknowledged = []
    for turn in range(2):
        with owning(tmp_path) as (owner, remote), ThreadPoolExecutor(4) as pool:
            names = [f"{turn}-{thread}" for thread in range(4)]
            ends = [pool.submit(append_until_it_fails, remote, name, acknowledged) for name in names]
            while len(acknowledged) < 60 * (turn + 1) and not any(end.done() for end in ends):
                time.sleep(0.001)
            owner.kill()
            for problem, seconds in (end.result() for end in ends):
                assert seconds < NOTICED_SECONDS
                assert "no running process owns the ledger" in str(problem) or "unknown whether" in str(
                    problem
                )
            assert_gone(tmp_path)
        with SqliteLedger(tmp_path) as ledger:
            kept = [record for _, record in ledger.read_records("served")]
        assert len(acknowledged) >= 60 * (turn + 1)
        assert len({record.id for record in kept}) == len(kept)
        assert {record.id for record in acknowledged} <= {record.id for record in kept}
        assert len(kept) <= len(acknowledged) + 12 * (turn + 1)


def test_a_copy_of_the_owner_does_not_hide_its_death(tmp_path):
    with owning(tmp_path) as (owner, remote):
        copy = remote.call("copy")
        try:
            threading.Timer(0.2, owner.process.kill).start()
            began = time.perf_counter()
            with pytest.raises(LedgerError, match="ended before it answered"):
                remote.call("wait", 10)
            assert time.perf_counter() - began < NOTICED_SECONDS
            assert_gone(tmp_path)
        finally:
            os.kill(copy, signal.SIGKILL)


def test_an_owner_that_dies_of_a_call_is_noticed_and_its_successor_found(tmp_path):
    with owning(tmp_path) as (_, remote):
        assert remote.append_events("journal", [Event(0, "k", "s")]) == 0
        first, began = find_door(tmp_path), time.perf_counter()
        with pytest.raises(
            LedgerError, match=r"unknown whether call of 'die' was done.*ended before it answered"
        ):
            remote.call("die")
        assert time.perf_counter() - began < NOTICED_SECONDS
        with owning(tmp_path):
            assert remote.append_events("journal", [Event(1, "k", "s")]) == 1
            assert not first.parent.exists()
        assert len(remote.read_events("journal")) == 2


def test_a_copy_of_a_caller_is_refused(owner, tmp_path):
    with closing(Remote(owner, tmp_path)) as remote:
        remote._pid += 1
        with pytest.raises(LedgerError, match="of which this one is a copy"):
            remote.append_events("journal", [Event(0, "k", "s")])
