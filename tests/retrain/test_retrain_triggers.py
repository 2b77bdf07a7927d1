import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.declare.measured import (
    on_challenger,
    on_drift,
    on_estimated_drop,
    on_regret,
    on_skill_drop,
    on_volume,
)
from trimtab.declare.triggers import Trigger, at_least, every, never, on_incident
from trimtab.retrain.seen import Drift, Estimated, Measured, Seen, Sequence, Skill
from trimtab.retrain.triggers import judge
from trimtab.units import days

DAY = 86_400_000_000


def answer(trigger, now=0, incidents=0, **measured):
    return judge(trigger, Seen(0, incidents, Measured(**measured)), now)


@pytest.mark.parametrize(
    ("trigger", "below", "above"),
    [
        (on_volume(50, 0.1), {"new_labelled_rows": 99}, {"new_labelled_rows": 100}),
        (on_volume(150, 0.1), {"new_labelled_rows": 149}, {"new_labelled_rows": 150}),
        (on_skill_drop(0.02), {"skill": Skill(0.28, 0.3, 7)}, {"skill": Skill(0.27, 0.3, 7)}),
        (
            on_estimated_drop(0.1),
            {"estimated": Estimated((0.2, 0.2, 0.0, 0.0), trusted=True)},
            {"estimated": Estimated((0.2, 0.0, 0.2, 0.2), trusted=True)},
        ),
        (
            on_drift(0.9, notify=False),
            {"drift": Drift((0.95, 0.95, 0.2, 0.2), 50)},
            {"drift": Drift((0.95, 0.95, 0.2, 0.95), 50)},
        ),
        (
            on_challenger(0.01),
            {"challenger": Sequence(0.05, 0.01, 0.09, 20)},
            {"challenger": Sequence(0.05, 0.011, 0.09, 20)},
        ),
        (on_regret(10), {"regret": 9.99}, {"regret": 10.0}),
        (on_regret(), {"regret": 0.1}, {"regret": 0.3}),
    ],
)
def test_each_trigger_is_due_beyond_its_threshold_and_keeps_its_numbers(trigger, below, above):
    rest = {"last_training_rows": 1000, "fit_price": 0.2}
    no, yes = answer(trigger, **rest, **below), answer(trigger, **rest, **above)
    assert (no.due, yes.due) == (False, True)
    assert no.numbers
    assert set(no.numbers) == set(yes.numbers)


@pytest.mark.parametrize(
    "trigger",
    [
        on_volume(),
        on_skill_drop(0.0),
        on_estimated_drop(0.0),
        on_drift(notify=False),
        on_challenger(),
        on_regret(0),
        every(days(7)).at_most(1, per=days(7)),
    ],
)
def test_what_is_not_measured_is_never_due_and_says_so(trigger):
    found = answer(trigger, now=100 * DAY)
    assert not found.due
    assert found.reason.startswith("unknown, because ")


@pytest.mark.parametrize(
    ("trigger", "measured", "because"),
    [
        (on_skill_drop(0.0), {"unknown": {"skill": "3 units of 7"}}, "3 units of 7"),
        (
            on_estimated_drop(0.0),
            {"estimated": Estimated((1.0, 1.0, 1.0, 1.0), trusted=False)},
            "not trusted",
        ),
        (on_estimated_drop(0.0), {"estimated": Estimated((1.0,), trusted=True)}, "1 windows"),
        (on_drift(0.99), {"drift": Drift((0.98,) * 4, 98)}, "98 quiet windows cannot tell"),
        (on_volume(), {"new_labelled_rows": 5000}, "no last training rows"),
        (on_regret(), {"regret": 5.0}, "no price"),
    ],
)
def test_too_little_evidence_is_unknown(trigger, measured, because):
    found = answer(trigger, **measured)
    assert not found.due
    assert because in found.reason


def test_drift_notifies_unless_it_is_told_to_train():
    moved = {"drift": Drift((0.99,) * 4, 99)}
    notice, train = answer(on_drift(), **moved), answer(on_drift(notify=False), **moved)
    assert (notice.due, notice.notify) == (False, True)
    assert (train.due, train.notify) == (True, False)
    either = answer(on_drift() | never(), **moved)
    assert (either.due, either.notify) == (False, True)
    assert "drift beyond" in either.reason


def test_no_regret_is_no_reason_even_when_a_fit_is_free():
    assert not answer(on_regret(0), regret=0.0).due
    assert answer(on_regret(0), regret=0.01).due


def test_after_an_attempt_a_trigger_rests():
    resting = on_incident().cooldown(days(3))
    early, late = answer(resting, now=2 * DAY, incidents=1), answer(resting, now=3 * DAY, incidents=1)
    assert (early.due, late.due) == (False, True)
    assert "resting 3 days" in early.reason
    assert early.numbers == {"incidents": 1.0, "since_days": 2.0}


def test_a_budget_of_fits_counts_attempts_of_its_stretch():
    budgeted = on_incident().at_most(2, per=days(10))
    spent = answer(budgeted, now=12 * DAY, incidents=1, attempts=(0, 3 * DAY, 8 * DAY))
    free = answer(budgeted, now=13 * DAY, incidents=1, attempts=(0, 3 * DAY, 8 * DAY))
    assert (spent.due, free.due) == (False, True)
    assert "budget of fits is spent" in spent.reason
    assert spent.numbers["fits_spent"] == 2.0


def test_what_was_measured_at_a_tick_reaches_every_part():
    measured = Measured(skill=Skill(0.0, 0.5, 7), regret=2.0)
    assert judge(on_skill_drop(0.1) & on_regret(1), Seen(0, measured=measured), 0).due


def test_a_stranger_among_triggers_is_an_error():
    with pytest.raises(TypeError, match="unknown trigger"):
        judge(Trigger(), Seen(0), 0)


@given(st.lists(st.booleans(), min_size=1, max_size=6), st.data())
@settings(max_examples=60)
def test_at_least_counts(answers, data):
    count = data.draw(st.integers(1, len(answers)))
    parts = [on_regret(1) if due else on_regret(3) for due in answers]
    seen = {"regret": 2.0}
    assert answer(at_least(count, *parts), **seen).due == (sum(answers) >= count)
    assert answer(at_least(1, *parts), **seen).due == any(answers)
    assert answer(at_least(len(parts), *parts), **seen).due == all(answers)
