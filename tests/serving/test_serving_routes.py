"""Who answers whom: the table that the journal tells, sticky shares, scores unseen, and versions that are refused."""

import asyncio

import pytest
from live_worlds import world

import trimtab as tt
from trimtab.ports import Event
from trimtab.release.assignment import assign
from trimtab.runtime.live_loop.routes import Table, table
from trimtab.runtime.live_loop.shadow_log import SHADOW, shadow_score
from trimtab.serving.champion import VERSIONS, Champions
from trimtab.serving.logged import PREDICTIONS, decode
from trimtab.serving.opening import open_live
from trimtab.serving.problems import RequestError
from trimtab.serving.shadow_scores import ShadowScores
from trimtab.serving.shadowing import Shadowing


def told(*events):
    return table([Event(place, kind, name, body) for place, (kind, name, body) in enumerate(events)])


def test_the_table_follows_the_journal():
    found = told(("activated", "v1", {}), ("shadowed", "v2", {}), ("routed", "v2", {"share": 0.05}))
    assert found == Table("v1", ("v2", 0.05))
    assert [(route.version, route.mode) for route in found.routes] == [("v1", "champion"), ("v2", "canary")]
    promoted = found.heard(Event(9, "activated", "v2")).heard(Event(9, "shadowed", "v1"))
    assert promoted == Table("v2", None, ("v1",))
    assert promoted.heard(Event(10, "retired", "v1")) == Table("v2")
    assert promoted.heard(Event(10, "quarantined", "v1")).barred == ("v1",)


@pytest.fixture(scope="module")
def live():
    with world(versions=2, rows=300) as found:
        asyncio.run(found.service.activate("v1"))
        yield found


@pytest.fixture
def route(live):
    """Puts events of the journal on record as the loop does, and takes them back in the end."""
    champions = live.live.champions

    def put(kind, name, **body):
        live.home.ledger.append_events(VERSIONS, [Event(live.clock.now(), kind, name, body)])
        champions.follow()

    yield put
    put("retired", "v2")


def ask(live, orders):
    rows = [live.row(order) for order in orders]
    return asyncio.run(live.service.predict(rows, [None] * len(rows)))


def logged_of(live, answers):
    return [decode(live.home.ledger.find_record(PREDICTIONS, answer.id)) for answer in answers]


def test_a_share_of_units_is_answered_by_the_canary_with_arm_and_propensity_on_record(live, route):
    route("routed", "v2", share=0.3)
    orders = range(10_000, 10_200)
    logged = logged_of(live, ask(live, orders))
    for order, one in zip(orders, logged, strict=True):
        expected = assign("v2", str(order), 0.3)
        assert one.arm.name == expected.arm
        assert one.arm.propensity == expected.propensity
        assert one.version == ("v2" if expected.arm == "canary" else "v1")
        assert one.arm.microseconds > 0
    assert 30 < sum(one.version == "v2" for one in logged) < 90


def test_a_larger_share_takes_nobody_out_of_the_canary(live, route):
    orders = range(20_000, 20_100)
    route("routed", "v2", share=0.2)
    before = {o for o, a in zip(orders, ask(live, orders), strict=True) if a.version == "v2"}
    route("routed", "v2", share=0.6)
    after = {o for o, a in zip(orders, ask(live, orders), strict=True) if a.version == "v2"}
    assert before < after


def test_without_a_route_nothing_of_a_split_is_on_record(live):
    (one,) = logged_of(live, ask(live, [30_000]))
    assert (one.arm, one.version) == (None, "v1")


def test_a_shadow_scores_every_answer_as_it_would_have_answered(live, route):
    route("shadowed", "v2")
    answers = ask(live, range(40_000, 40_040))
    live.service._parts.answering.shadowing.work()
    records = {record.id: shadow_score(record) for _, record in live.home.ledger.read_records(SHADOW)}
    rows = [live.row(order) for order in range(40_000, 40_040)]
    alone = asyncio.run(live.service.predict(rows, [None] * len(rows), version="v2"))
    for answer, expected in zip(answers, alone, strict=True):
        assert answer.version == "v1"
        assert records[f"v2/{answer.id}"].score == expected.score
    counted = {name: samples for name, _, _, samples in live.service.figures()}["trimtab_shadow_scores_total"]
    outcomes = {labels["outcome"]: value for labels, value in counted}
    assert outcomes["scored"] >= 40
    assert outcomes["scored"] == live.service.shadow_scores().offered


def test_rows_that_find_no_room_are_dropped_and_counted(live, route):
    route("shadowed", "v2")
    shadows = live.live.champions.routing.shadows
    shadowing = Shadowing(live.home.ledger, live.clock, at_most=2)
    shadowing._thread = object()  # nobody takes rows out
    for number in range(5):
        shadowing.offer(f"p{number}", [None] * 7, shadows)
    assert shadowing.scores == ShadowScores(offered=5, dropped=3)


def test_a_version_in_quarantine_answers_nobody(live):
    with world(versions=2, rows=300) as found:
        ledger, champions = found.home.ledger, found.live.champions
        ledger.append_events(VERSIONS, [Event(found.clock.now(), "quarantined", "v1")])
        champions.follow()
        with pytest.raises(RequestError, match="quarantine"):
            champions.get("v1")
        assert [info.state for info in champions.infos()] == ["quarantined", "champion"]


def test_a_version_that_learned_another_meaning_of_a_feature_is_refused_in_words(live):
    home, learned = live.home, live.live.champions.get("v1").version.provenance["meanings"]
    other = {**learned, "late_7d": "another"}
    champions = Champions(home.ledger, home.blobs, home.load, tuple(learned), home.clock, meanings=other)
    with pytest.raises(RequestError, match="another meaning") as refused:
        champions.get("v1")
    assert "late_7d" in str(refused.value.found)
    champions.start()
    assert champions.champion is None


def test_a_system_that_gives_a_feature_another_meaning_lets_no_version_answer_that_learned_the_old_one(live):
    home = live.home
    model = live.system.model
    features = tt.Features(**{**dict(model.features), "heavy": tt.col("weight") > 6})
    edited = tt.System(live.system.name, live.system.request, tt.Model(model.learner, features, model.label))
    opened = open_live(edited, home, live.owner.receiver, live.owner.folder)
    try:
        assert opened.champions.champion is None
        assert opened.service.not_ready()
    finally:
        opened.service.close()


def test_who_let_a_version_answer_and_why_is_on_record():
    with world(versions=2, rows=300) as found:
        found.live.champions.activate("v1", "key ops", "the new one confuses people")
        last = found.home.ledger.read_events(VERSIONS)[-1]
        assert last.body == {"who": "key ops", "reason": "the new one confuses people"}
