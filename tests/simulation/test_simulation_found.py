"""What simulated years once found stays repaired."""

from trimtab.declare.releasing import Release
from trimtab.release.events import CanaryJudged, Gated, Promote, Registered, Route, ShadowJudged
from trimtab.release.machine import step
from trimtab.release.state import start
from trimtab.testing.simulation.campaign import live
from trimtab.units import days

DAY = days(1).microseconds


def test_a_promotion_lets_the_candidate_that_waited_for_the_canary_go_on_at_once():
    declared, orders = Release(), ()
    state = start(declared)
    for event in (
        Registered(0, "v1", "a"),
        Gated(1, "v1", passed=True),
        Registered(DAY, "v2", "b"),
        Gated(DAY + 1, "v2", passed=True),
        Registered(10 * DAY, "v3", "a"),
        Gated(10 * DAY + 1, "v3", passed=True),
        ShadowJudged(16 * DAY, "v2", "better"),
        CanaryJudged(17 * DAY, "v3", 0.05, "advance"),
        CanaryJudged(18 * DAY, "v3", 0.25, "advance"),
    ):
        state, orders, _ = step(state, event, declared)
    kinds = [(type(order), order.version) for order in orders]
    assert (Promote, "v3") in kinds
    assert (Route, "v2") in kinds
    assert step(state, CanaryJudged(18 * DAY, "v3", 0.25, "advance"), declared)[1] == ()


def test_the_life_that_found_it_breaks_no_law():
    assert live(1203).problem is None
