"""The record as other processes see it: what they append is known from now on, folded, and never there twice."""

import asyncio

import pyarrow as pa
import pytest
from live_worlds import train, world

from orders import HOUR, orders_system
from trimtab.ports import Event, Identities
from trimtab.runtime.intake import take_in
from trimtab.runtime.receiving import Row
from trimtab.serving.opening import Home
from trimtab.serving.owning import OwnedLedger
from trimtab.serving.parity import parity
from trimtab.serving.workers import ThroughOwner
from trimtab.units import hours, microseconds


@pytest.fixture
def shop():
    with world(rows=300) as found:
        found.owned = OwnedLedger(found.home.ledger, found.owner.receiver)
        yield found


def grown(shop, **more):
    """The system with more rows in its tables, as another process finds it."""
    tables = {source.name: source.data.table for source in shop.system.sources}
    for name, rows in more.items():
        schema = tables[name].schema
        columns = {field.name: pa.array([row[field.name] for row in rows], field.type) for field in schema}
        tables[name] = pa.concat_tables([tables[name], pa.table(columns, schema=schema)])
    return orders_system(tables)


def take_in_beside(shop, system):
    engine = shop.home.engine()
    try:
        return take_in(system, engine, shop.home.tables, shop.owned, shop.clock.now() - HOUR)
    finally:
        engine.close()


def reading(shop, length) -> Row:
    return {"shop": "north", "seen": shop.clock.now() - 2 * HOUR, "length": length}


def ask(shop):
    (answer,) = asyncio.run(shop.service.predict([shop.row()], [None]))
    return asyncio.run(shop.service.find(answer.id)).features


def differing(shop):
    engine = shop.home.engine()
    try:
        return parity(shop.system, shop.home.ledger, engine).differing
    finally:
        engine.close()


def test_facts_that_another_process_takes_in_are_stamped_by_the_owner_and_folded(shop):
    shop.clock.advance(hours(3))
    system = grown(shop, queue=[reading(shop, 70), {**reading(shop, 71), "shop": "west"}])
    assert take_in_beside(shop, system)["queue"] == 2
    last = shop.home.ledger.read_rows("facts/queue").to_pylist()[-2:]
    assert [row["__known"] for row in last] == [shop.clock.now()] * 2, "whatever the other clock said"
    shop.clock.advance(microseconds(1))
    assert ask(shop)["queue"] == 70
    assert take_in_beside(shop, system)["queue"] == 0
    assert differing(shop) == 0


def test_a_fact_that_came_while_another_process_read_the_files_is_there_once(shop):
    row = reading(shop, 70)
    system = grown(shop, queue=[row, reading(shop, 70) | {"shop": "west"}])
    inner, raced = shop.owned.append_rows, []

    class Racing(OwnedLedger):
        def append_rows(self, stream, rows, **named):
            if stream == "facts/queue":
                raced.append(asyncio.run(shop.service.take_facts("queue", [row])).accepted)
            return inner(stream, rows, **named)

    shop.owned = Racing(shop.home.ledger, shop.owner.receiver)
    take_in_beside(shop, system)
    assert raced == [1]
    facts = [(f["shop"], f["seen"]) for f in shop.home.ledger.read_rows("facts/queue").to_pylist()]
    assert len(facts) == len(set(facts))
    shop.clock.advance(microseconds(1))
    ask(shop)
    assert differing(shop) == 0


def test_everything_else_is_the_ledgers_own(shop):
    assert shop.owned.append_events("notes", [Event(1, "a", "b")]) == 0
    assert shop.home.ledger.read_events("notes") == [Event(1, "a", "b")]
    rows = pa.table({"x": [1]})
    assert shop.owned.append_rows("other", rows, at=5) == 0
    assert shop.owned.append_rows("facts/unknown", rows, at=5) == 0
    assert shop.home.ledger.read_rows("facts/unknown").to_pylist()[0]["recorded_at"] == 5
    assert shop.owned.append_rows("facts/queue", rows.slice(0, 0), at=5) == shop.owned.frontier("facts/queue")


def test_a_version_trained_beside_the_owner_is_on_its_record(shop):
    home = Home(**{**vars(shop.home), "ledger": shop.owned})
    assert train(shop.system, home, shop.clock.now() - HOUR) == "v2"
    assert "v2" in shop.live.champions.stored()


def test_identities_that_another_process_gives_are_kept(shop):
    marks = shop.owner.receiver._shapes["queue"].marks
    row = {**reading(shop, 9), "__known": 5}
    schema = shop.home.ledger.read_rows("facts/queue").schema
    columns = {name: pa.array([row[name]], schema.field(name).type) for name in row}
    ids, contents = marks.of_table(pa.table(columns))
    shop.owned.append_rows("facts/queue", pa.table(columns), at=0, identities=Identities(ids, contents))
    assert shop.home.ledger.find_identities("facts/queue", ids) == contents
    through = ThroughOwner(lambda service, *given: getattr(shop.owner.receiver, service)(*given))
    assert through.take("queue", [reading(shop, 9), reading(shop, 10)])[0] == ""
    assert through.busy
