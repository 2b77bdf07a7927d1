"""Rows, records and identities, sealed and erased in whatever order: the ledger on disk answers as the one in memory."""

import shutil
import tempfile
from unittest.mock import patch

import msgspec
import pyarrow as pa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from trimtab.adapters.ledger.memory import MemoryLedger
from trimtab.adapters.ledger.sqlite import SqliteLedger
from trimtab.ports import Identities, Record

LEDGER = "trimtab.adapters.ledger"
SMALL = {
    f"{LEDGER}.sqlite.BULK_ROWS": 6,
    f"{LEDGER}.sealing.ROWS_PER_SEGMENT": 8,
    f"{LEDGER}.segments.ROWS_PER_GROUP": 3,
    f"{LEDGER}.sealing.RECORDS_PER_SEGMENT": 5,
    f"{LEDGER}.sealing.RECORDS_PER_GROUP": 2,
    f"{LEDGER}.erasing.RECORDS_PER_GROUP": 2,
    f"{LEDGER}.identities.IDS_PER_QUERY": 2,
}
ROWS, RECORDS = ("facts", "labels"), ("served", "Served")
STREAMS = st.sampled_from([*ROWS, *RECORDS])
NUMBERS = st.integers(-1, 30)
IDS = st.sampled_from("abcdefghijklmnopqrstuvwxyz")
WHO = st.sampled_from(["ann", "bob", "7", 7, None])
VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=2)
)
BODIES = st.dictionaries(
    st.sampled_from(["id", "n", "n.x"]), VALUES | st.dictionaries(st.just("x"), VALUES)
).map(msgspec.msgpack.encode)
RECORD = st.builds(Record, IDS, st.integers(0, 9), BODIES | st.binary(min_size=1, max_size=3), WHO)
ROW = st.tuples(IDS, st.sampled_from(["ann", "bob", None]), st.integers(0, 9))


class Twins(RuleBasedStateMachine):
    @initialize()
    def begin(self):
        self.folder = tempfile.mkdtemp()
        self.small = [patch(name, value) for name, value in SMALL.items()]
        for change in self.small:
            change.start()
        self.disk, self.memory = SqliteLedger(self.folder), MemoryLedger()

    def both(self, ask):
        found, wanted = ask(self.disk), ask(self.memory)
        assert found == wanted
        return found

    @rule(
        stream=st.sampled_from(ROWS),
        rows=st.lists(ROW, max_size=9),
        at=st.integers(0, 9),
        known=st.booleans(),
    )
    def append_rows(self, stream, rows, at, known):
        ids, who, delays = [list(column) for column in zip(*rows, strict=True)] or [[], [], []]
        table = pa.table({"who": pa.array(who, pa.string()), "delay": pa.array(delays, pa.int64())})
        identities = Identities(ids, [b"%d" % delay for delay in delays]) if known else None
        self.both(
            lambda ledger: ledger.append_rows(stream, table, at=at, subject="who", identities=identities)
        )

    @rule(stream=st.sampled_from(RECORDS), records=st.lists(RECORD, max_size=7))
    def append_records(self, stream, records):
        self.both(lambda ledger: ledger.append_records(stream, records))

    @rule(stream=STREAMS, at_least=st.integers(0, 4))
    def seal(self, stream, at_least):
        self.disk.seal(stream, at_least=at_least)

    @rule(
        stream=STREAMS,
        sequences=st.lists(NUMBERS, max_size=9) | st.just(range(0, 30, 3)) | st.just(range(30)),
    )
    def erase(self, stream, sequences):
        self.both(lambda ledger: ledger.erase(stream, sequences))

    @rule()
    def reopen(self):
        self.disk.close()
        self.disk = SqliteLedger(self.folder)

    @rule(since=NUMBERS, until=st.none() | NUMBERS, ids=st.lists(IDS, max_size=5))
    def ask(self, since, until, ids):
        with SqliteLedger(self.folder, read_only=True) as reader:
            for ledger in (self.disk, reader):
                for stream in ROWS:
                    rows = [one.read_rows(stream, since=since, until=until) for one in (ledger, self.memory)]
                    assert rows[0].to_pylist() == rows[1].to_pylist()
                    assert ledger.find_identities(stream, ids) == self.memory.find_identities(stream, ids)
                for stream in RECORDS:
                    wanted = self.memory.read_records(stream, since=since, until=until)
                    assert ledger.read_records(stream, since=since, until=until) == wanted

    @rule(stream=st.sampled_from(RECORDS), record_id=IDS, who=WHO)
    def find(self, stream, record_id, who):
        self.both(lambda ledger: ledger.find_record(stream, record_id))
        self.both(lambda ledger: ledger.find_subject(who))

    @invariant()
    def frontiers(self):
        self.both(lambda ledger: [ledger.streams(), *map(ledger.frontier, [*ROWS, *RECORDS])])

    def teardown(self):
        self.disk.close()
        for change in self.small:
            change.stop()
        shutil.rmtree(self.folder)


TestTwins = Twins.TestCase
TestTwins.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
