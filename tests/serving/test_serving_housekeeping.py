"""What is done beside the answers: folding, sampling, sealing; failures are told, survived and mended."""

import asyncio
import time
from dataclasses import replace

import pytest
from live_worlds import world

from orders import HOUR
from trimtab.adapters.online.memory import MemoryStore
from trimtab.errors import LedgerError
from trimtab.serving.housekeeping import TOLD_EVERY, TROUBLE, Housekeeping
from trimtab.serving.measuring import latest_parity
from trimtab.serving.mending import PAUSE
from trimtab.serving.opening import open_live, open_owner
from trimtab.serving.parity import parity
from trimtab.units import Duration, days, hours, microseconds


class Store(MemoryStore):
    """An online store whose disk fills up."""

    full = False

    def write(self, changes):
        if self.full:
            raise LedgerError("the online store: no space left")
        super().write(changes)


def open_again(found):
    """The same home, as after a restart."""
    found.owner = open_owner(found.system, found.home)
    found.live.service.close()
    found.live = open_live(found.system, found.home, found.owner.receiver, found.owner.folder)


@pytest.fixture(scope="module")
def shared():
    with world(rows=300) as found:
        yield found


@pytest.fixture
def shop(shared):
    """A new day in the same home, with another store."""
    shared.clock.advance(days(1))
    shared.home = replace(shared.home, store=Store())
    open_again(shared)
    shared.told = shared.home.ledger.frontier(TROUBLE)
    return shared


def ask(found):
    """A prediction's story."""
    (answer,) = asyncio.run(found.service.predict([found.row()], [None]))
    return answer, asyncio.run(found.service.find(answer.id)).features


def push(found, length, seen=None):
    now = found.clock.now()
    row = {"shop": "north", "seen": now if seen is None else seen, "length": length}
    return asyncio.run(found.service.take_facts("queue", [row]))


def differing(found):
    engine = found.home.engine()
    try:
        checked = parity(found.system, found.home.ledger, engine)
    finally:
        engine.close()
    assert checked.rows
    return checked.differing


def trouble(found):
    return [
        (event.subject, event.body["why"])
        for event in found.home.ledger.read_events(TROUBLE, since=found.told)
    ]


def wait_for(what):
    for _ in range(100):
        if what():
            return
        time.sleep(0.05)
    raise AssertionError("never came true")


def test_facts_of_the_future_are_folded_when_their_time_has_come(shop):
    now = shop.clock.now()
    with Housekeeping(shop.owner, shop.home):
        push(shop, 50, seen=now + HOUR)  # known an hour after it was seen
        shop.clock.advance(hours(1))
        assert ask(shop)[1]["queue"] != 50
        shop.clock.advance(hours(1.5))
        wait_for(lambda: shop.owner.folder.complete_until(shop.clock.now()) == shop.clock.now())
        assert ask(shop)[1]["queue"] == 50
    assert trouble(shop) == []
    assert differing(shop) == 0


@pytest.mark.parametrize(
    ("problem", "told"),
    [(LedgerError("no space left"), "no space left"), (RuntimeError("a fault"), "RuntimeError: a fault")],
)
def test_a_chore_that_fails_is_told_once_and_goes_on(shop, monkeypatch, problem, told):
    tries = []

    def tick():
        tries.append(1)
        raise problem

    monkeypatch.setattr(shop.owner.receiver, "tick", tick)
    with Housekeeping(shop.owner, shop.home) as keeping:
        wait_for(lambda: len(tries) >= 3)
        assert trouble(shop) == [("folding", told)]
        shop.clock.advance(Duration(TOLD_EVERY))
        wait_for(lambda: len(trouble(shop)) == 2)
        threads = keeping._threads
    assert not any(thread.is_alive() for thread in threads)


def test_trouble_that_cannot_be_written_down_is_told_later(shop, monkeypatch):
    keeping = Housekeeping(shop.owner, shop.home)

    def fail():
        raise LedgerError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(shop.home.ledger, "append_events", lambda *_: fail())
        keeping._try("sealing", fail)
    assert trouble(shop) == []
    keeping._try("sealing", fail)
    assert trouble(shop) == [("sealing", "no space left")]


def test_a_sample_of_parity_goes_on_record_once_something_was_served():
    with world(rows=300) as found:
        keeping = Housekeeping(found.owner, found.home)
        keeping.sample()
        assert latest_parity(found.home.ledger) is None
        ask(found)
        found.clock.advance(microseconds(1))
        keeping.sample()
        sampled = latest_parity(found.home.ledger)
        assert (sampled["rows"], sampled["values"], sampled["differing"]) == (1, 7, 0)
        figures = {name: samples for name, _, _, samples in found.service.figures()}
        assert figures["trimtab_parity_mismatches"] == [({}, 0.0)]


def test_sealing_changes_no_answer(shop, monkeypatch):
    calls = []
    monkeypatch.setattr(shop.home.ledger, "seal", lambda stream, at_least: calls.append((stream, at_least)))
    Housekeeping(shop.owner, shop.home).seal()
    assert calls == [("predictions", 100_000)]


def test_a_fold_that_failed_is_made_up_for_and_nothing_is_served_too_far(shop):
    push(shop, 5, seen=shop.clock.now() - 2 * HOUR)
    shop.clock.advance(hours(1))
    lost_at = shop.clock.now()
    shop.home.store.full = True
    with pytest.raises(LedgerError):
        push(shop, 77, seen=lost_at - HOUR)
    shop.clock.advance(hours(0.5))
    answer, features = ask(shop)
    assert answer.as_of == lost_at, "held before the fact that was not folded"
    assert "behind" in answer.flags
    assert features["queue"] != 77
    facts = shop.home.ledger.frontier("facts/queue")
    with pytest.raises(LedgerError, match="facts cannot be folded now"):
        push(shop, 78, seen=lost_at)
    assert shop.home.ledger.frontier("facts/queue") == facts, "refused before it was written"
    shop.home.store.full = False
    shop.clock.advance(Duration(PAUSE))
    shop.owner.receiver.tick()
    answer, features = ask(shop)
    assert (answer.as_of, answer.flags, features["queue"]) == (shop.clock.now(), (), 77)
    assert push(shop, 77, seen=lost_at - HOUR).repeated == 1, "the caller's retry"
    assert push(shop, 78, seen=lost_at).accepted == 1
    assert differing(shop) == 0


def test_the_next_fact_mends_what_the_last_one_lost_and_a_restart_finds_all_folded(shop):
    shop.clock.advance(hours(1))
    now = shop.clock.now()
    shop.home.store.full = True
    with pytest.raises(LedgerError):
        push(shop, 77, seen=now - 2 * HOUR)
    shop.home.store.full = False
    shop.clock.advance(Duration(PAUSE))
    assert push(shop, 78, seen=now - HOUR).accepted == 1
    shop.clock.advance(Duration(PAUSE))
    _, features = ask(shop)
    open_again(shop)
    assert ask(shop)[1] == features
    assert differing(shop) == 0


def test_a_full_store_is_not_tried_at_every_turn(shop, monkeypatch):
    shop.home.store.full = True
    with pytest.raises(LedgerError):
        push(shop, 77)
    shop.home.store.full = False
    tries = []
    monkeypatch.setattr(shop.owner.folder, "_again", lambda *_: tries.append(1))
    for _ in range(5):
        shop.owner.folder._problem = LedgerError("still full")
        shop.owner.receiver.tick()
    assert len(tries) == 1
