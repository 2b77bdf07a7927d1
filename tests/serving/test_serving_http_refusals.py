import io
import json

import pytest

from serving.fake import ROW, FakeService, call
from trimtab.errors import DataError, LedgerError
from trimtab.serving.http.app import make_app
from trimtab.serving.http.settings import Settings
from trimtab.serving.problems import RequestError

PROBLEM = b"application/problem+json"


@pytest.fixture
def service():
    return FakeService()


@pytest.fixture
def log():
    return io.StringIO()


@pytest.fixture
def app(service, log):
    return make_app(service, Settings(open=True, body_bytes=400), log=log)


def test_a_refusal_is_a_problem_that_says_what_to_do(app):
    response = call(
        app, "POST", "/predict", {"row": {**ROW, "carier": 1}}, headers=[(b"x-request-id", b"r-1")]
    )
    assert response.headers[b"content-type"] == PROBLEM
    assert response.json == {
        "type": "about:blank",
        "title": "Unprocessable Entity",
        "status": 422,
        "detail": "unknown field 'carier'",
        "instance": "r-1",
        "field": "row.carier",
        "nearest": "carrier",
        "do": "send only flight, carrier, departs, block, miles, charter",
    }


def test_malformed_json_is_a_bad_request(app):
    response = call(app, "POST", "/predict", b"{")
    assert (response.status, response.headers[b"content-type"]) == (400, PROBLEM)


def test_an_unknown_path_is_told_the_nearest(app):
    response = call(app, "POST", "/predikt", {})
    assert (response.status, response.json["nearest"]) == (404, "/predict")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/predict", b"POST"),
        ("DELETE", "/predictions/a", b"GET, HEAD"),
        ("POST", "/metrics", b"GET, HEAD"),
        ("GET", "/facts/landings", b"POST"),
        ("GET", "/versions/v1/activate", b"POST"),
        ("GET", "/v2/models/flight-delay/infer", b"POST"),
        ("GET", "/v2/models/flight-delay/versions/v1/infer", b"POST"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(app, method, path, allowed):
    response = call(app, method, path)
    assert (response.status, response.headers[b"allow"]) == (405, allowed)


def test_too_long_a_body_is_refused_by_its_announced_length(app):
    response = call(app, "POST", "/predict", pieces=[b"{"], headers=[(b"content-length", b"401")])
    assert (response.status, response.headers[b"connection"]) == (413, b"close")


def test_too_long_a_body_is_refused_while_it_is_read(app):
    asked = []

    def pieces():
        for _ in range(1000):
            asked.append(1)
            yield b"x" * 100

    response = call(app, "POST", "/predict", pieces=pieces())
    assert response.status == 413
    assert call(app, "POST", "/predict", b"x" * 401).status == 413


@pytest.mark.parametrize("kind", [b"application/x-www-form-urlencoded", b"Multipart/form-data; boundary=x"])
def test_a_form_is_refused(app, kind):
    assert call(app, "POST", "/predict", b"row=1&id=2", headers=[(b"content-type", kind)]).status == 415


def test_json_that_curl_calls_a_form_is_taken_for_json(app):
    kind = (b"content-type", b"application/x-www-form-urlencoded")
    assert call(app, "POST", "/predict", {"row": ROW}, headers=[kind]).status == 200


@pytest.mark.parametrize("kind", [b"text/plain", b"application/json; charset=utf-8", b""])
def test_other_content_types_are_let_through(app, kind):
    assert call(app, "POST", "/predict", {"row": ROW}, headers=[(b"content-type", kind)]).status == 200


def test_a_compressed_body_is_refused(app):
    assert call(app, "POST", "/predict", {"row": ROW}, headers=[(b"content-encoding", b"gzip")]).status == 415


@pytest.mark.parametrize("broken", [{"row": {**ROW, "flight": -1}}])
def test_a_fault_shows_nothing_of_the_inside_and_logs_everything(app, log, broken):
    response = call(app, "POST", "/predict", broken, headers=[(b"x-request-id", b"r-2")])
    assert (response.status, response.json["instance"]) == (500, "r-2")
    assert b"secret" not in response.content
    assert b"Traceback" not in response.content
    line = json.loads(log.getvalue())
    assert line["request"] == "r-2"
    assert "ZeroDivisionError: secret detail" in line["fault"]


def test_a_ledger_that_cannot_write_is_unavailable_for_now(app, service, log):
    service.breaks = LedgerError("the disk is full", found="/secret/place")
    response = call(app, "POST", "/predict", {"row": ROW})
    assert (response.status, response.json["detail"]) == (503, "cannot write now")
    assert response.headers[b"retry-after"] == b"1"
    assert json.loads(log.getvalue())["fault"] == "the disk is full; found: /secret/place"


def test_any_other_error_of_ours_is_a_fault(app, service):
    service.breaks = DataError("no column 'x'")
    response = call(app, "POST", "/predict", {"row": ROW})
    assert response.status == 500
    assert b"column" not in response.content


@pytest.mark.parametrize("status", [409, 422, 503, 504])
def test_a_refusal_of_the_service_keeps_its_status(app, service, status):
    service.breaks = RequestError(status, "not so", field="row", do="another way")
    response = call(app, "POST", "/predict", {"row": ROW})
    assert (response.status, response.json["detail"], response.json["do"]) == (
        status,
        "not so",
        "another way",
    )
    assert (b"retry-after" in response.headers) == (status == 503)


def test_head_answers_as_get_without_a_body(app):
    for path in ("/healthz/live", "/versions", "/docs"):
        full, head = call(app, "GET", path), call(app, "HEAD", path)
        assert (head.status, head.content) == (200, b"")
        assert head.headers[b"content-length"] == full.headers[b"content-length"]


def test_a_websocket_is_closed(app):
    import asyncio

    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(app({"type": "websocket"}, None, send))
    assert sent == [{"type": "websocket.close", "code": 1000}]
