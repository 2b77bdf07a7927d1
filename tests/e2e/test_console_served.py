"""The console of a real server: mounted beside its routes, with a rollback that its answers follow."""

from __future__ import annotations

import re
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest
from served import serving, write_system

from trimtab import commands


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    system = write_system(folder, rows=700)
    loaded = commands.load(str(system))
    for day in ("2024-02-20", "2024-03-05"):
        commands.train(loaded, as_of=day)
    with serving(system, "--no-loop") as running:
        yield running


class Opener:
    """A browser without a window: it keeps cookies and follows redirects."""

    def __init__(self, port):
        self.address = f"http://127.0.0.1:{port}"
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())

    def get(self, path, form=None):
        data = None if form is None else urllib.parse.urlencode(form).encode()
        with self._opener.open(self.address + path, data, timeout=30) as answer:
            return answer.read().decode()


def test_a_rollback_in_the_console_is_what_the_server_answers_with(server):
    browser = Opener(server.port)
    assert "v2 answers" in browser.get("/console")
    page = browser.get("/console/live/act/rollback/v1")
    token = re.search(r'name="token" value="([^"]+)"', page).group(1)
    form = {"token": token, "by": "Ada", "why": "v2 errs"}
    browser.get("/console/live/act/rollback/v1", form)
    assert "v2 errs (Ada, in the console)" in browser.get("/console/live/decisions")
    champions = [
        each["name"] for each in server.call("GET", "/versions")[1]["versions"] if each["state"] == "champion"
    ]
    assert champions == ["v1"]
    assert server.call("GET", "/healthz/ready")[0] == 200


def test_a_prediction_that_was_just_served_is_explained(server):
    row = {"order": 6_000_000, "ordered": "2024-03-20T10:00:00Z", "shop": "north", "weight": 3.0}
    name = server.call("POST", "/predict", {"row": row})[1]["id"]
    browser = Opener(server.port)
    assert f"/console/live/predictions/{name}/explained" in browser.get(f"/console/live/predictions/{name}")
    deadline = time.monotonic() + 60
    text = ""
    while "Facts behind the features" not in text and time.monotonic() < deadline:
        text = browser.get(f"/console/live/predictions/{name}/explained")
    assert "What each feature adds to the score" in text
    assert server.call("GET", "/healthz/ready")[0] == 200


def test_the_console_of_several_processes_knows_the_same_sessions_and_switches_all_of_them(tmp_path):
    system = write_system(tmp_path, rows=700)
    loaded = commands.load(str(system))
    for day in ("2024-02-20", "2024-03-05"):
        commands.train(loaded, as_of=day)
    with serving(system, "--no-loop", "--workers", "2") as running:
        browser = Opener(running.port)
        for _ in range(6):
            assert "v2 answers" in browser.get("/console")
        page = browser.get("/console/live/act/rollback/v1")
        token = re.search(r'name="token" value="([^"]+)"', page).group(1)
        browser.get("/console/live/act/rollback/v1", {"token": token, "by": "Ada", "why": "v2 errs"})
        for _ in range(6):
            assert "v1 answers" in browser.get("/console")
        assert "v2 errs (Ada" in browser.get("/console/live/decisions")
        deadline = time.monotonic() + 20
        row = {"order": 5_000_000, "ordered": "2024-03-20T10:00:00Z", "shop": "north", "weight": 3.0}
        while time.monotonic() < deadline:
            told = [running.call("POST", "/predict", {"row": row})[1] for _ in range(8)]
            answers = {each["version"] for each in told}
            if answers == {"v1"}:
                break
        assert answers == {"v1"}
