"""Pickles, for models that nothing else can hold: refused unless allowed, and trusted only with our own mark.

A pickle runs code when it is loaded. The mark, HMAC-SHA256 under this installation's key, shows that the bytes
were dumped here and not changed since.
"""

from __future__ import annotations

import hashlib
import hmac
import pickle
from typing import Any

from trimtab.errors import ArtifactError

_PURPOSE = b"trimtab pickle 1\n"
_SIZE = hashlib.sha256().digest_size


def dump(model: Any, key: bytes | None) -> bytes:
    """The pickle behind its mark; raises ArtifactError without a key and for what cannot be pickled."""
    known = _checked(key)
    try:
        content = pickle.dumps(model, protocol=5)
    except (pickle.PicklingError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise ArtifactError(
            f"a {type(model).__name__} cannot be pickled",
            found=str(error),
            do="define its functions and classes at the top of a module",
        ) from error
    return _mark(known, content) + content


def load(content: bytes, *, allow_pickle: bool, key: bytes | None) -> Any:
    """The model of a pickle that is allowed and bears this installation's mark; raises ArtifactError otherwise."""
    if not allow_pickle:
        raise ArtifactError(
            "this model is stored as a pickle, which can run any code when it is loaded",
            do="pass allow_pickle=True if this installation trained it",
        )
    mark, body = content[:_SIZE], content[_SIZE:]
    if not hmac.compare_digest(mark, _mark(_checked(key), body)):
        raise ArtifactError(
            "this pickled model was not made by this installation, or was changed since",
            do="train it here, or export it from its own installation in another format",
        )
    try:
        return pickle.loads(body)  # noqa: S301  # allowed by the caller and authenticated above
    except (pickle.UnpicklingError, ImportError, AttributeError, TypeError, ValueError, EOFError) as error:
        raise ArtifactError(
            "this pickled model needs code that is not here",
            found=str(error),
            do="install what it was trained with",
        ) from error


def _checked(key: bytes | None) -> bytes:
    if not key:
        raise ArtifactError(
            "pickled models need the installation's key", do="pass key=installation_key(home)"
        )
    return key


def _mark(key: bytes, content: bytes) -> bytes:
    return hmac.digest(key, _PURPOSE + content, "sha256")
