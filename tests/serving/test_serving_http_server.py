"""Over real sockets: uvicorn below, and the clients that people use above."""

import contextlib
import socket
import threading
import time

import httpx
import numpy as np
import pytest
import tritonclient.http as triton
import uvicorn
from tritonclient.utils import InferenceServerException

import trimtab as tt
from serving.fake import NOON, PLAIN, ROW, FakeService
from trimtab.serving.http.app import make_app
from trimtab.serving.http.settings import Settings


@contextlib.contextmanager
def running(app):
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_level="critical", access_log=False, loop="uvloop", http="httptools")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.005)
            yield f"127.0.0.1:{door.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(5)


@pytest.fixture(scope="module")
def service():
    return FakeService(stakes=tt.Stakes(false_alarm=4, miss=6))


@pytest.fixture(scope="module")
def host(service):
    with running(make_app(service, Settings(open=True, timeout=0.5))) as host:
        yield host


@pytest.fixture
def client(host):
    with contextlib.closing(triton.InferenceServerClient(host)) as client:
        yield client


def inputs(*, binary):
    columns = {
        "flight": np.array([7, 3], np.int64),
        "carrier": np.array(["AA", "Übersee"], np.object_),
        "departs": np.array([NOON, NOON], np.int64),
        "block": np.array([5400.5, np.nan if binary else 1.0]),
        "miles": np.array([740.0, 2.0]),
        "charter": np.array([False, True]),
    }
    names = {"int64": "INT64", "object": "BYTES", "float64": "FP64", "bool": "BOOL"}
    found = []
    for name, values in columns.items():
        tensor = triton.InferInput(name, [2], names[str(values.dtype)])
        tensor.set_data_from_numpy(values, binary_data=binary)
        found.append(tensor)
    return found


def test_triton_sees_the_server_and_the_model(client):
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("flight-delay")
    assert client.is_model_ready("flight-delay", "v1")
    assert not client.is_model_ready("flight-delay", "v9")
    assert client.get_server_metadata()["extensions"] == ["binary_tensor_data"]
    about = client.get_model_metadata("flight-delay")
    assert about["inputs"][1] == {"name": "carrier", "datatype": "BYTES", "shape": [-1]}
    assert [one["name"] for one in about["outputs"]] == ["score", "decision", "id", "version", "served"]


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("binary_out", [True, False, None])
def test_triton_infers_with_text_and_numbers(client, service, binary, binary_out):
    wanted = None
    if binary_out is not None:
        names = ("version", "score", "decision", "id")
        wanted = [triton.InferRequestedOutput(name, binary_data=binary_out) for name in names]
    result = client.infer("flight-delay", inputs(binary=binary), request_id="r-1", outputs=wanted)
    assert result.get_response()["id"] == "r-1"
    np.testing.assert_array_equal(result.as_numpy("score"), [0.7, 0.3])
    np.testing.assert_array_equal(result.as_numpy("decision"), [True, False])
    texts = [text if isinstance(text, str) else text.decode() for text in result.as_numpy("version")]
    assert texts == ["v2", "v2"]
    first, second = (
        service.rows[text if isinstance(text, str) else text.decode()] for text in result.as_numpy("id")
    )
    assert first == PLAIN
    assert (second["carrier"], second["charter"]) == ("Übersee", True)
    assert second["block"] == (None if binary else 1_000_000)


def test_triton_is_told_what_is_wrong(client):
    with pytest.raises(InferenceServerException, match="input 'miles' is missing") as caught:
        client.infer("flight-delay", [one for one in inputs(binary=True) if one.name() != "miles"])
    assert caught.value.status() == "422"
    with pytest.raises(InferenceServerException, match="no version 'v9'"):
        client.infer("flight-delay", inputs(binary=True), model_version="v9")


def test_a_connection_survives_refusals_and_timeouts(host):
    stuck = {"row": {**ROW, "flight": -2}}
    with httpx.Client(base_url=f"http://{host}") as client:
        statuses = [
            client.post("/predict", json=body).status_code
            for body in ({"row": ROW}, {"row": 1}, stuck, {"row": ROW})
        ]
        assert statuses == [200, 422, 504, 200]
        assert client.post("/predict", content=b"x" * 5_000_001).status_code == 413
        assert client.get("/predictions/a%2Fb").status_code == 404
        client.post("/predict", json={"row": ROW, "id": "a/b"})
        assert client.get("/predictions/a%2Fb").json()["prediction"]["id"] == "a/b"
        assert client.head("/docs").headers["content-type"] == "text/html; charset=utf-8"


def test_a_server_that_closes_lets_the_calls_inside_finish():
    service = FakeService()
    answers = []

    def ask(host):
        answers.append(
            httpx.post(f"http://{host}/predict", json={"row": {**ROW, "flight": -2}}, timeout=5).status_code
        )

    with running(make_app(service, Settings(open=True))) as host:
        caller = threading.Thread(target=ask, args=(host,))
        caller.start()
        while not service.entered.is_set():
            time.sleep(0.005)
        release = threading.Timer(
            0.1, lambda: service.release._loop.call_soon_threadsafe(service.release.set)
        )
        release.start()
    caller.join(5)
    release.join()
    assert answers == [200]
