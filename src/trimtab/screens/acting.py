"""What people may do: each act is put on record with who and why, then done the way the command of that name does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from trimtab.errors import TrimtabError, UsageError
from trimtab.monitoring.incidents import Acknowledge, Snooze
from trimtab.monitoring.watching import Answer
from trimtab.ports import Event
from trimtab.runtime.live_loop.asked import Asked, What, ask
from trimtab.runtime.live_loop.journal import LOOP
from trimtab.runtime.watching.responding import respond
from trimtab.screens.book import Book
from trimtab.screens.folds.columns import accept_columns
from trimtab.screens.folds.matters import PEOPLE, champion
from trimtab.serving.problems import RequestError

HOUR = 3_600_000_000
REFUSED = "not done"
STEPS: Mapping[str, What] = {"approve": "approve", "decline": "decline"}
ANSWERS: Mapping[str, Answer] = {"working": "working", "fixed": "fixed", "benign": "benign"}


@dataclass(frozen=True)
class Wish:
    """What somebody wants: the act, of what, who they are and why; `hours` is how long a snooze lasts."""

    act: str
    subject: str
    by: str
    why: str
    hours: int = 4


@dataclass(frozen=True)
class Acts:
    """The means of acts on a live record.

    activate: lets a version answer for somebody and a reason, or raises TrimtabError. alone: keeps a pass of the
    monitors out meanwhile.
    """

    activate: Callable[[str, str, str], object]
    alone: Callable[[], AbstractContextManager[object]] = nullcontext

    def do(self, book: Book, wish: Wish, now: int) -> None:
        """Do what somebody wants, on record before and, when it cannot be done, afterwards too; raises TrimtabError."""
        if not wish.by.strip() or not wish.why.strip():
            raise UsageError("an act needs who and why", do="fill in both")
        body = {"by": wish.by.strip(), "why": wish.why.strip()}
        book.ledger.append_events(PEOPLE, [Event(now, wish.act, wish.subject, body)])
        try:
            self._done(book, wish, now)
        except (TrimtabError, RequestError) as problem:
            told = {**body, "why": str(problem)}
            book.ledger.append_events(PEOPLE, [Event(now, REFUSED, wish.subject, told)])
            raise

    def _done(self, book: Book, wish: Wish, now: int) -> None:
        if wish.act in ANSWERS or wish.act == "snooze":
            self._answer(book, wish, now)
        elif wish.act in STEPS:
            version, _, step = wish.subject.partition(":")
            self._ask(book, STEPS[wish.act], version, wish, now, step)
        elif wish.act == "accept":
            accept_columns(book.ledger, wish.subject, wish.by, wish.why, now)
        elif book.ledger.frontier(LOOP):
            self._of_loop(book, wish, now)
        else:
            self.activate(wish.subject, wish.by, wish.why)

    def _answer(self, book: Book, wish: Wish, now: int) -> None:
        if book.system is None:
            raise UsageError("the system of this record is not known", do="serve it")
        signal: Acknowledge | Snooze = (
            Snooze(wish.subject, now + wish.hours * HOUR, wish.by, now)
            if wish.act == "snooze"
            else Acknowledge(wish.subject, ANSWERS[wish.act], wish.by, now)
        )
        # whoever owns the record sends what is on it to the sinks
        with self.alone():
            respond(book.system, book.ledger, (), signal, now, file=book.target)

    def _of_loop(self, book: Book, wish: Wish, now: int) -> None:
        """A loop that decides who answers must hear of it, as it would undo what it did not decide."""
        current = champion(book.view(now))
        if wish.act == "rollback" and current is not None:
            self._ask(book, "roll back", current.name, wish, now)
        else:
            self._ask(book, "promote", wish.subject, wish, now)

    def _ask(self, book: Book, what: What, version: str, wish: Wish, now: int, step: str = "") -> None:
        ask(book.ledger, Asked(now, what, version, wish.why, step, wish.by))
