"""Commands for the first question: is ML right here, and what only people can answer about it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from trimtab import wiring
from trimtab.declare.system import System

if TYPE_CHECKING:
    from trimtab.evaluation.assess_questions import Answered
    from trimtab.runtime.assessing.result import Assessment
    from trimtab.runtime.assessing.run import Progress


def assess(system: System, *, home: str | Path | None = None, progress: Progress | None = None) -> Assessment:
    """Say whether ML is right for a system: a rule first, labels first, go, or why the data cannot tell.

    Rungs from a constant to gradient boosting learn from the older part of the history and are judged on the newer.
    The answers of people that were kept in the home are shown. Raises TrimtabError where the data is at fault.
    """
    from trimtab.runtime.assessing.answers import answers_file, read_answers  # noqa: PLC0415
    from trimtab.runtime.assessing.run import assess as run  # noqa: PLC0415
    from trimtab.runtime.history import load  # noqa: PLC0415

    answers = read_answers(answers_file(wiring.home(system, home), system.name))
    tell = progress or (lambda _what, _done, _total: None)
    with contextlib.closing(wiring.engine()) as engine:
        tell("reading sources and computing features", 0, 0)
        return run(load(system, engine, wiring.tables()), answers, wiring.clock().now(), tell)


def answer(
    system: System, answers: Mapping[int, str], *, by: str, home: str | Path | None = None
) -> tuple[Answered, ...]:
    """Keep a person's answers to the numbered questions that no data can answer, and return all that were given.

    Earlier answers stay on record; the newest counts. Raises UsageError for no such question, no words, or no name.
    """
    from trimtab.runtime.assessing.answers import add_answers, answers_file  # noqa: PLC0415

    path = answers_file(wiring.home(system, home), system.name)
    return add_answers(path, answers, by, wiring.clock().now())
