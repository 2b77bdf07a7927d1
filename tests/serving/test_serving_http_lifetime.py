import asyncio

import pytest

from serving.fake import ROW, FakeService, call, send_call
from trimtab.serving.http.app import make_app
from trimtab.serving.http.settings import Settings

STUCK = b'{"row": {"flight": -2, "carrier": null, "departs": null, "block": null, "miles": null, "charter": null}}'


def test_the_process_lives_whatever_the_system_does():
    service = FakeService()
    service.reasons = ["no version is trained"]
    app = make_app(service)
    assert call(app, "GET", "/healthz/live").json == {"live": True}
    for path in ("/healthz/ready", "/v2/health/ready"):
        response = call(app, "GET", path)
        assert (response.status, response.json["reasons"]) == (503, ["no version is trained"])
    service.reasons = []
    assert call(app, "GET", "/healthz/ready").json == {"ready": True, "reasons": []}


def test_a_draining_server_is_not_ready_and_still_answers():
    app = make_app(FakeService(), Settings(open=True))
    app.drain()
    response = call(app, "GET", "/healthz/ready")
    assert (response.status, response.json["reasons"]) == (503, ["the server is shutting down"])
    assert call(app, "GET", "/v2/models/flight-delay/ready").status == 503
    assert call(app, "POST", "/predict", {"row": ROW}).status == 200


def test_shutdown_waits_for_the_calls_inside():
    service = FakeService()
    app = make_app(service, Settings(open=True))
    sent = []

    async def story():
        inside = asyncio.ensure_future(send_call(app, "POST", "/predict", STUCK))
        await service.entered.wait()
        messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

        async def receive():
            return messages.pop(0)

        async def send(message):
            sent.append(message["type"])

        closing = asyncio.ensure_future(app({"type": "lifespan"}, receive, send))
        await asyncio.sleep(0.01)
        assert sent == ["lifespan.startup.complete"]
        assert (await send_call(app, "GET", "/healthz/ready")).status == 503
        service.release.set()
        await closing
        return await inside

    assert asyncio.run(story()).status == 200
    assert sent[-1] == "lifespan.shutdown.complete"


def test_an_application_that_is_started_again_is_ready_again():
    app = make_app(FakeService())
    app.drain()

    async def story():
        messages = [{"type": "lifespan.startup"}]

        async def receive():
            return messages.pop(0) if messages else await asyncio.Event().wait()

        async def send(message):
            pass

        lifespan = asyncio.ensure_future(app({"type": "lifespan"}, receive, send))
        await asyncio.sleep(0)
        ready = await send_call(app, "GET", "/healthz/ready")
        lifespan.cancel()
        return ready

    assert asyncio.run(story()).status == 200


def test_a_call_that_takes_too_long_is_given_up():
    app = make_app(FakeService(), Settings(open=True, timeout=0.05))

    async def story():
        loop = asyncio.get_running_loop()
        began = loop.time()
        response = await asyncio.ensure_future(send_call(app, "POST", "/predict", STUCK))
        return response, loop.time() - began

    response, took = asyncio.run(story())
    assert (response.status, response.json["detail"]) == (504, "no answer within 0.05 seconds")
    assert 0.05 <= took < 0.5
    assert call(app, "POST", "/predict", {"row": ROW}).status == 200


def test_a_body_that_never_ends_is_given_up():
    app = make_app(FakeService(), Settings(open=True, timeout=0.05))
    scope = {"type": "http", "method": "POST", "path": "/predict", "query_string": b"", "headers": []}
    sent = []

    async def send(message):
        sent.append(message)

    async def story():
        await app(scope, asyncio.Event().wait, send)

    asyncio.run(story())
    assert sent[0]["status"] == 504


def test_only_late_calls_are_given_up():
    service = FakeService()
    app = make_app(service, Settings(open=True, timeout=0.2))

    async def story():
        first = asyncio.ensure_future(send_call(app, "POST", "/predict", STUCK))
        await asyncio.sleep(0.15)
        second = asyncio.ensure_future(send_call(app, "POST", "/predict", STUCK))
        early = await first
        service.release.set()
        return early.status, (await second).status

    assert asyncio.run(story()) == (504, 200)


def test_a_cancellation_from_outside_is_not_swallowed():
    service = FakeService()
    app = make_app(service, Settings(open=True))

    async def story():
        inside = asyncio.ensure_future(send_call(app, "POST", "/predict", STUCK))
        await service.entered.wait()
        inside.cancel()
        await inside

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(story())


def test_a_service_that_answers_when_cancelled_is_believed():
    class Fallback(FakeService):
        async def predict(self, rows, ids, version=None):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                return await super().predict(rows, ids, version)

    app = make_app(Fallback(), Settings(open=True, timeout=0.05))

    async def story():
        task = asyncio.ensure_future(
            send_call(app, "POST", "/predict", b'{"row": ' + STUCK[8:].replace(b"-2", b"2"))
        )
        return await task, task.cancelling()

    response, cancelling = asyncio.run(story())
    assert (response.status, cancelling) == (200, 0)


def test_more_calls_than_allowed_are_sent_away_while_health_answers():
    service = FakeService()
    app = make_app(service, Settings(open=True, concurrency=2))

    async def story():
        inside = [asyncio.ensure_future(send_call(app, "POST", "/predict", STUCK)) for _ in range(2)]
        await asyncio.sleep(0.01)
        refused = await send_call(app, "GET", "/versions")
        metrics = await send_call(app, "GET", "/metrics")
        service.release.set()
        return refused, metrics, await asyncio.gather(*inside)

    refused, metrics, inside = asyncio.run(story())
    assert (refused.status, refused.headers[b"retry-after"]) == (503, b"1")
    assert b"trimtab_requests_in_flight 2\n" in metrics.content
    assert [one.status for one in inside] == [200, 200]
