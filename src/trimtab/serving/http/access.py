"""Who may call a route: keys and their scopes, or everyone on loopback while there is no key."""

from __future__ import annotations

from urllib.parse import urlsplit

from trimtab.serving.http.call import Call
from trimtab.serving.http.keys import KeyRing
from trimtab.serving.problems import RequestError

_HOW = "send 'Authorization: Bearer KEY' or 'X-API-Key: KEY'"


class Access:
    """Decides whether a call may enter; without a key ring, or with an empty one, only an open server lets it."""

    def __init__(self, ring: KeyRing | None, *, everyone: bool) -> None:
        self._ring, self._open = ring, everyone

    @property
    def keyed(self) -> bool:
        """Whether a key is needed now."""
        return not self._open or bool(self._ring is not None and self._ring.keys)

    def check(self, call: Call, scope: str) -> None:
        """Note whose key it is; raise RequestError 401 for no key or a wrong one, 403 for one that may not do this."""
        if self._ring is not None:
            self._ring.refresh(call.now)
        if not self.keyed:
            _refuse_other_sites(call)
            return
        secret = _presented(call)
        key = self._ring.find(secret) if secret and self._ring is not None else None
        if key is None:
            what = "this key is not known" if secret else "a key is needed"
            raise RequestError(401, what, do=_HOW if not secret else "ask the operator for a key")
        if not key.allows(scope):
            do = f"use a key with the scope {scope}"
            raise RequestError(403, f"this key may not do that: it lacks the scope {scope}", do=do)
        call.caller = f"key {key.name}"


def _presented(call: Call) -> str | None:
    given = call.headers.get(b"x-api-key")
    if given is None:
        word, _, given = call.headers.get(b"authorization", b"").partition(b" ")
        if word.lower() != b"bearer":
            return None
    return given.strip().decode("latin-1") or None


def _refuse_other_sites(call: Call) -> None:
    """Without keys, a page of another site in the operator's own browser could call; browsers name its origin."""
    origin = call.headers.get(b"origin")
    if origin is not None and urlsplit(origin).netloc != call.headers.get(b"host"):
        do = "call from a program, or make keys and send one"
        raise RequestError(403, "a page of another site may not call a server without keys", do=do)
