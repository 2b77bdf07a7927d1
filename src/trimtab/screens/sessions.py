"""Who looks at the console: a signed cookie that names a key, and a token that binds each form to it.

Nothing is kept on the server, so that several processes know the same sessions; a key that is revoked ends its
sessions at once.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from trimtab.serving.http.keys import Key, KeyRing

COOKIE = "trimtab_console"
HOURS = 12
_SECOND = 1_000_000
_BYTES = 32


@dataclass(frozen=True)
class Session:
    """Somebody who looks: the name of their key, "" where no key is needed; whether they may act; their cookie."""

    who: str
    acts: bool
    cookie: str


class Sessions:
    """Makes and checks sessions; `everyone` says that no key is needed while there is none (on loopback only)."""

    def __init__(self, ring: KeyRing, secret: bytes, *, everyone: bool) -> None:
        self._ring, self._secret, self._everyone = ring, secret, everyone

    def keyed(self, now: int) -> bool:
        """Whether a key is needed at an instant (epoch microseconds)."""
        self._ring.refresh(now)
        return not self._everyone or bool(self._ring.keys)

    def sign_in(self, secret: str, now: int) -> Session | None:
        """A session for the holder of a key that may at least read; None for any other."""
        self._ring.refresh(now)
        key = self._ring.find(secret) if secret else None
        return None if key is None or not key.allows("predict") else self._session(key, now)

    def guest(self, now: int) -> Session:
        """A session where no key is needed: it may act, and its forms are bound to it all the same."""
        return Session("", acts=True, cookie=self._signed("", now))

    def known(self, header: bytes, now: int) -> Session | None:
        """The session of a request's cookies; None without one, with a forged or old one, or for a revoked key."""
        cookie = _cookie(header)
        body, _, signature = cookie.rpartition(".")
        if not body or not hmac.compare_digest(signature, self._mac("session", body)):
            return None
        name, ends, _ = body.split("~")
        if int(ends) < now:
            return None
        if not self.keyed(now):
            return Session("", acts=True, cookie=cookie) if not name else None
        key = next((each for each in self._ring.keys if _named(each) == name), None)
        return None if key is None else Session(key.name, key.allows("admin"), cookie)

    def token(self, session: Session) -> str:
        """What each form of a session carries."""
        return self._mac("form", session.cookie)

    def allows(self, session: Session, token: str) -> bool:
        """Whether a form came from a page of this session."""
        return hmac.compare_digest(token.encode(), self.token(session).encode())

    def _session(self, key: Key, now: int) -> Session:
        return Session(key.name, key.allows("admin"), self._signed(_named(key), now))

    def _signed(self, name: str, now: int) -> str:
        body = f"{name}~{now + HOURS * 3600 * _SECOND}~{secrets.token_urlsafe(16)}"
        return f"{body}.{self._mac('session', body)}"

    def _mac(self, what: str, content: str) -> str:
        return hmac.new(self._secret, f"{what}:{content}".encode(), hashlib.sha256).hexdigest()


def set_cookie(session: Session | None, path: str, *, secure: bool) -> bytes:
    """The header that gives a browser its session, or takes it away."""
    value, age = (session.cookie, HOURS * 3600) if session is not None else ("", 0)
    safe = "; Secure" if secure else ""
    return f"{COOKIE}={value}; Path={path}; Max-Age={age}; HttpOnly; SameSite=Strict{safe}".encode()


def same_site(origin: bytes | None, host: bytes | None) -> bool:
    """Whether a form was sent from a page of this very host; a browser names where it came from.

    >>> same_site(b"http://a:1", b"a:1"), same_site(b"http://b", b"a:1"), same_site(None, b"a:1")
    (True, False, True)
    """
    return origin is None or urlsplit(origin).netloc == host


def is_this_machine(host: bytes | None) -> bool:
    """Whether a Host header names this machine; another name may have been made to point here by a stranger.

    >>> is_this_machine(b"127.0.0.1:8000"), is_this_machine(b"evil.example")
    (True, False)
    """
    name = urlsplit(f"//{(host or b'').decode('latin-1')}").hostname or ""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def secret_in(path: Path) -> bytes:
    """The secret that signs sessions, made at the first call; only its owner can read the file."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes() or secrets.token_bytes(_BYTES)
    content = secrets.token_bytes(_BYTES)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    return content


def _named(key: Key) -> str:
    """A key in a cookie: its name may hold any letter, its hash tells it from a later key of that name."""
    return hashlib.sha256(f"{key.name}:{key.sha256}".encode()).hexdigest()[:24]


def _cookie(header: bytes) -> str:
    try:
        found = SimpleCookie(header.decode("latin-1")).get(COOKIE)
    except CookieError:
        return ""
    return "" if found is None else found.value
