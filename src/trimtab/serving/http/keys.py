"""API keys: what a caller may do; a file holds their hashes, never the keys."""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from trimtab.adapters.durable import written_whole
from trimtab.errors import UsageError, nearest
from trimtab.serving.http.times import instant

SCOPES = ("predict", "ingest", "admin")
_SECOND = 1_000_000


class Key(msgspec.Struct, frozen=True):
    """One key as it is kept: its name, what it may do, the SHA-256 of its secret in hex, when it was made (ISO)."""

    name: str
    scopes: tuple[str, ...]
    sha256: str
    made: str

    def allows(self, scope: str) -> bool:
        """Whether the key opens this scope; admin opens all.

        >>> Key("ops", ("admin",), "", "").allows("predict")
        True
        """
        return scope in self.scopes or "admin" in self.scopes


class _File(msgspec.Struct):
    keys: tuple[Key, ...]


def add_key(path: Path, name: str, scopes: Sequence[str], *, now: int) -> str:
    """Make a key and return its secret, which is kept nowhere; raises UsageError for a name taken or no such scope.

    `now` in epoch microseconds.
    """
    for scope in scopes:
        if scope not in SCOPES:
            near, do = nearest(scope, SCOPES), f"use {', '.join(SCOPES)}"
            raise UsageError(f"unknown scope {scope!r}", nearest=near, do=do)
    if not scopes or not name:
        raise UsageError("a key needs a name and at least one scope", do=f"give one of {', '.join(SCOPES)}")
    with _locked(path):
        keys = read_keys(path)
        if any(key.name == name for key in keys):
            raise UsageError(f"a key {name!r} is there already", do="revoke it first, or take another name")
        secret = f"tt_{secrets.token_urlsafe(32)}"
        made = instant(now).isoformat().replace("+00:00", "Z")
        _write(path, (*keys, Key(name, tuple(scopes), _hashed(secret), made)))
    return secret


def revoke_key(path: Path, name: str) -> Key:
    """Take a key out of the file and return it; raises UsageError when there is none of that name."""
    with _locked(path):
        keys = read_keys(path)
        found = next((key for key in keys if key.name == name), None)
        if found is None:
            names = [key.name for key in keys]
            raise UsageError(
                f"no key {name!r}", found=", ".join(names) or "no key", nearest=nearest(name, names)
            )
        _write(path, tuple(key for key in keys if key is not found))
    return found


def read_keys(path: Path) -> tuple[Key, ...]:
    """The keys of a file, none where there is no file; raises UsageError for a file that is no list of keys."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=_File).keys
    except FileNotFoundError:
        return ()
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        do = "restore it, or delete it and make new keys"
        raise UsageError(f"{path.name} is not a file of keys", found=problem, do=do) from problem


class KeyRing:
    """The keys of a file, read again within a second of a change; a file that breaks leaves the last good keys."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp = self._seen()
        self._looked = 0
        self.keys = read_keys(path)

    def refresh(self, now: int) -> None:
        """Look whether the file has changed, at most once a second."""
        if abs(now - self._looked) < _SECOND:
            return
        self._looked = now
        stamp = self._seen()
        if stamp != self._stamp:
            try:
                self.keys = read_keys(self._path)
            except UsageError:
                return
            self._stamp = stamp

    def find(self, secret: str) -> Key | None:
        """The key of a secret; every key is compared, each in constant time."""
        given, found = _hashed(secret), None
        for key in self.keys:
            if hmac.compare_digest(key.sha256, given):
                found = key
        return found

    def _seen(self) -> tuple[int, int, int] | None:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        return status.st_mtime_ns, status.st_ino, status.st_size


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _write(path: Path, keys: tuple[Key, ...]) -> None:
    with written_whole(path) as temporary:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(_File(keys)), indent=2))


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One change at a time, so that two at once lose none; a reader never waits."""
    descriptor = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
