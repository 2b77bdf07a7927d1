"""The pages of the documentation as tests see them: their blocks, their links, and how a page is run.

A page is run from top to bottom in an empty folder. What stands between fences decides:

- `python` runs, all blocks of a page in one namespace; `python NAME.py` is written to that file instead;
- `text` right after a `python` block is what that block prints;
- `console` is a `$ trimtab ...` command and what it prints; `$ trimtab serve ...` goes on running, where a page is
  given a server to do that;
- `sh` that calls such a server runs, and `json` right after it is what it answers;
- everything else (other `sh`, ...) is only read.

What is printed is compared loosely: blanks do not matter, a line of `...` stands for any lines and one at the end of
a line for its rest, and numbers may differ a little, as learners round differently from processor to processor.
In JSON a text that ends in `...` stands for any value, or any text that begins so.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sklearn.ensemble  # noqa: F401  # its threads have to be there to be limited
from click.testing import CliRunner
from servers import SHOWN, Server
from threadpoolctl import threadpool_limits

from trimtab.cli import cli

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
_FENCE = re.compile(r"^```(\w*) *(.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NUMBER = re.compile(r"([+\-−]?\d[\d,]*(?:\.\d+)?)")  # noqa: RUF001  # reports print a true minus
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """What stands between two fences, and the line where it begins."""

    language: str
    title: str
    content: str
    line: int


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(found[1], found[2], found[3], text.count("\n", 0, found.start(3)) + 1)
        for found in _FENCE.finditer(text)
    ]


def links(page: Path) -> list[str]:
    """The targets of all links outside code."""
    prose = re.sub(r"`[^`\n]*`", "", _FENCE.sub("", page.read_text(encoding="utf-8")))
    return _LINK.findall(prose)


def anchors(page: Path) -> set[str]:
    """The headings of a page as the anchors that Markdown readers make of them."""
    prose = _FENCE.sub("", page.read_text(encoding="utf-8"))
    titles = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def run(page: Path, folder: Path, server: Server | None = None) -> None:
    """Run a page in a folder, which is the working folder; fails where it prints something else than it shows."""
    with threadpool_limits(1):
        _run(page, folder, blocks(page), server)


def _run(page: Path, folder: Path, found: list[Block], server: Server | None) -> None:
    namespace: dict[str, Any] = {"__name__": page.stem, "Path": Path}
    for block, after in zip(found, [*found[1:], None], strict=True):
        if block.language == "console":
            command, _, shown = block.content.partition("\n")
            _check(page, block, shown, _command(command, server))
        elif block.language == "sh" and server is not None and f"localhost{SHOWN}" in block.content:
            answer = server.shell(block.content)
            if after is not None and after.language == "json":
                _check_json(page, after, answer)
        elif block.language == "python" and block.title:
            (folder / block.title).write_text(block.content, encoding="utf-8")
        elif block.language == "python":
            printed = _python(block, folder, namespace)
            if after is not None and after.language == "text":
                _check(page, after, after.content, printed)


def _python(block: Block, folder: Path, namespace: dict[str, Any]) -> str:
    padding = "\n" * (block.line - 1)  # so that tracebacks show the page's lines
    code = compile(padding + block.content, str(folder / "session.py"), "exec")
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(code, namespace)  # noqa: S102  # a page's code is ours
    return printed.getvalue()


def _command(line: str, server: Server | None) -> str:
    words = line.removeprefix("$ ").split()
    assert words[0] == "trimtab", f"only trimtab can be run, not {line!r}"
    if server is not None and words[1] == "serve":
        return server.start(words)
    outcome = CliRunner().invoke(cli, words[1:])
    if outcome.exception is not None and not isinstance(outcome.exception, SystemExit):
        return f"error: {outcome.exception}"
    return outcome.output


def _check(page: Path, block: Block, shown: str, printed: str) -> None:
    assert agree(shown, printed), f"{page.name}:{block.line} shows\n{shown}\nbut this came out:\n{printed}"


def _check_json(page: Path, block: Block, answer: str) -> None:
    assert alike(json.loads(block.content), json.loads(answer)), f"{page.name}:{block.line}: came {answer}"


def alike(shown: Any, came: Any) -> bool:
    """True where shown JSON is what came, loosely."""
    if isinstance(shown, dict) and isinstance(came, dict):
        return shown.keys() == came.keys() and all(alike(shown[name], came[name]) for name in shown)
    if isinstance(shown, list) and isinstance(came, list):
        return len(shown) == len(came) and all(map(alike, shown, came))
    if isinstance(shown, str) and shown.endswith("..."):
        return str(came).startswith(shown.removesuffix("..."))
    if isinstance(shown, float):
        return _near(str(shown), str(came))
    return type(shown) is type(came) and bool(shown == came)


def agree(shown: str, printed: str) -> bool:
    """True where the shown text is what was printed, loosely."""
    wanted = [line for line in map(_parts, shown.splitlines()) if line]
    came = [line for line in map(_parts, printed.splitlines()) if line]
    return _follows(wanted, came)


def _follows(wanted: list[list[str]], came: list[list[str]]) -> bool:
    if not wanted:
        return not came
    if wanted[0] == ["..."]:
        return any(_follows(wanted[1:], came[skipped:]) for skipped in range(len(came) + 1))
    return bool(came) and _alike(wanted[0], came[0]) and _follows(wanted[1:], came[1:])


def _parts(line: str) -> list[str]:
    """The numbers of a line and what stands between them, without blanks and rules."""
    pieces = ("".join(piece.split()).strip("─") for piece in _NUMBER.split(line))
    return [piece for piece in pieces if piece]


def _alike(wanted: list[str], came: list[str]) -> bool:
    if wanted[-1].endswith("..."):
        return _begins(wanted, came)
    return len(wanted) == len(came) and all(map(_near, wanted, came))


def _begins(wanted: list[str], came: list[str]) -> bool:
    *first, last = wanted
    rest = came[len(first) :]
    return all(map(_near, first, came)) and bool(rest) and rest[0].startswith(last.removesuffix("..."))


def _near(one: str, other: str) -> bool:
    if not (_NUMBER.fullmatch(one) and _NUMBER.fullmatch(other)):
        return one == other
    first, second = (float(text.replace(",", "").replace("−", "-")) for text in (one, other))  # noqa: RUF001
    return abs(first - second) <= 0.01 + 0.05 * abs(first)


def pages() -> Iterator[Path]:
    """Every page that a person wrote."""
    for page in sorted(DOCS.rglob("*.md")):
        if page.parent.name != "reference":
            yield page
