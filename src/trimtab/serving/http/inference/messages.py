"""The body of an inference call and of its answer: a JSON head, and behind it what is in binary form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from trimtab.errors import nearest
from trimtab.serving.http.call import JSON, Call, Reply
from trimtab.serving.http.inference.tensors import Tensor, flat, pack, row_count, unpack
from trimtab.serving.http.reading import parsed
from trimtab.serving.problems import RequestError

LENGTH = b"inference-header-content-length"
_BINARY = b"application/octet-stream"


class Wanted(msgspec.Struct):
    """One output that the caller asks for."""

    name: str
    parameters: dict[str, Any] | None = None


class Inference(msgspec.Struct):
    """The JSON head of an inference call."""

    inputs: list[Tensor]
    id: str | None = None
    parameters: dict[str, Any] | None = None
    outputs: list[Wanted] | None = None


_decode = msgspec.json.Decoder(Inference).decode


def read(call: Call) -> tuple[Inference, memoryview]:
    """The JSON head and the binary data behind it; raises RequestError 400 or 422."""
    given = call.headers.get(LENGTH)
    if given is None:
        return _head(call.body), memoryview(b"")
    if not (given.isdigit() and len(given) < 10 and int(given) <= len(call.body)):
        do = "send the length of the JSON in bytes"
        what = "Inference-Header-Content-Length does not fit the body"
        raise RequestError(400, what, found=given.decode("latin-1"), do=do)
    return _head(call.body[: int(given)]), memoryview(call.body)[int(given) :]


def values(asked: Inference, binary: memoryview) -> tuple[int, list[list[Any]]]:
    """How many rows there are, and the plain values of each input; raises RequestError where they disagree."""
    columns, place, rows = [], 0, None
    for tensor in asked.inputs:
        count = row_count(tensor)
        if rows is not None and count != rows:
            what = "inputs differ in their number of rows"
            raise RequestError(
                422, what, field=tensor.name, found=f"{count}, not {rows}", do="make them agree"
            )
        size = (tensor.parameters or {}).get("binary_data_size")
        if size is None:
            columns.append(flat(tensor))
        else:
            _check_size(tensor, size, len(binary) - place)
            columns.append(unpack(tensor, binary[place : place + size], count))
            place += size
        rows = count
    if place != len(binary):
        what = "there is binary data that no input claims"
        raise RequestError(400, what, found=f"{len(binary) - place} bytes", do="set binary_data_size")
    return rows or 0, columns


def wanted(asked: Inference, valid: Sequence[str]) -> Mapping[str, bool]:
    """The outputs to send and whether in binary form; all of them where the caller names none."""
    binary = bool((asked.parameters or {}).get("binary_data_output", False))
    if not asked.outputs:
        return dict.fromkeys(valid, binary)
    for output in asked.outputs:
        if output.name not in valid:
            near, do = nearest(output.name, valid), f"ask for {', '.join(valid)}"
            raise RequestError(422, f"unknown output {output.name!r}", field=output.name, nearest=near, do=do)
    return {one.name: bool((one.parameters or {}).get("binary_data", binary)) for one in asked.outputs}


def written(head: dict[str, Any], outputs: Sequence[tuple[Tensor, bool]], count: int) -> Reply:
    """The answer; outputs marked binary follow the JSON head."""
    behind = []
    for tensor, binary in outputs:
        if binary:
            content = pack(tensor.datatype, tensor.data or ())
            tensor.parameters, tensor.data = {"binary_data_size": len(content)}, None
            behind.append(content)
    body = msgspec.json.encode({**head, "outputs": [tensor for tensor, _ in outputs]})
    if not behind:
        return Reply(body, content_type=JSON, count=count)
    headers = ((LENGTH, str(len(body)).encode()),)
    return Reply(body + b"".join(behind), content_type=_BINARY, headers=headers, count=count)


def _head(body: bytes) -> Inference:
    try:
        return _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        reason = str(problem)
    parsed(body)  # raises where the JSON itself is broken
    what, _, path = reason.partition(" - at ")
    do = "send inputs as the Open Inference Protocol says"
    raise RequestError(422, what.replace("`", ""), field=path.strip("`").removeprefix("$.") or None, do=do)


def _check_size(tensor: Tensor, size: Any, left: int) -> None:
    if type(size) is not int or not 0 <= size <= left:
        what = "binary_data_size is more than the body holds"
        raise RequestError(
            400, what, field=tensor.name, found=size, do="send the bytes of each input in order"
        )
