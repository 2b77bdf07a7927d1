import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab import Release, Retrain, days, every, on_skill_drop
from trimtab.finding import Severity
from trimtab.release import events as release
from trimtab.retrain.seen import Measured, Skill
from trimtab.runtime.loop import Declared, Tick, Trained, begin, step, write_decision, write_event
from trimtab.runtime.verify import Heard, verify

DAY = 86_400_000_000
DECLARED = Declared(Retrain(every(days(7)) | on_skill_drop(0.1)), Release(canary=()))


def life(length=30, every_days=9):
    """Daily ticks with what was measured; every so many days a training ends, and passes or fails its gate."""
    version = 0
    for day in range(length):
        measured = Measured(skill=Skill(0.3 - day % every_days / 30, 0.3, 7), attempts=(day,))
        yield Tick(day * DAY, measured)
        if day % every_days == 0:
            version += 1
            yield Trained(day * DAY + 5, f"v{version}", "out of luck" if day % 4 == 3 else None)
            yield release.Gated(day * DAY + 6, f"v{version}", passed=day % 4 != 2, numbers={"units": 28})
            yield release.ReverseJudged(day * DAY + 7, f"v{version}", "worse" if day % 4 == 1 else "waiting")


def recorded(events, declared=DECLARED, *, states=True):
    """The journal that live operation would have written, after it went through text."""
    state = begin(declared)
    for event in events:
        state, _, decisions = step(state, event, declared)
        body = [write_event(event), [write_decision(each) for each in decisions], state.to_json()]
        written, made, after = json.loads(json.dumps(body, allow_nan=False))
        yield Heard(written, tuple(made), declared, after if states else None)


def test_a_recorded_life_is_repeated_byte_for_byte():
    for states in (True, False):
        found = verify(recorded(life(), states=states))
        assert found.differences == ()
        assert found.decisions > found.events / 2
        assert found.finding.severity is Severity.OK


def test_an_edited_decision_is_found_where_it_stands():
    journal = list(recorded(life()))
    place = next(i for i, each in enumerate(journal) if each.decisions and i > 10)
    edited = {**journal[place].decisions[0], "reason": "because"}
    journal[place] = replace(journal[place], decisions=(edited, *journal[place].decisions[1:]))
    found = verify(journal)
    assert [each.place for each in found.differences] == [place]
    assert "because" in found.differences[0].recorded
    assert found.finding.severity is Severity.ACT


def test_an_edited_measurement_is_found_by_the_decision_that_read_it():
    journal = list(recorded(life()))
    place = next(i for i, each in enumerate(journal) if i > 3 and each.event["kind"] == "Tick")
    skill = {**journal[place].event["measured"]["skill"], "now": -5.0}
    event = {**journal[place].event, "measured": {**journal[place].event["measured"], "skill": skill}}
    journal[place] = replace(journal[place], event=event)
    assert verify(journal).differences[0].place == place


def test_a_difference_in_the_state_alone_is_found_too_and_counted_once():
    journal = list(recorded(life()))
    journal[4] = replace(journal[4], state={**journal[4].state, "trained": 40})
    # the recorded state goes on, so the next training has another number than was recorded
    places = [each.place for each in verify(journal).differences]
    assert places[0] == 4
    assert len(places) < len(journal)


def test_each_event_is_judged_by_the_declaration_of_its_time():
    first = list(recorded(life(10, 6)))
    other = replace(DECLARED, retrain=Retrain(every(days(2))))
    state = begin(DECLARED)
    for event in life(10, 6):
        state, _, _ = step(state, event, DECLARED)
    tick = Tick(10 * DAY)
    _, _, made = step(state, tick, other)
    later = Heard(write_event(tick), tuple(write_decision(each) for each in made), other)
    assert verify([*first, later]).differences == ()
    assert len(verify([*first, replace(later, declared=DECLARED)]).differences) == 1


def test_a_journal_can_be_repeated_from_the_middle():
    journal, state = list(recorded(life())), begin(DECLARED)
    for event in list(life())[:12]:
        state, _, _ = step(state, event, DECLARED)
    assert verify(journal[12:], state).differences == ()


@given(st.integers(5, 40), st.integers(2, 12))
@settings(max_examples=25, deadline=None)
def test_any_life_verifies(length, every_days):
    assert verify(recorded(life(length, every_days))).differences == ()
