"""One operation of the OpenAPI document: what it takes, what it answers, and how it may refuse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trimtab.serving.http.openapi.schemas import Schema, reference

REFUSALS: Mapping[int, str] = {
    400: "The body cannot be read.",
    401: "A key is needed.",
    403: "The key may not do that.",
    404: "No such thing.",
    409: "It contradicts what is kept.",
    413: "The call is too large.",
    415: "The body is no JSON.",
    422: "Something does not fit; `field` names it.",
    500: "A fault of ours, logged with the request id.",
    503: "Too busy, not ready, or unable to write; try again.",
    504: "No answer within the timeout.",
}
SENDING = (400, 413, 415, 422)
GUARDED = (401, 403, 503, 504)


@dataclass(frozen=True)
class Operation:
    """One method of one path. `body` and `answer` are schemas with `example` and `shown`, an example each."""

    method: str
    path: str
    summary: str
    scope: str | None
    answer: Schema
    shown: Any = None
    body: Schema | None = None
    example: Any = None
    parameters: tuple[Schema, ...] = ()
    refusals: tuple[int, ...] = ()
    also: Mapping[int, Schema] = field(default_factory=dict)
    media: str = "application/json"
    errors: tuple[str, str] = ("application/problem+json", "Problem")
    tag: str = "native"

    def document(self, *, keyed: bool) -> dict[str, Any]:
        """The operation as OpenAPI writes it; `keyed` says whether keys are needed."""
        found: dict[str, Any] = {
            "operationId": _name(self.method, self.path),
            "summary": self.summary,
            "tags": [self.tag],
            "parameters": [*self.parameters, *_path_parameters(self.path)],
            "responses": self._responses(),
        }
        if self.body is not None:
            content = {"schema": self.body, "example": self.example}
            found["requestBody"] = {"required": True, "content": {"application/json": content}}
        if keyed:
            found["security"] = [{"bearer": []}, {"key": []}] if self.scope is not None else []
        return found

    def _responses(self) -> dict[str, Any]:
        media, problem = self.errors
        content: dict[str, Any] = {"schema": self.answer}
        if self.shown is not None:
            content["example"] = self.shown
        responses: dict[str, Any] = {"200": {"description": "Done.", "content": {self.media: content}}}
        standing = (
            500,
            *(SENDING if self.body is not None else ()),
            *(GUARDED if self.scope is not None else ()),
        )
        for status in sorted({*standing, *self.refusals}):
            told = {media: {"schema": reference(problem)}}
            responses[str(status)] = {"description": REFUSALS[status], "content": told}
        for status, schema in self.also.items():
            told = responses.setdefault(str(status), {"description": REFUSALS[status], "content": {}})[
                "content"
            ]
            told["application/json"] = {"schema": schema}
        return responses


def path_parameter(name: str) -> Schema:
    """A part of the path."""
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _path_parameters(path: str) -> list[Schema]:
    inside = [part[1:-1] for part in path.split("/") if part.startswith("{") and part.endswith("}")]
    return [path_parameter(name) for name in inside]


def _name(method: str, path: str) -> str:
    return method + "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in path)
