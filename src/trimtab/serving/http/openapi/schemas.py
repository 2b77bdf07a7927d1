"""The JSON schemas of everything that is sent or answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trimtab.declare.kinds import Kind
from trimtab.serving.http.answers import threshold
from trimtab.serving.http.kinds import FORMS
from trimtab.serving.http.schema import ID_LENGTH
from trimtab.serving.service import Service

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
TIME: Schema = {"type": "string", "format": "date-time"}
COUNT: Schema = {"type": "integer", "minimum": 0}
ID: Schema = {"type": "string", "minLength": 1, "maxLength": ID_LENGTH}


def reference(name: str) -> Schema:
    """A pointer to a named schema.

    >>> reference("Answer")
    {'$ref': '#/components/schemas/Answer'}
    """
    return {"$ref": f"#/components/schemas/{name}"}


def one_or_many(schema: Schema, limit: int | None = None) -> Schema:
    """One of these, or an array of them."""
    many: Schema = {"type": "array", "items": schema}
    if limit is not None:
        many["maxItems"] = limit
    return {"oneOf": [schema, many]}


def record(
    properties: Mapping[str, Schema], *, optional: tuple[str, ...] = (), closed: bool = True
) -> Schema:
    """An object with these properties; `closed` says that there are no others."""
    needed = [name for name in properties if name not in optional]
    schema: Schema = {"type": "object", "properties": dict(properties), "required": needed}
    return {**schema, "additionalProperties": False} if closed else schema


def value_schema(kind: Kind, *, nullable: bool) -> Schema:
    """The schema of a value of a kind."""
    schema = dict(FORMS[kind].schema)
    return {**schema, "type": [schema["type"], "null"]} if nullable else schema


def row_schema(kinds: Mapping[str, Kind], never_null: tuple[str, ...] = ()) -> Schema:
    """The schema of a row: every field is required, and null where its value is missing."""
    return record({name: value_schema(kind, nullable=name not in never_null) for name, kind in kinds.items()})


def named_schemas(service: Service) -> dict[str, Schema]:
    """All named schemas of a system."""
    row = row_schema(service.request_kinds, service.system.request.source.id)
    facts = {fact_name(source): row_schema(kinds) for source, kinds in service.fact_kinds.items()}
    label = value_schema(service.label_kind, nullable=False)
    return {
        "Row": row,
        "Ask": record({"row": reference("Row"), "id": {"anyOf": [ID, {"type": "null"}]}}, optional=("id",)),
        "Answer": _answer(service),
        **facts,
        "Label": record({"id": ID, "label": label}),
        "Taken": _taken(),
        "Story": _story(service),
        "Version": _version(),
        "Ready": record({"ready": {"type": "boolean"}, "reasons": {"type": "array", "items": TEXT}}),
        "Problem": _problem(),
        **_inference(),
    }


def fact_name(source: str) -> str:
    """The name of the schema of a source's facts; names of schemas hold few kinds of letters.

    >>> fact_name("landings of today")
    'Fact.landings_of_today'
    """
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in source)
    return f"Fact.{plain}"


def _answer(service: Service) -> Schema:
    score: Schema = {"type": "number"}
    if service.classes is not None:
        score = record({name: {"type": "number"} for name in service.classes})
    decides = threshold(service) is not None
    return record(
        {
            "id": TEXT,
            "score": score,
            **({"decision": {"type": "boolean"}} if decides else {}),
            "version": TEXT,
            "served": {"enum": ["champion", "fallback"]},
            "as_of": {**TIME, "description": "the instant at which the features hold"},
            "flags": {"type": "array", "items": TEXT, "description": "what was unusual"},
        }
    )


def _taken() -> Schema:
    refused = record({"position": COUNT, "why": TEXT})
    return record({"accepted": COUNT, "repeated": COUNT, "refused": {"type": "array", "items": refused}})


def _story(service: Service) -> Schema:
    value: Schema = {"type": ["boolean", "number", "string", "null"]}
    nullable_time: Schema = {**TIME, "type": ["string", "null"]}
    features = {name: value_schema(kind, nullable=True) for name, kind in service.feature_kinds.items()}
    return record(
        {
            "prediction": reference("Answer"),
            "at": TIME,
            "asked": TIME,
            "request": {"type": "object"},
            "features": {"type": "object", "properties": features},
            "label": record({"value": value, "state": TEXT, "known": nullable_time}),
        }
    )


def _version() -> Schema:
    return record(
        {
            "name": TEXT,
            "state": {"enum": ["champion", "stored", "unusable"]},
            "as_of": TIME,
            "rows": COUNT,
            "engine": {"type": ["string", "null"]},
            "microseconds": {"type": ["number", "null"]},
        }
    )


def _problem() -> Schema:
    """RFC 9457, with the field that is wrong, the nearest valid name, and what to do."""
    optional = ("field", "nearest", "do")
    texts = {name: TEXT for name in ("type", "title", "detail", "instance", *optional)}  # noqa: C420
    status: Schema = {"type": "integer", "minimum": 400, "maximum": 599}
    return record({**texts, "status": status}, optional=optional, closed=False)


def _inference() -> dict[str, Schema]:
    free: Schema = {"type": ["object", "null"]}
    shape: Schema = {"type": "array", "items": {"type": "integer"}}
    tensor = {
        "name": TEXT,
        "shape": shape,
        "datatype": TEXT,
        "parameters": free,
        "data": {"type": ["array", "null"]},
    }
    tensors: Schema = {"type": "array", "items": reference("Tensor")}
    outputs: Schema = {
        "type": ["array", "null"],
        "items": record({"name": TEXT, "parameters": free}, optional=("parameters",), closed=False),
    }
    nullable: Schema = {"type": ["string", "null"]}
    asked = {"inputs": tensors, "id": nullable, "parameters": free, "outputs": outputs}
    answered = {"model_name": TEXT, "model_version": TEXT, "id": TEXT, "outputs": tensors}
    return {
        "Tensor": record(tensor, optional=("parameters", "data"), closed=False),
        "Inference": record(asked, optional=("id", "parameters", "outputs"), closed=False),
        "Inferred": record(answered, optional=("id",)),
        "Error": record({"error": TEXT}),
    }
