import asyncio
import io
import json
import os
import re

import pytest

from serving.fake import NOON, ROW, FakeService, call, send_call
from trimtab.serving.http.app import make_app
from trimtab.serving.http.settings import Settings
from trimtab.testing import ManualClock
from trimtab.units import milliseconds

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


@pytest.fixture
def app():
    return make_app(FakeService(), Settings(open=True))


def answered(app, *headers):
    return call(app, "GET", "/versions", headers=headers).headers


def test_a_sane_request_id_is_kept_and_others_are_replaced(app):
    assert answered(app, (b"x-request-id", b"Order-1_2.3"))[b"x-request-id"] == b"Order-1_2.3"
    for bad in (b"", b"x" * 129, b"a b", b"a\r\nset-cookie: x", b"\xff"):
        assert re.fullmatch(rb"[0-9a-f]{12}-\d+", answered(app, (b"x-request-id", bad))[b"x-request-id"])


def test_made_request_ids_differ_between_calls_and_servers(app):
    other = make_app(FakeService(), Settings(open=True))
    made = [answered(one)[b"x-request-id"] for one in (app, app, other, other)]
    assert len(set(made)) == 4


def test_a_trace_is_continued_by_a_span_of_our_own(app):
    spans = set()
    for _ in range(2):
        continued = answered(app, (b"traceparent", PARENT.encode()))[b"traceparent"].decode()
        version, trace, span, flags = continued.split("-")
        assert (version, trace, flags) == ("00", TRACE, "01")
        assert re.fullmatch("[0-9a-f]{16}", span)
        spans.add(span)
    assert len(spans) == 2
    assert "b7ad6b7169203331" not in spans


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "00",
        PARENT.upper(),
        PARENT.replace("00-", "ff-", 1),
        f"{PARENT}-more",
        f"00-{'0' * 32}-b7ad6b7169203331-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-b7ad6b7169203331-1",
    ],
)
def test_a_trace_that_is_not_valid_is_ignored(app, bad):
    assert b"traceparent" not in answered(app, (b"traceparent", bad.encode()))


def test_a_trace_of_a_later_version_is_continued(app):
    later = PARENT.replace("00-", "01-", 1) + "-more"
    assert answered(app, (b"traceparent", later.encode()))[b"traceparent"].startswith(f"00-{TRACE}-".encode())


class StepClock(ManualClock):
    """Moves on a little at every look."""

    def now(self):
        self.advance(milliseconds(2))
        return super().now()


def lines(settings, *calls, clock=None):
    log = io.StringIO()
    app = make_app(FakeService(), settings, log=log, clock=clock or StepClock(NOON))

    async def story():
        for method, path, body, headers in calls:
            await send_call(app, method, path, json.dumps(body).encode(), headers=headers)
        waiting = log.getvalue()
        await asyncio.sleep(0.6)
        return waiting

    waiting = asyncio.run(story())
    return waiting, [json.loads(line) for line in log.getvalue().splitlines()]


GOOD = ("POST", "/predict", {"row": ROW}, [(b"x-request-id", b"r1"), (b"traceparent", PARENT.encode())])
BAD = ("POST", "/predict", {"row": 1}, [(b"x-request-id", b"r2")])


def test_only_what_went_wrong_is_logged_and_not_before_a_moment():
    waiting, (line,) = lines(Settings(open=True), GOOD, BAD)
    assert waiting == ""
    assert line == {
        "time": "2013-07-01T12:00:00.006000Z",
        "method": "POST",
        "path": "/predict",
        "status": 422,
        "milliseconds": 2.0,
        "request": "r2",
        "count": 0,
    }


def test_everything_is_logged_when_asked_with_its_trace():
    _, (good, bad) = lines(Settings(open=True, access_log=True), GOOD, BAD)
    assert (good["status"], good["count"], good["trace"]) == (200, 1, TRACE)
    assert re.fullmatch("[0-9a-f]{16}", good["span"])
    assert "trace" not in bad


def test_a_slow_call_is_logged():
    _, logged = lines(Settings(open=True, slow=0.002), GOOD)
    assert [line["request"] for line in logged] == ["r1"]


def test_a_log_that_cannot_be_written_costs_no_answer():
    log = io.StringIO()
    app = make_app(FakeService(), Settings(open=True), log=log)
    log.close()
    assert call(app, "POST", "/predict", {"row": {**ROW, "flight": -1}}).status == 500


def test_a_log_that_nobody_reads_holds_no_answer_up_and_says_what_it_dropped(monkeypatch):
    monkeypatch.setattr("trimtab.serving.http.logs._WAITING", 200)
    reading, writing = os.pipe()
    statuses, seen = [], b""

    async def story(app, log):
        nonlocal seen
        statuses.extend(
            [(await send_call(app, "POST", "/predict", b'{"row": 1}')).status for _ in range(1_500)]
        )
        while b"dropped" not in seen:
            seen += await asyncio.to_thread(os.read, reading, 1 << 20)

    with os.fdopen(writing, "w") as log:
        asyncio.run(asyncio.wait_for(story(make_app(FakeService(), Settings(open=True), log=log), log), 120))
    os.close(reading)
    told = [json.loads(line) for line in seen.decode().splitlines() if line.endswith("}")]
    kept = sum("status" in line for line in told)
    assert set(statuses) == {422}
    assert [line["dropped"] for line in told if "dropped" in line] == [1_500 - kept]
