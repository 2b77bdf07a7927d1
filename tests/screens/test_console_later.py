"""Values that take a while: made once, one at a time, waited for no longer than a reader would."""

from __future__ import annotations

import threading

import pytest

from trimtab.screens.later import KEPT, Later


def test_a_value_is_made_once():
    later, made = Later(), []
    for _ in range(3):
        assert later.value("one", lambda: made.append("one") or 7, 5) == 7
    assert made == ["one"]


def test_what_takes_longer_is_there_at_a_later_look_and_nothing_else_is_begun_meanwhile():
    later, go, begun = Later(), threading.Event(), []
    assert later.value("slow", lambda: go.wait(10), 0.01) is None
    assert later.value("other", lambda: begun.append("other"), 0.01) is None
    assert begun == []
    go.set()
    assert later.value("slow", lambda: False, 5) is True
    assert later.value("other", lambda: "there", 5) == "there"


def test_what_failed_is_told_and_made_anew():
    later = Later()

    def fail():
        raise TimeoutError("the engine gave up")

    with pytest.raises(TimeoutError, match="gave up"):
        later.value("one", fail, 5)
    assert later.value("one", lambda: 2, 5) == 2


def test_only_the_latest_are_kept():
    later = Later()
    for name in range(KEPT + 1):
        later.value(name, lambda name=name: name, 5)
    assert later.value(0, lambda: "made anew", 5) == "made anew"
    assert later.value(KEPT, lambda: "made anew", 5) == KEPT
