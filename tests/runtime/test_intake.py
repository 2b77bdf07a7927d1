import pyarrow as pa
import pyarrow.compute as pc
import pytest

import trimtab as tt
from orders import DAY, START, orders_system, orders_tables
from trimtab.retrain.windows import Selection
from trimtab.runtime.history import assemble, load
from trimtab.runtime.intake import facts_from, take_in
from trimtab.runtime.training_set import training_table
from trimtab.sources.intake import GONE, latest_versions, next_intake
from trimtab.testing import MemoryLedger
from trimtab.wiring import tables as table_reader

TABLES = orders_tables(rows=800, length_days=60)
END = START + 61 * DAY


def taken(engine, ledger, tables, now):
    return take_in(orders_system(tables), engine, table_reader(), ledger, now)


def test_taking_in_twice_appends_nothing_the_second_time(engine):
    ledger = MemoryLedger()
    first = taken(engine, ledger, TABLES, END)
    assert first["orders"] == 800
    assert set(taken(engine, ledger, TABLES, END + DAY).values()) == {0}


def test_the_ledger_gives_the_training_set_of_the_sources(engine):
    ledger = MemoryLedger()
    taken(engine, ledger, TABLES, END)
    system = orders_system(TABLES)
    here = assemble(system, facts_from(ledger, system, engine), engine)
    there = load(system, engine, table_reader())
    assert training_table(here, Selection(), END).equals(training_table(there, Selection(), END))


def test_what_arrives_late_is_known_late_and_changes_no_earlier_training_set(engine):
    ledger, middle = MemoryLedger(), START + 40 * DAY
    system = orders_system(TABLES)
    late = pc.equal(_mod(TABLES["deliveries"]["order"]), 0)
    on_time = {**TABLES, "deliveries": TABLES["deliveries"].filter(pc.invert(late))}
    taken(engine, ledger, on_time, middle)
    before = training_table(assemble(system, facts_from(ledger, system, engine), engine), Selection(), middle)
    arrived = taken(engine, ledger, TABLES, END)
    assert arrived["deliveries"] == pc.sum(late).as_py()
    history = assemble(system, facts_from(ledger, system, engine), engine)
    assert training_table(history, Selection(), middle).equals(before)
    assert len(training_table(history, Selection(), END + 3 * DAY)) > len(before)


def _mod(column):
    return pa.array([value % 5 for value in column.to_pylist()])


def snapshot(ids, values, known=0):
    return pa.table(
        {
            "id": ids,
            "x": values,
            "__known": pa.array([known] * len(ids), pa.int64()),
            "__sequence": range(len(ids)),
        }
    )


def test_differences_of_a_mutable_table_become_facts_known_now():
    source = tt.Source(pa.table({"id": [1]}), name="prices", id="id", snapshot=True)
    recorded = snapshot([1, 2, 3], [10, 20, 30]).append_column(GONE, pa.array([False] * 3))
    intake = next_intake(source, snapshot([1, 2, 4], [10, 25, 40]), recorded, now=77)
    rows = sorted(intake.facts.to_pylist(), key=lambda row: row["id"])
    assert [(row["id"], row["x"], row[GONE], row["__known"]) for row in rows] == [
        (2, 25, False, 77),
        (3, 30, True, 77),
        (4, 40, False, 77),
    ]
    assert intake.already_recorded == 1
    both = pa.concat_tables([recorded, intake.facts.cast(recorded.schema)])
    assert latest_versions(both, ("id",))["id"].to_pylist() == [1, 2, 4]


def test_a_snapshot_source_is_taken_in_and_marked(engine):
    prices = tt.Source(
        pa.table({"shop": ["north", "south"], "price": [1.0, 2.0]}), name="prices", id="shop", snapshot=True
    )
    base = orders_system(TABLES)
    features = tt.Features(price=prices.by("shop").last("price"), weight=tt.col("weight"))
    model = tt.Model(base.model.learner, features, base.model.label)
    system = tt.System("priced", base.request, model)
    ledger = MemoryLedger()
    assert take_in(system, engine, table_reader(), ledger, END)["prices"] == 2
    history = assemble(system, facts_from(ledger, system, engine), engine)
    assert set(
        history.matrix.values[:, 0][~(history.matrix.values[:, 0] != history.matrix.values[:, 0])]
    ) == {1.0, 2.0}


@pytest.mark.parametrize("subject", ["north", 3])
def test_facts_can_be_found_by_subject(engine, subject):
    ledger = MemoryLedger()
    taken(engine, ledger, TABLES, END)
    found = ledger.find_subject(subject)
    assert found
    assert {stream for stream, _ in found} <= {"facts/orders", "facts/deliveries", "facts/queue"}
