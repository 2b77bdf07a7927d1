"""Sources read again while the system serves: what is new counts from then on, and nothing is read in vain."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from live_worlds import world

from orders import orders_system, orders_tables
from trimtab import wiring
from trimtab.declare.site import declared_in
from trimtab.errors import DataError
from trimtab.serving.parity import parity
from trimtab.units import minutes


class Counted:
    """The means to read tables, and which were read."""

    def __init__(self):
        self.read_names = []

    def read(self, data, folder):
        self.read_names.append(Path(str(data)).stem)
        return wiring.tables().read(data, folder)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    tables = orders_tables(rows=300)
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet")
    with declared_in(str(folder / "system.py")):
        system = orders_system({name: str(folder / f"{name}.parquet") for name in tables})
    with world(system) as found:
        found.folder, found.tables = folder, tables
        found.reads = Counted()
        found.intake = replace(found.owner.intake, stamp=wiring.stamp, tables=found.reads, _seen={})
        found.intake.look()  # the first look since the start reads everything
        found.reads.read_names.clear()
        yield found


def readings(shared, count):
    """So many further readings of the queue."""
    now = shared.clock.now()
    seen = [now - 3_600_000_000 * 3 - number for number in range(count)]
    times = pa.array(seen, pa.timestamp("us", "UTC"))
    return pa.table({"shop": ["north"] * count, "seen": times, "length": list(range(100, 100 + count))})


def grow(shared, name, table):
    shared.tables[name] = pa.concat_tables([shared.tables[name], table])
    pq.write_table(shared.tables[name], shared.folder / f"{name}.parquet")


def ask(shared):
    (answer,) = asyncio.run(shared.service.predict([shared.row()], [None]))
    return asyncio.run(shared.service.find(answer.id)).features


def differing(shared):
    engine = shared.home.engine()
    try:
        found = parity(shared.system, shared.home.ledger, engine)
    finally:
        engine.close()
    assert found.rows
    return found.differing


def test_unchanged_files_are_not_read(shared):
    assert shared.intake.look() == 0
    assert shared.reads.read_names == []


def test_a_file_that_grew_is_taken_in_and_known_from_then_on(shared):
    before = ask(shared)
    grow(shared, "queue", readings(shared, 3))
    shared.clock.advance(minutes(1))
    stamp = shared.clock.now()
    assert shared.intake.look() == 3
    assert shared.reads.read_names == ["queue"], "the others have not changed"
    shared.reads.read_names.clear()
    rows = shared.home.ledger.read_rows("facts/queue").to_pylist()[-3:]
    assert [row["__known"] for row in rows] == [stamp] * 3
    shared.clock.advance(minutes(5))
    after = ask(shared)
    assert before["queue"] != 102
    assert after["queue"] == 102
    assert shared.intake.look() == 0
    assert shared.reads.read_names == []
    assert differing(shared) == 0


def test_a_row_that_was_corrected_in_its_file_is_no_second_fact(shared):
    facts = shared.home.ledger.frontier("facts/deliveries")
    table = shared.tables["deliveries"]
    changed = table.slice(0, 1).set_column(3, "hours_late", pa.array([77.0]))
    shared.tables["deliveries"] = pa.concat_tables([changed, table.slice(1)])
    grow(shared, "deliveries", table.slice(0, 0))
    assert shared.intake.look() == 0
    assert shared.home.ledger.frontier("facts/deliveries") == facts
    ask(shared)
    assert differing(shared) == 0


def test_a_fact_that_came_over_http_and_then_in_its_file_counts_once(shared):
    now = shared.clock.now()
    row = {"order": 800_001, "delivered": now, "shop": "north", "hours_late": 9.0}
    assert asyncio.run(shared.service.take_facts("deliveries", [row])).accepted == 1
    written = pa.table(
        {
            "order": [800_001],
            "delivered": pa.array([now], pa.timestamp("us", "UTC")),
            "shop": ["north"],
            "hours_late": [9.0],
        }
    )
    grow(shared, "deliveries", written)
    shared.clock.advance(minutes(1))
    assert shared.intake.look() == 0
    assert asyncio.run(shared.service.take_facts("deliveries", [row])).repeated == 1


def test_a_file_that_cannot_be_read_is_tried_again_and_keeps_no_other_from_being_read(shared):
    whole = (shared.folder / "orders.parquet").read_bytes()
    (shared.folder / "orders.parquet").write_bytes(whole[: len(whole) // 2])
    grow(shared, "queue", readings(shared, 1))
    shared.clock.advance(minutes(1))
    facts = shared.home.ledger.frontier("facts/queue")
    for _ in range(2):
        with pytest.raises(DataError, match=r"orders\.parquet cannot be read"):
            shared.intake.look()
    assert shared.home.ledger.frontier("facts/queue") == facts + 1
    (shared.folder / "orders.parquet").unlink()
    with pytest.raises(DataError, match="there is no file"):
        shared.intake.look()
    (shared.folder / "orders.parquet").write_bytes(whole)
    assert shared.intake.look() == 0


def test_facts_that_could_not_be_written_are_taken_in_by_the_next_look(shared, monkeypatch):
    grow(shared, "queue", readings(shared, 2))
    shared.clock.advance(minutes(1))

    def full(*_):
        raise DataError("no space")

    with monkeypatch.context() as patch:
        patch.setattr(shared.owner.receiver, "take_table", full)
        with pytest.raises(DataError):
            shared.intake.look()
    assert shared.intake.look() == 2
    shared.clock.advance(minutes(1))
    ask(shared)
    assert differing(shared) == 0
