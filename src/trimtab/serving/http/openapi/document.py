"""The OpenAPI document: every route of a system with its schemas and examples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from trimtab import __version__
from trimtab.serving.http.answers import threshold
from trimtab.serving.http.inference.columns import DATATYPES
from trimtab.serving.http.kinds import FORMS
from trimtab.serving.http.openapi.examples import example_row
from trimtab.serving.http.openapi.operations import Operation
from trimtab.serving.http.openapi.schemas import (
    ID,
    TEXT,
    Schema,
    fact_name,
    named_schemas,
    one_or_many,
    record,
    reference,
)
from trimtab.serving.http.settings import Settings
from trimtab.serving.service import Service

_ERROR = ("application/json", "Error")
_VERSION: Schema = {"name": "version", "in": "query", "schema": {**TEXT, "minLength": 1}}
_REASON: Schema = {"name": "reason", "in": "query", "schema": TEXT}
_KEY: Schema = {"name": "Idempotency-Key", "in": "header", "schema": {**ID, "pattern": "^[A-Za-z0-9._-]+$"}}


def openapi(service: Service, settings: Settings, *, keyed: bool) -> dict[str, Any]:
    """The document as plain JSON values; `keyed` says whether keys are needed."""
    paths: dict[str, Any] = {}
    for operation in operations(service, settings):
        paths.setdefault(operation.path, {})[operation.method] = operation.document(keyed=keyed)
    components: dict[str, Any] = {"schemas": named_schemas(service)}
    if keyed:
        components["securitySchemes"] = {
            "bearer": {"type": "http", "scheme": "bearer"},
            "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        }
    info = {
        "title": service.system.name,
        "version": __version__,
        "summary": f"Predictions of {service.system.name}",
    }
    return {"openapi": "3.1.0", "info": info, "paths": paths, "components": components}


def operations(service: Service, settings: Settings) -> Iterator[Operation]:
    """Every operation, in the order in which people need them."""
    yield from _predicting(service, settings)
    yield from _telling(service, settings)
    yield from _versions()
    yield from _inference(service, settings)
    yield from _watching()


def _predicting(service: Service, settings: Settings) -> Iterator[Operation]:
    row = example_row(service.request_kinds, settings.examples.get(service.system.request.source.name))
    answer = _answer(service)
    yield Operation(
        "post",
        "/predict",
        "Answer a row, or an array of rows; an id asked again gets the stored answer.",
        "predict",
        one_or_many(reference("Answer")),
        answer,
        one_or_many(reference("Ask"), settings.rows),
        {"row": row, "id": answer["id"]},
        (_VERSION, _KEY),
        (404, 409),
    )
    yield Operation(
        "get",
        "/predictions/{id}",
        "Everything that explains one prediction.",
        "predict",
        reference("Story"),
        refusals=(404,),
    )


def _telling(service: Service, settings: Settings) -> Iterator[Operation]:
    taken = {"accepted": 1, "repeated": 0, "refused": []}
    for source, kinds in service.fact_kinds.items():
        yield Operation(
            "post",
            f"/facts/{quote(source, safe='')}",
            f"Take in one fact or many of {source}; they are known from now on.",
            "ingest",
            reference("Taken"),
            taken,
            one_or_many(reference(fact_name(source)), settings.rows),
            example_row(kinds, settings.examples.get(source)),
            refusals=(409,),
            also={409: reference("Taken")},
        )
    yield Operation(
        "post",
        "/labels",
        "Take in one true answer or many, by the ids of their predictions.",
        "ingest",
        reference("Taken"),
        taken,
        one_or_many(reference("Label"), settings.rows),
        {"id": "order-1", "label": FORMS[service.label_kind].example},
        refusals=(409,),
        also={409: reference("Taken")},
    )


def _versions() -> Iterator[Operation]:
    versions = record({"versions": {"type": "array", "items": reference("Version")}})
    yield Operation("get", "/versions", "Every stored version, oldest first.", "predict", versions)
    yield Operation(
        "post",
        "/versions/{name}/activate",
        "Make a version the champion, without dropping or mixing a call.",
        "admin",
        reference("Version"),
        parameters=(_REASON,),
        refusals=(404, 409, 422),
    )


def _inference(service: Service, settings: Settings) -> Iterator[Operation]:
    model = f"/v2/models/{quote(service.system.name, safe='')}"
    row = example_row(service.request_kinds, settings.examples.get(service.system.request.source.name))
    inputs = [
        {
            "name": name,
            "shape": [1],
            "datatype": DATATYPES[kind][-1] if kind in _TEXTUAL else DATATYPES[kind][0],
            "data": [row[name]],
        }
        for name, kind in service.request_kinds.items()
    ]
    free: Schema = {"type": "object"}
    yield _v2("/v2", "What this server is.", free)
    yield _v2("/v2/health/live", "The process is up.", free, scope=None)
    yield _v2("/v2/health/ready", "Whether to send calls here.", free, scope=None, also={503: free})
    for path in (model, f"{model}/versions/{{version}}"):
        missing = (404,) if "{" in path else ()
        yield _v2(path, "Inputs and outputs of the model.", free, refusals=missing)
        yield _v2(f"{path}/ready", "Whether the model can answer.", free, refusals=missing, also={503: free})
        yield Operation(
            "post",
            f"{path}/infer",
            "Answer tensors, one a field, with tensors.",
            "predict",
            reference("Inferred"),
            body=reference("Inference"),
            example={"inputs": inputs},
            refusals=(404, 409),
            errors=_ERROR,
            tag="inference",
        )


_TEXTUAL = frozenset(kind for kind, names in DATATYPES.items() if "BYTES" in names)


def _v2(path: str, summary: str, answer: Schema, *, scope: str | None = "predict", **more: Any) -> Operation:
    return Operation("get", path, summary, scope, answer, errors=_ERROR, tag="inference", **more)


def _watching() -> Iterator[Operation]:
    also = {503: reference("Ready")}
    live = record({"live": {"type": "boolean"}})
    yield Operation("get", "/healthz/live", "The process is up.", None, live, tag="watching")
    ready = reference("Ready")
    yield Operation(
        "get", "/healthz/ready", "Whether to send calls here.", None, ready, also=also, tag="watching"
    )
    metrics = Operation(
        "get", "/metrics", "Figures for Prometheus.", None, TEXT, media="text/plain", tag="watching"
    )
    yield metrics
    yield Operation("get", "/openapi.json", "This document.", None, {"type": "object"}, tag="watching")
    yield Operation("get", "/docs", "This document as a page.", None, TEXT, media="text/html", tag="watching")


def _answer(service: Service) -> dict[str, Any]:
    score: Any = 0.25
    if service.classes is not None:
        score = dict.fromkeys(service.classes, round(1 / len(service.classes), 3))
    limit = threshold(service)
    decision = {} if limit is None else {"decision": limit <= 0.25}
    return {
        "id": "order-1",
        "score": score,
        **decision,
        "version": "v3",
        "served": "champion",
        "as_of": "2013-07-01T12:00:00Z",
        "flags": [],
    }
