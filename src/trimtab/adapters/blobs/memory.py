"""Blobs in memory: the laws of the durable ones without a disk, for tests and tutorials."""

from __future__ import annotations

import hashlib

from trimtab.adapters.blobs.files import checked_digest, missing


class MemoryBlobs:
    """Content-addressed bytes that live and die with the process; raises ArtifactError for an unknown digest.

    >>> blobs = MemoryBlobs()
    >>> digest = blobs.put(b"a model")
    >>> digest in blobs, blobs.get(digest)
    (True, b'a model')
    """

    def __init__(self) -> None:
        self._contents: dict[str, bytes] = {}

    def put(self, content: bytes) -> str:
        """Store bytes and return their SHA-256 in hex."""
        digest = hashlib.sha256(content).hexdigest()
        self._contents[digest] = bytes(content)
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes of a digest; raises ArtifactError when they are missing."""
        checked_digest(digest)
        if digest not in self._contents:
            raise missing(digest, "memory")
        return self._contents[digest]

    def remove(self, digest: str) -> None:
        """Forget the bytes of a digest, where there are any."""
        checked_digest(digest)
        self._contents.pop(digest, None)

    def __contains__(self, digest: object) -> bool:
        return digest in self._contents
