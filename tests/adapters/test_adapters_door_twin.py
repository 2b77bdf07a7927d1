"""Whatever is asked through the door is answered as if it had been asked of the ledger itself."""

import itertools
import tempfile
from pathlib import Path

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.adapters.door.remote import RemoteLedger
from trimtab.adapters.door.server import LedgerDoor
from trimtab.adapters.ledger.memory import MemoryLedger
from trimtab.errors import LedgerError
from trimtab.ports import Event, Identities, Record
from trimtab.testing import check_ledger

STREAMS = st.sampled_from(["a", "b", "c", ""])
INTEGERS = st.integers(-(2**63), 2**63 - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
IDS = st.sampled_from(["x", "y", "z"])
BODIES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
RECORDS = st.builds(Record, IDS, INTEGERS, st.binary(min_size=1, max_size=5), st.none() | TEXTS | INTEGERS)
UNUSABLE = st.sampled_from(
    [
        Record("x", 0.5, b"\x80"),
        Record("\ud800", 0, b"\x80"),
        Record("x", 0, b""),
        Record("x", 0, b"\x80", True),
    ]
)
EVENTS = st.builds(Event, INTEGERS, TEXTS, TEXTS, st.dictionaries(TEXTS, BODIES, max_size=2))
COLUMNS = (
    st.lists(st.none() | INTEGERS, max_size=4).map(lambda values: pa.array(values, pa.int64()))
    | st.lists(st.none() | TEXTS, max_size=4).map(lambda values: pa.array(values, pa.large_string()))
    | st.lists(TEXTS, max_size=4).map(lambda values: pa.array(values, pa.string()).dictionary_encode())
)


@st.composite
def rows(draw):
    table = pa.table({draw(st.sampled_from(["m", "n", "sequence"])): draw(COLUMNS)})
    if draw(st.booleans()):
        return table, None
    return table, Identities(
        draw(st.lists(IDS, min_size=len(table), max_size=len(table))), [b"c"] * len(table)
    )


ACTIONS = st.one_of(
    st.tuples(st.just("records"), STREAMS, st.lists(RECORDS | RECORDS | RECORDS | UNUSABLE, max_size=4)),
    st.tuples(st.just("events"), STREAMS, st.lists(EVENTS, max_size=3)),
    st.tuples(st.just("rows"), STREAMS, st.tuples(rows(), INTEGERS, st.sampled_from([None, "m", "o"]))),
    st.tuples(st.just("seal"), STREAMS, st.integers(0, 3)),
    st.tuples(st.just("erase"), STREAMS, st.lists(st.integers(-1, 6) | st.just(2**70), max_size=3)),
)


def answer(ledger, action, stream, value):
    try:
        if action == "records":
            return ledger.append_records(stream, value)
        if action == "events":
            return ledger.append_events(stream, value)
        if action == "rows":
            (table, identities), at, subject = value
            return ledger.append_rows(stream, table, at=at, subject=subject, identities=identities)
        if action == "seal":
            return ledger.seal(stream, at_least=value)
        return ledger.erase(stream, value)
    except LedgerError as problem:
        return str(problem)


def everything(ledger):
    reads = (ledger.read_records, ledger.read_events, lambda stream: ledger.read_rows(stream).to_pylist())
    return [attempt(read, stream) for stream in ledger.streams() for read in reads]


def attempt(read, stream):
    try:
        return read(stream)
    except LedgerError as problem:
        return str(problem)


def test_every_law_holds_through_the_door_of_a_ledger_in_memory(tmp_path):
    folders = (tmp_path / str(number) for number in itertools.count())

    class Own(RemoteLedger):
        def __init__(self):
            ledger, folder = MemoryLedger(), next(folders)
            self._door = LedgerDoor(ledger, folder).open()
            super().__init__(folder, ledger)

        def close(self):
            super().close()
            self._door.close()

    check_ledger(Own)


@settings(max_examples=60, deadline=None)
@given(st.lists(ACTIONS, max_size=8))
def test_the_answers_are_those_of_the_ledger_itself(actions):
    twin, ledger = MemoryLedger(), MemoryLedger()
    with tempfile.TemporaryDirectory() as folder, LedgerDoor(ledger, Path(folder)):
        remote = RemoteLedger(Path(folder), ledger)
        for action in actions:
            assert answer(remote, *action) == answer(twin, *action)
        assert everything(remote) == everything(twin)
        remote.close()
