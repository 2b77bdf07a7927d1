"""Fail when a file or function outgrows its hard stop: 500 lines a file, 50 a function body."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

FILE_LINES, FUNCTION_LINES = 500, 50


def too_big(path: Path) -> Iterator[str]:
    """Every outgrown part of one file, as 'path:line: what'."""
    text = path.read_text(encoding="utf-8")
    if text.count("\n") > FILE_LINES:
        yield f"{path}:1: {text.count(chr(10))} lines, at most {FILE_LINES}"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
            length = (body[-1].end_lineno or 0) - body[0].lineno + 1
            if length > FUNCTION_LINES:
                yield f"{path}:{node.lineno}: {node.name} has {length} lines, at most {FUNCTION_LINES}"


if __name__ == "__main__":
    found = [line for path in sorted(Path("src").rglob("*.py")) for line in too_big(path)]
    sys.stdout.write("".join(f"{line}\n" for line in found))
    sys.exit(bool(found))
