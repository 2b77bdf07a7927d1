"""Write docs/reference from the code: `python tools/reference.py` writes, `--check` fails when a page is stale."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import json
import re
import sys
import textwrap
from collections.abc import Iterable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import click

import trimtab
from trimtab import cli, errors
from trimtab.aggregate.catalogue import result_kind
from trimtab.declare import expression, operations
from trimtab.declare.aggregate import FUNCTIONS
from trimtab.declare.kinds import Kind
from trimtab.declare.source import KeyedSource, Source
from trimtab.errors import DeclarationError, TrimtabError
from trimtab.metrics import Metric
from trimtab.runtime.check import Check
from trimtab.runtime.replay.result import PolicyResult, Replay
from trimtab.runtime.training_set import Version
from trimtab.serving.batch import BatchResult
from trimtab.serving.forgetting import Forgotten
from trimtab.serving.parity import Parity
from trimtab.serving.status import Status

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "reference"
NOTE = "<!-- Written by tools/reference.py from the code; do not edit. -->"
WIDTH = 100
BLANK = "\n\n"

SECTIONS = {
    "trimtab.declare.source": "Sources",
    "trimtab.declare.model": "Request, label, model, stakes",
    "trimtab.declare.features": "Features",
    "trimtab.declare.expression": "Column expressions",
    "trimtab.declare.policy": "Retraining, releasing, watching",
    "trimtab.declare.requires": "Limits",
    "trimtab.declare.sinks": "Sinks of alerts",
    "trimtab.declare.expectations": "Expectations",
    "trimtab.declare.card": "What people say",
    "trimtab.training.rule": "Rules",
    "trimtab.declare.system": "Systems",
    "trimtab.commands": "Commands",
    "trimtab.metrics": "Metrics",
    "trimtab.finding": "Verdicts",
    "trimtab.units": "Durations and sizes",
    "trimtab.errors": "Errors",
}
"""The headings of api.md, by the module that a public name comes from, in the order of the page."""

BESIDE = {
    "trimtab.declare.source": (KeyedSource,),
    "trimtab.declare.expression": (expression.Expression, expression.Calendar, expression.Text),
    "trimtab.commands": (Check, Replay, PolicyResult, Version, BatchResult, Parity, Status, Forgotten),
    "trimtab.metrics": (Metric,),
}
"""What users meet without importing it: what public names return."""

_BUILDERS = frozenset({"trimtab.declare.source", "trimtab.declare.expression"})
"""Modules whose objects are for building with; their fields are nobody's business."""

WRITTEN = (
    "a + b", "a - b", "a * b", "a / b", "a // b", "a % b", "-a", "abs(a)",
    "a == b", "a != b", "a < b", "a <= b", "a > b", "a >= b", "a & b", "a | b", "~a",
    "a.is_null()", "a.fill_null(b)", "a.is_in(1, 2)", "tt.when(a).then(b).otherwise(c)",
    "tt.least(a, b)", "tt.greatest(a, b)", "a.floor()", "a.ceil()", "a.round()", "a.sqrt()", "a.exp()",
    "a.log()", "a.to_float()", "a.to_int()", "tt.concat(a, b)", "a.str.lower()", "a.str.upper()",
    "a.str.length()", 'a.str.starts_with("x")', 'a.str.ends_with("x")', 'a.str.contains("x")',
    *(
        f'a.dt.{part}("Europe/Berlin")'
        for part in ("year", "month", "day", "day_of_year", "weekday", "hour", "minute", "minute_of_day")
    ),
)  # fmt: skip
"""Every operation as a user writes it; evaluating these shows which operation each one is."""


def pages() -> dict[str, str]:
    """The text of every reference page by its file's name."""
    return {
        "api.md": _api(),
        "cli.md": _cli(),
        "operations.md": _operations(),
        "errors.md": _errors(),
    }


def _page(title: str, *parts: str) -> str:
    return "\n\n".join((f"# {title}", NOTE, *parts)) + "\n"


# --- api.md


def _api() -> str:
    homes = trimtab._HOMES  # noqa: SLF001  # the one table of public names
    missing = set(homes) - set(SECTIONS)
    if missing:
        raise SystemExit(f"tools/reference.py has no heading for {', '.join(sorted(missing))}")
    parts = [
        "Every public name of `import trimtab as tt`, by what it is for. Examples run in the tests.",
        *(part for module in SECTIONS for part in _section(module, homes[module])),
    ]
    return _page("Python reference", *parts)


def _section(module: str, names: Iterable[str]) -> Iterator[str]:
    yield f"## {SECTIONS[module]}"
    for name in names:
        yield from _entry(f"tt.{name}", getattr(importlib.import_module(module), name))
    for thing in BESIDE.get(module, ()):
        yield from _met(thing)


def _entry(name: str, thing: Any) -> Iterator[str]:
    """A public name: how it is called, what it means, what it has."""
    yield f"### `{name}`"
    if isinstance(thing, Metric):
        yield _metric(thing)
    elif _shares_its_base(thing):
        yield f"A `TrimtabError`. {inspect.getdoc(thing)}"
    else:
        yield f"```python\n{_call(name, thing)}\n```"
        yield from _prose(inspect.getdoc(thing) or "")
        yield from _members(thing)


def _met(thing: type) -> Iterator[str]:
    """What users are handed and never make: no call, but the fields."""
    yield f"### `{thing.__name__}`"
    yield from _prose(inspect.getdoc(thing) or "")
    written = _written_annotations(thing)
    if dataclasses.is_dataclass(thing) and thing.__module__ not in _BUILDERS:
        yield "\n".join(f"- `{field.name}: {written[field.name]}`" for field in dataclasses.fields(thing))
    yield from _members(thing)


def _metric(metric: Metric) -> str:
    better = "higher" if metric.greater_is_better else "lower"
    return (
        f"A [`Metric`](#metric) of {' and '.join(metric.tasks)} labels, in {metric.unit}; {better} is better."
    )


def _shares_its_base(thing: Any) -> bool:
    return isinstance(thing, type) and issubclass(thing, TrimtabError) and thing is not TrimtabError


def _call(name: str, thing: Any) -> str:
    """The call as one writes it, on one line or one argument a line."""
    if isinstance(thing, type) and issubclass(thing, Enum):
        return f"{name}.{' | '.join(member.name for member in thing)}"
    written = _written_annotations(thing)
    arrow = f" -> {written['return']}" if "return" in written and not isinstance(thing, type) else ""
    arguments = list(_arguments(thing, written))
    one_line = f"{name}({', '.join(arguments)}){arrow}"
    if len(one_line) <= WIDTH:
        return one_line
    lines = "".join(f"    {argument},\n" for argument in arguments)
    return f"{name}(\n{lines}){arrow}"


def _arguments(thing: Any, written: dict[str, str]) -> Iterator[str]:
    starred = False
    for each in inspect.signature(thing).parameters.values():
        if each.name in {"self", "site"}:
            continue
        if each.kind is inspect.Parameter.KEYWORD_ONLY and not starred:
            starred = True
            yield "*"
        starred = starred or each.kind is inspect.Parameter.VAR_POSITIONAL
        stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
        annotation = f": {written[each.name]}" if each.name in written else ""
        yield f"{stars.get(each.kind, '')}{each.name}{annotation}{_default(each, thing)}"


def _written_annotations(thing: Any) -> dict[str, str]:
    """Annotations as the code writes them; evaluated ones would show what ArrayLike is made of."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(thing))).body[0]
    if isinstance(tree, ast.ClassDef):
        inits = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "__init__"]
        if not inits:
            fields = [node for node in tree.body if isinstance(node, ast.AnnAssign)]
            found = {ast.unparse(node.target): ast.unparse(node.annotation) for node in fields}
            bases = [base for base in thing.__bases__ if base is not object]
            return {name: text for base in bases for name, text in _written_annotations(base).items()} | found
        tree = inits[0]
    if not isinstance(tree, ast.FunctionDef):
        return {}
    arguments = [*tree.args.args, *tree.args.kwonlyargs, tree.args.vararg, tree.args.kwarg]
    found = {each.arg: ast.unparse(each.annotation) for each in arguments if each and each.annotation}
    return found | ({"return": ast.unparse(tree.returns)} if tree.returns else {})


def _default(each: inspect.Parameter, thing: Any) -> str:
    if each.default is inspect.Parameter.empty:
        return ""
    if isinstance(each.default, str):
        return f" = {json.dumps(each.default)}"
    if repr(each.default) != "<factory>":
        return f" = {each.default!r}"
    made = next(field for field in dataclasses.fields(thing) if field.name == each.name)
    return f" = {made.default_factory()}" if callable(made.default_factory) else ""


def _members(thing: Any) -> Iterator[str]:
    if not isinstance(thing, type):
        return
    rows = [_member(name, value) for name, value in vars(thing).items() if not name.startswith("_")]
    listed = [row for row in rows if row]
    if listed:
        yield "\n".join(listed)


def _member(name: str, value: Any) -> str:
    target = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
    text = inspect.getdoc(target) if inspect.isfunction(target) else None
    if not text:
        return ""
    shown = f".{name}" if isinstance(value, property) else f".{_call(name, target)}"
    return _filled(f"- `{' '.join(shown.split())}`: {text.partition(BLANK)[0]}", indent="  ")


def _prose(text: str) -> Iterator[str]:
    """A docstring as Markdown: examples become code, a list of parameters becomes a list."""
    heading, after = "\nParameters\n----------\n", ""
    if heading in text:
        text, _, after = text.partition(heading)
    for paragraph in text.strip().split(BLANK):
        yield f"```python\n{paragraph}\n```" if paragraph.startswith(">>>") else _filled(paragraph)
    if after:
        listed, _, rest = after.partition(BLANK)
        found = re.findall(r"^(\S.*)\n((?:    .*\n?)+)", listed, re.MULTILINE)
        yield "\n".join(f"- `{names}`: {' '.join(meaning.split())}" for names, meaning in found)
        yield from _prose(rest)


def _filled(paragraph: str, indent: str = "") -> str:
    filler = textwrap.TextWrapper(
        110, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return filler.fill(" ".join(paragraph.split()))


# --- cli.md


_CLI_INTRO = """\
Every command, with the text that `--help` shows. Each is a function of the same name in [Python](api.md#commands),
except `demo`, which replays the built-in example, and `keys`, which is `add_key`, `keys` and `revoke_key` in
`trimtab.commands`.

A command that fails prints one paragraph and exits with 1 (2 when the command line itself cannot be read, 70 when the
fault is trimtab's own; its details are then written to a file that the message names). `check`,
`parity` and `status` also exit with 1 when a finding is ACT."""


def _cli() -> str:
    parts = [_CLI_INTRO, _help("trimtab", cli.cli)]
    for moment, names in cli.MOMENTS.items():
        parts.append(f"## {moment}")
        for name in names:
            parts += _command((name,), cli.cli.commands[name])
    return _page("Command line reference", *parts)


def _command(names: tuple[str, ...], command: click.Command) -> Iterator[str]:
    """A command, and below it the commands that it groups."""
    yield f"{'#' * (2 + len(names))} `trimtab {' '.join(names)}`"
    yield _help(" ".join(names), command)
    for name, inner in getattr(command, "commands", {}).items():
        yield from _command((*names, name), inner)


def _help(name: str, command: click.Command) -> str:
    settings = {**cli.cli.context_settings, "terminal_width": WIDTH}
    context = click.Context(cli.cli, info_name="trimtab", **settings)
    if command is not cli.cli:
        context = click.Context(command, info_name=name, parent=context)
    return f"```text\n{command.get_help(context).rstrip()}\n```"


# --- operations.md


_OPERATIONS = """\
What `tt.col` and its relatives can say, and exactly what it means. The same expression runs as SQL over a whole
history and as plain Python over one row, with equal values; a test holds the two against each other.

## The kinds of value

A column inside trimtab holds one of six kinds; what [sources](../how-to/data.md) hold becomes one of them:

{kinds}

## What holds for all operations

{rules}

## The operations

In this table `a`, `b` and `c` are columns or constants, and *any* stands for one same kind throughout.
`a.clip(low, high)` is `tt.least(tt.greatest(a, low), high)`.

{table}

## Aggregates over a source

`source.by(key).function(value, over=..., where=..., hop=..., scale=...)`: see [windows](../explanation/windows.md)
for which facts count. The last column says what becomes of each kind of value.

{aggregates}"""


def _operations() -> str:
    rules = (inspect.getdoc(operations) or "").partition("What holds for all of it:\n\n")[2]
    columns = "| written | operation | takes → gives | meaning |\n|---|---|---|---|"
    written = _written()
    rows = [
        f"| `{_cell(written[name])}` | {name} | {_forms(rule.forms)} | {_cell(rule.meaning)} |"
        for name, rule in operations.OPERATIONS.items()
    ]
    kinds = "\n".join(f"- `{kind}`" for kind in Kind)
    table = "\n".join((columns, *rows))
    return _page(
        "Operations", _OPERATIONS.format(kinds=kinds, rules=rules, table=table, aggregates=_aggregates())
    )


def _written() -> dict[str, str]:
    """How each operation is written, found by evaluating the forms; every operation must have one."""
    scope = {"tt": trimtab, **{name: expression.col(name) for name in "abc"}}
    found = {eval(text, scope).name: text for text in WRITTEN}  # noqa: S307  # our own constants above
    if set(found) != set(operations.OPERATIONS):
        odd = set(found) ^ set(operations.OPERATIONS)
        raise SystemExit(f"tools/reference.py shows no way to write {', '.join(sorted(odd))}")
    return found


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _forms(forms: Iterable[str]) -> str:
    return "<br>".join(form.replace(" -> ", " → ").replace("any", "*any*") for form in forms)


def _aggregates() -> str:
    rows = ["| function | meaning | takes → gives |", "|---|---|---|"]
    for function in FUNCTIONS:
        meaning = (inspect.getdoc(getattr(KeyedSource, function)) or "").replace("\n", " ")
        rows.append(f"| `{function}` | {meaning} | {'<br>'.join(_gives(function))} |")
    return "\n".join(rows)


def _gives(function: str) -> Iterator[str]:
    source = Source("facts.parquet", known="known")
    takes_nothing = function == "time_since_last"
    groups: dict[str, list[str]] = {}
    for kind in (None,) if takes_nothing else Kind:
        value = () if takes_nothing else ("value",)
        try:
            given = result_kind(getattr(source.by("key"), function)(*value), kind)
        except DeclarationError:
            continue
        groups.setdefault(given, []).append(kind or "nothing")
    for given, kinds in groups.items():
        yield f"any → {given}" if len(kinds) == len(Kind) else f"{', '.join(kinds)} → {given}"


# --- errors.md


_ERRORS = """\
Everything that a person can act on is a `tt.TrimtabError`. Its text is one paragraph: what is wrong, the file and line
where that was declared, what was found instead, the nearest valid name, and what to do. The same parts are attributes:
`what`, `where`, `found`, `nearest`, `do`."""


def _errors() -> str:
    tree = (inspect.getdoc(errors) or "").partition("\n\n")[2]
    classes = [
        f"## `tt.{name}`\n\n{inspect.getdoc(getattr(errors, name))}"
        for name in trimtab._HOMES["trimtab.errors"]  # noqa: SLF001  # the one table of public names
        if name != "TrimtabError"
    ]
    return _page("Errors", _ERRORS, f"```text\n{tree}\n```", *classes)


def main(arguments: list[str]) -> int:
    """Write the pages, or with --check say which are stale."""
    wanted = pages()
    if "--check" not in arguments:
        FOLDER.mkdir(parents=True, exist_ok=True)
        for name, text in wanted.items():
            (FOLDER / name).write_text(text, encoding="utf-8")
        return 0
    stale = [name for name, text in wanted.items() if not _same(FOLDER / name, text)]
    for name in stale:
        sys.stdout.write(f"docs/reference/{name} is stale; run: python tools/reference.py\n")
    return int(bool(stale))


def _same(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
