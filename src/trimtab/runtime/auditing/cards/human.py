"""What only people can say in a card: declared, or answered; what nobody said is empty, and never made up."""

from __future__ import annotations

from typing import Any

from trimtab.evaluation.acceptances import day
from trimtab.evaluation.assess_questions import QUESTIONS, latest
from trimtab.runtime.auditing.record import OnRecord

Said = dict[str, Any]
"""A field with `text` (None: nobody said it) and `by`: who, or that it is declared."""

FIELDS = {
    "intended_use": ("Intended use", 1),
    "users": ("Users", None),
    "out_of_scope": ("Out of scope", None),
    "ethical_considerations": ("Ethical considerations", None),
    "caveats": ("Caveats", 8),
    "contacts": ("Contacts", 7),
    "license": ("License", None),
}
"""Each field of `tt.Card`: what it is called, and the question of an assessment whose answer stands in for it."""

ETHICAL = (2, 3, 4, 5, 6, 9)
"""The questions of an assessment whose answers belong to the ethical considerations."""


def said(record: OnRecord, name: str) -> Said:
    """What people said of one field of a card: as declared, else the answer to the question that asks for it."""
    title, question = FIELDS[name]
    card = record.system.card
    text = None if card is None else getattr(card, name)
    if text is not None:
        return {"title": title, "text": text, "by": "declared"}
    if question is not None:
        answer = _answer(record, question)
        return {**answer, "title": title}
    return {"title": title, "text": None, "by": None}


def considerations(record: OnRecord) -> list[Said]:
    """The declared ethical considerations, and each question of an assessment that bears on them."""
    return [said(record, "ethical_considerations"), *(_answer(record, number) for number in ETHICAL)]


def _answer(record: OnRecord, number: int) -> Said:
    found = latest(record.answers).get(number)
    by = None if found is None else f"{found.by}, {day(found.at)}"
    return {"title": QUESTIONS[number - 1], "text": None if found is None else found.text, "by": by}
