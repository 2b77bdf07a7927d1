"""What the windows came down to at some place of their journal, kept so that a pass need not begin at the first.

Only a short cut: without it, or with one that is not read any more, everything is folded from the beginning.
"""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from trimtab.errors import ArtifactError
from trimtab.monitoring.watcher import State, Watcher
from trimtab.ports import Blobs
from trimtab.runtime.watching.packing import array_of, plain_array
from trimtab.runtime.watching.windows import Folded, Refer, Terms, Waiting


@dataclass(frozen=True, eq=False)
class _Cached:
    """The fields of `Folded` that cannot be made again from others."""

    sequence: int
    terms: Terms
    state: State | None
    until: int | None
    windows: int
    waiting: tuple[Waiting, ...]
    left_out: Mapping[str, int] | None
    rows: int
    noted: int
    cause: str | None
    rebase: int | None


def keep(folded: Folded, blobs: Blobs) -> str | None:
    """Store what was folded and return its digest; None before any terms."""
    if folded.terms is None:
        return None
    names = [each.name for each in dataclasses.fields(_Cached)]
    cached = {name: getattr(folded, name) for name in names}
    return blobs.put(zlib.compress(msgspec.msgpack.encode(cached, enc_hook=plain_array)))


def kept(digest: str, blobs: Blobs, refer: Refer) -> Folded | None:
    """What was folded; None where it is missing or of another release."""
    try:
        content = zlib.decompress(blobs.get(digest))
        cached = msgspec.msgpack.decode(content, type=_Cached, dec_hook=array_of)
    except (ArtifactError, msgspec.MsgspecError, zlib.error):
        return None
    reference = refer(cached.terms)
    fields = {each.name: getattr(cached, each.name) for each in dataclasses.fields(_Cached)}
    if isinstance(reference, str):
        return Folded(**{**fields, "state": None, "why": reference})
    return Folded(**fields, watcher=Watcher(reference))
