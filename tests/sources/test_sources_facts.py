import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import trimtab as tt
from trimtab import col, hours
from trimtab.errors import DataError
from trimtab.sources.columns import normalise_column
from trimtab.sources.facts import make_facts
from trimtab.sources.identity import deduplicate
from trimtab.sources.localtime import local_to_utc

UTC = dt.UTC
NEW_YORK = "America/New_York"


def source(**options):
    return tt.Source(pa.table({"x": [1]}), **{"name": "readings", "known": "seen", "id": "id", **options})


def microseconds(*parts):
    return int((dt.datetime(*parts) - dt.datetime(1970, 1, 1)).total_seconds() * 1_000_000)


def test_naive_times_need_a_zone_and_the_error_names_file_and_line():
    times = pa.chunked_array([pa.array([dt.datetime(2013, 1, 1)], pa.timestamp("us"))])
    with pytest.raises(DataError) as raised:
        normalise_column(times, "seen", source())
    assert "test_sources_facts.py:" in str(raised.value)
    assert 'zone="UTC"' in str(raised.value)


def test_a_declared_zone_places_naive_times():
    times = pa.chunked_array([pa.array([dt.datetime(2013, 7, 1, 12)], pa.timestamp("us"))])
    column = normalise_column(times, "seen", source(zone=NEW_YORK))
    assert column.values.to_pylist() == [microseconds(2013, 7, 1, 16)]


def test_repeated_hours_with_an_offset_stay_distinct():
    first = dt.datetime(2013, 11, 3, 1, 30, tzinfo=dt.timezone(dt.timedelta(hours=-4)))
    second = dt.datetime(2013, 11, 3, 1, 30, tzinfo=dt.timezone(dt.timedelta(hours=-5)))
    times = pa.chunked_array([pa.array([first, second], pa.timestamp("us", NEW_YORK))])
    values = normalise_column(times, "seen", source()).values.to_pylist()
    assert values[1] - values[0] == 3_600_000_000


def test_repeated_and_skipped_naive_hours_are_counted():
    local = np.array([microseconds(2013, 11, 3, 1, 30), microseconds(2013, 3, 10, 2, 30)])
    times = local_to_utc(local, NEW_YORK)
    assert (times.repeated, times.skipped) == (1, 1)
    assert times.utc.tolist() == [microseconds(2013, 11, 3, 5, 30), microseconds(2013, 3, 10, 7, 30)]


@given(st.integers(microseconds(2000, 1, 1), microseconds(2030, 1, 1)))
def test_local_times_come_back(utc):
    from trimtab.declare.days import offsets_at

    instant = np.array([utc])
    local = instant + offsets_at(instant, NEW_YORK)
    times = local_to_utc(local, NEW_YORK)
    assert times.utc[0] == utc or (times.repeated == 1 and times.utc[0] == utc - 3_600_000_000)


def test_nan_and_infinity_become_null_and_infinity_is_told():
    column = normalise_column(pa.chunked_array([[1.0, float("nan"), float("inf")]]), "x", source())
    assert column.values.to_pylist() == [1.0, None, None]
    assert column.remarks == ("1 infinite values became null",)


def test_a_type_that_cannot_be_read_is_refused_by_name():
    with pytest.raises(DataError, match="column 'tags' of source 'readings'"):
        normalise_column(pa.chunked_array([[[1, 2]]]), "tags", source())


def rows(ids, contents, known):
    return pa.table(
        {"id": ids, "x": contents, "__known": pa.array(known, pa.int64()), "__sequence": range(len(ids))}
    )


def test_the_first_known_fact_wins_and_the_rest_is_counted():
    found = deduplicate(rows([1, 1, 1, 2], [5, 5, 6, 7], [20, 20, 10, 1]), ("id",), revises=False)
    assert found.table["x"].to_pylist() == [6, 7]
    assert (found.repeats, found.contradictions, found.examples) == (0, 2, ("id=1", "id=1"))


def test_a_repeat_is_the_same_content_at_the_same_known_time():
    found = deduplicate(rows([1, 1], [5, 5], [10, 10]), ("id",), revises=False)
    assert (len(found.table), found.repeats, found.contradictions) == (1, 1, 0)


def test_revisions_are_kept_when_declared():
    found = deduplicate(rows([1, 1, 1], [5, 6, 6], [10, 20, 20]), ("id",), revises=True)
    assert found.table["x"].to_pylist() == [5, 6]
    assert found.repeats == 1


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 3)), min_size=1, max_size=20))
def test_every_row_is_kept_repeated_or_rejected(triples):
    ids, contents, known = (list(part) for part in zip(*triples, strict=True))
    found = deduplicate(rows(ids, contents, known), ("id",), revises=False)
    assert sorted(found.table["id"].to_pylist()) == sorted(set(ids))
    assert len(found.table) + found.repeats + found.contradictions == len(ids)


def test_facts_without_a_known_time_are_left_out_and_counted(engine):
    raw = pa.table({"id": [1, 2], "seen": pa.array([0, None], pa.timestamp("us", "UTC")), "x": [1.0, 2.0]})
    facts = make_facts(source(), raw, ("x",), engine)
    assert len(facts) == 1
    assert facts.excluded == {"never became known (no known time)": 1}


def test_known_is_happened_plus_lag(engine):
    raw = pa.table({"id": [1], "seen": pa.array([0], pa.timestamp("us", "UTC"))})
    late = tt.Source(raw, name="late", id="id", happened="seen", lag=hours(1))
    assert make_facts(late, raw, (), engine).table["__known"].to_pylist() == [3_600_000_000]


def test_a_missing_column_names_the_nearest(engine):
    raw = pa.table({"id": [1], "seen": pa.array([0], pa.timestamp("us", "UTC")), "origin": ["a"]})
    with pytest.raises(DataError, match="did you mean 'origin'"):
        make_facts(source(), raw, ("oirgin",), engine)


def test_a_known_expression_that_is_no_time_is_refused(engine):
    raw = pa.table({"id": [1], "seen": pa.array([0], pa.timestamp("us", "UTC")), "n": [3]})
    with pytest.raises(DataError, match="is not a time"):
        make_facts(source(known=col("n") + 1), raw, (), engine)
