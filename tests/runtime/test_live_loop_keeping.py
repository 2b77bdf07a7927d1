"""A live system whose file changes: its champion goes on with the features that it learned, until it is retired."""

from dataclasses import replace

import pytest
from loop_worlds import Shop, shop, system

import trimtab as tt
from orders import orders_tables
from trimtab import col, days, wiring
from trimtab.declare.written import write_feature
from trimtab.ports import Event
from trimtab.release.state import start
from trimtab.runtime.columns import read_facts
from trimtab.runtime.intake import fill_in
from trimtab.runtime.live_loop import journal
from trimtab.runtime.live_loop.carrying import VERSIONS, stored_versions
from trimtab.runtime.live_loop.differences import diff
from trimtab.runtime.live_loop.keeping import as_served, kept_features, versions_in_use
from trimtab.runtime.logged import decode
from trimtab.runtime.loop import Declared
from trimtab.serving.opening import open_live, open_owner
from trimtab.serving.parity import parity
from trimtab.testing import MemoryLedger

TABLES = orders_tables(rows=400, length_days=60)
OLD = {"shop": col("shop"), "weight": col("weight")}
KEPT = {"features": tt.Features(heavy=col("weight") > 5, **OLD)}


def edited(before, **features):
    """The same sources and label with other features."""
    source = next(iter(dict(before.model.label.arms)))
    named = {"weight": col("weight"), "late_7d": source.by("shop").mean(col("hours_late") > 1, over=days(7))}
    model = tt.Model(before.model.learner, tt.Features(**{**named, **features}), before.model.label)
    return tt.System(before.name, before.request, model, retrain=before.retrain, release=before.release)


def reopened(found, declared):
    """The shop after a restart with another file."""
    owner = open_owner(declared, found.home)
    live = open_live(declared, found.home, owner.receiver, owner.folder)
    return Shop(
        declared, found.home, owner, live, found.clock, next=found.next, underway=list(found.underway)
    )


@pytest.fixture(scope="module")
def changed():
    """A shop that went live, and then lost the features `shop` and `heavy` and gained an aggregate."""
    with shop(system(TABLES, **KEPT)) as found:
        found.run(3)
        after = reopened(found, edited(found.system))
        try:
            yield found, after
        finally:
            after.live.service.close()


def test_the_champion_goes_on_with_the_features_that_it_learned(changed):
    _, after = changed
    assert after.answers == "v1"
    assert set(kept_features(after.system, after.ledger)) == {"shop", "heavy"}
    assert "shop" in after.live.service.request_kinds
    before = after.ledger.frontier("predictions")
    after.day()
    served = [decode(record) for _, record in after.ledger.read_records("predictions", since=before)]
    assert {(each.version, each.served) for each in served} == {("v1", "champion")}
    assert all({"shop", "heavy", "weight", "late_7d"} == set(each.features) for each in served)
    assert all(each.features["late_7d"] is not None for each in served), "new tiles were filled at the start"


def test_what_is_served_under_both_declarations_is_checked_for_parity(changed):
    _, after = changed
    after.day()
    engine = wiring.engine()
    try:
        checked = parity(after.system, after.ledger, engine)
    finally:
        engine.close()
    assert checked.rows
    assert checked.differing == 0
    assert {feature.name for feature in checked.features} == {"shop", "heavy", "weight", "late_7d"}


def test_the_next_version_learns_what_is_declared_and_is_compared_with_the_old_champion(changed):
    _, after = changed
    while len(stored_versions(after.ledger)) < 2:
        after.run(1)
    new = stored_versions(after.ledger)["v2"]
    assert new.provenance["features"] == ["weight", "late_7d"]
    looked = [
        e for e in after.ledger.read_events(journal.LOOP) if e.kind == journal.LOOKED and e.subject == "v2"
    ]
    told = " ".join(each["what"] for each in looked[-1].body["findings"])
    assert "not declared any more" not in told
    assert not [e for e in after.ledger.read_events(journal.LOOP) if e.kind == journal.FAILED]


def test_diff_says_what_is_kept_and_for_whom(changed):
    _, after = changed
    told = str(diff(after.system, after.ledger))
    assert "feature shop is gone" in told
    assert "feature shop is kept for v1" in told
    assert "cannot answer" not in told


def test_after_the_last_version_that_needs_it_a_column_is_asked_for_no_more():
    with shop(system(TABLES, **KEPT)) as found:
        declared, now = edited(found.system), found.clock.now()
        fresh = replace(start(declared.release), champion="v9", versions={"v9": "new"})
        state = replace(journal.recall(found.ledger).state, champion="v9", release=fresh)
        rules = Declared(declared.retrain, declared.release, "new")
        journal.declare(found.ledger, journal.Memory(state, {}), rules, [], now)
        events = [Event(now, "activated", "v9"), Event(now, "retired", "v1")]
        found.ledger.append_events(VERSIONS, events)
        assert versions_in_use(found.ledger, found.ledger.read_events(VERSIONS)) == ("v9",)
        assert as_served(declared, found.ledger) is declared
        after = reopened(found, declared)
        assert "shop" in after.live.service.request_kinds, "it is the key of the new aggregate"
        assert set(after.live.service.feature_kinds) == {"weight", "late_7d"}
        after.live.service.close()


def test_a_column_that_nothing_read_before_is_filled_in_for_what_is_on_record(changed):
    _, after = changed
    rows = read_facts(after.ledger, "deliveries").to_pylist()
    old = [row for row in rows if row["order"] < 400]
    assert len(old) > 300
    assert all(row["shop"] is not None for row in old)
    kinds = [event for event in after.ledger.read_events("sources") if event.kind == "filled in"]
    assert [(event.subject, event.body["filled_in"]) for event in kinds] == [("deliveries", 400)]


def test_filling_in_again_changes_nothing(changed):
    _, after = changed
    engine = wiring.engine()
    try:
        found = fill_in(after.system, engine, after.home.tables, after.ledger, after.clock.now())
    finally:
        engine.close()
    assert found == {}


def test_a_version_of_an_earlier_release_holds_no_definitions_and_keeps_nothing():
    ledger = MemoryLedger()
    ledger.append_events(VERSIONS, [Event(1, "trained", "v1", {"name": "v1", "meanings": {"shop": "ab"}})])
    declared = system(TABLES)
    assert kept_features(declared, ledger) == {}
    assert as_served(declared, ledger) is declared


def test_a_feature_that_would_mean_something_else_today_is_not_kept():
    ledger = MemoryLedger()
    body = {"defined": {"gone": write_feature(col("weight"))}, "meanings": {"gone": "another"}}
    ledger.append_events(VERSIONS, [Event(1, "trained", "v1", body)])
    assert kept_features(system(TABLES), ledger) == {}
