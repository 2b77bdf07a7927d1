"""A replay as a page: verdict first, then what it rests on."""

from __future__ import annotations

from trimtab.finding import Severity
from trimtab.report import (
    Code,
    Document,
    Entry,
    Explanation,
    FindingsList,
    Journal,
    Paragraph,
    Section,
)
from trimtab.runtime.replay.learned_page import learned_section
from trimtab.runtime.replay.page_words import words
from trimtab.runtime.replay.period_page import arrival, batch_table, curve, ladder
from trimtab.runtime.replay.policies_page import descriptions, months_table, performance, policy_table, saved
from trimtab.runtime.replay.release_page import release_section
from trimtab.runtime.replay.releases import SAID
from trimtab.runtime.replay.result import Replay
from trimtab.runtime.replay.sentence import beats_a_constant
from trimtab.runtime.replay.watch_page import watch_section

__all__ = ["page", "performance"]


def page(done: Replay) -> Document:
    """The whole report of a replay."""
    sections = (
        Section("Performance over time", (performance(done),)),
        Section("Policies", (policy_table(done), descriptions(done))),
        Section("Saved against never retraining, month by month", (saved(done), months_table(done))),
        watch_section(done.watched),
        release_section(done.policies),
        learned_section(done.policies),
        Section("How fast the model ages", (curve(done, done.freshness, "freshness"),)),
        Section("How much past it needs", (curve(done, done.volume, "volume"),)),
        Section("What each input is worth", ladder(done)),
        Section("What predicting in batch would cost", (batch_table(done),)),
        Section("When labels arrive", (arrival(done),)),
        Section("What was left out or decided on the way", (FindingsList(done.findings),)),
        Section("Decisions of the system's own policy", (_journal(done),)),
        Section("How every number was computed", (*_methods(done), _rules())),
    )
    subtitle = f"{done.rows:,} requests scored, {_day(done.start)} to {_day(done.stop)}, metric: {words(done.metric)}"
    kept = tuple(section for section in sections if section.blocks)
    chosen = next(each for each in done.policies if each.name == done.verdict.recommended)
    severity = Severity.OK if beats_a_constant(chosen) else Severity.WATCH
    return Document(f"Replay of {done.system}", done.sentence, severity, subtitle, kept)


def _day(at: int) -> str:
    import numpy as np  # noqa: PLC0415

    return str(np.datetime64(at, "us").astype("datetime64[D]"))


def _journal(done: Replay) -> Journal:
    elsewhere = {"wait", *(SAID if any(each.releases for each in done.policies[-1:]) else ())}
    told = [each for each in done.decisions if each.subject != "not now" and each.kind not in elsewhere]
    return Journal(
        tuple(
            Entry(
                each.at,
                each.kind,
                each.subject,
                each.reason,
                tuple((name, value) for name, value in each.numbers.items()),
            )
            for each in told
        )
    )


def _methods(done: Replay) -> tuple[Paragraph | Code, ...]:
    waits = sum(each.subject == "not now" for each in done.decisions)
    return (
        Paragraph(
            "Features are aggregates over facts known strictly before the request; one batch plan computed them for all "
            "requests, and every policy used the same values."
        ),
        Paragraph(
            "Each tick, at local midnight, the loop's own step decided what to do from what was known by then; besides "
            f"the decisions listed, it decided {waits:,} times that nothing was due."
        ),
        Paragraph(
            f"This replay took {done.seconds:,.0f} s, of which {done.cpu_seconds:,.0f} CPU seconds over all processes. "
            "Reproduce it with:"
        ),
        Code(done.command),
    )


def _rules() -> Explanation:
    rules = (
        "All policies start from the same first model.",
        "Each request is scored once, by the version then in service, before its label can teach anything.",
        "A label counts from the time it was known and mature, for training and for decisions alike.",
        "A new version serves after the modelled training time of 30 minutes, not from the moment it was asked for.",
        "All policies share features, learner and settings.",
        "The system's own policy has to earn its traffic as declared; a named policy serves whatever could be trained.",
        "Intervals resample weeks of days, 2,000 times; differences are paired on the same requests.",
        (
            "Recommended is the policy with the fewest trainings that the data cannot tell from the best, then the one "
            "that learned from the fewest rows, leaving out any that was confirmed worse than never retraining in some "
            "month."
        ),
    )
    return Explanation("The rules of a fair comparison", tuple(Paragraph(rule) for rule in rules))
