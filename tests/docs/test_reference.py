import importlib
import importlib.util
import inspect
import pkgutil

import pytest
from docpages import DOCS, ROOT

import trimtab
from trimtab import cli
from trimtab.declare.operations import OPERATIONS
from trimtab.errors import TrimtabError
from trimtab.metrics import Metric

_ERROR = "an error; the example of TrimtabError shows how all of them read"
_COMMAND = "reads data; the tutorial runs it"
_SERVING = "needs a trained version; the guides to serving run it"
_LISTED = "listed in CONTRIBUTING.md among our known violations"
WITHOUT_EXAMPLE = {
    **dict.fromkeys(
        ("ArtifactError", "DataError", "DeclarationError", "LearnerError", "LedgerError", "UsageError"),
        _ERROR,
    ),
    **dict.fromkeys(
        (
            "accept",
            "answer",
            "assess",
            "audit",
            "card",
            "check",
            "evaluate",
            "explain",
            "init",
            "load",
            "replay",
            "train",
            "training_set",
            "tune",
        ),
        _COMMAND,
    ),
    **dict.fromkeys(("forget", "parity", "predict", "serve", "status"), _SERVING),
    **dict.fromkeys(
        (
            "approve",
            "decline",
            "diff",
            "experiment",
            "history",
            "loop",
            "promote",
            "rollback",
            "verify",
            "watch",
        ),
        _SERVING,
    ),
    **dict.fromkeys(("acknowledge", "console", "send_test", "snooze"), _SERVING),
    **dict.fromkeys(("Model", "RequestFields", "System"), _LISTED),
    **dict.fromkeys(("concat", "greatest", "least"), _LISTED),
}
"""Public names whose docstring has no example, each with the reason."""


@pytest.fixture(scope="module")
def reference():
    spec = importlib.util.spec_from_file_location("reference", ROOT / "tools" / "reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def public(name):
    """A public name's object."""
    return getattr(trimtab, name)


def test_no_part_of_the_package_hides_a_public_name():
    """Whoever imports `trimtab.x` sets `tt.x` to that module, from then on."""
    parts = {module.name for module in pkgutil.iter_modules(trimtab.__path__)}
    assert not parts & set(trimtab.__all__)


def read(page):
    return (DOCS / "reference" / page).read_text(encoding="utf-8")


def test_the_reference_is_what_the_code_says(reference):
    stale = [name for name, text in reference.pages().items() if read(name) != text]
    assert not stale, "run: python tools/reference.py"


def test_the_check_fails_for_a_stale_page(reference, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(reference, "FOLDER", tmp_path / "reference")
    assert reference.main([]) == 0
    assert reference.main(["--check"]) == 0
    (tmp_path / "reference" / "cli.md").write_text("old", encoding="utf-8")
    assert reference.main(["--check"]) == 1
    assert "cli.md is stale" in capsys.readouterr().out


@pytest.mark.parametrize("name", trimtab.__all__)
def test_every_public_name_is_documented(name):
    thing = public(name)
    assert f"### `tt.{name}`\n" in read("api.md")
    own = thing if isinstance(thing, type) or callable(thing) else type(thing)
    assert (inspect.getdoc(own) or "").strip()


@pytest.mark.parametrize("name", trimtab.__all__)
def test_every_public_name_shows_an_example_or_says_why_not(name):
    thing = public(name)
    text = inspect.getdoc(Metric if isinstance(thing, Metric) else thing) or ""
    shown = ">>>" in text and not (text == inspect.getdoc(TrimtabError) and thing is not TrimtabError)
    if shown:
        assert name not in WITHOUT_EXAMPLE, f"{name} has an example now: take it off the list"
    else:
        assert WITHOUT_EXAMPLE.get(name), f"{name} needs an example (>>>) in its docstring"


def test_names_that_owe_an_example_are_among_the_known_violations():
    listed = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    owing = [name for name, reason in WITHOUT_EXAMPLE.items() if reason == _LISTED]
    assert not [name for name in owing if f"`{name}`" not in listed]


def test_every_command_stands_in_the_reference_and_in_the_help():
    page = read("cli.md")
    grouped = {name for names in cli.MOMENTS.values() for name in names}
    assert set(cli.cli.commands) == grouped
    for name, command in commands(cli.cli):
        assert f"## `trimtab {name}`" in page
        for option in command.params:
            flags = () if getattr(option, "hidden", False) else option.opts
            assert all(flag in page for flag in flags if flag.startswith("--"))


def commands(group, *above):
    """Every command below a group, with its whole name."""
    for name, command in group.commands.items():
        yield " ".join((*above, name)), command
        if hasattr(command, "commands"):
            yield from commands(command, *above, name)


def test_every_command_but_the_demo_is_a_function_of_the_same_name():
    named = {name for name in cli.cli.commands if name.replace("-", "_") not in trimtab.__all__}
    assert named == {"demo", "keys"}
    assert all(hasattr(trimtab.commands, name) for name in ("add_key", "keys", "revoke_key"))


def test_every_operation_stands_in_the_reference():
    page = read("operations.md")
    assert all(f"| {name} |" in page for name in OPERATIONS)


def test_every_error_stands_in_the_tree():
    page = read("errors.md")
    errors = [each for each in map(public, trimtab._HOMES["trimtab.errors"]) if each is not TrimtabError]
    assert all(f"── {each.__name__} " in page and f"## `tt.{each.__name__}`" in page for each in errors)
