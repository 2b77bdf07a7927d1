import re
from html.parser import HTMLParser

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

import trimtab as tt
from serving.fake import NOON, ROW, FakeService, call
from trimtab.declare.kinds import Kind
from trimtab.serving.http.app import make_app
from trimtab.serving.http.settings import Settings

EXAMPLES = {
    "schedule": {"flight": 1545, "carrier": "UA", "departs": NOON, "block": 60_000_000, "miles": 1400.0}
}
SETTINGS = Settings(open=True, examples=EXAMPLES)


@pytest.fixture(scope="module")
def app():
    return make_app(FakeService(stakes=tt.Stakes(false_alarm=4, miss=6)), SETTINGS)


@pytest.fixture(scope="module")
def document(app):
    return call(app, "GET", "/openapi.json").json


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def expanded(schema, document):
    """The schema with the document's named schemas beside it."""
    return {**schema, "components": document["components"]}


def test_the_document_is_valid_openapi(document):
    schemathesis.openapi.from_dict(document).validate()
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)


def test_every_route_is_documented_and_every_documented_route_is_there(app, document):
    documented = set()
    for method, path, _ in operations(document):
        concrete = path.replace("{id}", "p").replace("{name}", "v1").replace("{version}", "v1")
        route = app._exact.get((method, concrete)) or next(
            (each for each in app._routes.all if each.method == method and each.rest(concrete)), None
        )
        assert route is not None, (method, path)
        documented.add((method, route.template))
    answering = {
        (route.method, route.template) for route in app._routes.all if "no_model" not in str(route.handle)
    }
    assert documented == answering


def test_every_example_fits_its_schema_and_is_answered(app, document):
    seen = 0
    for method, path, operation in operations(document):
        if "requestBody" not in operation or "{" in path:
            continue
        content = operation["requestBody"]["content"]["application/json"]
        jsonschema_rs.validator_for(expanded(content["schema"], document)).validate(content["example"])
        value = content["example"]
        if path == "/labels":
            call(app, "POST", "/predict", {"row": ROW, "id": value["id"]})
        response = call(app, method, path, {"row": ROW} if path == "/predict" else value)
        assert response.status == 200, (path, response.content)
        answer = operation["responses"]["200"]["content"]["application/json"]
        jsonschema_rs.validator_for(expanded(answer["schema"], document)).validate(response.json)
        if "example" in answer:
            jsonschema_rs.validator_for(expanded(answer["schema"], document)).validate(answer["example"])
        seen += 1
    assert seen == 5


def test_stories_versions_and_refusals_fit_their_schemas(app, document):
    call(app, "POST", "/predict", {"row": ROW, "id": "a"})
    fitting = {
        "Story": call(app, "GET", "/predictions/a").json,
        "Version": call(app, "GET", "/versions").json["versions"][0],
        "Problem": call(app, "POST", "/predict", {}).json,
        "Error": call(app, "GET", "/v2/models/x").json,
        "Ready": call(app, "GET", "/healthz/ready").json,
    }
    for name, value in fitting.items():
        schema = {"$ref": f"#/components/schemas/{name}"}
        jsonschema_rs.validator_for(expanded(schema, document)).validate(value)


def test_examples_are_real_rows_where_they_are_given(document):
    content = document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]
    assert content["example"]["row"] == {
        "flight": 1545,
        "carrier": "UA",
        "departs": "2013-07-01T12:00:00Z",
        "block": 60.0,
        "miles": 1400.0,
        "charter": True,
    }


def test_the_row_is_typed_from_the_declaration(document):
    row = document["components"]["schemas"]["Row"]
    assert row["required"] == list(ROW)
    assert row["additionalProperties"] is False
    assert row["properties"]["flight"]["type"] == "integer"
    assert row["properties"]["departs"] == {"type": ["string", "null"], "format": "date-time"}
    assert "decision" in document["components"]["schemas"]["Answer"]["required"]


def test_classes_are_named_in_the_answer():
    service = FakeService(classes=("a", "b"), label_kind=Kind.STRING)
    document = call(make_app(service, SETTINGS), "GET", "/openapi.json").json
    score = document["components"]["schemas"]["Answer"]["properties"]["score"]
    assert score["required"] == ["a", "b"]


def test_every_refusal_of_a_route_is_documented(document):
    responses = document["paths"]["/predict"]["post"]["responses"]
    assert set(responses) == {
        "200",
        "400",
        "401",
        "403",
        "404",
        "409",
        "413",
        "415",
        "422",
        "500",
        "503",
        "504",
    }
    assert set(responses["422"]["content"]) == {"application/problem+json"}
    infer = document["paths"]["/v2/models/flight-delay/infer"]["post"]["responses"]
    assert set(infer["422"]["content"]) == {"application/json"}


class Asking(HTMLParser):
    """Everything in a page that would make a browser ask for something."""

    def __init__(self):
        super().__init__()
        self.asked, self.tags = [], set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.asked += [
            value for name, value in attrs if name in {"src", "srcset", "action", "data", "poster"}
        ]
        self.asked += [value for name, value in attrs if name == "href" and not value.startswith("#")]


def test_the_page_asks_nobody_for_anything(app):
    response = call(app, "GET", "/docs")
    page = Asking()
    page.feed(response.content.decode())
    assert page.asked == []
    assert not page.tags & {"script", "link", "img", "iframe", "object"}
    assert not re.search(rb"@import|url\(", response.content)
    assert response.headers[b"content-security-policy"].startswith(b"default-src 'none'")


def test_the_page_shows_every_route_and_commands_that_work(app, document):
    text = call(app, "GET", "/docs").content.decode()
    for method, path, operation in operations(document):
        assert f"{method} {path}: {operation['summary']}" in text.replace("&#39;", "'")
    assert "curl -X POST http://localhost:8000/predict" in text
    assert "&quot;carrier&quot;: &quot;UA&quot;" in text


def test_the_page_says_whether_the_system_is_ready():
    service = FakeService()
    app = make_app(service, SETTINGS)
    assert "Ready: send a row" in call(app, "GET", "/docs").content.decode()
    service.reasons = ["no <version>"]
    assert "Not ready: no &lt;version&gt;." in call(app, "GET", "/docs").content.decode()


def test_hostile_names_are_escaped_in_the_page():
    service = FakeService(
        name="</code><script>alert(1)</script>", request_kinds={"<b>": Kind.STRING, "flight": Kind.INT}
    )
    assert b"<script" not in call(make_app(service, SETTINGS), "GET", "/docs").content


FUZZED = make_app(FakeService(stakes=tt.Stakes(false_alarm=4, miss=6)), SETTINGS)
SCHEMA = schemathesis.openapi.from_asgi("/openapi.json", FUZZED)
OPERATIONS = [each.ok() for each in SCHEMA.get_all_operations()]
BODIES = [each for each in OPERATIONS if each.body]


def fuzz(operation, mode, examples, **checks):
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def sent(case):
        (case.headers or {}).pop("Idempotency-Key", None)  # it names one row only, which OpenAPI cannot say
        case.call_and_validate(**checks)

    sent()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.label)
def test_what_the_document_allows_is_answered_as_it_says(operation):
    # which tensors must come, and that they agree, is beyond a schema
    unsayable = [positive_data_acceptance] if operation.path.endswith("/infer") else []
    fuzz(operation, GenerationMode.POSITIVE, 12, excluded_checks=unsayable)


@pytest.mark.parametrize("operation", BODIES, ids=lambda each: each.label)
def test_what_the_document_forbids_is_refused_as_it_says(operation):
    fuzz(operation, GenerationMode.NEGATIVE, 12)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=40), st.sampled_from([each.path for each in BODIES]))
def test_no_bytes_make_a_fault(body, path):
    assert call(FUZZED, "POST", path, body).status < 500
