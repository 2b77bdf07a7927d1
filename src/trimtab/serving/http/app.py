"""The ASGI application: one straight line from a call to its reply, with everything unusual off the line."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from trimtab.ports import Clock
from trimtab.runtime.clock import SystemClock
from trimtab.serving.http.access import Access
from trimtab.serving.http.admission import Admission
from trimtab.serving.http.body import Disconnected, Message, Receive, Send, read_body
from trimtab.serving.http.call import Call, Reply
from trimtab.serving.http.inference.handlers import InferenceProtocol
from trimtab.serving.http.keys import KeyRing
from trimtab.serving.http.logs import CallLog
from trimtab.serving.http.metrics import Tally
from trimtab.serving.http.native import Native
from trimtab.serving.http.openapi.handlers import Described
from trimtab.serving.http.refusals import fault, refused
from trimtab.serving.http.routes import Route, Routes
from trimtab.serving.http.settings import Settings
from trimtab.serving.http.table import routes
from trimtab.serving.http.tracing import Names, traceparent
from trimtab.serving.http.watching import Watching
from trimtab.serving.problems import RequestError
from trimtab.serving.service import Service


def make_app(
    service: Service,
    settings: Settings | None = None,
    *,
    keys: Path | None = None,
    log: TextIO | None = None,
    clock: Clock | None = None,
) -> App:
    """The application over a service; `keys` is the file of API keys, `log` takes one line of JSON a call.

    Raises UsageError for a file of keys that cannot be read, DeclarationError for a field that JSON cannot name.
    """
    return App(service, settings or Settings(), keys, log, clock or SystemClock())


class App:
    """An ASGI application; run it with uvicorn or any other ASGI server."""

    def __init__(
        self, service: Service, settings: Settings, keys: Path | None, log: TextIO | None, clock: Clock
    ) -> None:
        self._now, self._names = clock.now, Names()
        self._settings = settings
        self._access = Access(None if keys is None else KeyRing(keys), everyone=settings.open)
        self._admission = Admission(settings.concurrency, settings.timeout)
        self._watching = Watching(service, self._admission)
        self._log = CallLog(log, everything=settings.access_log, slow=settings.slow)
        native = Native(service, settings)
        self._routes = routes(
            service,
            native,
            InferenceProtocol(service, native.requests, settings, self._watching),
            self._watching,
            Described(service, settings, self._access, self._watching),
        )
        self._exact = self._routes.exact
        self._watching.tallies = _shared_tallies(self._routes)

    @property
    def tallies(self) -> Mapping[str, Tally]:
        """What became of the calls since the start, by route."""
        return self._watching.tallies

    def drain(self) -> None:
        """Turn readiness off; calls inside finish, and new ones are still answered until the server closes."""
        self._watching.draining = True

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """One call, or the lifespan of the server."""
        if scope["type"] != "http":
            await self._other(scope, receive, send)
            return
        now, headers = self._now(), dict(scope["headers"])
        method, path, names = scope["method"], scope["path"], self._names
        trace = names.trace(headers) if b"traceparent" in headers else None
        call = Call(method, path, scope["query_string"], headers, names.request_id(headers), now, trace)
        route = self._exact.get((method, path), self._routes.unknown)
        try:
            if route is self._routes.unknown:
                route = self._routes.find(call)
            if route.scope is None:
                reply = await route.handle(call)
            else:
                reply = await self._guarded(call, route, receive)
        except RequestError as error:
            reply = refused(error, call, self._routes.allowed(path) if error.status == 405 else ())
        except Disconnected:
            return
        except Exception as error:  # noqa: BLE001  # whatever it is, the caller gets an answer and the log the reason
            reply = fault(error, call)
        await self._send(call, reply, send)
        took = max(self._now() - now, 0)
        route.tally.record(reply.status, took)
        self._log.record(call, reply, took)

    async def _guarded(self, call: Call, route: Route, receive: Receive) -> Reply:
        """Handle a call that needs a key and takes up room."""
        self._access.check(call, route.scope or "")
        admission = self._admission
        task = admission.enter()
        try:
            if call.method == "POST":
                call.body = await read_body(call, receive, self._settings.body_bytes)
            return await route.handle(call)
        except asyncio.CancelledError:
            if not admission.is_late(task):
                raise
            do = "try again; an id asked again gets the stored answer"
            what = f"no answer within {self._settings.timeout:g} seconds"
            raise RequestError(504, what, do=do) from None
        finally:
            admission.leave(task)

    async def _send(self, call: Call, reply: Reply, send: Send) -> None:
        headers = [
            (b"content-type", reply.content_type),
            (b"content-length", str(len(reply.body)).encode()),
            (b"x-request-id", call.id.encode()),
            *reply.headers,
        ]
        if call.trace is not None:
            headers.append((b"traceparent", traceparent(call.trace)))
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if call.method == "HEAD" else reply.body})

    async def _other(self, scope: Message, receive: Receive, send: Send) -> None:
        """The server's start and end; a websocket is closed."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
            return
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._watching.draining = False
                await send({"type": "lifespan.startup.complete"})
            else:
                self.drain()
                await self._admission.empty()
                self._log.flush()
                await send({"type": "lifespan.shutdown.complete"})
                return


def _shared_tallies(table: Routes) -> dict[str, Tally]:
    """Routes of one template count together."""
    tallies: dict[str, Tally] = {}
    for route in (*table.all, table.unknown):
        route.tally = tallies.setdefault(route.template, route.tally)
    return tallies
