"""Trained models as bytes and back, without running code that came with the bytes.

Boosters keep their own native format, scikit-learn estimators go through skops with a list of trusted types that
is fixed here, plain values are JSON, and a dictionary of these is a zip of its parts. Anything else is pickled only
when that is allowed, and authenticated with this installation's key.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from trimtab.adapters.artifacts import bundle, native, pickled, skopsed
from trimtab.adapters.artifacts.plain import from_json, is_plain, to_json
from trimtab.errors import ArtifactError


class Artifact(NamedTuple):
    """A model as bytes, and the name of the format that they are in."""

    format: str
    content: bytes


def dump(model: Any, *, allow_pickle: bool = False, key: bytes | None = None) -> Artifact:
    """A model as bytes; the same model gives the same bytes, so that its digest names it.

    Raises ArtifactError, naming the types that are in the way, for what only pickle can hold unless `allow_pickle`;
    pickling needs the installation's `key`.

    >>> dump({"threshold": 0.5}).format
    'json'
    """
    if is_plain(model):
        return Artifact("json", to_json(model))
    if bundle.fits(model):
        parts = {name: dump(part, allow_pickle=allow_pickle, key=key) for name, part in model.items()}
        return Artifact("bundle", bundle.pack(parts))
    booster = native.dump(model)
    if booster is not None:
        return Artifact(*booster)
    try:
        return Artifact("skops", skopsed.dump(model))
    except ArtifactError:
        if not allow_pickle:
            raise
    return Artifact("pickle", pickled.dump(model, key))


def load(format_name: str, content: bytes, *, allow_pickle: bool = False, key: bytes | None = None) -> Any:
    """The model that was dumped, predicting bit for bit the same; only types that this code trusts are made.

    Raises ArtifactError for damaged bytes, untrusted types, a missing library, and pickles that are not allowed or
    not authenticated by `key`.

    >>> load(*dump({"threshold": 0.5}))
    {'threshold': 0.5}
    """
    if format_name == "json":
        return from_json(content)
    if format_name == "bundle":
        parts = bundle.unpack(content)
        return {name: load(*part, allow_pickle=allow_pickle, key=key) for name, part in parts.items()}
    if format_name == "skops":
        return skopsed.load(content)
    if format_name == "pickle":
        return pickled.load(content, allow_pickle=allow_pickle, key=key)
    if format_name in native.FORMATS:
        return native.load(format_name, content)
    raise ArtifactError(
        f"unknown artifact format {format_name!r}",
        found=f"known: json, bundle, skops, pickle, {', '.join(native.FORMATS)}",
        do="pip install --upgrade trimtab",
    )
