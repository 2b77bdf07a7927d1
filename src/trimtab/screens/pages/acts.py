"""Pages that ask before something is done: what will happen, who wants it, and why."""

from __future__ import annotations

from dataclasses import dataclass

from trimtab.report import Paragraph
from trimtab.report.markup import Markup, tag
from trimtab.runtime.live_loop.journal import LOOP
from trimtab.screens.book import View
from trimtab.screens.folds.columns import columns_of
from trimtab.screens.folds.matters import champion, incidents, kept_versions
from trimtab.screens.links import Links
from trimtab.screens.page import Page, Part

VERSION_ACTS = ("rollback", "activate")
OF_INCIDENTS = {
    "working": ("Somebody works on {}", "It stays open, and its reminders stop."),
    "fixed": (
        "{} is fixed",
        "It is resolved. If its alert comes again within 7 days, it opens again.",
    ),
    "benign": (
        "{} does no harm",
        "It is resolved, and what came is the new normal: a new reference begins where the change did.",
    ),
    "snooze": (
        "Be quiet about {}",
        "Nothing of it is sent for a while. When it is still open then, that is told once.",
    ),
}
OF_STEPS = {
    "approve": (
        "Approve the {step} of {version}",
        "{version} takes the step {step} at the loop's next turn.",
    ),
    "decline": (
        "Decline the {step} of {version}",
        "{version} is retired at the loop's next turn. It stays stored, and may be let answer by name later.",
    ),
}
INCIDENT_ACTS = tuple(OF_INCIDENTS)
SNOOZES = (("1", "1 hour"), ("4", "4 hours"), ("24", "1 day"), ("72", "3 days"))


@dataclass(frozen=True)
class Confirming:
    """What a form needs: the token of its session, the name of the key ("" asks for one), and a problem to tell."""

    token: str
    who: str
    problem: str = ""


def confirm(view: View, links: Links, act: str, subject: str, how: Confirming) -> Page | None:
    """The page that asks before an act; None where there is nothing of that name to do it to."""
    told = _told(view, act, subject)
    if told is None:
        return None
    title, words, here, back = told
    pieces = [Paragraph(words)]
    if how.problem:
        pieces.insert(0, Paragraph(f"Not done: {how.problem}"))
    part = Part("Confirm", (*pieces, _form(links, act, subject, title, back, how)))
    return Page(title, here, (part,), live=False, status=409 if how.problem else 200)


def _told(view: View, act: str, subject: str) -> tuple[str, str, str, tuple[str, ...]] | None:
    """The title, what will happen, the entry of the navigation, and the way back."""
    if act in VERSION_ACTS and subject in {each.name for each in kept_versions(view)}:
        title = f"Roll back to {subject}" if act == "rollback" else f"Let {subject} answer"
        return (
            title,
            _of_version(view, act, subject),
            "versions",
            () if act == "rollback" else ("versions", subject),
        )
    if act in INCIDENT_ACTS and subject in {each.id for each in incidents(view) if each.state != "resolved"}:
        title, words = OF_INCIDENTS[act]
        return title.format(subject), words, "incidents", ("incidents", subject)
    if act == "accept" and any(each.source == subject and each.changed for each in columns_of(view)):
        words = "What came last becomes what is expected of this source; later changes are told against it."
        return f"Accept the columns of {subject} as they are", words, "contracts", ("contracts",)
    version, _, step = subject.partition(":")
    if act in OF_STEPS and step:
        title, words = OF_STEPS[act]
        told = words.format(step=step, version=version)
        return title.format(step=step, version=version), told, "releases", ("releases",)
    return None


def _of_version(view: View, act: str, subject: str) -> str:
    """What becomes of a version: at once, or by the loop where there is one."""
    now = champion(view)
    if view.events(LOOP) and now is not None:
        wish = f"roll back {now.name}" if act == "rollback" else f"promote {subject}"
        return f"The loop is asked to {wish}. It takes that in at its next turn, and says in its decisions what it did."
    instead = f" in place of {now.name}" if now is not None else ""
    return (
        f"{subject} will answer every request{instead}. No request is dropped. What is asked from then on is "
        f"logged under {subject}."
    )


def _form(links: Links, act: str, subject: str, title: str, back: tuple[str, ...], how: Confirming) -> Markup:
    who = (
        tag("p", {"class": "note"}, f"Signed in as {how.who}.")
        if how.who
        else _field("Who are you?", {"name": "by", "required": True, "maxlength": 80, "autocomplete": "name"})
    )
    fields = [who, _field("Why?", {"name": "why", "required": True, "maxlength": 500})]
    if act == "snooze":
        options = (tag("option", {"value": hours}, words) for hours, words in SNOOZES)
        fields.append(tag("label", None, "For how long?", tag("select", {"name": "hours"}, *options)))
    hidden = tag("input", {"type": "hidden", "name": "token", "value": how.token})
    buttons = tag(
        "p",
        {"class": "acts"},
        tag("button", {"class": "sure"}, title),
        tag("a", {"class": "button", "href": links.to(*back)}, "Leave it"),
    )
    marks = {"class": "stack", "method": "post", "action": links.to("act", act, subject)}
    return tag("form", marks, hidden, *fields, buttons)


def _field(words: str, marks: dict[str, object]) -> Markup:
    return tag("label", None, words, tag("input", {"type": "text", **marks}))
