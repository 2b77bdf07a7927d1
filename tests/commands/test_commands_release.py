"""Turning the loop and looking at it from outside: loop, history, diff, approve, promote, rollback, verify."""

import json
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "e2e"))
from click.testing import CliRunner
from served import write_system

from trimtab import commands
from trimtab.cli import cli
from trimtab.errors import UsageError


@pytest.fixture(scope="module")
def turned(tmp_path_factory):
    """A system whose loop has turned twice: it has a first version."""
    path = write_system(tmp_path_factory.mktemp("released"), rows=300)
    text = path.read_text().replace(
        "    stakes=", '    release=tt.Release(approval=("promotion",)),\n    stakes='
    )
    path.write_text(text)
    system = commands.load(str(path))
    first = commands.loop(system)
    assert [each.kind for each in first.decisions][:1] == ["train"]
    return path


@pytest.fixture
def system(turned, tmp_path):
    """The same in a folder of its own."""
    shutil.copytree(turned.parent, tmp_path / "own")
    return commands.load(str(tmp_path / "own" / turned.name))


def run(*words):
    done = CliRunner().invoke(cli, [str(word) for word in words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return " ".join(done.output.split())


def test_a_version_waits_for_approval_and_answers_once_it_has_it(system):
    told = commands.status(system)
    assert any("v1 waits for approval: promotion" in line for line in told.lines)
    assert commands.history(system).answered.champion is None
    assert "asked to approve v1 (promotion): looks right" in str(
        commands.approve(system, reason="looks right")
    )
    decisions = commands.loop(system).decisions
    assert [each.kind for each in decisions] == ["approve", "promote"]
    found = commands.history(system)
    assert found.answered.champion == "v1"
    assert "v1 answers" in found.sentence
    assert json.dumps(found.to_json())
    with pytest.raises(UsageError, match="no candidate waits"):
        commands.approve(system)


def test_a_version_that_is_declined_is_retired_and_never_answers(system):
    assert "asked to decline v1 (promotion): too slow" in str(commands.decline(system, reason="too slow"))
    decisions = commands.loop(system).decisions
    assert [(each.kind, each.reason) for each in decisions] == [("decline", "a person declined: promotion")]
    assert commands.history(system).answered.champion is None
    assert commands.verify(system).finding.severity.name == "OK"
    with pytest.raises(UsageError, match="no candidate waits"):
        commands.decline(system)


def test_wishes_that_cannot_be_taken_in_are_refused_in_words(system, tmp_path):
    with pytest.raises(UsageError, match="no version 'v2'") as unknown:
        commands.promote(system, "v2")
    assert "v1" in str(unknown.value)
    with pytest.raises(UsageError, match="no version to roll back to"):
        commands.rollback(system)
    with pytest.raises(UsageError, match="no record"):
        commands.history(system, home=tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_a_promotion_that_a_person_asks_for_needs_no_evidence(system):
    commands.promote(system, "v1", reason="we need it now")
    assert ("promote", "v1") in [(each.kind, each.subject) for each in commands.loop(system).decisions]
    assert commands.verify(system).finding.severity.name == "OK"


def test_an_edited_file_is_told_part_by_part_with_what_follows(system):
    assert commands.diff(system).changes == ()
    path = Path(system.site.file) if hasattr(system.site, "file") else None
    path = path or next(system.site.folder.glob("system.py"))
    text = path.read_text()
    text = text.replace("over=days(7))", "over=days(5))").replace("weight=col", "heavy=col")
    path.write_text(text.replace("matures_after=days(2)", "matures_after=days(3)"))
    found = commands.diff(commands.load(str(path)))
    kinds = {change.split(" ")[0] for change in found.changes}
    assert kinds == {"feature", "label"}
    assert any(change.startswith("feature heavy is new") for change in found.changes)
    assert any(change.startswith("feature weight is gone") for change in found.changes)
    assert any(change.startswith("feature late_7d was") for change in found.changes)
    assert found.before != found.after
    assert any("computed from all recorded facts" in text for text in found.follows)
    assert any("14 days of shadow" in text for text in found.follows)
    assert any("the evidence for v1" in text for text in found.follows)


def test_the_command_line_prints_what_the_functions_tell(system):
    path = next(system.site.folder.glob("system.py"))
    assert "waits for approval: promotion" in run("history", path)
    assert "nothing differs from what v1 learned from" in run("diff", path)
    assert "events lead to the recorded" in run("replay", path, "--verify")
    assert "next: trimtab history" in run("approve", path)
    assert "asked to decline v1 (promotion)" in run("decline", path)
