"""What is served is learned from: requests that were answered live meet the labels that came for them."""

import asyncio

from live_worlds import NOW, world

from orders import DAY, HOUR
from trimtab import wiring
from trimtab.retrain.windows import Selection
from trimtab.runtime.history import assemble, identity
from trimtab.runtime.intake import facts_from
from trimtab.runtime.served import served_requests
from trimtab.runtime.training_set import training_table
from trimtab.units import hours


def training_rows(found, as_of):
    engine = wiring.engine()
    try:
        facts = facts_from(found.home.ledger, found.system, engine)
        kinds = facts["orders"].kinds
        served = served_requests(found.home.ledger, identity(found.system), kinds)
        history = assemble(found.system, facts, engine, served)
        return {row["order"]: row for row in training_table(history, Selection(), as_of).to_pylist()}
    finally:
        engine.close()


def ask(found, *rows):
    return asyncio.run(found.service.predict(list(rows), [None] * len(rows)))


def test_an_answered_request_with_a_label_is_a_training_row_with_the_features_it_was_served():
    with world() as found:
        (answer,) = ask(found, found.row(7_000_001))
        asyncio.run(found.service.take_labels([(answer.id, True)]))
        ask(found, found.row(7_000_002, weight=9.0))
        rows = training_rows(found, NOW + 3 * DAY)
        assert rows[7_000_001]["label"] == 1.0
        assert 7_000_002 not in rows, "censored: no label came"
        story = asyncio.run(found.service.find(answer.id))
        trained = {name: rows[7_000_001][name] for name in story.features}
        assert {name: float(v) if isinstance(v, bool) else v for name, v in story.features.items()} == trained
        assert 7_000_001 not in training_rows(found, NOW + DAY), "not mature yet"


def test_a_fact_that_came_late_counts_as_asked_when_it_was_asked_live():
    with world() as found:
        asked = found.clock.now()
        ask(found, found.row(7_000_003))
        found.clock.advance(hours(1))
        late = {"order": 7_000_003, "ordered": asked, "shop": "north", "weight": 3.5}
        unasked = {**late, "order": 7_000_004}
        assert asyncio.run(found.service.take_facts("orders", [late, unasked])).accepted == 2
        delivered = [
            {"order": order, "delivered": NOW + HOUR, "shop": "north", "hours_late": 2.5}
            for order in (7_000_003, 7_000_004)
        ]
        asyncio.run(found.service.take_facts("deliveries", delivered))
        rows = training_rows(found, NOW + 4 * DAY)
        assert rows[7_000_003]["label"] == 1.0
        assert 7_000_004 not in rows, "it came too late to be asked, and nobody asked"


def test_a_request_asked_twice_is_learned_from_once():
    with world() as found:
        first, _ = ask(found, found.row(7_000_005), found.row(7_000_005, weight=8.0))
        asyncio.run(found.service.take_labels([(first.id, False)]))
        assert training_rows(found, NOW + 3 * DAY)[7_000_005]["weight"] == 3.5
