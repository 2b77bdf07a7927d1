import json
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import trimtab as tt
from serving.fake import NOON, PLAIN, FakeService, call
from trimtab.declare.kinds import Kind
from trimtab.serving.http.app import make_app
from trimtab.serving.http.inference.tensors import NUMPY, Tensor, pack, unpack
from trimtab.serving.http.settings import Settings

MODEL = "/v2/models/flight-delay"
INPUTS = {
    "flight": ("INT64", [7, 3]),
    "carrier": ("BYTES", ["AA", ""]),
    "departs": ("BYTES", ["2013-07-01T12:00:00Z", None]),
    "block": ("FP64", [5400.5, None]),
    "miles": ("FP32", [740, None]),
    "charter": ("BOOL", [False, None]),
}


@pytest.fixture
def service():
    return FakeService(stakes=tt.Stakes(false_alarm=4, miss=6))


@pytest.fixture
def app(service):
    return make_app(service, Settings(open=True, rows=3))


def asked(changes=None, **more):
    tensors = {**INPUTS, **(changes or {})}
    inputs = [
        {"name": name, "datatype": datatype, "shape": [len(data)], "data": data}
        for name, (datatype, data) in tensors.items()
    ]
    return {"inputs": inputs, **more}


def infer(app, value, path=f"{MODEL}/infer", **more):
    return call(app, "POST", path, value, **more)


def outputs(response):
    return {one["name"]: one["data"] for one in response.json["outputs"]}


def test_tensors_are_rows_and_missing_values_are_null(app, service):
    response = infer(app, asked(id="r-7"))
    assert response.status == 200
    assert response.headers[b"content-type"] == b"application/json"
    assert {name: value for name, value in response.json.items() if name != "outputs"} == {
        "model_name": "flight-delay",
        "model_version": "v2",
        "id": "r-7",
    }
    assert outputs(response) == {
        "score": [0.7, 0.3],
        "decision": [True, False],
        "id": ["p1", "p2"],
        "version": ["v2", "v2"],
        "served": ["champion", "champion"],
    }
    missing = {"flight": 3, "carrier": "", "departs": None, "block": None, "miles": None, "charter": None}
    assert list(service.rows.values()) == [PLAIN, missing]


def test_columns_may_be_nested_and_times_may_be_microseconds(app, service):
    value = asked({"departs": ("INT64", [NOON, None]), "block": ("INT64", [5_400_500_000, None])})
    for one in value["inputs"]:
        one["shape"], one["data"] = [2, 1], [[each] for each in one["data"]]
    assert infer(app, value).status == 200
    assert service.rows["p1"] == PLAIN


def test_outputs_are_those_asked_for_in_their_order(app):
    response = infer(app, asked(outputs=[{"name": "version"}, {"name": "score"}]))
    assert [one["name"] for one in response.json["outputs"]] == ["version", "score"]
    refused = infer(app, asked(outputs=[{"name": "scores"}]))
    assert (refused.status, refused.json) == (
        422,
        {
            "error": "scores: unknown output 'scores'; did you mean 'score'?; do: ask for score, decision, id, version, "
            "served"
        },
    )


def test_classes_make_a_second_dimension():
    app = make_app(FakeService(classes=("a", "b"), label_kind=Kind.STRING), Settings(open=True))
    (score,) = infer(app, asked(outputs=[{"name": "score"}])).json["outputs"]
    assert (score["shape"], score["data"]) == ([2, 2], pytest.approx([0.7, 0.3, 0.3, 0.7]))
    about = call(app, "GET", MODEL).json
    assert about["outputs"][0] == {"name": "score", "datatype": "FP64", "shape": [-1, 2]}
    assert json.loads(about["parameters"]["classes"]) == ["a", "b"]


def test_a_version_may_be_named_in_the_path(app):
    assert outputs(infer(app, asked(), f"{MODEL}/versions/v1/infer"))["version"] == ["v1", "v1"]
    refused = infer(app, asked(), f"{MODEL}/versions/v11/infer")
    assert (refused.status, refused.json["error"]) == (404, "no version 'v11'; did you mean 'v1'?")
    assert call(app, "GET", f"{MODEL}/versions/v1").json["versions"] == ["v1", "v2"]
    assert call(app, "GET", f"{MODEL}/versions/v1/ready").status == 200
    for path in (f"{MODEL}/versions/v9", f"{MODEL}/versions/v9/ready"):
        assert call(app, "GET", path).status == 404


def test_another_model_is_told_the_nearest(app):
    response = call(app, "GET", "/v2/models/flight-delays")
    assert response.status == 404
    assert (
        response.json["error"]
        == "no model 'flight-delays'; did you mean 'flight-delay'?; do: the model is 'flight-delay'"
    )
    assert call(app, "GET", f"{MODEL}/redy").json["error"].startswith("no such path")


def test_no_rows_get_no_answers(app):
    empty = {name: (datatype, []) for name, (datatype, _) in INPUTS.items()}
    assert outputs(infer(app, asked(empty)))["score"] == []


def test_an_idempotency_key_names_a_single_row(app):
    single = {name: (datatype, data[:1]) for name, (datatype, data) in INPUTS.items()}
    key = [(b"idempotency-key", b"a")]
    assert outputs(infer(app, asked(single), headers=key))["id"] == ["a"]
    assert outputs(infer(app, asked(single), headers=key))["id"] == ["a"]
    assert infer(app, asked(), headers=key).status == 422


def without(name):
    value = asked()
    value["inputs"] = [one for one in value["inputs"] if one["name"] != name]
    return value


def tampered(**changes):
    value = asked()
    value["inputs"][0].update(changes)
    return value


@pytest.mark.parametrize(
    ("value", "status", "text"),
    [
        (b"{", 400, "not JSON"),
        (b'{"inputs": NaN}', 400, "NaN is not JSON"),
        ({}, 422, "Object missing required field inputs"),
        ({"inputs": [{"name": 1}]}, 422, "inputs[0].name: Expected str, got int"),
        (without("miles"), 422, "miles: input 'miles' is missing; do: send a FP64 tensor"),
        (asked({"mile": ("FP64", [1, 2])}), 422, "mile: unknown input 'mile'; did you mean 'miles'?"),
        (tampered(name="miles"), 422, "miles: this input comes twice"),
        (tampered(shape=[2, 2]), 422, "flight: this shape cannot be a column"),
        (tampered(shape=[-2]), 422, "flight: this shape cannot be a column"),
        (tampered(shape=[3]), 422, "flight: the data does not fill the shape [3]; found: 2 values"),
        (asked({"miles": ("FP64", [1])}), 422, "miles: inputs differ in their number of rows"),
        (tampered(datatype="FP64"), 422, "flight: this datatype cannot carry the field; found: FP64"),
        (tampered(data=[7, None]), 422, "flight[1]: field 'flight' may not be null"),
        (tampered(data=[7, "x"]), 422, "flight[1]: field 'flight' must be a whole number of 64 bits"),
        (tampered(data=None), 422, "flight: the data does not fill the shape"),
        (
            asked({"departs": ("BYTES", ["2013-07-01T12:00:00", None])}),
            422,
            "departs[0]: field 'departs' is a time without",
        ),
        (asked({"departs": ("INT64", [2**62, None])}), 422, "departs[0]: this is out of range"),
        (
            asked({"departs": ("BYTES", ["0001-01-01T00:00:00+23:00", None])}),
            422,
            "departs[0]: this is out of range",
        ),
        (
            tampered(parameters={"binary_data_size": 8}),
            400,
            "flight: binary_data_size is more than the body holds",
        ),
        (
            tampered(parameters={"binary_data_size": "8"}),
            400,
            "flight: binary_data_size is more than the body holds",
        ),
        (asked({name: (kind, data * 2) for name, (kind, data) in INPUTS.items()}), 413, "too many rows"),
    ],
)
def test_what_does_not_fit_is_refused_as_this_protocol_does(app, service, value, status, text):
    response = infer(app, value)
    assert response.status == status
    assert text in response.json["error"]
    assert response.headers[b"content-type"] == b"application/json"
    assert not service.answers


def test_a_whole_number_may_be_written_with_a_point(app, service):
    assert infer(app, tampered(data=[7.0, 3])).status == 200
    assert service.rows["p1"]["flight"] == 7


def binary(head, content, length=None):
    head = json.dumps(head).encode()
    size = str(len(head) if length is None else length).encode()
    return head + content, [(b"inference-header-content-length", size)]


def with_binary(name, datatype, content):
    value = asked()
    for one in value["inputs"]:
        if one["name"] == name:
            del one["data"]
            one.update(datatype=datatype, parameters={"binary_data_size": len(content)})
    return value


@pytest.mark.parametrize(
    ("name", "datatype", "content", "text"),
    [
        (
            "flight",
            "INT64",
            bytes(15),
            "the binary data does not fill the shape [2]; found: 15 bytes of INT64",
        ),
        ("flight", "INT65", bytes(16), "unknown datatype; found: INT65"),
        ("carrier", "BYTES", struct.pack("<I", 2) + b"AA", "does not fill"),
        ("carrier", "BYTES", struct.pack("<I2sI", 2, b"AA", 9) + b"A", "does not fill"),
        ("carrier", "BYTES", struct.pack("<I2sI", 2, b"AA", 0) + b"A", "does not fill"),
        ("carrier", "BYTES", struct.pack("<I2sI", 2, b"\xff\xff", 0), "not UTF-8"),
        ("miles", "FP64", struct.pack("<dd", 1, float("inf")), "miles[1]: field 'miles' is out of range"),
    ],
)
def test_binary_data_that_does_not_fit_is_refused(app, name, datatype, content, text):
    body, headers = binary(with_binary(name, datatype, content), content)
    response = infer(app, body, headers=headers)
    assert response.status == 422
    assert text in response.json["error"]


def test_binary_data_that_nobody_claims_and_wrong_lengths_are_refused(app):
    body, headers = binary(asked(), b"more")
    assert "no input claims" in infer(app, body, headers=headers).json["error"]
    for length in (b"-1", b"x", b"999999", b"9" * 5000):
        response = infer(app, body, headers=[(b"inference-header-content-length", length)])
        assert (response.status, "does not fit the body" in response.json["error"]) == (400, True)


def test_a_binary_nan_is_a_missing_number(app, service):
    content = struct.pack("<dd", 740, float("nan"))
    body, headers = binary(with_binary("miles", "FP64", content), content)
    assert infer(app, body, headers=headers).status == 200
    assert [row["miles"] for row in service.rows.values()] == [740.0, None]


VALUES = {
    "BOOL": st.booleans(),
    "BYTES": st.text(st.characters(codec="utf-8"), max_size=5),
    **{name: st.floats(width=int(name[2:]), allow_nan=False) for name in NUMPY if name.startswith("FP")},
    **{name: st.integers(0, 2 ** int(name[4:]) - 1) for name in NUMPY if name.startswith("UINT")},
    **{
        name: st.integers(-(2 ** (int(name[3:]) - 1)), 2 ** (int(name[3:]) - 1) - 1)
        for name in NUMPY
        if name.startswith("INT")
    },
}


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(list(VALUES)).flatmap(
        lambda name: st.tuples(st.just(name), st.lists(VALUES[name], max_size=4))
    )
)
def test_binary_columns_come_back_as_they_went(column):
    datatype, data = column
    content = pack(datatype, data)
    assert unpack(Tensor("x", [len(data)], datatype), memoryview(content), len(data)) == data
