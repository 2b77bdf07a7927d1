import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from policy_worlds import DAY
from released_worlds import ReleasedWorld

from orders import orders_system, orders_tables
from trimtab import Release, Retrain, days, every, on_skill_drop, sliding, wiring
from trimtab.declare.policy import Policy
from trimtab.release.events import Decision
from trimtab.report.html import to_html
from trimtab.runtime.replay.examining import NOT_MEASURED
from trimtab.runtime.replay.line import line_scores
from trimtab.runtime.replay.page import page, performance
from trimtab.runtime.replay.paired import Slices, mature_rows, paired
from trimtab.runtime.replay.release_page import summary
from trimtab.runtime.replay.releases import Promotion, Releases
from trimtab.runtime.replay.run import Settings, replay
from trimtab.runtime.replay.timeline import Served
from trimtab.stats import Interval
from trimtab.testing import MemoryLedger


class Harmful(ReleasedWorld):
    """Fits of a stretch of days are much worse than those before them."""

    stretch = (15, 36)
    by = 0.2

    def worse(self, spec):
        return self.by if self.stretch[0] <= spec.as_of // DAY < self.stretch[1] else 0.0


class WindowHarms(ReleasedWorld):
    """Whatever learns from a window that is cut is worse."""

    by = 0.15

    def worse(self, spec):
        return 0.0 if spec.selection.start is None else self.by


def told(line, kind):
    return [each for each in line.decisions if each.kind == kind]


@pytest.fixture(scope="module")
def quiet():
    world = ReleasedWorld(length=120, rows=40)
    return world, world.released()


def test_equal_refreshes_go_through_gate_and_canary_and_none_is_refused(quiet):
    _, line = quiet
    assert line.released
    assert told(line, "refuse") == []
    assert told(line, "roll back") == []
    assert len(line.served) == len(line.trained)
    assert [each.subject for each in told(line, "canary")] == [version for version, _ in line.trained[1:]]


def test_a_refresh_serves_a_full_day_of_canary_after_its_training(quiet):
    _, line = quiet
    specs = dict(line.trained)
    waits = [each.since - specs[each.version].as_of for each in line.served[1:]]
    assert {wait // DAY for wait in waits} == {1}


def test_the_gate_and_the_canary_say_what_they_could_not_measure(quiet):
    _, line = quiet
    passed = told(line, "pass")
    assert any(each.numbers.get("taken_as_passed") == NOT_MEASURED for each in passed)
    assert any("not shown to be worse" in each.reason and NOT_MEASURED in each.reason for each in passed)


def test_decisions_carry_numbers_that_json_knows(quiet):
    _, line = quiet
    json.dumps([dict(each.numbers) for each in line.decisions], allow_nan=False)


def test_a_canary_waits_for_its_exposure():
    world = ReleasedWorld(length=60, rows=40)
    slow = world.released(release=Release(canary=(0.25,), exposures=55))
    waited = [each.since - dict(slow.trained)[each.version].as_of for each in slow.served[1:]]
    assert min(waited) // DAY >= 5


def test_what_never_gets_its_exposure_ends_at_the_deadline():
    world = ReleasedWorld(length=90, rows=8)
    line = world.released(release=Release(canary=(0.05,), exposures=10_000, deadline=days(20)))
    assert len(line.served) == 1
    assert any("deadline" in each.reason or "undecided" in each.reason for each in told(line, "refuse"))


def test_a_harmful_refresh_is_rolled_back_and_its_recipe_rests():
    line = Harmful(length=90, rows=40).released()
    back = told(line, "roll back")
    assert len(back) == 1
    assert 30 * DAY < back[0].at < 40 * DAY, "as soon as labels of 14 days are mature"
    assert back[0].numbers["low"] > 0
    assert next(each.version for each in line.served if each.since == back[0].at) == "v1"
    trained = [spec.as_of for _, spec in line.trained]
    assert not [at for at in trained if back[0].at <= at < back[0].at + 14 * DAY]
    assert line.served[-1].spec.as_of >= 36 * DAY, "good fits come into service again"
    assert len(line.served) > 4


def test_a_change_that_harms_is_refused_at_the_gate_by_its_rehearsal():
    world = WindowHarms(length=120, rows=40)
    line = world.released(Policy("own", Retrain(every(days(7)), sliding(days(20)))), accepted="everything")
    assert [each.version for each in line.served] == ["v1"]
    reasons = [each.reason for each in told(line, "refuse")]
    assert any("worse than the champion" in reason for reason in reasons)
    waits = [each.reason for each in told(line, "wait at the gate")]
    assert any("not compared" in reason for reason in waits), "no evidence is no pass"
    assert line.rehearsals
    assert set(dict(line.rehearsals)) <= set(line.challengers), "it is on the bill"


def test_a_change_that_helps_goes_through_gate_shadow_and_canary():
    world = WindowHarms(length=150, rows=40)
    world.by = -0.12
    line = world.released(Policy("own", Retrain(every(days(7)), sliding(days(20)))), accepted="everything")
    kinds = [each.kind for each in line.decisions]
    assert kinds.index("shadow") < kinds.index("canary")
    first = line.served[1]
    shadowed = told(line, "shadow")[0].at
    assert first.since - shadowed >= 14 * DAY
    assert len(line.served) > 2, "then its fits are refreshes"


def test_a_harmed_slice_refuses_a_refresh():
    class Sliced(ReleasedWorld):
        def score(self, spec, rows):
            shifted = np.where(rows % 4 == 0, 0.12, -0.1) if spec.as_of >= 30 * DAY else 0.0
            return np.abs(self.label[rows] - (0.2 + self.noise[rows] + shifted))

    world = Sliced(length=90, rows=60)
    slices = (Slices("shop", ("a", "b", "c", "d"), np.arange(len(world.at)) % 4),)
    line = world.released(slices=slices)
    assert any("worse in shop a" in each.reason for each in told(line, "refuse"))
    assert not any("shop" in each.reason for each in told(world.released(), "refuse"))


def test_labels_that_what_is_served_changes_judge_no_change():
    world = WindowHarms(length=110, rows=40)
    world.by = -0.12
    policy = Policy("own", Retrain(every(days(7)), sliding(days(20))))
    line = world.released(policy, accepted="everything", feedback="selective")
    assert [each.version for each in line.served] == ["v1"]


@given(st.integers(30, 80), st.integers(0, 3))
@settings(max_examples=5, deadline=None)
def test_labels_known_later_change_no_earlier_decision_of_a_release(day, seed):
    policy = Policy("own", Retrain(every(days(7)) | on_skill_drop(0.05)))
    whole = Harmful(length=85, rows=12, seed=seed).released(policy)
    part = Harmful(length=85, rows=12, seed=seed, labels_until=day * DAY).released(policy)
    before = [each for each in whole.decisions if each.at <= day * DAY]
    assert before == [each for each in part.decisions if each.at <= day * DAY]


@pytest.fixture(scope="module")
def short():
    world = ReleasedWorld(length=30, rows=10)
    return world, world.released(Policy("own", Retrain(every(days(3)))))


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_a_line_of_versions_answers_as_each_row_alone_would(short, data):
    world, line = short
    answers = world.answers()
    count = data.draw(st.integers(1, 40))
    rows = np.sort(data.draw(st.permutations(range(world.period.start, world.period.stop)))[:count])
    scores = line_scores(answers, world.results, line.served, rows)
    for row, score in zip(rows, scores, strict=True):
        serving = [each for each in line.served if each.since <= world.at[row]][-1]
        assert score == world.score(serving.spec, np.array([row]))[0]


def test_only_rows_whose_label_was_mature_at_the_last_tick_are_compared():
    world = ReleasedWorld(length=40, rows=10)
    answers = world.answers()
    for now in (15 * DAY, 22 * DAY + 5, 30 * DAY):
        rows = mature_rows(answers, 12 * DAY, now)
        tick = now // DAY * DAY
        ripe = [
            row
            for row in range(len(world.at))
            if 12 * DAY <= world.at[row] < now and world.at[row] + 2 * DAY <= tick
        ]
        known = world.history.known[np.searchsorted(world.history.row, ripe)]
        assert rows.tolist() == [row for row, at in zip(ripe, known, strict=True) if at < tick]


def test_two_lines_that_are_one_do_not_differ():
    world = ReleasedWorld(length=40, rows=10)
    line = world.released()
    rows = mature_rows(world.answers(), 12 * DAY, 16 * DAY)
    first = (Served("v1", line.served[0].since, line.served[0].spec),)
    same = paired(world.answers(), world.results, first, first, rows)
    assert not same.difference.sums.any()
    assert same.days == 2
    nobody = paired(world.answers(), world.results, (), first, rows)
    assert (len(nobody.rows), nobody.days) == (0, 0)


@pytest.fixture(scope="module")
def replayed():
    system = orders_system(
        orders_tables(rows=3000, length_days=80), release=Release(canary=(0.5,), exposures=5)
    )
    ledger, engine = MemoryLedger(), wiring.engine()
    settings = Settings(policies=("own",), processes=1, watch=False)
    done = replay(system, engine, wiring.tables(), ledger, settings)
    engine.close()
    return done, ledger


def test_the_own_policy_is_released_and_its_report_says_how(replayed):
    done, _ = replayed
    never_result, own = done.policies
    assert never_result.releases is None
    found = own.releases
    assert found.candidates == own.score.spent.fits
    assert found.candidates >= len(found.promotions) > 2
    assert found.promotions[0].replaced == "v1"
    text = str(done)
    assert "Releases" in text
    assert f"Policy own trained {found.candidates} candidates" in text
    assert NOT_MEASURED in to_html(page(done))


def test_a_promotion_is_judged_in_hindsight_against_what_it_replaced(replayed):
    done, _ = replayed
    first = done.policies[1].releases.promotions[0]
    assert first.extra.known
    assert first.extra.low < first.extra.estimate < first.extra.high
    assert not first.harmful


def test_releases_are_plain_json(replayed):
    done, _ = replayed
    body = json.loads(json.dumps(done.to_json(), allow_nan=False))
    assert body["policies"][0]["releases"] is None
    told_of = body["policies"][1]["releases"]
    assert told_of["promoted"] == len(told_of["promotions"])
    assert told_of["days_on_bad_model"] == 0


def test_promotions_are_marks_of_the_chart(replayed):
    done, _ = replayed
    marks = [mark for mark in performance(done).marks if mark.kind == "promoted"]
    assert len(marks) == len(done.policies[1].releases.promotions)


def test_every_step_of_a_release_is_in_the_record(replayed):
    _, ledger = replayed
    kinds = {event.kind for event in ledger.read_events("decisions") if event.subject.startswith("own/")}
    assert {"train", "try", "pass", "canary", "promote"} <= kinds
    recorded = [each for each in ledger.read_events("decisions") if each.kind == "pass"]
    assert any(each.body.get("taken_as_passed") == NOT_MEASURED for each in recorded)


def test_a_canary_that_takes_weeks_is_said(engine):
    slow = Release(canary=(0.05, 0.25), exposures=1000)
    system = orders_system(orders_tables(rows=600, length_days=60), release=slow)
    settings = Settings(policies=("own",), processes=1, watch=False)
    done = replay(system, engine, wiring.tables(), MemoryLedger(), settings)
    assert any("canary cannot finish" in each.what for each in done.findings)
    assert done.policies[1].releases.promotions == ()


def test_harm_in_hindsight_and_days_on_a_bad_model_are_counted():
    extra = Interval(0.2, 0.1, 0.3)
    bad = Promotion(0, "v2", "v1", extra, harmful=True, rolled_back_at=9 * DAY)
    good = Promotion(20 * DAY, "v3", "v1", Interval(0.0, -0.1, 0.1), harmful=False)
    back = Decision(9 * DAY, "roll back", "v2", "worse than v1 by labels")
    found = Releases("own", 2, (bad, good), (), (back,), 0, (back,))
    assert (found.harmful, found.days_on_bad_model) == (1, 9.0)
    text = summary(found)
    assert "1 promotions were harmful" in text
    assert "served on 9 days" in text
