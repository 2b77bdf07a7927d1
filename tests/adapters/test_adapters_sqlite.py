"""What the embedded ledger does when disks, processes and files misbehave."""

import os
import re
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.adapters.ledger import bulk, segments
from trimtab.adapters.ledger.segments import folder_name
from trimtab.adapters.ledger.sqlite import BULK_ROWS, SqliteLedger
from trimtab.errors import LedgerError
from trimtab.ports import Event


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "home" / "ledger"


@pytest.fixture
def ledger(folder):
    with SqliteLedger(folder) as ledger:
        yield ledger


def rows(count=3, start=0):
    return pa.table(
        {"delay": range(start, start + count), "who": [f"p{number % 7}" for number in range(count)]}
    )


def one_line(problem):
    return "\n" not in str(problem.value)


def test_every_commit_is_synced(ledger):
    def settings(db):
        return [db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]

    assert ledger._commits.run(settings) == ["wal", 2]


def test_a_second_writer_is_told_who_writes(ledger, folder):
    with pytest.raises(LedgerError, match=f"process {os.getpid()}") as problem:
        SqliteLedger(folder)
    assert one_line(problem)
    assert "read_only=True" in str(problem.value)


def test_a_writer_in_another_process_keeps_others_out(folder):
    script = f"""
        from trimtab.adapters.ledger.sqlite import SqliteLedger
        ledger = SqliteLedger({str(folder)!r})
        print("ready", flush=True)
        input()
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "ready\n"
        with pytest.raises(LedgerError, match=f"process {other.pid}"):
            SqliteLedger(folder)
        other.kill()
    SqliteLedger(folder).close()


def test_readers_see_each_commit_and_cannot_write(ledger, folder):
    with SqliteLedger(folder, read_only=True) as reader:
        assert reader.frontier("facts") == 0
        ledger.append_rows("facts", rows(), at=1)
        assert reader.frontier("facts") == 3
        ledger.seal("facts")
        assert len(reader.read_rows("facts")) == 3
        with pytest.raises(LedgerError, match="opened to read"):
            reader.append_rows("facts", rows(), at=1)
        with pytest.raises(LedgerError, match="opened to read"):
            reader.seal("facts")


def test_readers_need_no_writer(folder):
    script = f"""
        import os
        import pyarrow as pa
        from trimtab.adapters.ledger.sqlite import SqliteLedger

        ledger = SqliteLedger({str(folder)!r})
        ledger.append_rows("facts", pa.table({{"delay": [1]}}), at=0)
        os._exit(1)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False)
    for _ in range(2):
        with SqliteLedger(folder, read_only=True) as reader:
            assert reader.read_rows("facts")["delay"].to_pylist() == [1]
        SqliteLedger(folder).close()


def test_a_reader_needs_a_ledger(folder):
    with pytest.raises(LedgerError, match="there is no ledger"):
        SqliteLedger(folder, read_only=True)
    assert not folder.exists()


@pytest.mark.parametrize("read_only", [True, False])
def test_a_newer_format_is_refused(folder, read_only):
    SqliteLedger(folder).close()
    with closing(sqlite3.connect(folder / "ledger.sqlite")) as db:
        db.execute("PRAGMA user_version = 3")
    with pytest.raises(LedgerError, match="newer trimtab; found: format 3") as problem:
        SqliteLedger(folder, read_only=read_only)
    assert "pip install --upgrade trimtab" in str(problem.value)


def test_someone_elses_database_is_left_alone(folder):
    folder.mkdir(parents=True)
    with closing(sqlite3.connect(folder / "ledger.sqlite")) as db:
        db.execute("CREATE TABLE theirs (x)")
    before = (folder / "ledger.sqlite").read_bytes()
    with pytest.raises(LedgerError, match="not a ledger"):
        SqliteLedger(folder)
    assert (folder / "ledger.sqlite").read_bytes() == before


def test_a_damaged_database_is_told_in_one_paragraph(folder):
    folder.mkdir(parents=True)
    (folder / "ledger.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(LedgerError, match=r"not a ledger.*restore") as problem:
        SqliteLedger(folder)
    assert one_line(problem)


def test_segments_without_their_database_are_not_taken_for_strays(folder):
    with SqliteLedger(folder) as ledger:
        ledger.append_rows("facts", rows(), at=1)
        ledger.seal("facts")
    (folder / "ledger.sqlite").unlink()
    with pytest.raises(LedgerError, match=r"sealed rows but no ledger\.sqlite"):
        SqliteLedger(folder)
    assert len(list(folder.glob("segments/*/*.parquet"))) == 1


def test_strays_never_count_and_are_removed_at_opening(folder):
    with SqliteLedger(folder) as ledger:
        ledger.append_rows("facts", rows(), at=1)
        ledger.seal("facts")
        (sealed,) = folder.glob("segments/facts/*")
        for name in ("000000000003-000000000005.parquet", ".x.parquet.7-0.tmp"):
            (sealed.parent / name).write_bytes(sealed.read_bytes())
        assert len(ledger.read_rows("facts")) == 3
    with SqliteLedger(folder) as ledger:
        assert list(folder.glob("segments/facts/*")) == [sealed]
        assert len(ledger.read_rows("facts")) == 3


@pytest.mark.parametrize("harm", ["gone", "shorter", "changed"])
def test_a_damaged_segment_is_named(ledger, folder, harm):
    ledger.append_rows("facts", rows(1000), at=1)
    ledger.seal("facts")
    (sealed,) = folder.glob("segments/facts/*")
    content = bytearray(sealed.read_bytes())
    if harm == "gone":
        sealed.unlink()
    elif harm == "shorter":
        sealed.write_bytes(content[:-1])
    else:
        content[200:210] = b"\xff" * 10
        sealed.write_bytes(content)
    with pytest.raises(LedgerError, match=re.escape(sealed.name)) as problem:
        ledger.read_rows("facts")
    assert one_line(problem)
    ledger.append_rows("facts", rows(), at=2)
    assert len(ledger.read_rows("facts", since=1000)) == 3


def test_a_full_disk_keeps_nothing_of_the_append_and_everything_before(ledger):
    ledger.append_rows("facts", rows(), at=1)
    pages = ledger._commits.run(lambda db: db.execute("PRAGMA page_count").fetchone()[0])
    ledger._commits.run(lambda db: db.execute(f"PRAGMA max_page_count = {pages + 2}").fetchone())
    wide = pa.table({"delay": [1], "who": ["x" * 100_000]})
    journal = [Event(0, "k", "s", {"text": "x" * 100_000})]
    for append in (
        lambda: ledger.append_rows("facts", wide, at=2),
        lambda: ledger.append_events("journal", journal),
    ):
        with pytest.raises(LedgerError, match=r"its disk is full.*free some space") as problem:
            append()
        assert one_line(problem)
    assert ledger.streams() == ["facts"]
    assert len(ledger.read_rows("facts")) == 3
    ledger._commits.run(lambda db: db.execute("PRAGMA max_page_count = 1000000").fetchone())
    assert ledger.append_rows("facts", wide, at=3) == 3


def test_a_disk_that_fills_while_a_segment_is_written(folder):
    script = f"""
        import resource, signal
        import pyarrow as pa
        from trimtab.adapters.ledger.sqlite import SqliteLedger
        from trimtab.errors import LedgerError

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        ledger = SqliteLedger({str(folder)!r})
        ledger.append_rows("facts", pa.table({{"delay": [1]}}), at=0)
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
        try:
            ledger.append_rows("facts", pa.table({{"delay": range(100_000)}}), at=1)
        except LedgerError as problem:
            print(problem)
        print(ledger.frontier("facts"))
    """
    found = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert len(found) == 2
    assert "its disk is full" in found[0]
    assert found[1] == "1"
    assert list(folder.glob("segments/*/*")) == []


def test_a_copy_of_the_process_may_not_use_it(ledger, monkeypatch):
    monkeypatch.setattr(os, "getpid", lambda: 1)
    with pytest.raises(LedgerError, match="of which this one is a copy"):
        ledger.frontier("facts")
    ledger.close()
    monkeypatch.undo()
    assert ledger.frontier("facts") == 0


def test_bulk_rows_make_way_for_rows_that_come_between(ledger, folder, monkeypatch):
    write = segments.write_segment

    def write_slowly(*arguments):
        if ledger.frontier("facts") == 0:
            ledger.append_rows("facts", rows(2), at=1)
        return write(*arguments)

    monkeypatch.setattr(bulk, "write_segment", write_slowly)
    assert ledger.append_rows("facts", rows(BULK_ROWS, 2), at=2, subject="who") == 2
    found = ledger.read_rows("facts")
    assert found["sequence"].to_pylist() == list(range(BULK_ROWS + 2))
    assert found["delay"].to_pylist() == [0, 1, *range(2, BULK_ROWS + 2)]
    assert len(list(folder.glob("segments/facts/*"))) == 1


def test_a_refused_bulk_append_leaves_no_file(ledger, folder):
    ledger.append_rows("facts", rows(), at=1)
    with pytest.raises(LedgerError, match="changed its type from int64 to string"):
        ledger.append_rows("facts", pa.table({"delay": ["x"] * BULK_ROWS}), at=2)
    assert list(folder.glob("segments/*/*")) == []


def test_sealed_rows_can_be_queried_with_anyones_tools(ledger, folder):
    ledger.append_rows("facts/landings", rows(), at=1)
    ledger.append_rows("facts/landings", rows(), at=2)
    ledger.seal("facts/landings")
    pattern = str(folder / "segments" / "facts%2Flandings" / "*.parquet")
    with duckdb.connect() as connection:
        found = connection.execute(
            "SELECT sequence, recorded_at, delay FROM read_parquet(?)", [pattern]
        ).fetchall()
    assert found == [(n, n // 3 + 1, n % 3) for n in range(6)]


def test_a_sealed_subject_costs_four_bytes_a_value(ledger):
    ledger.append_rows("facts", rows(BULK_ROWS), at=1, subject="who")
    size = ledger._commits.run(lambda db: db.execute("SELECT length(hashes) FROM segment").fetchone()[0])
    assert size == 4 * 7
    assert ledger.find_subject("p3") == [("facts", number) for number in range(3, BULK_ROWS, 7)]


def test_frames_of_other_libraries_meet_in_one_stream(ledger):
    frame = {"who": ["a", "b"], "delay": [1, 2]}
    ledger.append_rows("facts", pa.Table.from_pandas(pd.DataFrame(frame)), at=1)
    ledger.append_rows("facts", pl.DataFrame(frame).to_arrow(), at=2)
    ledger.append_rows("facts", pa.Table.from_pandas(pd.DataFrame(frame).astype({"who": "category"})), at=3)
    assert ledger.read_rows("facts")["who"].to_pylist() == ["a", "b"] * 3


@settings(deadline=None)
@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_folder_names_are_safe_and_never_meet(first, second):
    names = [folder_name(name) for name in (first, second) if name.isprintable()]
    assert all(re.fullmatch(r"[a-z0-9_%A-F-]+", name) for name in names)
    if len(names) == 2 and first != second:
        assert names[0].lower() != names[1].lower()
