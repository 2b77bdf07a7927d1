"""`trimtab` as it is typed, in the process of the test."""

import shlex
import sys

from trimtab.cli import main


def run(capsys, *words):
    """Exit code and everything printed, in one line; a single text is split as a shell does.

    A traceback, or a fault of our own, fails the test.
    """
    typed = shlex.split(words[0]) if len(words) == 1 else words
    argv, sys.argv = sys.argv, ["trimtab", *map(str, typed)]
    try:
        main()
        code = 0
    except SystemExit as ended:
        code = ended.code or 0
    finally:
        sys.argv = argv
    printed = capsys.readouterr()
    text = printed.out + printed.err
    assert "Traceback" not in text
    assert "fault of its own" not in text, text
    return code, " ".join(text.split())
