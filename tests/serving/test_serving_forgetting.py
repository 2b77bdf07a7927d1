"""Erasure: what is on record about a subject is gone, from online features too, and nothing else changes."""

import asyncio

import pytest
from live_worlds import NOW, world

import trimtab as tt
from orders import DAY, orders_tables
from trimtab import col, days
from trimtab.errors import UsageError
from trimtab.runtime.intake import take_in
from trimtab.serving.erasures import cut_short
from trimtab.serving.forgetting import Forgetting, source_named
from trimtab.serving.logged import PREDICTIONS
from trimtab.serving.opening import open_live, open_owner
from trimtab.serving.parity import parity
from trimtab.serving.status import status


def shops_system(rows=600):
    """Orders by shop, where the shop is the subject of every fact."""
    tables = orders_tables(rows=rows)
    orders = tt.Source(tables["orders"], name="orders", id="order", known="ordered", subject="shop")
    deliveries = tt.Source(
        tables["deliveries"], name="deliveries", id="order", known="delivered", subject="shop"
    )
    from sklearn.linear_model import LogisticRegression

    return tt.System(
        "late-orders",
        tt.Request(orders, at="ordered"),
        tt.Model(
            LogisticRegression(),
            tt.Features(
                weight=col("weight"),
                orders_30d=orders.by("shop").count(over=days(30)),
                heaviest=orders.by("shop").max("weight", over=days(30)),
                late_30d=deliveries.by("shop").mean(col("hours_late") > 1, over=days(30)),
                delivered=deliveries.by("shop").count(),
            ),
            tt.Label({deliveries: col("hours_late") > 1}, matures_after=days(2)),
        ),
    )


def ask(found, shop, id_=None):
    (answer,) = asyncio.run(found.service.predict([found.row(shop=shop)], [id_]))
    record = asyncio.run(found.service.find(answer.id))
    return dict(record.features)


@pytest.fixture
def found():
    with world(shops_system()) as made:
        yield made


def forgetting(found):
    return Forgetting(
        found.system, found.home.ledger, found.owner.receiver, found.owner.folder, found.home.engine
    )


def test_a_subject_is_gone_from_record_and_features_and_others_are_as_before(found):
    before = {shop: ask(found, shop, f"asked {shop}") for shop in ("north", "south")}
    assert before["north"]["delivered"] > 0
    done = [
        forgetting(found).forget(source_named(found.system, name), "north", NOW)
        for name in ("deliveries", "orders")
    ]
    assert dict(done[1].erased)[PREDICTIONS] == 1
    assert done[0].versions == ("v1",)
    assert ask(found, "south") == before["south"]
    after = ask(found, "north")
    assert (after["orders_30d"], after["heaviest"], after["late_30d"], after["delivered"]) == (
        0,
        None,
        None,
        0,
    )
    assert asyncio.run(found.service.find("asked north")) is None
    for stream in ("facts/orders", "facts/deliveries"):
        assert "north" not in found.home.ledger.read_rows(stream)["shop"].to_pylist()
    assert not [hit for hit in found.home.ledger.find_subject("north") if hit[0].startswith("facts/")]
    assert not cut_short(found.home.ledger)


def test_what_is_served_afterwards_still_equals_the_batch_plan(found):
    forgetting(found).forget(source_named(found.system, "deliveries"), "north", NOW)
    for shop in ("north", "south", "west"):
        ask(found, shop)
    engine = found.home.engine()
    assert parity(found.system, found.home.ledger, engine).differing == 0
    engine.close()


def test_what_was_erased_is_not_taken_in_again_from_a_source_that_still_has_it(found):
    forgetting(found).forget(source_named(found.system, "orders"), "north", NOW)
    engine = found.home.engine()
    taken = take_in(found.system, engine, found.home.tables, found.home.ledger, NOW)
    engine.close()
    assert taken == {"orders": 0, "deliveries": 0}


def test_an_erasure_that_was_cut_short_is_made_good_at_the_next_start(found, monkeypatch):
    monkeypatch.setattr(type(found.owner.folder), "erase", lambda *_: (_ for _ in ()).throw(SystemExit))
    with pytest.raises(SystemExit):
        forgetting(found).forget(source_named(found.system, "deliveries"), "north", NOW)
    monkeypatch.undo()
    assert cut_short(found.home.ledger) == {"deliveries": "erasing"}
    owner = open_owner(found.system, found.home)
    live = open_live(found.system, found.home, owner.receiver, owner.folder)
    (answer,) = asyncio.run(live.service.predict([found.row(shop="north")], ["again"]))
    story = asyncio.run(live.service.find("again"))
    assert (story.features["late_30d"], story.features["delivered"]) == (None, 0)
    assert answer.served == "champion"
    live.service.close()
    assert cut_short(found.home.ledger) == {"deliveries": "rebuilt"}
    says = [finding.what for finding in status(found.system, found.home.ledger, NOW).findings]
    assert "an erasure in deliveries was cut short" in says
    forgetting(found).forget(source_named(found.system, "deliveries"), "north", NOW)
    assert not cut_short(found.home.ledger)


def test_facts_still_to_come_are_forgotten_too(found):
    fact = {"order": 5_000_000, "shop": "north", "hours_late": 0.0, "delivered": NOW + DAY}
    asyncio.run(found.service.take_facts("deliveries", [fact]))
    forgetting(found).forget(source_named(found.system, "deliveries"), "north", NOW)
    found.clock.set(NOW + 2 * DAY)
    found.owner.receiver.tick()
    assert ask(found, "north")["delivered"] == 0


def test_an_unknown_source_and_an_unknown_subject(found):
    with pytest.raises(UsageError, match="did you mean 'orders'"):
        source_named(found.system, "order")
    done = forgetting(found).forget(source_named(found.system, "orders"), "nowhere", NOW)
    assert done.rows == 0
    assert "nothing on record" in str(done)
