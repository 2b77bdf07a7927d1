"""The laws of a Blobs port."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from trimtab.errors import ArtifactError
from trimtab.ports import Blobs
from trimtab.testing.laws import expect, expect_refusal

_CONTENTS = (b"", b"a model", bytes(range(256)) * 5000)


def the_name_is_the_sha256(blobs: Blobs) -> None:
    """The name of a blob is the SHA-256 of its content in lower-case hex."""
    for content in _CONTENTS:
        expect(blobs.put(content), hashlib.sha256(content).hexdigest())


def bytes_come_back_as_they_were(blobs: Blobs) -> None:
    """What was put is what is got, for no bytes and for many."""
    for content in _CONTENTS:
        expect(blobs.get(blobs.put(content)), content)


def storing_twice_stores_once(blobs: Blobs) -> None:
    """The same bytes have the same name however often they are put."""
    expect(blobs.put(b"twice"), blobs.put(b"twice"))
    expect(blobs.get(blobs.put(b"twice")), b"twice")


def only_what_was_put_is_in(blobs: Blobs) -> None:
    """`in` is true for stored names and false for everything else, names or not."""
    digest = blobs.put(b"in")
    absent = hashlib.sha256(b"out").hexdigest()
    expect(
        [name in blobs for name in (digest, absent, "", "../in", digest.upper(), 7, None)],
        [True] + [False] * 6,
    )


def missing_bytes_are_refused(blobs: Blobs) -> None:
    """Asking for what was never put, or for what is no digest, raises ArtifactError."""
    for name in (hashlib.sha256(b"out").hexdigest(), "", "../../etc/passwd", "0" * 63):
        expect_refusal(ArtifactError, lambda name=name: blobs.get(name))  # type: ignore[misc]


def what_was_removed_is_gone(blobs: Blobs) -> None:
    """Removed bytes are missing, others stay, removing again does nothing, and they can be put again."""
    gone, stays = blobs.put(b"gone"), blobs.put(b"stays")
    for _ in range(2):
        blobs.remove(gone)
        expect((gone in blobs, blobs.get(stays)), (False, b"stays"))
    expect_refusal(ArtifactError, lambda: blobs.get(gone))
    expect(blobs.get(blobs.put(b"gone")), b"gone")
    expect_refusal(ArtifactError, lambda: blobs.remove("../../etc/passwd"))


blobs_laws: tuple[Callable[[Blobs], None], ...] = (
    the_name_is_the_sha256,
    bytes_come_back_as_they_were,
    storing_twice_stores_once,
    only_what_was_put_is_in,
    missing_bytes_are_refused,
    what_was_removed_is_gone,
)
