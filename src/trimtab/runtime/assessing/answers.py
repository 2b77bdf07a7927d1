"""The answers of people to the nine questions, in one small file of the home."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from trimtab.errors import LedgerError, UsageError
from trimtab.evaluation.assess_questions import QUESTIONS, Answered


def answers_file(home: Path, system: str) -> Path:
    """Where the answers about a system are kept."""
    return home / "answers" / f"{system}.json"


def read_answers(path: Path) -> tuple[Answered, ...]:
    """Every answer ever given, in the order of time; raises LedgerError for a file that is damaged."""
    if not path.exists():
        return ()
    try:
        return tuple(Answered(**each) for each in json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise LedgerError(
            f"the answers in {path} cannot be read",
            found=str(error)[:100],
            do="mend the file, or move it away",
        ) from error


def add_answers(path: Path, given: Mapping[int, str], by: str, now: int) -> tuple[Answered, ...]:
    """Keep answers by question number (from 1) beside the earlier ones, and return all; raises UsageError.

    An answer needs words and a name; `now` in epoch microseconds. Nothing is overwritten.
    """
    for number, text in given.items():
        if not 1 <= number <= len(QUESTIONS):
            raise UsageError(
                f"there is no question {number}", do=f"questions are numbered 1 to {len(QUESTIONS)}"
            )
        if not text.strip():
            raise UsageError(f"the answer to question {number} is empty", do="write it in words")
    if not by.strip():
        raise UsageError("an answer needs the name of who gives it", do='add --by "NAME"')
    kept = (*read_answers(path), *(Answered(number, text, by, now) for number, text in given.items()))
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".tmp")
    part.write_text(json.dumps([asdict(each) for each in kept], indent=1) + "\n", encoding="utf-8")
    part.replace(path)
    return kept
