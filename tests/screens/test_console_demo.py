"""How a demonstration ends: with the console at a terminal, and elsewhere with the command that opens it."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from trimtab import commands
from trimtab.cli import rehearse


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_where_nobody_sits_at_a_terminal_the_command_is_told_and_nothing_waits(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.setattr(commands, "console", lambda *_, **__: pytest.fail("it must not serve"))
    rehearse._look("flights", Path("elsewhere"))
    assert "trimtab console flights --home elsewhere" in capsys.readouterr().out


def test_at_a_terminal_the_console_shows_the_replay_until_it_is_interrupted(monkeypatch, capsys):
    asked = {}

    def serve(system, **options):
        asked.update(options, name=system.name)
        raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(commands, "console", serve)
    rehearse._look("flights", None)
    assert (asked["name"], asked["port"], asked["target"]) == ("flight-delay", None, "flights")
    assert "until Ctrl-C" in capsys.readouterr().out
