"""The console beside the routes of a server: one application that tells by the path whose turn it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

Application = Callable[[Any, Any, Any], Awaitable[None]]


class Mounted:
    """An ASGI application: what lies below the console's path goes there, everything else to the server."""

    def __init__(self, server: Application, console: Application, base: str = "/console") -> None:
        self._server, self._console, self._base = server, console, base

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One call, or the lifespan of the server."""
        if scope["type"] == "http":
            path = scope["path"]
            # nearly every call is a prediction: one comparison sends it on its way
            if path.startswith(self._base) and path[len(self._base) : len(self._base) + 1] in {"", "/"}:
                await self._console(scope, receive, send)
                return
        await self._server(scope, receive, send)


class Alone:
    """An ASGI application that holds the console only; any other path leads to it."""

    def __init__(self, console: Application, base: str = "/console") -> None:
        self._mounted = Mounted(self._elsewhere, console, base)
        self._base = base.encode()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One call, or the lifespan of the server."""
        if scope["type"] != "lifespan":
            await self._mounted(scope, receive, send)
            return
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def _elsewhere(self, _scope: Any, _receive: Any, send: Any) -> None:
        headers = [(b"location", self._base), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 303, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
