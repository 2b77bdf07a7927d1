"""The pages about HTTP say what the application does."""

import dataclasses
import json
import re
import shlex
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import trimtab as tt
from serving.fake import FakeService, call
from trimtab.serving.http.app import make_app
from trimtab.serving.http.openapi.operations import REFUSALS
from trimtab.serving.http.settings import Settings

DOCS = Path(__file__).parents[2] / "docs"
REFERENCE = (DOCS / "reference" / "http.md").read_text(encoding="utf-8")
HOW_TO = (DOCS / "how-to" / "call-it.md").read_text(encoding="utf-8")
FENCES = re.findall(r"^```(\w+)\n(.*?)^```$", HOW_TO, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def app():
    return make_app(FakeService(stakes=tt.Stakes(false_alarm=4, miss=6)), Settings(open=True))


def curl(app, command):
    words = shlex.split(command)
    assert words[0] == "curl"
    body = words[words.index("-d") + 1].encode() if "-d" in words else b""
    method = "POST" if body or "POST" in words else "GET"
    path = next(urlsplit(word).path for word in words if word.startswith("http://localhost:8000/"))
    return call(app, method, path, body)


def test_every_command_of_the_page_prints_what_it_shows(app):
    shown = 0
    for (language, text), (after, expected) in zip(FENCES, [*FENCES[1:], ("", "")], strict=True):
        if language != "sh":
            continue
        response = curl(app, text)
        assert response.status < 500
        if after == "json":
            wanted, came = json.loads(expected), response.json
            if "instance" in came:
                came["instance"] = "..."
            assert came == wanted, text
            shown += 1
    assert shown == 7


def test_the_reference_lists_every_route_with_its_scope(app):
    rows = re.findall(r"^\| (GET|POST) \| `([^`]+)` \| (\w+) \|", REFERENCE, re.MULTILINE)
    routes = {(route.method, route.template, route.scope or "none") for route in app._routes.all}
    routes -= {("POST", "/v2/models/{name}", "predict")}  # only there to refuse
    assert set(rows) == routes


def test_the_reference_lists_every_setting_with_its_default():
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", REFERENCE, re.MULTILINE))
    for field in dataclasses.fields(Settings):
        default = "none" if field.default is dataclasses.MISSING else str(field.default).lower()
        assert rows.pop(field.name).replace(",", "") == default, field.name
    assert not rows


def test_the_reference_lists_every_status():
    listed = {int(status) for status in re.findall(r"^\| (\d{3}) \|", REFERENCE, re.MULTILINE)}
    assert listed == {*REFUSALS, 405}
