"""Each kind of leak is planted and found; the traps of the flights are set on the shipped flights themselves."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from evaluation_worlds import asking, world

from trimtab.evaluation.evaluated import Rows
from trimtab.evaluation.leakage.alone import alone, too_good_alone
from trimtab.evaluation.leakage.answers import label_inside
from trimtab.evaluation.leakage.duplicates import duplicates, hashes
from trimtab.evaluation.leakage.known_time import availability, time_overlap
from trimtab.evaluation.leakage.order import row_order
from trimtab.evaluation.leakage.permuted import permuted_labels, shuffled
from trimtab.evaluation.leakage.shadow import offline_against_served
from trimtab.evaluation.leakage.splits import random_split, split_gap
from trimtab.evaluation.leakage.together import too_good_together
from trimtab.examples import flights
from trimtab.finding import Severity
from trimtab.metrics import area_under_roc, fit_rate_by_code, log_loss

DATA = Path(flights.__file__).parent / "data"


@pytest.fixture(scope="module")
def flown():
    """A tenth of the landed flights: when each departed and landed, its delay, and whether it was late."""
    schedule = pq.read_table(DATA / "schedule.parquet").select(["flight", "departs", "carrier", "dest"])
    landed = pq.read_table(DATA / "landings.parquet").select(["flight", "landed", "arrival_delay"])
    table = schedule.join(landed, "flight", join_type="inner").sort_by("departs")
    table = table.take(np.arange(0, len(table), 10))
    at, done = (np.asarray(table[name].cast("int64")) for name in ("departs", "landed"))
    delay = np.asarray(table["arrival_delay"]).astype(float)
    carrier = np.asarray(table["carrier"].combine_chunks().dictionary_encode().indices).astype(float)
    return {"at": at, "landed": done, "delay": delay, "late": (delay >= 15) * 1.0, "carrier": carrier}


def test_columns_known_after_the_request_are_caught_by_construction(flown):
    hour = 3_600_000_000
    leak = availability({"arr_time": flown["landed"], "carrier": flown["at"] - hour}, flown["at"] - hour + 1)
    assert leak.severity is Severity.ACT
    assert "arr_time" in leak.what
    assert availability({"carrier": flown["at"] - hour}, flown["at"]).severity is Severity.OK
    assert availability({}, flown["at"], undeclared=("carrier",)).severity is Severity.INFO


def test_the_delay_itself_is_too_good_alone_but_the_arrival_time_only_with_the_rest(flown):
    day = 86_400_000_000
    clock = ((flown["landed"] % day) / 6e7).astype(float)
    planned = (((flown["landed"] - flown["delay"].astype(np.int64) * 60_000_000) % day) / 6e7).astype(float)
    leaking = Rows(("arr_delay", "carrier"), np.column_stack([flown["delay"], flown["carrier"]]))
    assert asking([too_good_alone(alone(leaking, flown["late"]))])
    hidden = Rows(("arr_time", "planned"), np.column_stack([clock, planned]))
    tried = dict(alone(hidden, flown["late"]))
    assert tried["arr_time"] < 0.75
    assert tried["arr_time with planned"] < 0.99
    # a model of both sees their difference
    together = area_under_roc(flown["late"], (clock - planned) % 1440 * ((clock - planned) % 1440 < 720))
    assert asking([too_good_together("arr_time", together, tried["planned"])])


def test_a_random_split_flatters_columns_that_name_the_day(flown):
    day = (flown["at"] // 86_400_000_000 - int(flown["at"].min() // 86_400_000_000)).astype(np.int64)
    part = ((flown["at"] // 21_600_000_000) % 4).astype(np.int64)
    codes = day * 4 + part

    def area(learned, judged):
        rates = fit_rate_by_code(flown["late"][learned], codes[learned], "binary")
        return area_under_roc(flown["late"][judged], rates.predict(codes[judged]))

    judged = random_split(len(day), 0.3, seed=0)
    random, later = area(~judged, judged), area(day < 255, day >= 255)
    told = split_gap(random, later)
    assert random > 0.65
    assert later < 0.6
    assert "a random split would have claimed" in told.what
    assert told.cause


def test_a_tail_number_that_is_missing_for_the_cancelled_is_the_answer_itself():
    generator = np.random.default_rng(0)
    cancelled = generator.random(5000) < 0.05
    tail = generator.integers(0, 50, 5000).astype(float)
    tail[cancelled & (generator.random(5000) < 0.8)] = np.nan
    found = label_inside(Rows(("tailnum",), tail[:, None]), cancelled * 1.0)
    assert any("where tailnum is missing the label is 100% yes" in what for what in asking(found))
    honest = tail.copy()
    honest[generator.random(5000) < 0.1] = np.nan
    honest[cancelled] = 1.0
    assert not asking(label_inside(Rows(("tailnum",), honest[:, None]), cancelled * 1.0))


def test_the_label_under_another_name_is_found_in_text_and_numbers():
    label = np.tile([0.0, 1.0, 1.0], 100)
    rows = Rows(("code", "word", "fine"), np.column_stack([label * -7, 1 - label, np.arange(300.0)]))
    assert asking(label_inside(rows, label)) == [
        "leak: code is the label under another name",
        "leak: word is the label under another name",
    ]


def test_numbers_that_hardly_repeat_are_no_copies_unless_they_lie_on_a_line():
    generator = np.random.default_rng(0)
    label = generator.normal(size=500)
    rows = Rows(("other", "copy"), np.column_stack([generator.normal(size=500), 5 - 2 * label]))
    assert asking(label_inside(rows, label)) == ["leak: copy is the label under another name"]


def test_one_strong_column_of_an_ordinary_model_is_no_leak():
    assert too_good_together("amount", 0.82, 0.5).severity is Severity.OK


def test_rows_or_labels_newer_than_the_split_are_an_overlap():
    at = np.array([100, 200])
    assert time_overlap(99, 100, at).severity is Severity.OK
    assert time_overlap(150, 100, at).severity is Severity.ACT
    assert time_overlap(99, 180, at).severity is Severity.ACT


def test_judged_rows_that_were_learned_block_unless_rows_repeat_anyway():
    generator = np.random.default_rng(0)
    learned, judged = generator.normal(size=(3000, 4)), generator.normal(size=(1000, 4))
    label = generator.integers(0, 2, 1000) * 1.0
    assert not asking(duplicates(learned, judged, label))
    judged[:50] = learned[:50]
    assert asking(duplicates(learned, judged, label))
    coarse = generator.integers(0, 3, size=(4000, 3)).astype(float)
    assert not asking(duplicates(coarse[:3000], coarse[3000:], label))


def test_hashes_tell_rows_apart_as_their_bytes_do():
    generator = np.random.default_rng(0)
    values = generator.integers(0, 6, size=(5000, 4)).astype(float)
    values[generator.random(values.shape) < 0.1] = np.nan
    distinct = {tuple(map(str, row)) for row in values.tolist()}
    assert len(np.unique(hashes(values))) == len(distinct)
    assert hashes(np.array([[0.0]])) == hashes(np.array([[-0.0]]))


def test_equal_rows_with_other_answers_set_a_floor():
    rows = np.repeat(np.arange(10.0), 10)[:, None]
    label = np.tile(np.r_[np.zeros(7), np.ones(3)], 10)
    (_, floor) = duplicates(rows + 100, rows, label)
    assert floor.estimate == pytest.approx(0.3)


def test_an_encoding_made_before_the_split_still_predicts_shuffled_labels():
    generator = np.random.default_rng(0)
    key = generator.integers(0, 3000, 8000)
    label = shuffled((generator.random(8000) < 0.3) * 1.0, seed=1)
    judged = np.arange(8000) >= 5000
    leaking = fit_rate_by_code(label, key, "binary", shrinkage=1).predict(key)
    honest = fit_rate_by_code(label[~judged], key[~judged], "binary", shrinkage=1).predict(key)
    found = [
        permuted_labels(label[judged], score[judged], "binary", log_loss, seed=2)
        for score in (leaking, honest)
    ]
    assert [each.severity for each in found] == [Severity.ACT, Severity.OK]


def test_a_file_that_is_sorted_by_its_outcome_is_noticed_and_time_alone_is_not():
    at = np.repeat(np.arange(500), 4)
    label = (np.random.default_rng(0).random(2000) < 0.4) * 1.0
    order = np.lexsort((label, at))
    assert asking([row_order(np.arange(2000), at[order], label[order])])
    trend = (np.random.default_rng(0).random(2000) < at / 500) * 1.0
    assert not asking([row_order(np.arange(2000), at, trend)])
    assert row_order(np.arange(9), np.arange(9), np.ones(9)).severity is Severity.NOT_RUN


def test_scores_that_were_worse_in_service_block():
    found = world()
    flat = 0.5 + 0.5 * (found.score - 0.5)
    assert asking([offline_against_served(found, flat)])
    assert not asking([offline_against_served(found, found.score)])
    assert offline_against_served(found, None).severity is Severity.NOT_RUN
