"""Ids for predictions whose caller gave none: rising with time, unique across processes and restarts."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable


def id_maker(seed: bytes | None = None) -> Callable[[int], str]:
    """A function from the present (epoch microseconds) to a new id of 27 characters; `seed` is this process's own.

    >>> make = id_maker(b"abcd")
    >>> make(1_700_000_000_000_000), make(1_700_000_000_000_000)
    ('60a24181e4000-61626364-0', '60a24181e4000-61626364-1')
    """
    process = (seed or os.urandom(4)).hex()
    counter = itertools.count()
    return lambda now: f"{now:x}-{process}-{next(counter):x}"
