"""The summaries of a window as one short text, and back without the loss of a bit."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import msgspec
import numpy as np

from trimtab.monitoring.options import Options
from trimtab.monitoring.summary import InputSummary, OutcomeSummary

Summaries = tuple[InputSummary, list[OutcomeSummary]]
"""The requests of one window, and the earlier windows whose labels had matured by its end."""


def packed(summaries: Summaries) -> str:
    """The summaries as text: MessagePack, compressed, in base 64."""
    content = msgspec.msgpack.encode(summaries, enc_hook=plain_array)
    return base64.b64encode(zlib.compress(content, 9)).decode()


def unpacked(text: str) -> Summaries:
    """The summaries that `packed` wrote."""
    content = zlib.decompress(base64.b64decode(text))
    found: Summaries = msgspec.msgpack.decode(content, type=Summaries, dec_hook=array_of)
    return found


def options_to_json(options: Options) -> dict[str, Any]:
    """Options as plain JSON values.

    >>> options_of_json(options_to_json(Options(slices=("shop",)))) == Options(slices=("shop",))
    True
    """
    # as they are read back from a journal: lists, never tuples
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(options))
    return found


def options_of_json(values: dict[str, Any]) -> Options:
    """The options of what `options_to_json` gave."""
    return msgspec.convert(values, Options)


def plain_array(value: object) -> object:
    """An array as plain values, for what encodes the fields around it."""
    if isinstance(value, np.ndarray):
        return [value.dtype.str, value.shape, value.tobytes()]
    raise NotImplementedError(f"{type(value).__name__} is no part of a summary")


def array_of(_: type, value: Any) -> Any:
    """The array that `plain_array` took apart."""
    return np.frombuffer(value[2], value[0]).reshape(value[1])
