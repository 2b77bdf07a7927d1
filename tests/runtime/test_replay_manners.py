"""Manners in the walk of a replay: fits without learners, whose scores say how well each would do."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lightgbm import LGBMClassifier
from policy_worlds import DAY, World
from sklearn.ensemble import HistGradientBoostingClassifier

from trimtab import days, every, never, sliding
from trimtab.declare.policy import Policy, Retrain
from trimtab.labels.history import as_known
from trimtab.metrics import brier
from trimtab.runtime.learning import Learning, losses_by
from trimtab.runtime.racing import HOLD_BACK
from trimtab.runtime.replay.measuring import measures
from trimtab.runtime.replay.policies import OWN, SCRATCH, choose
from trimtab.runtime.replay.service import jobs_for, settle
from trimtab.runtime.replay.timeline import Continuing
from trimtab.runtime.replay.walk import walking

NEVER = Policy("never", Retrain(never()))
LIGHT = LGBMClassifier()


class Inputs:
    """What races look at: labels and times; features are never asked for."""

    def __init__(self, world):
        self.at = lambda: world.at
        self.labels = lambda: world.history
        self.matrix = None


class Chains(World):
    """A world where each update in a row adds `rot` to what a fit errs, and updates of some days fail."""

    rot = 0.0
    unlucky = frozenset()
    learner = LIGHT

    def score(self, spec, rows):
        own = 0.1 * self.noise[(rows + spec.as_of // DAY + 5 * spec.updates) % len(self.at)]
        miss = 0.2 + self.rot * spec.updates + own
        return np.abs(self.label[rows] - np.clip(miss, 0.01, 0.99))

    def _fit(self, spec, serves):
        result = super()._fit(spec, serves)
        if spec.parent is None or spec.as_of // DAY not in self.unlucky:
            return result
        return type(result)(**{**vars(result), "problem": "a class is new", "scores": {}})

    def learning(self, policy):
        day = self.at // DAY
        return Learning(policy.retrain, self.learner, Inputs(self), losses_by(brier), day, 0)

    def lines(self, *policies):
        wanted = {policy.name: ("online",) for policy in policies}
        return settle(
            policies,
            self.ticks,
            lambda lines: jobs_for(lines, self.at, self.period, wanted),
            self.run,
            partial(measures, self.answers()),
            None,
            {each.name: self.learning(each) for each in policies if each.retrain.continues},
        )

    def own(self, **options):
        policy = Policy("own", Retrain(every(days(options.pop("period", 7))), **options))
        (_, line), self.results = self.lines(NEVER, policy)
        return line


def updates(line):
    return [spec.updates for _, spec in line.trained]


def reasons(line):
    return [each.reason for each in line.decisions if each.kind in {"continue", "from scratch"}]


def test_a_chain_is_capped():
    line = Chains().own(manner="stateful", longest_chain=3, race_every=9)
    assert updates(line) == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1]
    assert reasons(line)[3] == "3 updates in a row, at most 3"
    assert not line.contests or all(spec.parent for spec, _ in line.contests), "no race was asked for"
    for (_, before), (_, after) in zip(line.trained, line.trained[1:], strict=False):
        assert after.parent in {None, before}


def test_a_chain_that_rots_is_replaced_at_its_race():
    world = Chains()
    world.rot = 0.05
    line = world.own(manner="stateful", race_every=4)
    assert updates(line) == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1]
    assert "it loses, so the chain is cut" in reasons(line)[3]
    assert [each.raced is not None for _, each in line.learned] == [False, False, False, True] * 2 + [False]


def test_a_chain_that_keeps_up_goes_on():
    line = Chains(rows=40).own(manner="stateful", race_every=4)
    assert updates(line) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 0]
    assert "the chain goes on" in reasons(line)[3]
    raced = dict(line.learned)["v5"].raced
    assert raced.race.scratch.as_of == raced.race.until - HOLD_BACK.microseconds


def test_no_contender_has_seen_a_row_that_judges_it():
    world = Chains()
    line = world.own(manner="race")
    races = [each.raced.race for _, each in line.learned if each.raced]
    assert len(races) > 3
    for race in races:
        rows = race.judging(Inputs(world))
        assert len(rows)
        for spec in (*race.continued.links, race.scratch):
            assert not as_known(world.history, spec.as_of).mature[rows].any()
        assert as_known(world.history, race.until).mature[rows].all()


@pytest.mark.parametrize(("rot", "continues"), [(0.0, True), (0.1, False)])
def test_a_race_makes_the_winner_the_candidate(rot, continues):
    world = Chains(rows=40)
    world.rot = rot
    line = world.own(manner="race")
    raced = [(spec, dict(line.learned)[name]) for name, spec in line.trained[1:]]
    decided = [(spec, each) for spec, each in raced if each.raced]
    assert [each.reason for _, each in raced if not each.raced][:2] == [
        "no version has answered for long enough to race a continued one"
    ] * 2
    assert len(decided) >= 5
    assert all((spec.parent is not None) == continues for spec, _ in decided)
    assert all(each.raced.result.keeps_up == continues for _, each in decided)


def test_both_contenders_are_on_the_bill():
    world = Chains()
    line = world.own(manner="race")
    for _, each in line.learned:
        if each.raced:
            assert {each.raced.race.continued, each.raced.race.scratch} <= set(line.challengers)


def test_an_update_that_fails_is_made_from_scratch_at_once():
    world = Chains()
    world.unlucky = frozenset({24})
    line = world.own(manner="stateful")
    assert [spec.as_of // DAY for _, spec in line.trained] == list(range(10, 80, 7))
    assert updates(line)[:5] == [0, 1, 0, 1, 2]
    assert reasons(line)[1] == "it could not be continued: a class is new"
    assert dict(line.learned)["v3"].failed
    assert len(line.served) == len(line.trained)


def test_a_learner_that_must_not_be_continued_learns_from_scratch_and_says_why():
    world = Chains()
    world.learner = HistGradientBoostingClassifier()
    line = world.own(manner="stateful")
    assert set(updates(line)) == {0}
    assert all("warm start of HistGradientBoosting" in each for each in reasons(line))


def test_a_training_a_day_leaves_no_time_to_race_and_is_cut_at_its_race():
    line = Chains(length=40).own(manner="stateful", period=1, race_every=3)
    assert updates(line)[:9] == [0, 1, 2, 0, 1, 2, 0, 1, 2]


def test_evidence_of_earlier_races_adds_up():
    line = Chains(rows=40).own(manner="race")
    races = [each.raced for _, each in line.learned if each.raced]
    widths = [each.result.skill.high - each.result.skill.low for each in races]
    assert widths[-1] < widths[0]
    assert all(len(each.heat.continued.unit) <= 16 for each in races)


@pytest.mark.parametrize("manner", ["stateful", "race"])
def test_a_walk_with_all_scores_at_hand_decides_the_same(manner):
    """The resumed walk against its naive twin, which has every fit before it starts."""
    world = Chains()
    world.rot = 0.02
    line = world.own(manner=manner, window=sliding(days(30)))
    continuing = Continuing(world.learning(line.policy), world.results)
    measure = measures(world.answers(), line.policy, world.results)
    outcome = lambda spec: world.results[spec].problem  # noqa: E731
    *_, again = walking(line.policy, world.ticks, outcome, measure, None, continuing)
    assert again.decisions == line.decisions
    assert again.trained == line.trained


@given(st.integers(20, 75), st.sampled_from(["stateful", "race"]), st.sampled_from([0.0, 0.03]))
@settings(max_examples=12, deadline=None)
def test_labels_known_later_change_no_earlier_decision(day, manner, rot):
    lines = []
    for until in (None, day * DAY):
        world = Chains(labels_until=until)
        world.rot = rot
        lines.append(world.own(manner=manner, race_every=2))
    before = [[each for each in line.decisions if each.at <= day * DAY] for line in lines]
    assert before[0] == before[1]


def test_what_continues_is_compared_with_itself_from_scratch():
    names = [each.name for each in choose(Retrain(manner="race"))]
    assert names[-2:] == [SCRATCH, OWN]
    assert SCRATCH not in [each.name for each in choose(Retrain())]
    (twin,) = (each for each in choose(Retrain(every(days(3)), manner="race"), [OWN]) if each.name == SCRATCH)
    assert twin.retrain == Retrain(every(days(3)))
