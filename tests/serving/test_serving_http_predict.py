from pathlib import Path

import pytest

import trimtab as tt
from serving.fake import PLAIN, ROW, FakeService, call
from trimtab.declare.kinds import Kind
from trimtab.errors import DeclarationError, UsageError
from trimtab.serving.http.app import make_app
from trimtab.serving.http.settings import Settings


@pytest.fixture
def service():
    return FakeService(stakes=tt.Stakes(false_alarm=4, miss=6))


@pytest.fixture
def app(service):
    return make_app(service, Settings(open=True, rows=3))


def test_a_row_gets_one_answer(app, service):
    response = call(app, "POST", "/predict", {"row": ROW, "id": "a"})
    assert response.status == 200
    assert response.json == {
        "id": "a",
        "score": 0.7,
        "decision": True,
        "version": "v2",
        "served": "champion",
        "as_of": "2013-07-01T12:00:00.000005Z",
        "flags": [],
    }
    assert service.rows["a"] == PLAIN


def test_the_decision_is_taken_from_the_threshold_on(app):
    scores = {
        flight: call(app, "POST", "/predict", {"row": {**ROW, "flight": flight}}).json for flight in (3, 4, 5)
    }
    assert [one["decision"] for one in scores.values()] == [False, True, True]


def test_without_stakes_there_is_no_decision():
    answer = call(make_app(FakeService(), Settings(open=True)), "POST", "/predict", {"row": ROW}).json
    assert "decision" not in answer


def test_classes_get_a_probability_each():
    service = FakeService(classes=("early", "on time", "late"), label_kind=Kind.STRING, stakes=tt.Stakes())
    answer = call(make_app(service, Settings(open=True)), "POST", "/predict", {"row": ROW}).json
    assert answer["score"] == pytest.approx({"early": 0.7, "on time": 0.15, "late": 0.15})
    assert "decision" not in answer


def test_an_array_gets_an_array_in_order(app):
    asked = [{"row": {**ROW, "flight": flight}} for flight in (3, 1, 2)]
    assert [one["score"] for one in call(app, "POST", "/predict", asked).json] == [0.3, 0.1, 0.2]
    assert call(app, "POST", "/predict", []).json == []


def test_an_array_is_refused_as_a_whole_with_the_position(app, service):
    response = call(app, "POST", "/predict", [{"row": ROW, "id": "a"}, {"row": {**ROW, "miles": "far"}}])
    assert response.status == 422
    assert response.json["field"] == "[1].row.miles"
    assert not service.answers


def test_too_many_rows_are_refused(app):
    response = call(app, "POST", "/predict", [{"row": ROW}] * 4)
    assert (response.status, response.json["do"]) == (413, "send at most 3 at once")


def test_an_id_asked_again_gets_the_stored_answer(app):
    first = call(app, "POST", "/predict", {"row": ROW, "id": "a"}).json
    again = call(app, "POST", "/predict", {"row": ROW}, headers=[(b"idempotency-key", b"a")]).json
    assert again == {**first, "flags": ["repeated"]}


def test_an_id_asked_again_with_another_row_is_a_conflict(app):
    call(app, "POST", "/predict", {"row": ROW, "id": "a"})
    response = call(app, "POST", "/predict", {"row": {**ROW, "miles": 1}, "id": "a"})
    assert (response.status, response.json["field"]) == (409, "id")


@pytest.mark.parametrize("key", [b"", b"x" * 201, b"\xff"])
def test_an_idempotency_key_that_cannot_be_an_id_is_refused(app, key):
    response = call(app, "POST", "/predict", {"row": ROW}, headers=[(b"idempotency-key", key)])
    assert (response.status, response.json["field"]) == (422, "Idempotency-Key")


def test_an_idempotency_key_must_agree_with_the_id_and_names_one_row_only(app):
    key = [(b"idempotency-key", b"a")]
    assert call(app, "POST", "/predict", {"row": ROW, "id": "a"}, headers=key).status == 200
    assert call(app, "POST", "/predict", {"row": ROW, "id": "b"}, headers=key).json["field"] == "id"
    assert call(app, "POST", "/predict", [{"row": ROW}], headers=key).status == 422


def test_a_version_may_be_named(app):
    assert call(app, "POST", "/predict", {"row": ROW}, query=b"version=v1").json["version"] == "v1"
    response = call(app, "POST", "/predict", {"row": ROW}, query=b"version=v11")
    assert (response.status, response.json["nearest"]) == (404, "v1")


def test_an_empty_version_is_refused(app):
    assert call(app, "POST", "/predict", [], query=b"version=").json["field"] == "?version"


def test_a_misspelt_parameter_is_refused(app):
    response = call(app, "POST", "/predict", {"row": ROW}, query=b"verison=v1")
    assert (response.status, response.json["field"], response.json["nearest"]) == (422, "?verison", "version")


def test_a_body_in_pieces_is_read_whole(app):
    pieces = [
        b'{"row": {"flight": 7, "carrier": "AA", "departs": null,',
        b' "block": null, "miles": ',
        b"1}}",
        b"",
    ]
    assert call(app, "POST", "/predict", pieces=pieces).json["field"] == "row.charter"


def test_a_caller_who_goes_away_gets_no_answer(app, service):
    assert call(app, "POST", "/predict", pieces=[]) is None
    assert not service.answers


def test_a_limit_must_be_positive():
    with pytest.raises(UsageError, match="timeout must be more than 0"):
        Settings(timeout=0)


def test_a_field_that_json_cannot_name_is_refused_at_the_start():
    with pytest.raises(DeclarationError, match="cannot be asked for in JSON"):
        make_app(FakeService(request_kinds={'a"b': Kind.INT}))


def test_the_layer_imports_no_web_framework():
    sources = Path(__file__).parents[2].joinpath("src/trimtab/serving/http").rglob("*.py")
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    assert not [name for name in ("starlette", "fastapi", "uvicorn") if f"import {name}" in text]
