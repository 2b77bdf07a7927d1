"""Blobs as files named by their content: <folder>/<two digits>/<the other 62>."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from trimtab.adapters.durable import make_folder, written_whole
from trimtab.errors import ArtifactError

_DIGEST = re.compile(r"[0-9a-f]{64}")


class FileBlobs:
    """Content-addressed files in a folder; safe to share between processes, for a file is whole or absent.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     blobs = FileBlobs(folder)
    ...     blobs.get(blobs.put(b"a model"))
    b'a model'
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)

    def put(self, content: bytes) -> str:
        """Store bytes, on disk when this returns, and return their SHA-256 in hex.

        The same bytes twice are stored once; a file damaged since is replaced. Raises ArtifactError.
        """
        digest = hashlib.sha256(content).hexdigest()
        path = self._path(digest)
        try:
            if not (path.is_file() and path.read_bytes() == content):
                make_folder(path.parent)
                with written_whole(path) as temporary:
                    temporary.write_bytes(content)
        except OSError as error:
            raise ArtifactError(
                f"cannot store {len(content)} bytes in {self._folder}",
                found=str(error),
                do="check the free space and this user's rights there",
            ) from error
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes of a digest, verified; raises ArtifactError when they are missing or changed on disk."""
        checked_digest(digest)
        path = self._path(digest)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise missing(digest, str(self._folder)) from error
        found = hashlib.sha256(content).hexdigest()
        if found != digest:
            raise ArtifactError(
                f"the stored bytes of {digest[:12]} have changed on disk: {path}",
                found=f"{len(content)} bytes with digest {found[:12]}",
                do="restore that file from a backup, or train the version again",
            )
        return content

    def remove(self, digest: str) -> None:
        """Delete the file of a digest, where there is one; raises ArtifactError when that is not allowed."""
        checked_digest(digest)
        path = self._path(digest)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise ArtifactError(
                f"cannot delete {path}", found=str(error), do="check this user's rights there"
            ) from error

    def __contains__(self, digest: object) -> bool:
        return (
            isinstance(digest, str) and _DIGEST.fullmatch(digest) is not None and self._path(digest).is_file()
        )

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest[2:]


def checked_digest(digest: str) -> None:
    """Raise ArtifactError unless the text is a SHA-256 in lower-case hex."""
    if _DIGEST.fullmatch(digest) is None:
        raise ArtifactError(f"{digest!r} is not the digest of a blob", do="give 64 digits of lower-case hex")


def missing(digest: str, place: str) -> ArtifactError:
    """The ArtifactError for bytes that are not there."""
    return ArtifactError(
        f"no stored bytes with digest {digest[:12]} in {place}",
        do="restore them from a backup, or train the version again",
    )
