import json
import math
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.declare.kinds import Kind
from trimtab.serving.http.kinds import FORMS, LONGEST
from trimtab.serving.http.reading import Reader, parsed
from trimtab.serving.http.schema import Rows, ask_shape
from trimtab.serving.http.times import EPOCH, FIRST, LAST, for_json, instant, microseconds_of
from trimtab.serving.problems import RequestError

KINDS = {
    "flight": Kind.INT,
    "the carrier": Kind.STRING,
    "row.departs": Kind.TIMESTAMP,
    "class": Kind.DURATION,
    "_1": Kind.FLOAT,
    "é": Kind.BOOL,
}
ROWS = Rows("Row", KINDS, ("flight",))
READER = Reader(ask_shape(ROWS))
GOOD = {
    "flight": 7,
    "the carrier": "AA",
    "row.departs": "2013-07-01T12:00:00Z",
    "class": 1.5,
    "_1": 2,
    "é": True,
}


def refusal(value):
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    with pytest.raises(RequestError) as caught:
        ROWS.plain(READER.read(body).row, "row.")
    return caught.value


def with_field(name, value):
    return {"row": {**GOOD, name: value}}


def test_fields_may_have_any_name_and_come_out_by_it():
    plain = ROWS.plain(READER.read(json.dumps({"row": GOOD}).encode()).row)
    departs = 1_372_680_000_000_000
    assert plain == {**GOOD, "row.departs": departs, "class": 1_500_000, "_1": 2.0}
    assert [type(value) for value in plain.values()] == [int, str, int, int, float, bool]


def test_every_field_but_the_id_may_be_null():
    nulls = {**dict.fromkeys(KINDS), "flight": 7}
    assert ROWS.plain(READER.read(json.dumps({"row": nulls}).encode()).row) == nulls
    error = refusal(with_field("flight", None))
    assert (error.what, error.field) == ("field 'flight' may not be null", "row.flight")


def test_a_missing_field_is_named_with_what_to_send():
    error = refusal({"row": {name: value for name, value in GOOD.items() if name != "é"}})
    assert (error.status, error.what, error.field) == (422, "field 'é' is missing", "row.é")
    assert error.do == "send true or false, or null where it is missing"


def test_an_unknown_field_is_named_with_the_nearest():
    error = refusal({"row": {**GOOD, "flihgt": 1}})
    assert (error.what, error.field, error.nearest) == ("unknown field 'flihgt'", "row.flihgt", "flight")
    assert refusal({"row": GOOD, "ids": 1}).nearest == "id"


@pytest.mark.parametrize(
    ("field", "value", "what", "found"),
    [
        ("flight", "7", "field 'flight' must be a whole number of 64 bits", '"7"'),
        ("flight", 7.5, "field 'flight' must be a whole number of 64 bits", "7.5"),
        ("flight", True, "field 'flight' must be a whole number of 64 bits", "true"),
        ("flight", 2**63, "field 'flight' is out of range", str(2**63)),
        ("the carrier", 7, "field 'the carrier' must be text", "7"),
        ("the carrier", ["x"], "field 'the carrier' must be text", '["x"]'),
        ("class", 1e13, "field 'class' is out of range", "10000000000000.0"),
        ("_1", "much", "field '_1' must be a finite number", '"much"'),
        ("é", 1, "field 'é' must be true or false", "1"),
        ("row.departs", 1372680000, "field 'row.departs' must be a time with its offset", "1372680000"),
        ("row.departs", "tomorrow", "field 'row.departs' must be a time with its offset", '"tomorrow"'),
    ],
)
def test_a_value_of_another_kind_is_named_with_what_was_found(field, value, what, found):
    error = refusal(with_field(field, value))
    assert (error.status, error.field, error.found) == (422, f"row.{field}", found)
    assert error.what.startswith(what)
    assert error.do


def test_a_time_without_an_offset_says_to_add_one():
    error = refusal(with_field("row.departs", "2013-07-01T12:00:00"))
    assert error.what == "field 'row.departs' is a time without an offset"
    assert 'add "Z" for UTC' in error.do


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00"])
def test_a_time_that_no_calendar_can_write_in_utc_is_refused(text):
    error = refusal(with_field("row.departs", text))
    assert (error.field, error.what) == ("row.row.departs", "field 'row.departs' is out of range")


@pytest.mark.parametrize("digits", ["1e400", "1" * 500, "-1e999"])
def test_a_number_beyond_any_float_is_refused(digits):
    body = json.dumps(with_field("_1", "X")).replace('"X"', digits).encode()
    assert refusal(body).what == "field '_1' is out of range"


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_are_no_json_are_refused_plainly(word):
    error = refusal(json.dumps(with_field("_1", "X")).replace('"X"', word).encode())
    assert (error.status, error.what) == (400, f"{word} is not JSON")
    assert error.do == "send null for a value that is missing"


def test_a_whole_number_may_be_written_with_a_point():
    row = READER.read(json.dumps(with_field("flight", 7.0)).encode()).row
    flight = ROWS.plain(row)["flight"]
    assert (flight, type(flight)) == (7, int)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b'{"row": {"the carrier": "\xff"}}',
        b"[" * 100_000,
        b"{} {}",
        b'\xef\xbb\xbf{"row": 1}',
    ],
)
def test_what_is_no_json_is_malformed(body):
    error = refusal(body)
    assert error.status == 400
    assert error.do


def test_malformed_json_names_its_place():
    assert "line 2, column 3" in refusal(b'{"row":\n  }').what


def test_half_a_surrogate_pair_is_no_text():
    with pytest.raises(RequestError, match="surrogate"):
        parsed(rb'{"a": "\ud800"}')
    assert parsed(rb'{"a": "\ud83d\ude00"}') == {"a": "\U0001f600"}


@pytest.mark.parametrize("value", [1, "row", None, {"row": 1}, [1]])
def test_what_is_no_object_is_refused(value):
    assert refusal(value).status == 422


@given(st.integers(FIRST, LAST))
def test_instants_survive_json_to_the_microsecond(at):
    text = msgspec.json.encode(instant(at))
    assert microseconds_of(msgspec.json.decode(text, type=datetime)) == at
    assert text.endswith(b'Z"')


def test_instants_agree_with_the_calendar():
    assert microseconds_of(datetime(1, 1, 1, tzinfo=UTC)) == FIRST
    assert instant(LAST) - EPOCH == timedelta(days=2_932_897) - timedelta(microseconds=1)
    assert for_json(LAST + 1, Kind.TIMESTAMP) is None


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**65), 2**65),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-9, 9).map(float),
    st.text(st.characters(codec="utf-8"), max_size=4),
    st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)).map(
        lambda at: at.isoformat()
    ),
    st.datetimes(timezones=st.just(UTC)).map(lambda at: at.isoformat()),
    st.just([]),
)


def naive(kind, value):
    """Whether a kind takes a JSON value that is not null, said the long way."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number:
        whole = value == math.floor(value) and -(2**63) <= int(value) < 2**63
        return {Kind.INT: whole, Kind.FLOAT: True, Kind.DURATION: abs(value) <= LONGEST}.get(kind, False)
    if isinstance(value, str) and kind is Kind.TIMESTAMP:
        try:
            return "T" in value and datetime.fromisoformat(value).tzinfo is not None
        except ValueError:
            return False
    return {Kind.BOOL: isinstance(value, bool), Kind.STRING: isinstance(value, str)}.get(kind, False)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(list(KINDS)), SCALARS)
def test_a_row_is_taken_exactly_when_each_kind_takes_its_value(name, value):
    body = json.dumps({"row": {**GOOD, name: value}}).encode()
    if not (name != "flight" if value is None else naive(KINDS[name], value)):
        error = refusal(body)
        assert (error.status, error.field) == (422, f"row.{name}")
        return
    plain = ROWS.plain(READER.read(body).row)
    if value is None or FORMS[KINDS[name]].convert is None:
        assert plain[name] == (float(value) if name == "_1" and value is not None else value)


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=30)
    | st.text(st.characters(codec="utf-8"), max_size=30).map(str.encode)
    | st.just(b'{"row": {}}')
)
def test_any_bytes_are_either_read_or_refused(body):
    assert refusal(body).status in {400, 422}
