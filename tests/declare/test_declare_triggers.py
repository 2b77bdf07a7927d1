import pytest

from trimtab.declare.digest import digest
from trimtab.declare.measured import (
    on_challenger,
    on_drift,
    on_estimated_drop,
    on_regret,
    on_skill_drop,
    on_volume,
)
from trimtab.declare.policy import Retrain
from trimtab.declare.triggers import Every, at_least, every, never, on_incident
from trimtab.declare.windows import Window, recent_and_reservoir, seasonal_union, sliding
from trimtab.errors import DeclarationError
from trimtab.units import days, hours

HERE = r"test_declare_triggers.py:\d+"


def test_combinations_read_as_they_were_written():
    weekly, incident = every(days(7)), on_incident()
    assert str(weekly & incident | never()) == "every 7 days and on an incident or never"
    assert str(weekly & (incident | never())) == "every 7 days and (on an incident or never)"
    assert (
        str(weekly | incident.cooldown(days(2))) == "every 7 days or (on an incident, at least 2 days apart)"
    )
    assert str((weekly & incident).at_most(1, days(30))) == (
        "(every 7 days and on an incident), at most 1 fit per 30 days"
    )


@pytest.mark.parametrize(
    ("trigger", "words"),
    [
        (on_volume(), "on 1,000 new labelled rows (and 10% of the last training set)"),
        (on_skill_drop(0.01), "when skill has dropped by 0.01"),
        (on_estimated_drop(0.5), "when estimated performance has dropped by 0.5"),
        (on_drift(0.95), "a notice on drift beyond the 0.95 quantile of quiet times"),
        (on_drift(notify=False), "due on drift beyond the 0.99 quantile of quiet times"),
        (on_challenger(), "when a challenger is better"),
        (on_regret(), "when the loss for want of a newer model reaches what a fit costs"),
        (on_regret(1500), "when the loss for want of a newer model reaches 1,500 in money"),
    ],
)
def test_each_trigger_says_what_it_does(trigger, words):
    assert str(trigger) == words


@pytest.mark.parametrize(
    "declare",
    [
        lambda: every(hours(3)),
        lambda: never().cooldown(hours(3)),
        lambda: never().cooldown(7),
        lambda: never().at_most(0, per=days(7)),
        lambda: never().at_most(1.5, per=days(7)),
        lambda: never().at_most(2, per=hours(1)),
        lambda: at_least(3, never(), on_incident()),
        lambda: at_least(1, never(), "weekly"),
        lambda: on_volume(rows=0),
        lambda: on_volume(share=-0.1),
        lambda: on_skill_drop("a lot"),
        lambda: on_skill_drop(float("nan")),
        lambda: on_estimated_drop(-1),
        lambda: on_drift(1.0),
        lambda: on_challenger(-0.001),
        lambda: on_regret(True),
        lambda: sliding(60),
        lambda: seasonal_union(days(56), 84),
        lambda: recent_and_reservoir(days(56), rows=0.5),
        lambda: recent_and_reservoir(days(56), rows=10, seed=-1),
    ],
)
def test_a_mistake_is_named_where_it_was_written(declare):
    with pytest.raises(DeclarationError, match=HERE) as caught:
        declare()
    assert "do: write" in str(caught.value)


def test_new_kinds_of_windows_change_no_earlier_declaration():
    assert digest(Window(length=days(60))) == digest(sliding(days(60)))
    assert digest(Retrain(every(days(7)))) == digest(Retrain(Every(days(7)), Window()))
    assert digest(recent_and_reservoir(days(60), rows=5)) != digest(sliding(days(60)))
