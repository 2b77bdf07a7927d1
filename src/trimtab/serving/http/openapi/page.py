"""The OpenAPI document as a page to read: no script, and nothing from any other host."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from trimtab.finding import Severity
from trimtab.report import Block, Code, Column, Document, Explanation, Paragraph, Section, Table, to_html

_HOST = "http://localhost:8000"
_TITLES = {"native": "Plain JSON", "inference": "Open Inference Protocol", "watching": "Watching"}


def page(document: Mapping[str, Any], reasons: Sequence[str]) -> str:
    """The whole page as HTML; `reasons` say why the system is not ready."""
    name = document["info"]["title"]
    verdict = "Ready: send a row to POST /predict." if not reasons else f"Not ready: {'; '.join(reasons)}."
    sections = (
        Section("All routes", (_table(document),)),
        *_sections(document),
        _schemas(document),
        _problems(),
    )
    severity = Severity.ACT if reasons else Severity.OK
    return to_html(Document(f"{name} over HTTP", verdict, severity, sections=sections))


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _table(document: Mapping[str, Any]) -> Table:
    columns = (Column("method"), Column("path", format="code"), Column("what it does"))
    return Table(
        columns, tuple((method, path, one["summary"]) for method, path, one in _operations(document))
    )


def _sections(document: Mapping[str, Any]) -> Iterator[Section]:
    for tag, title in _TITLES.items():
        blocks: list[Block] = []
        for method, path, operation in _operations(document):
            if tag in operation["tags"]:
                blocks += _blocks(method, path, operation)
        yield Section(title, tuple(blocks))


def _blocks(method: str, path: str, operation: Mapping[str, Any]) -> Iterator[Block]:
    yield Paragraph(f"{method} {path}: {operation['summary']}")
    yield Code(_curl(method, path, operation))
    answer = operation["responses"]["200"]["content"]
    for content in answer.values():
        if "example" in content:
            yield Code(_pretty(content["example"]))
    statuses = tuple((status, one["description"]) for status, one in operation["responses"].items())
    yield Explanation("Statuses", (Table((Column("status"), Column("when")), statuses),))


def _curl(method: str, path: str, operation: Mapping[str, Any]) -> str:
    words = ["curl"] if method == "GET" else ["curl", "-X", method]
    if operation.get("security"):
        words += ["-H", "Authorization: Bearer KEY"]
    line = shlex.join([*words, f"{_HOST}{path}"])
    body = operation.get("requestBody")
    if body is None:
        return line
    example = _pretty(body["content"]["application/json"]["example"])
    return f"{line} \\\n  -H 'content-type: application/json' \\\n  -d {shlex.quote(example)}"


def _schemas(document: Mapping[str, Any]) -> Section:
    named = document["components"]["schemas"].items()
    return Section("Schemas", tuple(Explanation(name, (Code(_pretty(schema)),)) for name, schema in named))


def _problems() -> Section:
    words = (
        "A refusal is a problem of RFC 9457: field names what does not fit (row.carrier, [3].row.id), nearest the valid "
        "name most like it, do what to do, and instance the request id, which stands in X-Request-Id and in the log."
    )
    return Section("Problems", (Paragraph(words),))


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
