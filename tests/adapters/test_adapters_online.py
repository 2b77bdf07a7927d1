"""Every store of online features keeps every law; the durable one is shared by processes and grows."""

import itertools
import os
import subprocess
import sys
import threading
from contextlib import closing

import pytest

from trimtab.adapters.online.lmdb import LmdbStore
from trimtab.adapters.online.memory import MemoryStore
from trimtab.errors import LedgerError
from trimtab.ports import OnlineStore
from trimtab.testing.online import check_online_store, online_durability_laws, online_laws


def named(law):
    return law.__name__


@pytest.fixture(params=["memory", "lmdb"])
def store(request, tmp_path):
    with closing(MemoryStore() if request.param == "memory" else LmdbStore(tmp_path)) as store:
        yield store


@pytest.mark.parametrize("law", online_laws, ids=named)
def test_law(law, store):
    law(store)


@pytest.mark.parametrize("law", online_durability_laws, ids=named)
def test_durability_law(law, tmp_path):
    law(lambda: LmdbStore(tmp_path))


def test_adapters_are_stores(store):
    assert isinstance(store, OnlineStore)


def test_check_online_store_names_every_broken_law(tmp_path):
    class Careless(MemoryStore):
        def scan(self, prefix, *, after=b"", limit=1000):
            return super().scan(prefix, after=after)

    with pytest.raises(AssertionError, match="a_scan_goes_in_byte_order"):
        check_online_store(Careless)
    folders = (tmp_path / str(number) for number in itertools.count())

    def place():
        folder = next(folders)
        return lambda: LmdbStore(folder)

    check_online_store(lambda: LmdbStore(next(folders)), places=place)
    with pytest.raises(AssertionError, match="reopening_keeps_everything"):
        check_online_store(MemoryStore, places=lambda: MemoryStore)


def test_the_map_grows_and_loses_nothing(tmp_path):
    with LmdbStore(tmp_path, map_size=2**16) as store:
        for number in range(30):
            store.write({b"%d-%d" % (number, i): b"x" * 1000 for i in range(10)})
        assert len(store.scan(b"")) == 300


READ = """
import sys
from trimtab.adapters.online.lmdb import LmdbStore
with LmdbStore(sys.argv[1], read_only=True) as store:
    for line in sys.stdin:
        found = store.get_many([b"a", b"large"])
        print([value and len(value) for value in found], flush=True)
"""


def test_another_process_reads_what_is_written_while_the_map_grows(tmp_path):
    with LmdbStore(tmp_path, map_size=2**16) as store:
        store.write({b"a": b"1"})
        reader = subprocess.Popen(
            [sys.executable, "-c", READ, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

        def seen():
            reader.stdin.write("look\n")
            reader.stdin.flush()
            return reader.stdout.readline().strip()

        try:
            assert seen() == "[1, None]"
            store.write({b"a": b"22", b"large": b"x" * 2**20})
            assert seen() == "[2, 1048576]"
        finally:
            reader.communicate(timeout=20)


WRITE = """
import sys
from trimtab.adapters.online.lmdb import LmdbStore
from trimtab.errors import LedgerError
try:
    LmdbStore(sys.argv[1])
except LedgerError as error:
    print(error)
"""


def test_a_second_writer_is_told_who_writes(tmp_path):
    with LmdbStore(tmp_path):
        done = subprocess.run(
            [sys.executable, "-c", WRITE, str(tmp_path)], capture_output=True, text=True, check=True
        )
    assert "is being written by another process" in done.stdout
    assert f"process {os.getpid()}" in done.stdout
    LmdbStore(tmp_path).close()


def test_a_write_is_all_or_nothing(tmp_path):
    with LmdbStore(tmp_path) as store:
        with pytest.raises(TypeError):
            store.write({b"a": b"1", b"b": "no bytes"})
        assert store.get_many([b"a", b"b"]) == [None, None]


def test_a_reader_cannot_write_nor_make_a_store(tmp_path):
    with pytest.raises(LedgerError, match="cannot be used"):
        LmdbStore(tmp_path / "none", read_only=True)
    LmdbStore(tmp_path).close()
    with (
        LmdbStore(tmp_path, read_only=True) as store,
        pytest.raises(LedgerError, match="open for reading only"),
    ):
        store.write({b"a": b"1"})


def test_a_damaged_file_is_told(tmp_path):
    (tmp_path / "data.mdb").write_bytes(b"no such thing" * 1000)
    with pytest.raises(LedgerError, match=r"its file is damaged.*do: delete the folder"):
        LmdbStore(tmp_path)


def test_a_forked_process_is_refused(tmp_path, monkeypatch):
    with LmdbStore(tmp_path) as store:
        monkeypatch.setattr(os, "getpid", lambda: -1)
        with pytest.raises(LedgerError, match="before this process was forked"):
            store.get_many([b"a"])
        with pytest.raises(LedgerError, match="before this process was forked"):
            store.write({b"a": b"1"})
        monkeypatch.undo()


def test_a_snapshot_is_of_one_instant(store):
    """A thread that reads two keys written together never sees one of them alone."""
    store.write({b"a": b"0", b"b": b"0"})
    torn, done = [], threading.Event()

    def read():
        while not done.is_set():
            one, other = store.get_many([b"a", b"b"])
            if one != other:
                torn.append((one, other))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(100):
        store.write({b"a": b"%d" % number, b"b": b"%d" % number})
    done.set()
    for reader in readers:
        reader.join()
    assert torn == []
