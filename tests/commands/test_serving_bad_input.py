"""Bad input to a running server and to the commands around it: a proper refusal each, never a fault."""

import json
import socket
import sys
import time
import urllib.error
import urllib.request

import pytest

from e2e.served import Server, write_system
from trimtab.cli import main

ROW = {"order": 700_001, "ordered": "2024-01-05T10:00:00Z", "shop": "north", "weight": 3.5}
READING = {"shop": "north", "seen": "2024-01-05T10:07:00Z", "length": 4}


def run(capfd, *words):
    """Exit code and everything printed; a traceback or a fault of ours fails the test."""
    argv, sys.argv = sys.argv, ["trimtab", *map(str, words)]
    code = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code or 0
    finally:
        sys.argv = argv
    printed = capfd.readouterr()
    text = printed.out + printed.err
    assert "Traceback" not in text
    assert "fault of its own" not in text
    return code, " ".join(text.split())


class Place:
    """A trained system that is served, and all that the server prints."""

    def __init__(self, folder):
        self.folder, self.system = folder, write_system(folder, rows=500)
        argv, sys.argv = sys.argv, ["trimtab", "train", str(self.system)]
        main()
        sys.argv = argv
        self.server = Server(self.system)

    def send(self, method, path, content=None, **headers):
        """Status, kind of content and JSON of one call; `content` is sent as it is."""
        if content is not None and not isinstance(content, bytes):
            content = json.dumps(content).encode()
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.server.port}{path}",
            content,
            {"content-type": "application/json", **headers},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # our own server
                return answer.status, answer.headers["content-type"], json.loads(answer.read())
        except urllib.error.HTTPError as refused:
            return refused.code, refused.headers["content-type"], json.loads(refused.read() or b"null")

    def refused(self, method, path, content=None, **headers):
        """Status and problem of a call that must be refused."""
        status, kind, problem = self.send(method, path, content, **headers)
        assert kind == "application/problem+json", problem
        assert problem["status"] == status
        assert problem["detail"]
        return status, problem

    def end(self):
        self.server.process.terminate()
        return self.server.process.wait(timeout=60), self.server.output


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    found = Place(tmp_path_factory.mktemp("served"))
    yield found
    code, output = found.end()
    assert code == 0, output
    assert "Traceback" not in output
    assert '"fault"' not in output


def asked(**changed):
    return {"row": {**ROW, **changed}}


def without(name):
    return {"row": {key: value for key, value in ROW.items() if key != name}}


@pytest.mark.parametrize(
    ("content", "status", "field", "says"),
    [
        (asked(wieght=1.0), 422, "row.wieght", "weight"),
        (without("weight"), 422, "row.weight", "weight"),
        (asked(weight="heavy"), 422, "row.weight", "a finite number"),
        (asked(order="one"), 422, "row.order", "a whole number"),
        (asked(order=2**70), 422, "row.order", "64 bits"),
        (asked(order=None), 422, "row.order", "order"),
        (asked(ordered=None), 422, "row.ordered", "null"),
        (asked(ordered="2024-01-05T10:00:00"), 422, "row.ordered", "offset"),
        (asked(ordered="soon"), 422, "row.ordered", "a time"),
        (asked(shop=["north"]), 422, "row.shop", "text"),
        ({"id": "x"}, 422, "row", "row"),
        ({**asked(), "id": ""}, 422, "id", "1 to 200"),
        ({**asked(), "id": 7}, 422, "id", "text"),
        ([asked(), asked(weight="heavy")], 422, "[1].row.weight", "a finite number"),
        (b"[1, 2]", 422, "[0]", "object"),
        (b'"text"', 422, None, "object"),
    ],
)
def test_a_request_that_does_not_fit_is_refused_by_its_field(place, content, status, field, says):
    found, problem = place.refused("POST", "/predict", content)
    assert (found, problem.get("field")) == (status, field), problem
    assert says in json.dumps(problem)
    assert problem["do"]


@pytest.mark.parametrize(
    ("content", "status", "says"),
    [
        (b'{"row": ', 400, "line 1"),
        (b"", 400, "empty"),
        (b"\xff\xfe", 400, "UTF-8"),
        (json.dumps(asked(weight=float("nan"))).encode(), 400, "NaN is not JSON"),
        (json.dumps(asked(weight=float("inf"))).encode(), 400, "Infinity is not JSON"),
        (json.dumps(asked(shop="\ud800")).encode(), 400, "surrogate"),
        (b"[" * 100_000, 400, "nested"),
        (json.dumps(asked()).replace("3.5", "1e999").encode(), 422, "a finite number"),
        (json.dumps(asked()).replace("3.5", "9" * 10_000).encode(), 422, "a finite number"),
        ([asked()] * 10_001, 413, "at most 10000"),
    ],
    ids=lambda value: str(value)[:30] if isinstance(value, bytes | list) else None,
)
def test_what_is_no_json_or_too_much_is_refused_in_words(place, content, status, says):
    found, problem = place.refused("POST", "/predict", content)
    assert found == status, problem
    assert says in json.dumps(problem)


def test_a_body_that_is_said_to_be_huge_is_refused_before_it_is_sent(place):
    with socket.create_connection(("127.0.0.1", place.server.port), timeout=10) as caller:
        caller.sendall(b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: 900000000000\r\n\r\n")
        assert b" 413 " in caller.recv(4096).splitlines()[0]


@pytest.mark.parametrize(
    ("method", "path", "content", "status", "says"),
    [
        ("POST", "/predict?version=v9", asked(), 404, "v1"),
        ("POST", "/predict?version=", asked(), 422, "GET /versions"),
        ("POST", "/predict?versoin=v1", asked(), 422, "version"),
        ("GET", "/predictions/nobody", None, 404, "nobody"),
        ("POST", "/versions/v9/activate", None, 404, "v1"),
        ("POST", "/facts/queues", [READING], 404, "queue"),
        ("POST", "/facts/given_labels", [READING], 404, "given_labels"),
        ("POST", "/facts/queue", {**READING, "lenght": 1}, 422, "length"),
        ("POST", "/facts/queue", {**READING, "length": 1.5}, 422, "whole number"),
        ("POST", "/labels", {"id": "x", "label": 0.5}, 422, "true or false"),
        ("POST", "/labels", {"id": "x"}, 422, "label"),
        ("GET", "/predict", None, 405, "POST"),
        ("DELETE", "/facts/queue", None, 405, "POST"),
        ("GET", "/prediction", None, 404, "/predict"),
    ],
)
def test_unknown_names_and_wrong_methods_are_told_with_the_right_ones(
    place, method, path, content, status, says
):
    found, problem = place.refused(method, path, content)
    assert found == status, problem
    assert says in json.dumps(problem)


def test_facts_and_labels_that_cannot_be_taken_are_named_one_by_one(place):
    status, _, taken = place.send(
        "POST", "/facts/queue", [READING, {**READING, "seen": None}, {**READING, "length": 9}]
    )
    assert status == 200, taken
    assert [one["position"] for one in taken["refused"]] == [1, 2]
    status, _, taken = place.send("POST", "/labels", {"id": "nobody", "label": True})
    assert (status, taken["refused"][0]["why"]) == (409, "there is no prediction 'nobody'")
    assert place.send("POST", "/facts/queue", [])[0] == 200
    assert place.send("POST", "/predict", [])[2] == []


def test_a_request_for_the_future_or_the_distant_past_is_answered_and_flagged(place):
    status, _, answer = place.send("POST", "/predict", asked(ordered="9999-12-31T23:59:59Z"))
    assert (status, answer["flags"]) == (200, ["future"])
    assert answer["as_of"] < "2900"
    status, _, answer = place.send("POST", "/predict", asked(ordered="0001-01-01T00:00:00Z"))
    assert status == 200, answer


def test_an_id_that_was_used_for_another_request_is_a_conflict(place):
    assert place.send("POST", "/predict", {**asked(), "id": "used"})[0] == 200
    status, problem = place.refused("POST", "/predict", {**asked(weight=9.0), "id": "used"})
    assert (status, problem["field"]) == (409, "id")
    assert "weight was 3.5, now 9.0" in problem["detail"]


def test_with_keys_nobody_enters_without_and_nobody_does_more_than_allowed(place, capfd):
    assert run(capfd, "keys", "add", place.system, "web")[0] == 0
    argv = ("keys", "add", place.system, "loader", "--scope", "ingest")
    secret = run(capfd, *argv)[1].split()[0]
    time.sleep(1.1)
    try:
        status, problem = place.refused("POST", "/predict", asked())
        assert (status, "Authorization: Bearer" in problem["do"]) == (401, True)
        assert place.refused("POST", "/predict", asked(), x_api_key="tt_wrong")[0] == 401
        status, problem = place.refused("POST", "/predict", asked(), authorization=f"Bearer {secret}")
        assert (status, "the scope predict" in problem["detail"]) == (403, True)
        assert place.refused("POST", "/versions/v1/activate", None, x_api_key=secret)[0] == 403
        assert place.send("POST", "/facts/queue", [READING], x_api_key=secret)[0] == 200
        code, text = run(capfd, "keys", "list", place.system)
        assert (code, "web: predict" in text, secret in text) == (0, True, False)
    finally:
        for name in ("web", "loader"):
            assert run(capfd, "keys", "revoke", place.system, name)[0] == 0
        time.sleep(1.1)
    assert place.send("POST", "/predict", asked())[0] == 200


COMMANDS = [
    (("serve", "{system}", "--port", "0"), 2, "--port"),
    (("serve", "{system}", "--port", "eighty"), 2, "--port"),
    (("serve", "{system}", "--workers", "0"), 2, "--workers"),
    (("serve", "{system}", "--timeout", "-1"), 2, "--timeout"),
    (("serve", "{system}", "--timeout", "nan", "--home", "{new}"), 1, "timeout must be more than 0"),
    (("serve", "{system}", "--timeout", "inf", "--home", "{new}"), 2, "--timeout"),
    (("serve", "{system}", "--host", "no such host", "--home", "{new}"), 1, "cannot listen on"),
    (("serve", "{system}", "--host", "203.0.113.7", "--home", "{new}"), 1, "cannot listen on"),
    (("serve", "{system}", "--host", "::1%nope", "--home", "{new}"), 1, "cannot listen on"),
    (("serve", "{system}", "--home", "{file}"), 1, "{file}"),
    (("serve", "nowhere.py"), 1, "no system file"),
    (("serve", "{system}", "--worker-of", "99", "--home", "{new}"), 1, "no process owns the record"),
    (("serve", "{system}", "--wrokers", "2"), 2, "--workers"),
    (("predict", "{system}", "nowhere.parquet"), 1, "nowhere.parquet"),
    (("predict", "{system}", "--version", "v9"), 1, "v9"),
    (("predict", "{system}", "--at", "whenever"), 1, "whenever"),
    (("predict", "{system}", "--to", "{folder}/out.xyz"), 1, "out.xyz"),
    (("predict", "{system}", "--to", "{file}/out.csv"), 1, "{file}"),
    (("predict", "{system}", "--chunk-rows", "0"), 2, "--chunk-rows"),
    (("predict", "{system}", "--home", "{new}", "--to", "{folder}/o.csv"), 1, "no version"),
    (("predict", "{system}", "{file}", "--to", "{folder}/o.csv"), 1, "{file}"),
    (("parity", "{system}", "--since", "yesterday"), 1, "'yesterday' is no date"),
    (("parity", "{system}", "--sample", "0"), 2, "--sample"),
    (("parity", "{system}", "--home", "{new}"), 1, "there is no record"),
    (("parity", "{system}", "--json", "{folder}/no/such.json"), 1, "such.json"),
    (("status", "{system}", "--home", "{new}"), 1, "there is no record"),
    (("status", "{system}", "--home", "{file}"), 1, "{file}"),
    (("status",), 2, "SYSTEM"),
    (("forget", "{system}", "customers", "7", "--yes"), 1, "there is no source 'customers'"),
    (("forget", "{system}", "orders", "7", "--yes", "--home", "{file}"), 1, "{file}"),
    (("forget", "{system}", "orders"), 2, "KEY"),
    (("keys", "add", "{system}", "web", "--scope", "predcit"), 1, "did you mean 'predict'"),
    (("keys", "add", "{system}", "", "--home", "{new}"), 1, "a name"),
    (("keys", "add", "{system}", "web", "--home", "{file}"), 1, "{file}"),
    (("keys", "revoke", "{system}", "nobody"), 1, "no key 'nobody'"),
    (("keys", "revoke", "{system}", "nobody", "--home", "{new}"), 1, "keys.json"),
    (("keys", "list"), 2, "SYSTEM"),
    (("keys", "lsit"), 2, "list"),
]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    COMMANDS,
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_nonsense_on_the_command_line_is_one_paragraph(place, capfd, tmp_path, words, code, says):
    file = tmp_path / "a-file.txt"
    file.write_text("not a folder")
    places = {"system": place.system, "new": tmp_path / "new", "file": file, "folder": tmp_path}
    found, text = run(capfd, *(word.format(**places) for word in words))
    assert found == code, text
    assert says.format(**places).lower() in text.lower(), text
    assert text.lower().count("error:") == 1


def test_forgetting_somebody_unknown_says_so(place, capfd):
    code, text = run(capfd, "forget", place.system, "orders", "no-such-order", "--yes")
    assert (code, "nothing on record in orders" in text) == (0, True), text


def test_forgetting_in_a_home_that_is_not_there_makes_none(place, capfd, tmp_path):
    code, text = run(capfd, "forget", place.system, "orders", "7", "--yes", "--home", tmp_path / "typo")
    assert (code, "there is no record" in text) == (1, True), text
    assert not (tmp_path / "typo").exists()


def test_a_damaged_file_of_keys_is_told(place, capfd, tmp_path):
    (tmp_path / "keys.json").write_text("{")
    for words in (("list",), ("revoke", "web"), ("add", "web")):
        code, text = run(capfd, "keys", words[0], place.system, *words[1:], "--home", tmp_path)
        assert (code, "is not a file of keys" in text) == (1, True), text
