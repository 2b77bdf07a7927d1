"""The routes of the Open Inference Protocol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from trimtab import __version__
from trimtab.errors import nearest
from trimtab.serving.http.answers import encode, threshold
from trimtab.serving.http.call import Call, Reply
from trimtab.serving.http.inference import messages
from trimtab.serving.http.inference.columns import DATATYPES, Columns
from trimtab.serving.http.inference.tensors import Tensor
from trimtab.serving.http.native import check_version, chosen_id
from trimtab.serving.http.schema import Rows
from trimtab.serving.http.settings import Settings
from trimtab.serving.http.watching import Watching
from trimtab.serving.problems import RequestError
from trimtab.serving.service import Prediction, Row, Service

BINARY = "binary_tensor_data"


class InferenceProtocol:
    """The handlers of /v2; the model is the system, and each request field is one input."""

    def __init__(self, service: Service, rows: Rows, settings: Settings, watching: Watching) -> None:
        self._service, self._watching, self._limit = service, watching, settings.rows
        self._columns = Columns(rows)
        self._name, self._kinds = service.system.name, rows.kinds
        self._threshold = threshold(service)
        self._outputs = (
            "score",
            *(("decision",) if self._threshold is not None else ()),
            "id",
            "version",
            "served",
        )

    async def server(self, _call: Call) -> Reply:
        """What this server is."""
        return Reply(encode({"name": "trimtab", "version": __version__, "extensions": [BINARY]}))

    async def model(self, _call: Call) -> Reply:
        """The inputs and outputs of the model."""
        names = [info.name for info in self._service.versions()]
        inputs = [
            {"name": name, "datatype": DATATYPES[kind][0], "shape": [-1]}
            for name, kind in self._kinds.items()
        ]
        outputs = [
            {"name": name, "datatype": _datatype(name), "shape": self._shape(name)} for name in self._outputs
        ]
        about: dict[str, Any] = {
            "name": self._name,
            "versions": names,
            "platform": "trimtab",
            "inputs": inputs,
            "outputs": outputs,
        }
        if self._classes is not None:
            about["parameters"] = {"classes": msgspec.json.encode(self._classes).decode()}
        return Reply(encode(about))

    @property
    def _classes(self) -> tuple[str, ...] | None:
        """Those of the champion, which may be there only later."""
        return self._service.classes

    async def model_version(self, call: Call) -> Reply:
        """The same for one version."""
        check_version(self._service, call.rest)
        return await self.model(call)

    async def ready(self, _call: Call) -> Reply:
        """Whether the model can answer."""
        reasons = self._watching.reasons()
        return Reply(encode({"name": self._name, "ready": not reasons}), 503 if reasons else 200)

    async def version_ready(self, call: Call) -> Reply:
        """Whether one version can answer."""
        check_version(self._service, call.rest)
        return await self.ready(call)

    async def no_model(self, call: Call) -> Reply:
        """Refuse a model or path that is not there."""
        name = call.rest.split("/")[0]
        near = nearest(name, [self._name]) if name != self._name else None
        what = f"no model {name[:200]!r}" if name != self._name else f"no such path: {call.path[:200]}"
        raise RequestError(404, what, nearest=near, do=f"the model is {self._name!r}")

    async def infer(self, call: Call) -> Reply:
        """Answer tensors with tensors."""
        asked, binary = messages.read(call)
        self._columns.check_names([tensor.name for tensor in asked.inputs])
        count, values = messages.values(asked, binary)
        if count > self._limit:
            raise RequestError(
                413, "too many rows in one call", found=count, do=f"send at most {self._limit}"
            )
        wanted = messages.wanted(asked, self._outputs)
        columns = {
            tensor.name: self._columns.column(tensor.name, tensor.datatype, column)
            for tensor, column in zip(asked.inputs, values, strict=True)
        }
        rows = self._columns.rows(columns)
        found = await self._predictions(call, rows)
        head: dict[str, Any] = {"model_name": self._name, "model_version": _version(found)}
        if asked.id is not None:
            head["id"] = asked.id
        outputs = [(self._output(name, found), as_binary) for name, as_binary in wanted.items()]
        return messages.written(head, outputs, count)

    async def _predictions(self, call: Call, rows: Sequence[Row]) -> Sequence[Prediction]:
        if not rows:
            return ()
        ids: list[str | None] = [None] * len(rows)
        given = call.headers.get(b"idempotency-key")
        if given is not None:
            if len(rows) > 1:
                do = "send one row, or no Idempotency-Key"
                raise RequestError(422, "one Idempotency-Key cannot name many rows", do=do)
            ids = [chosen_id(given, None)]
        return await self._service.predict(rows, ids, call.rest or None)

    def _output(self, name: str, found: Sequence[Prediction]) -> Tensor:
        if name == "score" and self._classes is not None:
            data = [share for one in found for share in one.score]  # type: ignore[union-attr]
            return Tensor("score", [len(found), len(self._classes)], "FP64", None, data)
        if name == "decision":
            values: list[Any] = [one.score >= self._threshold for one in found]  # type: ignore[operator]
        else:
            values = [getattr(one, name) for one in found]
        return Tensor(name, [len(found)], _datatype(name), None, values)

    def _shape(self, name: str) -> list[int]:
        return [-1, len(self._classes)] if name == "score" and self._classes is not None else [-1]


def _datatype(output: str) -> str:
    return {"score": "FP64", "decision": "BOOL"}.get(output, "BYTES")


def _version(found: Sequence[Prediction]) -> str:
    """The version that answered; empty where rows were answered by several."""
    names = {one.version for one in found}
    return names.pop() if len(names) == 1 else ""
