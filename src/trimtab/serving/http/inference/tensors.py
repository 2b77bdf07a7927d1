"""Tensors and the columns they hold: types, shapes, JSON data, and the binary extension."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from trimtab.serving.problems import RequestError

NUMPY: Mapping[str, str] = {
    "BOOL": "?",
    "INT8": "<i1",
    "INT16": "<i2",
    "INT32": "<i4",
    "INT64": "<i8",
    "UINT8": "<u1",
    "UINT16": "<u2",
    "UINT32": "<u4",
    "UINT64": "<u8",
    "FP16": "<f2",
    "FP32": "<f4",
    "FP64": "<f8",
}
"""Element types of fixed size, as numpy reads them; BYTES is the only other one."""
_LENGTH = struct.Struct("<I")


class Tensor(msgspec.Struct, omit_defaults=True):
    """One tensor of a request or answer; `data` is None where it follows in binary form."""

    name: str
    shape: list[int]
    datatype: str
    parameters: dict[str, Any] | None = None
    data: list[Any] | None = None


def row_count(tensor: Tensor) -> int:
    """How many rows a tensor of shape [n] or [n, 1] holds; raises RequestError for any other shape."""
    shape = tensor.shape
    if not (len(shape) in {1, 2} and shape[0] >= 0 and shape[1:] in ([], [1])):
        do = "send one value a row: shape [n] or [n, 1]"
        raise RequestError(422, "this shape cannot be a column", field=tensor.name, found=shape, do=do)
    return shape[0]


def flat(tensor: Tensor) -> list[Any]:
    """The JSON data of a column, flattened from [[1], [2]] where it was nested."""
    data = tensor.data or []
    if len(tensor.shape) == 2:
        data = [one[0] if isinstance(one, list) and len(one) == 1 else one for one in data]
    if len(data) != tensor.shape[0]:
        what = f"the data does not fill the shape {tensor.shape}"
        raise RequestError(422, what, field=tensor.name, found=f"{len(data)} values", do="make them agree")
    return data


def unpack(tensor: Tensor, content: memoryview, count: int) -> list[Any]:
    """The values of a column in binary form; a NaN is a missing number. Raises RequestError where bytes are lacking."""
    if tensor.datatype == "BYTES":
        return _texts(tensor, content, count)
    form = NUMPY.get(tensor.datatype)
    if form is None:
        do = f"use BYTES, {', '.join(NUMPY)}"
        raise RequestError(422, "unknown datatype", field=tensor.name, found=tensor.datatype, do=do)
    if len(content) != count * np.dtype(form).itemsize:
        raise _wrong_size(tensor, len(content))
    values = np.frombuffer(content, form).tolist()
    return [None if isinstance(one, float) and math.isnan(one) else one for one in values]


def pack(datatype: str, data: Sequence[Any]) -> bytes:
    """A flat column in binary form; texts are led by their length in four bytes.

    >>> pack("FP64", [0.0]) == bytes(8)
    True
    """
    if datatype == "BYTES":
        texts = [text.encode() for text in data]
        return b"".join(_LENGTH.pack(len(text)) + text for text in texts)
    return np.asarray(data, NUMPY[datatype]).tobytes()


def _texts(tensor: Tensor, content: memoryview, count: int) -> list[str]:
    texts, place = [], 0
    for _ in range(count):
        if place + 4 > len(content):
            raise _wrong_size(tensor, len(content))
        (length,) = _LENGTH.unpack_from(content, place)
        text = content[place + 4 : place + 4 + length]
        if len(text) != length:
            raise _wrong_size(tensor, len(content))
        texts.append(_text(tensor, bytes(text)))
        place += 4 + length
    if place != len(content):
        raise _wrong_size(tensor, len(content))
    return texts


def _text(tensor: Tensor, content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise RequestError(422, "the bytes are not UTF-8 text", field=tensor.name, do="send text") from None


def _wrong_size(tensor: Tensor, size: int) -> RequestError:
    what = f"the binary data does not fill the shape {tensor.shape}"
    do = "send as many values as the shape says"
    return RequestError(422, what, field=tensor.name, found=f"{size} bytes of {tensor.datatype}", do=do)
