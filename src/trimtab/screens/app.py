"""The console over HTTP: one bare ASGI application, mounted beside a server or standing alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import resources
from typing import Any
from urllib.parse import parse_qsl, unquote

from trimtab.errors import TrimtabError
from trimtab.ports import Clock
from trimtab.screens.acting import Acts, Wish
from trimtab.screens.book import Book
from trimtab.screens.drawing import draw
from trimtab.screens.frame import POLICY, Frame, to_page
from trimtab.screens.links import Links
from trimtab.screens.page import Page
from trimtab.screens.pages.acts import Confirming, confirm
from trimtab.screens.pages.doors import missing, shelf, sign_in
from trimtab.screens.rows import KINDS, rows_file
from trimtab.screens.sessions import Session, Sessions, is_this_machine, same_site, set_cookie
from trimtab.screens.streaming import stream
from trimtab.serving.problems import RequestError

HTML = b"text/html; charset=utf-8"
MOST_BYTES = 10_000
Message = Any


@dataclass(frozen=True)
class Reply:
    """What is sent back."""

    body: bytes
    status: int = 200
    kind: bytes = HTML
    headers: tuple[tuple[bytes, bytes], ...] = ()


@dataclass(frozen=True)
class Asked:
    """One request: its path below the console, its parameters, its form, and who asks."""

    method: str
    path: tuple[str, ...]
    query: dict[str, str]
    form: dict[str, str]
    headers: dict[bytes, bytes]
    now: int
    secure: bool = False


class Console:
    """An ASGI application that shows records, and lets whoever may act on the live one.

    `books` gives the records that there are now. Without `sessions` everyone on this machine looks and nobody acts.
    """

    def __init__(
        self,
        books: Callable[[], Sequence[Book]],
        clock: Clock,
        *,
        sessions: Sessions | None = None,
        acts: Acts | None = None,
        base: str = "/console",
    ) -> None:
        self._books, self._clock, self._sessions, self._acts = books, clock, sessions, acts
        self.base = base
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="trimtab-console")
        self._script = resources.files("trimtab.screens").joinpath("script.js").read_bytes()

    async def __call__(
        self, scope: Message, receive: Callable[[], Any], send: Callable[[Message], Any]
    ) -> None:
        """One request."""
        headers = dict(scope["headers"])
        below = scope["path"][len(self.base) :].strip("/")
        path = tuple(unquote(part) for part in below.split("/") if part)
        query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        form = await _form(receive) if method == "POST" else {}
        secure = scope.get("scheme") == "https"
        asked = Asked(method, path, query, form, headers, self._clock.now(), secure)
        if method == "GET" and len(path) == 2 and path[1] == "events" and self._session(asked) is not None:
            book = self._book(path[0])
            if book is not None:
                await stream(book, headers.get(b"last-event-id", b"").decode("latin-1"), receive, send)
                return
        reply = await asyncio.get_running_loop().run_in_executor(self._threads, self.answer, asked)
        await _send(reply, send, body=scope["method"] != "HEAD")

    def answer(self, asked: Asked) -> Reply:
        """What is sent back for a request."""
        if asked.path == ("script.js",):
            return Reply(self._script, kind=b"text/javascript; charset=utf-8")
        if asked.method not in {"GET", "POST"}:
            return Reply(b"", 405, headers=((b"allow", b"GET, HEAD, POST"),))
        # without keys, a name that a stranger made point to this machine must not be answered
        if not self._keyed(asked.now) and not is_this_machine(asked.headers.get(b"host")):
            return self._page(missing("This console answers this machine only."), status=403)
        return self._posted(asked) if asked.method == "POST" else self._got(asked)

    def _got(self, asked: Asked) -> Reply:
        session = self._session(asked)
        if session is None:
            return self._page(sign_in(self.base), status=401)
        reply = self._shown(asked, session)
        known = self._sessions is None or self._sessions.known(_cookies(asked), asked.now) is not None
        if known:
            return reply
        cookie = (b"set-cookie", set_cookie(session, self.base, secure=asked.secure))
        return replace(reply, headers=(*reply.headers, cookie))

    def _keyed(self, now: int) -> bool:
        return self._sessions is not None and self._sessions.keyed(now)

    def _session(self, asked: Asked) -> Session | None:
        """Who asks; a guest where no key is needed, None for who has to sign in."""
        if self._sessions is None:
            return Session("", acts=False, cookie="")
        known = self._sessions.known(_cookies(asked), asked.now)
        if known is None and not self._sessions.keyed(asked.now):
            return self._sessions.guest(asked.now)
        return known

    def _shown(self, asked: Asked, session: Session) -> Reply:
        books = self._books()
        if not asked.path or asked.path == ("sign-in",):
            if len(books) == 1:
                return _to(Links(self.base, books[0].slug).to())
            return self._page(shelf(books, self.base))
        book = self._book(asked.path[0])
        if book is None:
            return self._page(missing("There is no such record."))
        at = _instant(asked.query.get("at", ""))
        links = Links(self.base, book.slug, at)
        rest = asked.path[1:]
        if rest == ("find",):
            return _to(links.to("predictions", asked.query.get("id", "").strip() or "-"))
        frame = Frame(book.view(at), links, f"{self.base}/script.js", at is not None, session.who)
        acting = session.acts and self._may_act(book) and at is None
        if len(rest) == 3 and rest[0] == "act":
            page = self._confirm(frame, rest, session) if acting else missing("You may only look.")
        else:
            page = draw(frame.view, links, rest, asked.query, acting=acting)
            page = replace(page, path=rest) if page is not None else None
        if page is not None and "rows" in asked.query:
            return self._rows(page, frame, asked.query)
        return self._page(page or missing("There is no such page at this instant."), frame)

    def _rows(self, page: Page, frame: Frame, query: dict[str, str]) -> Reply:
        """The rows behind a chart of a page."""
        found = rows_file(page, query["rows"], query.get("kind", ""))
        if found is None:
            return self._page(missing("There are no such rows on this page."), frame)
        named = (b"content-disposition", f'attachment; filename="{found.name}"'.encode("ascii", "replace"))
        return Reply(found.content, kind=KINDS[found.kind], headers=(named,))

    def _may_act(self, book: Book) -> bool:
        return self._acts is not None and not book.replay

    def _confirm(self, frame: Frame, rest: Sequence[str], session: Session, problem: str = "") -> Page | None:
        token = self._sessions.token(session) if self._sessions is not None else ""
        return confirm(frame.view, frame.links, rest[1], rest[2], Confirming(token, session.who, problem))

    def _posted(self, asked: Asked) -> Reply:
        if not same_site(asked.headers.get(b"origin"), asked.headers.get(b"host")):
            return self._page(missing("A page of another site may not act here."), status=403)
        if self._sessions is None:
            return self._page(missing("This console is only for looking."), status=403)
        if asked.path == ("sign-in",):
            return self._signed_in(asked, self._sessions)
        session = self._sessions.known(_cookies(asked), asked.now)
        if session is None:
            return self._page(sign_in(self.base, "your session has ended"), status=401)
        if not self._sessions.allows(session, asked.form.get("token", "")):
            return self._page(missing("This form is not of your session. Open its page again."), status=403)
        return self._done(asked, session)

    def _signed_in(self, asked: Asked, sessions: Sessions) -> Reply:
        session = sessions.sign_in(asked.form.get("key", "").strip(), asked.now)
        if session is None:
            return self._page(sign_in(self.base, "no key like that may look"), status=401)
        cookie = (b"set-cookie", set_cookie(session, self.base, secure=asked.secure))
        return Reply(b"", 303, headers=((b"location", self.base.encode() + b"/"), cookie))

    def _done(self, asked: Asked, session: Session) -> Reply:
        book = self._book(asked.path[0]) if len(asked.path) == 4 and asked.path[1] == "act" else None
        if book is None or self._acts is None or not self._may_act(book):
            return self._page(missing("There is nothing to do here."))
        if not session.acts:
            return self._page(missing("Your key may only look: it lacks the scope admin."), status=403)
        links, rest = Links(self.base, book.slug), asked.path[1:]
        frame = Frame(book.view(), links, f"{self.base}/script.js", chosen=False, signed=session.who)
        if self._confirm(frame, rest, session) is None:
            return self._page(missing("There is no such act."), frame)
        try:
            self._acts.do(book, _wish(asked, session), asked.now)
        except (TrimtabError, RequestError) as problem:
            return self._page(
                self._confirm(frame, rest, session, str(problem)) or missing(str(problem)), frame
            )
        return _to(links.to(*_after(rest[1], rest[2])))

    def _book(self, slug: str) -> Book | None:
        return next((book for book in self._books() if book.slug == slug), None)

    def _page(self, page: Page, frame: Frame | None = None, status: int | None = None) -> Reply:
        return Reply(to_page(page, frame), page.status if status is None else status)


def _wish(asked: Asked, session: Session) -> Wish:
    _, _, act, subject = asked.path
    hours = asked.form.get("hours", "4")
    length = min(int(hours), 24 * 14) if hours.isdecimal() else 4
    by = session.who or asked.form.get("by", "")[:80]
    return Wish(act, subject, by, asked.form.get("why", "")[:500], max(length, 1))


def _after(act: str, subject: str) -> tuple[str, ...]:
    """The page on which one sees what an act has done."""
    if act in {"working", "fixed", "benign", "snooze"}:
        return ("incidents", subject)
    return {"approve": ("releases",), "decline": ("releases",), "accept": ("contracts",)}.get(act, ())


def _cookies(asked: Asked) -> bytes:
    return asked.headers.get(b"cookie", b"")


def _to(address: str) -> Reply:
    return Reply(b"", 303, headers=((b"location", address.encode()),))


def _instant(words: str) -> int | None:
    """A date or time in UTC as epoch microseconds; None for anything else."""
    try:
        found = datetime.fromisoformat(words)
    except ValueError:
        return None
    aware = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    return int(aware.timestamp()) * 1_000_000


async def _form(receive: Callable[[], Any]) -> dict[str, str]:
    """The fields of a form; what is too long is no form of ours and is empty."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False) and message["type"] == "http.request"
        if len(body) > MOST_BYTES:
            return {}
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


async def _send(reply: Reply, send: Callable[[Message], Any], *, body: bool) -> None:
    headers = [
        (b"content-type", reply.kind),
        (b"content-length", str(len(reply.body)).encode()),
        (b"content-security-policy", POLICY.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
        (b"cache-control", b"no-store"),
        *reply.headers,
    ]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body if body else b""})
