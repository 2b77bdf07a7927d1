import numpy as np
import pytest

from trimtab import days, every, expanding, never, on_incident, recency_weighted, sliding
from trimtab.errors import DeclarationError
from trimtab.retrain.triggers import Seen, judge
from trimtab.retrain.windows import select, selection, weights

DAY = 86_400_000_000


def test_every_counts_whole_days_from_the_last_attempt():
    trigger = every(days(7))
    assert not judge(trigger, Seen(0), 6 * DAY).due
    answer = judge(trigger, Seen(0), 7 * DAY)
    assert answer.due
    assert answer.numbers == {"since_days": 7.0}


def test_a_local_day_of_23_hours_moves_no_schedule():
    assert judge(every(days(7)), Seen(0), 7 * DAY - DAY // 24).due


def test_combinations():
    either, both = every(days(7)) | on_incident(), every(days(7)) & on_incident()
    assert judge(either, Seen(0, incidents_since=1), DAY).due
    assert not judge(both, Seen(0, incidents_since=1), DAY).due
    assert judge(both, Seen(0, incidents_since=1), 8 * DAY).due
    assert not judge(never(), Seen(0), 10**18).due
    assert "due every 7 days" in judge(either, Seen(0), DAY).reason


def test_every_wants_a_duration_with_a_unit():
    with pytest.raises(DeclarationError, match=r"test_retrain.py:\d+"):
        every(7)


def test_windows_choose_rows_and_weights():
    at = np.arange(0, 10) * DAY
    mature = np.array([True] * 8 + [False] * 2)
    now = 10 * DAY
    assert select(selection(expanding(), now), at, mature).tolist() == list(range(8))
    assert select(selection(sliding(days(4)), now), at, mature).tolist() == [6, 7]
    chosen = selection(recency_weighted(days(5)), now)
    assert weights(chosen, at[[0, 5]], now).tolist() == [0.25, 0.5]
    assert weights(selection(expanding(), now), at, now) is None
