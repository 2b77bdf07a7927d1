"""Server-sent events: a page hears that the record has grown, and asks for itself anew."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from trimtab.monitoring.incidents import INCIDENTS
from trimtab.runtime.auditing.evaluations import EVALUATIONS
from trimtab.runtime.live_loop.journal import LOOP
from trimtab.runtime.watching.telling import VERDICTS
from trimtab.screens.book import Book
from trimtab.screens.folds.columns import ACCEPTED
from trimtab.screens.folds.matters import PEOPLE, VERSIONS
from trimtab.serving.measuring import MEASUREMENTS

STREAMS = (VERSIONS, INCIDENTS, LOOP, VERDICTS, PEOPLE, MEASUREMENTS, ACCEPTED, EVALUATIONS)
LOOKS, SECONDS = 8, 1.0
"""How often a stream looks, and how long it waits in between; browsers come again by themselves, and a server that
is asked to stop waits no longer than that."""


async def stream(book: Book, seen: str, receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
    """Tell of changes for some seconds; `seen` is the state that the page knows, "" for a new page."""
    headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await _say(send, "retry: 500\n\n")
    loop = asyncio.get_running_loop()
    gone = asyncio.ensure_future(_gone(receive))
    try:
        for _ in range(LOOKS):
            state = await loop.run_in_executor(None, state_of, book)
            if state != seen:
                # a new page is as fresh as the record: it only learns what it has
                kind = "event: changed\n" if seen else ""
                await _say(send, f"id: {state}\n{kind}data: {state}\n\n")
                seen = state
            await asyncio.wait([gone], timeout=SECONDS)
            if gone.done():
                return
    finally:
        gone.cancel()
    await send({"type": "http.response.body", "body": b""})


def state_of(book: Book) -> str:
    """How far the journals that pages show have come."""
    return "-".join(str(book.ledger.frontier(name)) for name in STREAMS)


async def _gone(receive: Callable[[], Any]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _say(send: Callable[[Any], Any], words: str) -> None:
    await send({"type": "http.response.body", "body": words.encode(), "more_body": True})
