import json

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prediction_logs import DAY, START, log_table
from trimtab.errors import DataError, TrimtabError, UsageError
from trimtab.monitoring.observed import NEVER
from trimtab.report import to_html
from trimtab.runtime.watching.log import read_log
from trimtab.runtime.watching.logs.asked import Wish, duration, names_of
from trimtab.runtime.watching.logs.watch import Told, watch_log
from trimtab.runtime.watching.logs.windows import cut
from trimtab.runtime.watching.logs.writing import write
from trimtab.units import days, hours, minutes

ROLES = {"time": "asked", "label": "bought", "label_known": "told"}


def wish(**more):
    return Wish(**{**ROLES, **more})


def small(rows=200, **columns):
    """A log in order of time, one row an hour."""
    at = np.datetime64("2024-03-01", "us") + np.arange(rows) * np.timedelta64(1, "h")
    base = {"at": pa.array(at), "x": np.sin(np.arange(rows)), "score": np.full(rows, 0.5)}
    return pa.table({**base, **columns})


# --- times


@pytest.mark.parametrize(
    "written",
    [
        lambda at: pa.array(at.astype("datetime64[s]")),
        lambda at: pa.array(at.astype("datetime64[ns]")),
        lambda at: pa.array(at, pa.timestamp("us", "UTC")),
        lambda at: pa.array(at.astype("datetime64[s]").astype(np.int64)),
        lambda at: pa.array(at.astype("datetime64[ms]").astype(np.int64)),
        lambda at: pa.array(at.astype("datetime64[us]").astype(np.int64)),
        lambda at: pa.array(at.astype("datetime64[ns]").astype(np.int64)),
        lambda at: pa.array(at.astype("datetime64[s]").astype(np.float64)),
        lambda at: pa.array([str(each) for each in at]),
        lambda at: pa.array([f"{each}Z" for each in at]),
    ],
)
def test_a_time_may_be_written_in_any_way(written):
    at = np.datetime64("2024-03-01T10:00:00", "s") + np.arange(200)
    log = read_log(small(at=written(at)), Wish())
    assert log.observed.at.tolist() == at.astype("datetime64[us]").astype(np.int64).tolist()


def test_naive_times_are_in_the_zone_that_is_named():
    log = read_log(small(), Wish(zone="America/New_York"))
    assert log.observed.at[0] == np.datetime64("2024-03-01T05:00", "us").astype(np.int64)
    assert set(log.observed.offset) == {-5 * 3_600_000_000}


def test_dates_are_midnights_of_the_zone():
    dates = pa.array(np.datetime64("2024-03-01", "D") + np.arange(200) // 4)
    log = read_log(small(at=dates), Wish(zone="Europe/Berlin"))
    assert log.observed.at[0] == np.datetime64("2024-02-29T23:00", "us").astype(np.int64)


def test_rows_out_of_order_are_sorted_with_all_their_columns():
    table = log_table(days=40, rows=50)
    shuffled = table.take(pa.array(np.random.default_rng(1).permutation(len(table))))
    one, other = read_log(table, wish()), read_log(shuffled, wish())
    assert one.observed.at.tolist() == other.observed.at.tolist()
    np.testing.assert_array_equal(one.observed.score, other.observed.score)
    np.testing.assert_array_equal(one.observed.label, other.observed.label)
    assert any("they were sorted" in each for each in other.remarks)
    assert not any("sorted" in each for each in one.remarks)


# --- columns


def test_usual_names_tell_what_a_column_is():
    log = read_log(small(label=pa.array([True, False] * 100)), Wish())
    assert (log.wish.time, log.wish.score, log.wish.label) == ("at", ("score",), "label")
    assert log.observed.columns.names == ("x",)
    assert sum("by its name" in each for each in log.remarks) == 3


def test_what_only_tells_the_row_is_no_feature():
    table = small(
        order=[f"o{place}" for place in range(200)],
        counter=pa.array(range(200)),
        tags=pa.array([["a"]] * 200),
        empty=pa.nulls(200),
        other=pa.array(np.datetime64("2024-03-01", "us") + np.arange(200)),
        step=[0.0] * 100 + [1.0] * 100,
    )
    log = read_log(table, Wish())
    assert log.observed.columns.names == ("x", "step"), (
        "a column that took one step may be broken: it is watched"
    )
    for name in ("order", "counter", "tags", "empty", "other"):
        assert any(f"{name!r} is left out" in each for each in log.remarks)


def test_named_features_are_taken_as_they_are():
    log = read_log(small(counter=pa.array(range(200))), Wish(features="counter"))
    assert log.observed.columns.names == ("counter",)


def test_labels_are_joined_by_id_from_another_table():
    table = log_table(days=30, rows=20)
    answers = table.select(["request", "bought", "told"]).slice(100)
    answers = answers.take(pa.array(np.random.default_rng(0).permutation(len(answers))))
    joined = read_log(table.drop_columns(["bought", "told"]), wish(id="request", matures_after="2d"), answers)
    whole = read_log(table, wish(id="request", matures_after="2d"))
    assert np.isnan(joined.observed.label[:100]).all()
    np.testing.assert_array_equal(joined.observed.label[100:], whole.observed.label[100:])
    np.testing.assert_array_equal(joined.observed.label_at[100:], whole.observed.label_at[100:])
    assert joined.observed.columns.names == whole.observed.columns.names


def test_a_name_that_both_tables_have_keeps_its_table():
    table = log_table(days=30, rows=20)
    answers = table.select(["request", "bought", "asked"])
    log = read_log(
        table.drop_columns(["bought"]),
        Wish(time="asked", label="bought", label_known="labels.asked", id="request"),
        answers,
    )
    assert (log.observed.label_at == log.observed.at).all()


def test_rows_that_repeat_another_are_counted_once():
    table = log_table(days=30, rows=20)
    twice = pa.concat_tables([table, table.slice(5, 10)])
    assert len(read_log(twice, wish(id="request")).observed) == len(table)
    without_id = read_log(twice, wish())
    assert len(without_id.observed) == len(twice)
    assert any("10 rows equal another row" in each for each in without_id.remarks)


# --- answers


def test_text_labels_need_the_value_that_is_a_yes():
    label = pa.array(["no", "yes"] * 100)
    with pytest.raises(DataError, match=r"which value of 'label' is a yes.*no, yes.*--positive yes"):
        read_log(small(label=label), Wish())
    log = read_log(small(label=label), Wish(positive="yes"))
    assert log.observed.label[:2].tolist() == [0.0, 1.0]
    assert log.task == "binary"


def test_one_score_column_a_class():
    table = small(
        p_late=np.full(200, 0.25), p_early=np.full(200, 0.75), label=pa.array(["late", "early"] * 100)
    )
    log = read_log(table.drop_columns(["score"]), Wish(score="p_late,p_early"))
    assert (log.task, log.classes) == ("multiclass", ("late", "early"))
    assert log.observed.score.shape == (200, 2)
    assert log.observed.label[:2].tolist() == [0.0, 1.0]
    with pytest.raises(DataError, match=r"'early' of 'label' is none of the classes.*a, b"):
        read_log(table, Wish(score="p_late,p_early", classes="a,b"))


def test_numbers_are_a_regression():
    log = read_log(small(score=np.arange(200.0), label=np.arange(200.0) * 2), Wish())
    assert log.task == "regression"


@pytest.mark.parametrize(
    ("columns", "words", "told"),
    [
        ({"score": np.linspace(-1, 2, 200)}, {"task": "binary"}, "is no probability in .* -1 to 2"),
        ({"score": ["high"] * 200}, {}, "the score 'score' is no number; found: string"),
        ({"score": pa.nulls(200, pa.float64())}, {}, "is null in every row"),
        ({"label": pa.nulls(200, pa.float64())}, {}, "holds no label at all"),
        ({"label": [float("inf")] * 200}, {}, "is infinite"),
        ({"label": [1, 2] * 100}, {}, "which value of 'label' is a yes.*1, 2"),
        ({"q": np.full(200, 0.2)}, {"score": "score,q"}, "200 rows do not sum to one; found: 0.7"),
        ({}, {"score": "scroe"}, "no column 'scroe' in the log; found: at, x, score; did you mean 'score'"),
        ({"at": ["yesterday"] * 200}, {}, "'at' holds no times; found: 'yesterday'.*--every"),
        ({"at": np.arange(200)}, {}, "'at' holds no times; found: numbers such as 0"),
        ({"at": pa.nulls(200, pa.timestamp("us"))}, {}, "200 of 200 rows have no time"),
        ({}, {"zone": "Europe/Berlino"}, "no time zone.*Europe/Berlin"),
        ({}, {"features": "at", "time": "at"}, "'at' cannot be a feature"),
        (
            {},
            {"features": "x,score", "score": "score"},
            "'score' cannot be a feature.*is the time, the score",
        ),
        ({}, {"without": "x"}, "no features to watch"),
        ({}, {"task": "multiclass"}, "classes have a score each"),
    ],
)
def test_what_contradicts_itself_is_told(columns, words, told):
    with pytest.raises(TrimtabError, match=told):
        read_log(small(**columns), Wish(**words))


def test_an_error_names_the_column_at_fault_when_labels_do_not_meet():
    labels = pa.table({"id": [1, 2], "label": [0, 1]})
    with pytest.raises(
        DataError, match=r"no row of the log has a label.*'a0' .string. in the log, 1 .int64."
    ):
        read_log(small(id=[f"a{place}" for place in range(200)]), Wish(id="id"), labels)
    with pytest.raises(UsageError, match=r"joined by an id"):
        read_log(small(), Wish(), labels)
    twice = pa.table({"id": ["a0", "a0"], "label": [0, 1]})
    with pytest.raises(DataError, match=r"1 ids of 'id' stand more than once"):
        read_log(small(id=[f"a{place}" for place in range(200)]), Wish(id="id"), twice)


def test_one_id_with_two_answers_is_told():
    ids = [f"a{place}" for place in range(199)]
    with pytest.raises(DataError, match=r"1 rows have an id that another row has.*'a198' stands 2 times"):
        read_log(small(id=[*ids, "a198"]), Wish(id="id"))


# --- when labels are known


def test_labels_are_waited_for_as_long_as_most_of_them_take():
    table = log_table(days=40, rows=50)
    delay = pc.cast(pc.subtract(table["told"], table["asked"]), pa.int64()).to_numpy()
    log = read_log(table, wish())
    assert log.matures_after == np.quantile(delay, 0.95, method="higher")
    late = delay > log.matures_after
    assert np.isnan(log.observed.label[late]).all()
    assert (log.observed.label_at[late] == NEVER).all()
    assert (log.observed.label_at[~late] == (log.observed.at + delay)[~late]).all()


def test_without_a_column_labels_are_known_after_the_given_time():
    log = read_log(
        log_table(days=40, rows=50), Wish(time="asked", label="bought", without="told", matures_after="36h")
    )
    assert log.matures_after == hours(36).microseconds
    assert (log.observed.label_at - log.observed.at == hours(36).microseconds).all()


# --- windows


def test_windows_are_local_days_across_clock_changes():
    log = read_log(small(rows=24 * 60), Wish(zone="Europe/Berlin", matures_after="0s"))
    parts = cut(log)
    lengths = set(np.diff(parts.bounds).tolist())
    assert lengths == {23 * 3_600_000_000, DAY}, "the last Sunday of March has 23 hours"
    assert parts.windows == 45
    assert "first quarter" in parts.accepted


def test_windows_by_rows_hold_as_many_each_and_leave_the_rest():
    log = read_log(small(rows=1_045), Wish(every=20))
    parts = cut(log)
    assert parts.windows == 52 - 13
    assert len(parts.reference) == 13 * 20
    counts = [len(parts.watched.between(a, b)) for a, b in zip(parts.bounds, parts.bounds[1:], strict=False)]
    assert set(counts) == {20}
    assert any("the last 5 rows" in each for each in parts.remarks)
    assert parts.moment(int(parts.bounds[0])) == log.observed.at[260]
    assert parts.budget.windows_per_year == pytest.approx(365.25 * 24 / 20, rel=0.01)


@given(st.integers(11, 400), st.integers(1, 9), st.lists(st.integers(0, 60), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_by_rows_a_label_counts_from_the_window_in_which_it_was_known(rows, every, waits):
    rows = max(rows, 22 * every)
    wait = np.resize(np.array(waits), rows) * 3_600_000_000
    at = np.asarray(small(rows)["at"]).astype("datetime64[us]").astype(np.int64)
    table = small(
        rows,
        label=[0.0, 1.0] * (rows // 2) + [1.0] * (rows % 2),
        label_known=pa.array(at + wait, pa.timestamp("us")),
    )
    log = read_log(table, Wish(every=every, matures_after="60h", windows_per_year=100))
    parts = cut(log)
    start, week = len(parts.reference), int(np.diff(parts.bounds)[0])
    watched = at[start : start + len(parts.watched)]
    for row in range(len(parts.watched)):
        known = watched[row] + wait[start + row]
        seen = max(place for place in range(len(watched)) if watched[place] <= known)
        window = int(parts.bounds[0]) // week + seen // every
        assert parts.watched.label_at[row] // week == window
        assert parts.watched.label_at[row] < (window + 1) * week, "known before its window is over"
        assert window * week + week <= parts.watched.at[row] // week * week + week + parts.matures_after


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"window": "7d"}, "too few windows of 7 days from 2024-01-01 .*found: .* accepted .*--window"),
        ({"window": "1s"}, "more than 200,000 windows"),
        ({"every": 4_000}, "too few windows of 4,000 rows"),
        ({"reference_rows": 5}, "too few windows of 1 day .*found: 1 accepted"),
        ({"reference_rows": 50_000}, "names rows of the log"),
        ({"reference_until": lambda _: START + 100 * DAY}, "too few windows.* 0 to watch"),
    ],
)
def test_too_few_windows_are_told(words, told):
    with pytest.raises((DataError, UsageError), match=told):
        cut(read_log(log_table(days=40, rows=50), wish(**words)))


def test_texts_and_numbers_that_are_no_wish_are_told():
    with pytest.raises(UsageError, match=r"no loss 'bier'.*did you mean 'brier'"):
        Wish(loss="bier")
    with pytest.raises(UsageError, match=r"not both"):
        Wish(window="1d", every=10)
    with pytest.raises(UsageError, match=r"price of both"):
        Wish(loss="money", miss=3.0)
    with pytest.raises(UsageError, match=r"one of them something; found: 0.0, 0.0"):
        Wish(false_alarm=0.0, miss=0.0)
    with pytest.raises(UsageError, match=r"'soon' is no duration"):
        duration("soon")
    assert (duration("2 days"), duration("90min"), duration("1w")) == (days(2), minutes(90), days(7))
    assert names_of(["a", "b"]) == names_of("a, b,") == ("a", "b")


# --- the whole


@pytest.fixture(scope="module")
def harmed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("figures")
    table = log_table(harm_from=50)
    done = watch_log(table, wish(), Told("shop", "trimtab watch shop.parquet", str(folder)))
    write(done, folder)
    return table, done, folder


def test_planted_harm_pages_and_names_its_day(harmed):
    _, done, _ = harmed
    assert len(done.pages) == 1
    page = done.pages[0]
    harm = START + 50 * DAY
    assert harm <= page.at <= harm + 12 * DAY
    assert abs(page.since - harm) <= 3 * DAY
    assert done.open_page is page
    assert "changed" in page.finding.cause
    assert page.finding.check_command == "trimtab watch shop.parquet"
    assert done.budget_line.startswith("1 page in 60 windows of 1 day; at most 1 false page a year, 0.17")


def test_every_figure_can_be_checked_by_hand(harmed):
    table, done, folder = harmed
    written = pq.read_table(folder / "windows.parquet").to_pylist()
    assert len(written) == done.windows == 60
    at = table["asked"].cast(pa.int64()).to_numpy()
    delay = table["told"].cast(pa.int64()).to_numpy() - at
    on_time = delay <= np.quantile(delay, 0.95, method="higher")
    score, label = table["score"].to_numpy(), table["bought"].to_numpy()
    accepted = on_time & (at < START + 20 * DAY)
    assert done.baseline == pytest.approx(((score - label)[accepted] ** 2).mean(), abs=1e-6)
    for each in written:
        start = START + (20 + each["window"]) * DAY
        inside = (at >= start) & (at < start + DAY)
        assert np.datetime64(each["start"].replace(tzinfo=None), "us").astype(np.int64) == start
        assert each["requests"] == inside.sum()
        known = inside & on_time
        assert each["labelled"] == known.sum()
        assert each["loss"] == pytest.approx(((score - label)[known] ** 2).mean(), abs=1e-6)
    paged = [each["window"] for each in written if each["page"]]
    assert paged == [done.pages[0].window]
    facts = dict(fact for fact in done.pages[0].finding.evidence if isinstance(fact, tuple))
    assert (
        f"{folder}/windows.parquet, windows {done.pages[0].since_window} to {paged[0]}"
        in facts["to check by hand"]
    )


def test_the_outcome_prints_serialises_and_draws_itself(harmed):
    _, done, folder = harmed
    assert json.loads(json.dumps(done.to_json(), allow_nan=False)) == json.loads(
        (folder / "watch.json").read_text()
    )
    text = str(done)
    assert done.budget_line[:20] in text
    assert "Reproduce it with" in text
    page = (folder / "watch.html").read_text()
    assert page == to_html(done.document()) == done._repr_html_()
    assert "page 1" in page
    assert "windows.parquet" in page


def test_the_same_log_by_rows_pages_in_the_same_days(harmed):
    table, done, _ = harmed
    by_rows = watch_log(table, wish(every=120), Told())
    assert len(by_rows.pages) == 1
    assert by_rows.unit == "row"
    assert START + 50 * DAY <= by_rows.pages[0].at <= done.pages[0].at


def test_a_calm_log_pages_nobody_and_compares_with_another_model_on_the_same_rows():
    table = log_table()
    better = table.append_column("fresh", pc.multiply(table["score"], 0.99))
    done = watch_log(better, wish(reference_score="fresh"), Told())
    assert (done.pages, done.paired) == ((), True)
    assert done.severity.value == "OK"
    assert all(abs(each.loss - each.reference_loss) < 0.01 for each in done.figures)


def test_a_model_that_falls_behind_another_pages_although_the_world_is_hard_for_both():
    table = log_table(harm_from=50)
    day = (table["asked"].cast(pa.int64()).to_numpy() - START) // DAY
    fresh = np.where(day >= 50, 0.5, table["score"].to_numpy())
    paired = watch_log(table.append_column("fresh", pa.array(fresh)), wish(reference_score="fresh"), Told())
    assert len(paired.pages) == 1
    both = watch_log(table.append_column("fresh", table["score"]), wish(reference_score="fresh"), Told())
    told = [name for page in both.pages for name, _ in page.shares]
    assert set(told) == {"residual"}, "the world changed, but the other model does no better"


def test_a_loss_in_money_is_told_in_money():
    done = watch_log(
        log_table(harm_from=50), wish(loss="money", false_alarm=4.0, miss=16.0, currency="CHF"), Told()
    )
    assert done.loss_unit == "CHF"
    score, label = log_table(harm_from=50)["score"].to_numpy(), log_table(harm_from=50)["bought"].to_numpy()
    cost = np.where((score >= 0.2) != (label == 1), np.where(label == 1, 16.0, 4.0), 0.0)
    assert done.baseline == pytest.approx(cost[: 20 * 120].mean(), rel=0.1)
    with pytest.raises(UsageError, match=r"a binary has no absolute loss"):
        watch_log(log_table(), wish(loss="absolute", task="binary"), Told())


def test_an_accepted_period_may_live_in_another_table():
    table = log_table(harm_from=50)
    cut_at = 30 * 120
    done = watch_log(table.slice(cut_at), wish(), Told(), reference=table.slice(0, cut_at))
    assert "reference file" in done.accepted
    assert len(done.pages) == 1
    with pytest.raises(DataError, match=r"no column 'shop' in the reference"):
        watch_log(
            table.slice(cut_at), wish(), Told(), reference=table.slice(0, cut_at).drop_columns(["shop"])
        )


def test_without_labels_only_inputs_are_watched_and_a_broken_one_pages_at_once():
    table = log_table(broken_from=60).drop_columns(["bought", "told"])
    done = watch_log(table, Wish(time="asked"), Told())
    assert done.labelled == 0
    assert done.monitors == ("breakage",)
    assert [page.at for page in done.pages] == [START + 60 * DAY]
    assert done.pages[0].finding.what.startswith("amount is broken (nulls)")
    assert any(each.what == "harm is not watched" for each in done.verdicts)


def test_labels_that_stop_coming_are_no_harm():
    table = log_table()
    at = table["asked"].cast(pa.int64()).to_numpy()
    label = pa.array(table["bought"].to_numpy(), mask=at >= START + 50 * DAY)
    done = watch_log(table.set_column(4, "bought", label), wish(), Told())
    assert done.pages == ()
    assert done.figures[-1].labelled == 0
    assert done.figures[-1].loss is None


def test_an_accepted_period_without_labels_watches_no_harm_and_says_so():
    table = log_table(days=40, harm_from=30)
    at = table["asked"].cast(pa.int64()).to_numpy()
    label = pa.array(table["bought"].to_numpy(), mask=at < START + 20 * DAY)
    done = watch_log(table.set_column(4, "bought", label), wish(reference_rows=2_400), Told())
    assert done.monitors == ("breakage",)
    assert any("the accepted period holds no label" in each for each in done.remarks)


def test_values_that_are_no_number_are_no_fault():
    table = log_table(days=40)
    amount = np.where(np.arange(len(table)) % 20 == 0, np.inf, table["amount"].to_numpy())
    done = watch_log(table.set_column(1, "amount", pa.array(amount)), wish(), Told())
    assert done.pages == ()


def test_days_without_requests_are_windows_without_figures():
    table = log_table()
    day = (table["asked"].cast(pa.int64()).to_numpy() - START) // DAY
    done = watch_log(table.filter(pa.array(day % 7 < 5)), wish(), Told())
    assert done.pages == ()
    assert sum(each.requests == 0 for each in done.figures) > 10


def test_several_classes_are_watched_too():
    table = log_table(harm_from=50)
    score = table["score"].to_numpy()
    table = table.append_column("p_yes", pa.array(score)).append_column("p_no", pa.array(1 - score))
    label = pa.array(np.where(table["bought"].to_numpy() == 1, "yes", "no"))
    table = table.set_column(4, "bought", label).drop_columns(["score"])
    done = watch_log(table, wish(score="p_yes,p_no"), Told())
    assert done.task == "multiclass"
    assert len(done.pages) == 1


def test_a_regression_is_judged_by_its_absolute_error():
    table = log_table(days=60, rows=100)
    random = np.random.default_rng(3)
    truth = table["amount"].to_numpy() + random.normal(size=len(table)) * np.where(
        np.arange(len(table)) < 4_000, 0.3, 1.5
    )
    done = watch_log(
        table.set_column(4, "bought", pa.array(truth)).set_column(3, "score", table["amount"]), wish(), Told()
    )
    assert (done.task, done.loss) == ("regression", "absolute error")
    assert done.baseline == pytest.approx(0.24, abs=0.03)
    assert len(done.pages) == 1
