"""The nine questions that no data can answer: asked once, kept with name and date, asked again after a year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trimtab.finding import Finding, Severity
from trimtab.units import days

QUESTIONS = (
    "What decision changes with the answer, who acts on it, and what happens without it?",
    "What does each kind of error cost, and who bears it?",
    "May this be predicted at all: law, consent, dignity?",
    "Is the past a fair teacher of what should happen?",
    "Will people game it once they know?",
    "Does acting on the answer change the outcome?",
    "Who owns it, and who can override it?",
    "What is the fallback when it does not answer?",
    "What explanation is owed to whom?",
)
"""Numbered from 1, as people name them."""

ASKED_AGAIN = days(365)


@dataclass(frozen=True)
class Answered:
    """One answer: to which question (from 1), the words, who gave it, and when (epoch microseconds)."""

    question: int
    text: str
    by: str
    at: int


def latest(answers: Sequence[Answered]) -> Mapping[int, Answered]:
    """The newest answer to each question.

    >>> latest([Answered(3, "no", "ann", 1), Answered(3, "yes", "ben", 2)])[3].by
    'ben'
    """
    return {each.question: each for each in sorted(answers, key=lambda each: each.at)}


def due(answers: Sequence[Answered], now: int) -> tuple[int, ...]:
    """The questions without an answer from the year before `now` (epoch microseconds).

    >>> len(due([Answered(1, "we call them", "ann", 0)], 1))
    8
    """
    known = latest(answers)
    return tuple(
        number
        for number in range(1, len(QUESTIONS) + 1)
        if number not in known or known[number].at < now - ASKED_AGAIN.microseconds
    )


def questions_finding(answers: Sequence[Answered], now: int, name: str) -> Finding:
    """One finding: how many of the nine wait for a person; nothing is ever answered for them."""
    waiting = due(answers, now)
    if not waiting:
        return Finding("All nine questions that only a person can answer are answered", Severity.OK)
    listed = ", ".join(str(number) for number in waiting)
    return Finding(
        f"{len(waiting)} of the nine questions that only a person can answer wait for one: {listed}",
        Severity.WATCH,
        action="answer them once; the answers are kept with name and date",
        check_command=f'trimtab assess {name} --answer {waiting[0]}="..." --by NAME',
    )
