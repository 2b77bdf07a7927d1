from hypothesis import given
from hypothesis import strategies as st

from trimtab import Policy, Retrain, days, every, never
from trimtab.runtime.loop import State, Tick, Train, Trained, step
from trimtab.runtime.replay.timeline import MODELLED_TRAINING, walk

DAY = 86_400_000_000
TICKS = [day * DAY for day in range(40)]
WEEKLY = Policy("weekly", Retrain(every(days(7))))


def test_the_first_tick_trains_the_first_model_for_every_policy():
    for policy in (WEEKLY, Policy("never", Retrain(never()))):
        timeline = walk(policy, TICKS, lambda _: None)
        assert timeline.served[0].since == 0
    assert len(timeline.served) == 1


def test_later_versions_serve_after_the_modelled_training_time():
    timeline = walk(WEEKLY, TICKS, lambda _: None)
    assert [served.since for served in timeline.served] == [0] + [
        week * 7 * DAY + MODELLED_TRAINING.microseconds for week in range(1, 6)
    ]


def test_a_failed_training_is_refused_and_the_champion_goes_on():
    timeline = walk(WEEKLY, TICKS, lambda spec: "it answered NaN" if spec.as_of == 14 * DAY else None)
    assert "v3" not in [served.version for served in timeline.served]
    refused = [decision for decision in timeline.decisions if decision.kind == "refuse"]
    assert [decision.subject for decision in refused] == ["v3"]
    assert "v2 goes on" in refused[0].reason


def test_a_tick_during_training_waits():
    state, commands, _ = step(State(), Tick(0), WEEKLY.retrain)
    assert isinstance(commands[0], Train)
    again, nothing, decisions = step(state, Tick(DAY), WEEKLY.retrain)
    assert (again, nothing) == (state, ())
    assert "still in training" in decisions[0].reason


def test_every_tick_is_a_recorded_decision():
    timeline = walk(WEEKLY, TICKS, lambda _: None)
    assert sum(decision.kind == "train" for decision in timeline.decisions) == len(TICKS)


@given(st.integers(1, 39), st.sets(st.integers(0, 5)))
def test_cutting_history_leaves_earlier_decisions_as_they_were(cut, failures):
    def outcome(spec):
        return "broken" if spec.as_of // (7 * DAY) in failures - {0} else None

    whole = walk(WEEKLY, TICKS, outcome)
    short = walk(WEEKLY, TICKS[:cut], outcome)
    before = [decision for decision in whole.decisions if decision.at < cut * DAY]
    assert [decision for decision in short.decisions if decision.at < cut * DAY] == before


def test_a_step_is_a_function_of_its_arguments():
    state = State(champion="v1", last_attempt=0, training="v2", trained=2)
    event = Trained(5, "v2")
    assert step(state, event, WEEKLY.retrain) == step(state, event, WEEKLY.retrain)
