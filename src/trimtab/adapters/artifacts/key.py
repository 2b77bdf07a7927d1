"""The installation's key: 32 random bytes in a file that only its owner reads."""

from __future__ import annotations

import os
from pathlib import Path

from trimtab.adapters.durable import make_folder, written_whole
from trimtab.errors import ArtifactError

_SIZE = 32


def installation_key(home: str | Path) -> bytes:
    """The key kept in a home folder, made at the first call; raises ArtifactError when it is damaged.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as home:
    ...     installation_key(home) == installation_key(home), len(installation_key(home))
    (True, 32)
    """
    path = Path(home) / "key"
    if not path.exists():
        make_folder(path.parent)
        with written_whole(path) as temporary:
            temporary.touch(mode=0o600)
            temporary.write_bytes(os.urandom(_SIZE))
    key = path.read_bytes()
    if len(key) != _SIZE:
        raise ArtifactError(f"the installation's key in {path} is damaged", do="restore it from a backup")
    return key
