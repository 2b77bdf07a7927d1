"""A live system: what it answers, what it writes down first, and what it does when something fails."""

import asyncio

import pytest
from live_worlds import NOW, train, world

import trimtab as tt
from orders import DAY, HOUR, orders_system, orders_tables
from trimtab.errors import LedgerError
from trimtab.serving.champion import Routing
from trimtab.serving.logged import PREDICTIONS, decode
from trimtab.serving.parity import parity
from trimtab.serving.problems import RequestError
from trimtab.testing import MemoryLedger
from trimtab.units import days, microseconds


def run(work):
    return asyncio.run(work)


@pytest.fixture(scope="module")
def shared():
    with world(versions=2) as found:
        yield found


def test_an_answer_is_on_record_with_all_that_explains_it_before_it_is_given(shared):
    row = shared.row(1_000_001)
    (answer,) = run(shared.service.predict([row], ["mine"]))
    record = shared.home.ledger.find_record(PREDICTIONS, "mine")
    logged = decode(record)
    assert logged.request == row
    assert logged.score == answer.score
    assert (logged.version, logged.served, logged.as_of) == ("v2", "champion", answer.as_of)
    assert set(logged.features) == {name for name, _ in shared.system.model.features}
    assert record.subject == row["order"]


def test_a_repeated_id_gets_the_stored_answer_and_another_row_under_it_is_a_conflict(shared):
    row = shared.row(1_000_002)
    (first,) = run(shared.service.predict([row], ["twice"]))
    frontier = shared.home.ledger.frontier(PREDICTIONS)
    (again,) = run(shared.service.predict([row], ["twice"]))
    assert (again.score, again.as_of, again.flags) == (first.score, first.as_of, ("repeated",))
    with pytest.raises(RequestError, match=r"weight was 3\.5, now 4\.5") as refused:
        run(shared.service.predict([{**row, "weight": 4.5}], ["twice"]))
    assert refused.value.status == 409
    assert shared.home.ledger.frontier(PREDICTIONS) == frontier


def test_a_request_for_the_future_is_answered_as_of_now_and_flagged(shared):
    (answer,) = run(shared.service.predict([shared.row(ordered=NOW + DAY)], [None]))
    assert answer.as_of == shared.clock.now()
    assert "future" in answer.flags


def test_a_request_without_a_time_is_refused_with_the_field(shared):
    with pytest.raises(RequestError) as refused:
        run(shared.service.predict([shared.row(ordered=None)], [None]))
    assert (refused.value.status, refused.value.field) == (422, "row.ordered")


def test_a_label_given_by_id_is_seen_in_the_story_repeats_are_told_and_later_answers_replace(shared):
    row = shared.row(1_000_003)
    run(shared.service.predict([row], ["labelled"]))
    assert run(shared.service.find("labelled")).label.state == "pending"
    assert run(shared.service.take_labels([("labelled", True)])).accepted == 1
    assert run(shared.service.take_labels([("labelled", True)])).repeated == 1
    shared.clock.advance(microseconds(1))
    assert run(shared.service.take_labels([("labelled", False), ("nobody", True)])).refused[0].position == 1
    shared.clock.advance(microseconds(1))
    story = run(shared.service.find("labelled"))
    assert (story.label.value, story.label.state) == (False, "provisional")


def test_the_facts_of_an_arm_are_the_label_of_the_same_request(shared):
    row = shared.row(1_000_004)
    run(shared.service.predict([row], ["delivered"]))
    fact = {"order": 1_000_004, "delivered": shared.clock.now(), "shop": "north", "hours_late": 2.5}
    assert run(shared.service.take_facts("deliveries", [fact])).accepted == 1
    shared.clock.advance(microseconds(1))
    assert run(shared.service.find("delivered")).label.value is True


def test_repeats_and_contradictions_of_facts_are_told_one_by_one(shared):
    fact = {"shop": "north", "seen": shared.clock.now(), "length": 4}
    taken = run(
        shared.service.take_facts("queue", [fact, fact, {**fact, "length": 9}, {**fact, "shop": None}])
    )
    assert (taken.accepted, taken.repeated, [r.position for r in taken.refused]) == (1, 1, [2, 3])
    assert "contradicts" in taken.refused[0].why
    assert run(shared.service.take_facts("queue", [fact])).repeated == 1


def test_an_unknown_source_names_the_nearest(shared):
    with pytest.raises(RequestError, match="did you mean 'queue'") as refused:
        run(shared.service.take_facts("queu", []))
    assert refused.value.status == 404


def test_a_version_may_be_asked_for_by_name_and_an_unknown_one_is_not_found(shared):
    (old,) = run(shared.service.predict([shared.row()], [None], "v1"))
    (new,) = run(shared.service.predict([shared.row()], [None]))
    assert (old.version, new.version) == ("v1", "v2")
    with pytest.raises(RequestError) as refused:
        run(shared.service.predict([shared.row()], [None], "v9"))
    assert refused.value.status == 404


def test_everything_served_equals_the_batch_plan(shared):
    run(
        shared.service.predict(
            [shared.row(1_000_010 + i, ordered=NOW - i * HOUR) for i in range(5)], [None] * 5
        )
    )
    engine = shared.home.engine()
    try:
        found = parity(shared.system, shared.home.ledger, engine)
    finally:
        engine.close()
    assert found.rows >= 5
    assert found.differing == 0, found


def test_a_swap_under_load_drops_nothing_and_mixes_nothing():
    with world(versions=2) as found:
        expected = {}
        for version in ("v1", "v2"):
            (answer,) = run(found.service.predict([found.row()], [None], version))
            expected[version] = answer.score
        assert expected["v1"] != expected["v2"]

        async def ask():
            (answer,) = await found.service.predict([found.row()], [None])
            return answer

        async def story():
            asked = []
            for version in ("v1", "v2", "v1"):
                asked += [asyncio.create_task(ask()) for _ in range(50)]
                swap = asyncio.create_task(found.service.activate(version))
                asked += [asyncio.create_task(ask()) for _ in range(50)]
                await swap
            return await asyncio.gather(*asked), await ask()

        answers, last = run(story())
        assert len(answers) == 300
        assert all(answer.score == expected[answer.version] for answer in answers)
        assert last.version == "v1"
        assert {answer.version for answer in answers} == {"v1", "v2"}


def test_the_activated_version_is_the_champion_after_a_restart():
    with world(versions=2) as found:
        run(found.service.activate("v1"))
        found.live.champions.routing = Routing()
        found.live.champions.start()
        assert found.live.champions.champion.version.name == "v1"


def test_a_version_that_breaks_a_requirement_is_not_activated_and_the_next_best_answers():
    tables = orders_tables(rows=600)
    system = orders_system(tables, requires=tt.Requires(staleness=days(9)))
    with world(system, versions=2) as found:
        # v1 learned from what was known ten days ago, v2 from a day later
        assert found.live.champions.champion.version.name == "v2"
        with pytest.raises(RequestError, match="at most 9 days") as refused:
            run(found.service.activate("v1"))
        assert refused.value.status == 409
        found.clock.advance(days(30))
        found.live.champions.routing = Routing()
        found.live.champions.start()
        assert found.live.champions.champion.version.name == "v2", "answers of a stale model beat none"


def test_a_new_version_is_there_for_a_running_system():
    with world(versions=1) as found:
        train(found.system, found.home, NOW - DAY)
        assert run(found.service.activate("v2")).state == "champion"


class Failing:
    """A scorer that fails in the way a test wants."""

    def __init__(self, scorer, problem):
        self.name, self.names, self.problem = scorer.name, scorer.names, problem

    def one(self, values):
        raise self.problem


@pytest.mark.parametrize("problem", [ValueError("odd"), ZeroDivisionError(), LedgerError("lost")])
def test_a_model_that_fails_is_replaced_by_the_baseline_flagged_and_counted(problem, monkeypatch):
    with world() as found:
        loaded = found.live.champions.champion
        monkeypatch.setattr(
            found.live.champions,
            "routing",
            Routing(
                type(loaded)(
                    loaded.version,
                    type(loaded.chosen)(Failing(loaded.chosen.scorer, problem), loaded.chosen.report),
                    loaded.positions,
                    loaded.fallback,
                )
            ),
        )
        (answer,) = run(found.service.predict([found.row()], ["fallen"]))
        assert (answer.served, answer.flags) == ("fallback", ("model failed",))
        assert answer.score == pytest.approx(loaded.version.provenance["label_mean"])
        figures = {name: samples for name, _, _, samples in found.service.figures()}
        assert figures["trimtab_failures_total"][0][1] == 1.0
        assert decode(found.home.ledger.find_record(PREDICTIONS, "fallen")).served == "fallback"


def test_features_that_fail_are_replaced_by_the_baseline(monkeypatch):
    with world() as found:

        def broken(keys):
            raise LedgerError("the online store is gone")

        monkeypatch.setattr(found.home.store, "get_many", broken)
        (answer,) = run(found.service.predict([found.row()], [None]))
        assert (answer.served, answer.flags) == ("fallback", ("features failed",))


class FullDisk(MemoryLedger):
    """A ledger whose disk fills up."""

    full = False

    def append_records(self, stream, records):
        if self.full:
            raise LedgerError("the disk is full")
        return super().append_records(stream, records)

    def append_rows(self, *args, **named):
        if self.full:
            raise LedgerError("the disk is full")
        return super().append_rows(*args, **named)


def test_nothing_is_acknowledged_that_cannot_be_written_and_the_system_goes_on_afterwards():
    ledger = FullDisk()
    with world(ledger=ledger) as found:
        ledger.full = True
        with pytest.raises(LedgerError):
            run(found.service.predict([found.row()], ["lost"]))
        fact = {"shop": "north", "seen": found.clock.now(), "length": 4}
        with pytest.raises(LedgerError):
            run(found.service.take_facts("queue", [fact]))
        ledger.full = False
        assert run(found.service.find("lost")) is None
        assert run(found.service.take_facts("queue", [fact])).accepted == 1
        found.clock.advance(microseconds(1))
        (answer,) = run(found.service.predict([found.row()], ["lost"]))
        assert answer.as_of == found.clock.now()


def test_a_system_without_a_version_says_so_and_answers_nothing():
    with world(versions=0) as found:
        assert found.service.not_ready()
        with pytest.raises(RequestError) as refused:
            run(found.service.predict([found.row()], [None]))
        assert refused.value.status == 503
