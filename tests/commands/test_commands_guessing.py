"""What `trimtab init` guesses of a table."""

import datetime as dt

import pyarrow as pa

from trimtab.commands.guessing import guess

START = dt.datetime(2025, 1, 1)  # tables hold plain times
ASKED = [START + dt.timedelta(hours=each) for each in range(200)]
TIMES = ["closed", "opened"]


def table(**columns):
    closed = [each + dt.timedelta(days=1 + place % 10) for place, each in enumerate(ASKED)]
    return pa.table({"closed": closed, "shop": ["a", "b"] * 100, **columns, "opened": ASKED})


def test_the_earlier_time_asks_and_the_later_one_answers_whatever_their_order():
    found = guess(table(label=[True, False] * 100), TIMES)
    assert (found.at, found.known) == ("opened", "closed")


def test_answers_count_as_final_when_nearly_all_of_them_are_known():
    assert guess(table(label=[True, False] * 100), TIMES).days == 10
    alone = guess(table(label=[True, False] * 100).drop_columns(["closed"]), ["opened"])
    assert (alone.days, alone.known) == (30, "opened")


def test_answers_that_are_still_missing_do_not_count():
    open_ones = [None if place % 3 else each for place, each in enumerate(ASKED)]
    later = [None if each is None else each + dt.timedelta(days=2) for each in open_ones]
    rows = table(label=[True] * 200).set_column(0, "closed", pa.array(later, pa.timestamp("us")))
    assert guess(rows, TIMES).days == 2


def test_an_id_never_repeats_and_is_no_amount():
    assert guess(table(ticket=list(range(200)), label=[True] * 200), TIMES).id == "ticket"
    assert guess(table(amount=[each / 7 for each in range(200)], label=[True] * 200), TIMES).id is None
    gap = guess(table(ticket=[None, *range(199)], label=[True] * 200), TIMES)
    assert gap.id is None


def test_the_kind_of_label_chooses_the_learner():
    learners = {
        "HistGradientBoostingClassifier": ([True, False] * 100, ["keep", "refund"] * 100, [0, 1] * 100),
        "HistGradientBoostingRegressor": ([each / 3 for each in range(200)], list(range(200))),
    }
    for name, labels in learners.items():
        assert {guess(table(label=each), TIMES).learner for each in labels} == {name}
