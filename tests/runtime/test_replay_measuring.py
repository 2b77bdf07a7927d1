from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from policy_worlds import DAY, World

from trimtab.declare.measured import on_challenger, on_regret, on_skill_drop, on_volume
from trimtab.declare.policy import Policy, Retrain
from trimtab.declare.triggers import every, never
from trimtab.labels.history import LabelHistory, as_known
from trimtab.retrain.windows import Selection
from trimtab.runtime.replay.daily import CHALLENGER, CHALLENGER_MONEY, CONSTANT, MODEL, MODEL_MONEY
from trimtab.runtime.replay.maturing import maturing
from trimtab.runtime.replay.measuring import PolicyMeasure
from trimtab.runtime.replay.timeline import Served
from trimtab.runtime.training import FitSpec, Serve
from trimtab.units import days

NEVER = Policy("never", Retrain(never()))
EVERYTHING = Policy("all", Retrain(on_skill_drop(0.1) | on_challenger() | on_regret(1e9) | on_volume()))


@given(st.data(), st.sampled_from([float("nan"), 0.0]))
@settings(max_examples=60)
def test_maturing_agrees_with_the_view_of_labels_at_every_tick(data, silence):
    rows = data.draw(st.integers(1, 12))
    versions = sorted(
        data.draw(
            st.lists(
                st.tuples(st.integers(0, rows - 1), st.integers(0, 20)),
                max_size=20,
                unique=True,
            )
        )
    )
    history = LabelHistory(
        np.array([row for row, _ in versions], np.int64),
        np.array([known for _, known in versions], np.int64),
        np.arange(len(versions), dtype=float),
        np.array(data.draw(st.lists(st.integers(0, 15), min_size=rows, max_size=rows)), np.int64),
        silence,
    )
    ticks = sorted(data.draw(st.sets(st.integers(0, 22), min_size=1, max_size=8)))
    found = maturing(history, ticks)
    for position, tick in enumerate(ticks):
        view = as_known(history, tick)
        assert (view.mature == (found.tick <= position)).all()
        first = found.tick == position
        assert view.value[first].tolist() == found.label[first].tolist()
        assert found.mature_by(position) == view.mature.sum()


def measured(world, results, policy=EVERYTHING):
    """The measure after all ticks of a champion trained on day 10 and replaced on day 40, with its daily totals."""
    measure = PolicyMeasure(world.answers(), policy, results)
    champions = [Served("v1", 10 * DAY, FitSpec(10 * DAY, Selection()))]
    for now in world.ticks:
        if now == 41 * DAY:
            champions.append(Served("v2", 40 * DAY + 1800 * 10**6, FitSpec(40 * DAY, Selection())))
        last = measure(now, champions, [each.spec for each in champions])
    return measure, last


@pytest.fixture(scope="module")
def world():
    return World()


@pytest.fixture(scope="module")
def results(world):
    specs = {FitSpec(day * DAY, Selection()): (Serve("online", 0, len(world.at)),) for day in (10, 40)}
    measure = PolicyMeasure(world.answers(), EVERYTHING, {})
    return world.run(specs | {spec: specs.get(spec, serves) for spec, serves in measure.jobs().items()})


def test_daily_totals_are_those_of_all_rows_summed_at_the_end(world, results):
    measure, _ = measured(world, results)
    view = as_known(world.history, world.ticks[-1])
    since = 40 * DAY + 1800 * 10**6
    found = measure.days.totals(MODEL, CONSTANT)
    rows = np.flatnonzero(view.mature & (world.at >= since))
    assert found.unit.tolist() == np.unique(world.at[rows] // DAY).tolist()
    for day, (model, constant), count in zip(found.unit, found.sums, found.counts, strict=True):
        mine = rows[world.at[rows] // DAY == day]
        label = world.label[mine]
        score = world.score(FitSpec(40 * DAY, Selection()), mine)
        assert count == len(mine)
        assert model == pytest.approx(((score - label) ** 2).sum())
        assert constant == pytest.approx(((label.mean() - label) ** 2).sum())


def test_the_challenger_of_a_row_is_the_newest_weekly_fit_before_it(world, results):
    measure, _ = measured(world, results)
    found = measure.days.totals(CHALLENGER, CHALLENGER_MONEY, 60)
    view = as_known(world.history, world.ticks[-1])
    for day, (loss, money), _ in zip(found.unit, found.sums, found.counts, strict=True):
        rows = np.flatnonzero(view.mature & (world.at // DAY == day))
        label, total, paid = world.label[rows], 0.0, 0.0
        for row, truth in zip(rows, label, strict=True):
            fitted = max(week for week in range(10, 80, 7) if week * DAY + 1800 * 10**6 <= world.at[row])
            score = world.score(FitSpec(fitted * DAY, Selection()), np.array([row]))[0]
            total += (score - truth) ** 2
            paid += (1 if score >= 1 / 3 else 0) if truth == 0 else (2 if score < 1 / 3 else 0)
        assert (loss, money) == (pytest.approx(total), pytest.approx(paid))


def test_statistics_reach_the_triggers_with_their_reasons(world, results):
    _, last = measured(world, results)
    assert last.skill.now < last.skill.accepted
    assert last.challenger.mean > 0, "the champion is a month old, the challenger a week at most"
    assert last.challenger.low < last.challenger.mean < last.challenger.high
    assert last.regret > 0
    assert last.fit_price == 0.5
    early = PolicyMeasure(world.answers(), EVERYTHING, results)
    first = early(world.ticks[0], [], [FitSpec(world.ticks[0], Selection())])
    assert first.skill is None
    served = [Served("v1", 10 * DAY, FitSpec(10 * DAY, Selection()))]
    soon = early(world.ticks[3], served, [served[0].spec])
    assert soon.unknown["skill"] == "1 mature units since the last attempt, of 7"


def test_new_rows_are_those_that_matured_since_the_last_attempt(world):
    measure = PolicyMeasure(world.answers(), Policy("volume", Retrain(on_volume())), {})
    attempts = [FitSpec(20 * DAY, Selection())]
    found = measure(30 * DAY, [], attempts)
    then, now = (int(as_known(world.history, day * DAY).mature.sum()) for day in (20, 30))
    assert (found.new_labelled_rows, found.last_training_rows) == (now - then, then)
    assert not measure.reads_scores


def test_only_what_triggers_read_is_measured_and_asked_for(world):
    calendar = PolicyMeasure(world.answers(), Policy("weekly", Retrain(every(days(7)))), {})
    skill = PolicyMeasure(world.answers(), Policy("skill", Retrain(on_skill_drop(0.1).cooldown(days(7)))), {})
    assert (calendar.reads_scores, calendar.jobs()) == (False, {})
    assert (skill.reads_scores, skill.jobs()) == (True, {})
    rows = PolicyMeasure(world.answers(), EVERYTHING, {}).jobs().values()
    stretches = sorted((serve.start, serve.stop) for serves in rows for serve in serves)
    assert stretches[0][0] == world.period.start
    assert stretches[-1][1] == world.period.stop
    assert all(stop == start for (_, stop), (start, _) in pairwise(stretches))


def test_where_outcomes_have_no_price_regret_is_unknown(world, results):
    answers = world.answers()
    unpriced = type(answers)(**{**vars(answers), "stakes": None})
    measure = PolicyMeasure(unpriced, EVERYTHING, results)
    served = [Served("v1", 10 * DAY, FitSpec(10 * DAY, Selection()))]
    found = [measure(now, served, [served[0].spec]) for now in world.ticks][-1]
    assert found.regret is None
    assert found.unknown["regret"] == "the stakes price no outcome"
    assert found.challenger is not None


def test_money_and_losses_of_the_champion_are_paired(world, results):
    measure, _ = measured(world, results)
    both = measure.days.totals(MODEL_MONEY, MODEL)
    assert (both.sums >= 0).all()
    assert both.counts.sum() == measure.days.counts.sum()
