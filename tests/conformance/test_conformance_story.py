"""Whatever is appended, sealed, reopened and read in whatever order: a ledger equals plain lists."""

import shutil
import tempfile
from unittest.mock import patch

import pyarrow as pa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from trimtab.adapters.ledger.memory import MemoryLedger
from trimtab.adapters.ledger.sqlite import SqliteLedger
from trimtab.ports import Event

STREAMS = st.sampled_from(["facts", "facts/more", "Labels"])
COLUMNS = {"who": st.sampled_from(["ann", "bob", None]), "delay": st.integers(0, 9), "share": st.floats(0, 1)}
TYPES = {"who": pa.string(), "delay": pa.int64(), "share": pa.float64()}
SMALL = {
    "trimtab.adapters.ledger.sqlite.BULK_ROWS": 6,
    "trimtab.adapters.ledger.sealing.ROWS_PER_SEGMENT": 8,
    "trimtab.adapters.ledger.segments.ROWS_PER_GROUP": 3,
}


@st.composite
def tables(draw):
    names = draw(st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, unique=True))
    rows = draw(st.lists(st.fixed_dictionaries({name: COLUMNS[name] for name in names}), max_size=9))
    return pa.Table.from_pylist(rows, pa.schema([(name, TYPES[name]) for name in names]))


class LedgerStory(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.rows = {}
        self.columns = {}
        self.events = []
        self.subjects = []

    def open(self):
        raise NotImplementedError

    @initialize()
    def begin(self):
        self.ledger = self.open()

    @rule(stream=STREAMS, table=tables(), at=st.integers(0, 9), indexed=st.booleans())
    def append_rows(self, stream, table, at, indexed):
        subject = "who" if indexed and "who" in table.column_names else None
        kept = self.rows.get(stream, [])
        first = self.ledger.append_rows(stream, table, at=at, subject=subject)
        assert first == len(kept)
        if not len(table):
            return
        columns = self.columns.setdefault(stream, [])
        columns += [name for name in table.column_names if name not in columns]
        for offset, row in enumerate(table.to_pylist()):
            kept.append({"sequence": first + offset, "recorded_at": at} | row)
            if subject is not None:
                self.subjects.append((row["who"], stream, first + offset))
        self.rows[stream] = kept

    @rule(count=st.integers(0, 3), at=st.integers(0, 9))
    def append_events(self, count, at):
        events = [Event(at, "measured", f"slice {number}", {"n": number}) for number in range(count)]
        assert self.ledger.append_events("journal", events) == len(self.events)
        self.events += events

    @rule(stream=STREAMS, at_least=st.integers(0, 12))
    def seal(self, stream, at_least):
        assert self.ledger.seal(stream, at_least=at_least) <= len(self.rows.get(stream, []))

    @rule(stream=STREAMS, since=st.integers(-1, 30), until=st.none() | st.integers(-1, 30))
    def read(self, stream, since, until):
        found = self.ledger.read_rows(stream, since=since, until=until)
        names = ["sequence", "recorded_at", *self.columns.get(stream, [])]
        wanted = [
            {name: row.get(name) for name in names}
            for row in self.rows.get(stream, [])
            if since <= row["sequence"] and (until is None or row["sequence"] < until)
        ]
        assert found.column_names == names
        assert found.to_pylist() == wanted

    @rule(who=st.sampled_from(["ann", "bob", "eve"]))
    def find(self, who):
        assert self.ledger.find_subject(who) == sorted(hit[1:] for hit in self.subjects if hit[0] == who)

    @invariant()
    def frontiers_and_events(self):
        assert self.ledger.read_events("journal") == self.events
        names = [name for name, rows in self.rows.items() if rows] + (["journal"] if self.events else [])
        assert self.ledger.streams() == sorted(names)
        assert [self.ledger.frontier(name) for name in self.rows] == [
            len(rows) for rows in self.rows.values()
        ]

    def teardown(self):
        self.ledger.close()


class MemoryStory(LedgerStory):
    def open(self):
        return MemoryLedger()


class SqliteStory(LedgerStory):
    def open(self):
        self.folder = tempfile.mkdtemp()
        self.small = [patch(name, value) for name, value in SMALL.items()]
        for change in self.small:
            change.start()
        return SqliteLedger(self.folder)

    @rule()
    def reopen(self):
        self.ledger.close()
        self.ledger = SqliteLedger(self.folder)

    @rule(stream=STREAMS)
    def another_reader_sees_it(self, stream):
        with SqliteLedger(self.folder, read_only=True) as reader:
            assert reader.frontier(stream) == len(self.rows.get(stream, []))
            assert reader.read_rows(stream)["sequence"].to_pylist() == list(range(reader.frontier(stream)))

    def teardown(self):
        super().teardown()
        for change in self.small:
            change.stop()
        shutil.rmtree(self.folder)


TestMemoryStory = MemoryStory.TestCase
TestSqliteStory = SqliteStory.TestCase
TestMemoryStory.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
TestSqliteStory.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
