import pytest

from serving.fake import ROW, FakeService, call
from trimtab.declare.kinds import Kind
from trimtab.serving.http.app import make_app
from trimtab.serving.http.settings import Settings

LANDED = {"flight": 1, "landed": "2013-07-01T15:00:00+02:00", "arrival_delay": 20}


@pytest.fixture
def service():
    return FakeService()


@pytest.fixture
def app(service):
    return make_app(service, Settings(open=True, rows=3))


def test_a_fact_is_taken_in_once(app, service):
    first = call(app, "POST", "/facts/landings", LANDED)
    assert (first.status, first.json) == (200, {"accepted": 1, "repeated": 0, "refused": []})
    assert call(app, "POST", "/facts/landings", [LANDED]).json["repeated"] == 1
    assert service.facts["landings"][1] == {**LANDED, "landed": 1_372_683_600_000_000, "arrival_delay": 20.0}


def test_refused_facts_are_listed_beside_those_taken(app):
    response = call(app, "POST", "/facts/landings", [LANDED, {**LANDED, "arrival_delay": 1}])
    assert response.status == 200
    assert response.json["refused"] == [{"position": 1, "why": "another content under the same id"}]


def test_a_call_of_which_everything_is_refused_is_a_conflict(app):
    call(app, "POST", "/facts/landings", LANDED)
    response = call(app, "POST", "/facts/landings", {**LANDED, "arrival_delay": 1})
    assert (response.status, response.json["accepted"]) == (409, 0)
    assert call(app, "POST", "/facts/landings", []).status == 200


def test_a_fact_that_does_not_fit_refuses_the_whole_call(app, service):
    response = call(app, "POST", "/facts/landings", [LANDED, {**LANDED, "landed": "noon"}])
    assert (response.status, response.json["field"]) == (422, "[1].landed")
    assert not service.facts


def test_an_unknown_source_is_told_the_nearest(app):
    response = call(app, "POST", "/facts/landing", LANDED)
    assert (response.status, response.json["nearest"]) == (404, "landings")


def test_too_many_facts_or_labels_are_refused(app):
    assert call(app, "POST", "/facts/landings", [LANDED] * 4).status == 413
    assert call(app, "POST", "/labels", [{"id": "a", "label": True}] * 4).status == 413


def test_a_label_reaches_its_prediction(app, service):
    call(app, "POST", "/predict", {"row": ROW, "id": "a"})
    assert call(app, "POST", "/labels", {"id": "a", "label": True}).json["accepted"] == 1
    assert service.labels == {"a": True}
    response = call(app, "POST", "/labels", [{"id": "a", "label": False}, {"id": "b", "label": True}])
    assert response.json["refused"] == [{"position": 1, "why": "no prediction 'b'"}]


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [(Kind.BOOL, True, 1), (Kind.FLOAT, 2, "2"), (Kind.STRING, "late", True), (Kind.INT, 2, 2.5)],
)
def test_a_label_is_of_the_declared_kind(kind, good, bad):
    app = make_app(FakeService(label_kind=kind), Settings(open=True))
    call(app, "POST", "/predict", {"row": ROW, "id": "a"})
    assert call(app, "POST", "/labels", {"id": "a", "label": good}).status == 200
    response = call(app, "POST", "/labels", [{"id": "a", "label": bad}])
    assert (response.status, response.json["field"]) == (422, "[0].label")


def test_a_prediction_tells_its_story(app):
    call(app, "POST", "/predict", {"row": ROW, "id": "a/b c"})
    call(app, "POST", "/labels", {"id": "a/b c", "label": True})
    story = call(app, "GET", "/predictions/a/b c").json
    assert story["prediction"]["id"] == "a/b c"
    assert story["request"] == {**ROW, "miles": 740.0}
    assert story["features"] == {"carrier": "AA", "delay": None, "last": "2013-07-01T12:00:00Z"}
    assert story["label"] == {"value": True, "state": "mature", "known": "2013-07-01T12:00:00.000009Z"}
    assert (story["at"], story["asked"]) == ("2013-07-01T12:00:00Z", "2013-07-01T12:00:00.000001Z")


def test_an_unknown_prediction_is_not_found(app):
    response = call(app, "GET", "/predictions/nobody")
    assert (response.status, response.json["detail"]) == (404, "no prediction 'nobody'")


def test_versions_are_listed_and_one_is_made_the_champion(app, service):
    assert [one["name"] for one in call(app, "GET", "/versions").json["versions"]] == ["v1", "v2"]
    made = call(app, "POST", "/versions/v1/activate", query=b"reason=the+new+one+is+slow")
    assert (made.json["state"], made.json["as_of"], service.champion) == (
        "champion",
        "2013-07-01T12:00:00Z",
        "v1",
    )
    assert service.chosen == ("HTTP", "the new one is slow")
    missing = call(app, "POST", "/versions/v11/activate")
    assert (missing.status, missing.json["nearest"]) == (404, "v1")
