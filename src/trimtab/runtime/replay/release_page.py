"""How candidates earned their traffic in a replay, as a section of its report."""

from __future__ import annotations

from collections.abc import Sequence

from trimtab.release.events import Decision
from trimtab.report import (
    Column,
    Entry,
    Estimate,
    Explanation,
    Journal,
    KeyValues,
    Mark,
    Paragraph,
    Section,
    Table,
)
from trimtab.report.document import Block
from trimtab.report.formats import date
from trimtab.runtime.replay.releases import Promotion, Releases
from trimtab.runtime.replay.result import PolicyResult


def release_section(policies: Sequence[PolicyResult]) -> Section:
    """The section of a replay's report; without blocks where no policy was released."""
    blocks: list[Block] = []
    for each in policies:
        if each.releases is not None:
            blocks += _blocks(each.releases)
    return Section("Releases", tuple(blocks))


def release_marks(policies: Sequence[PolicyResult]) -> tuple[Mark, ...]:
    """The promotions and rollbacks of released policies as marks of a chart."""
    found = [each.releases for each in policies if each.releases is not None]
    promoted = [Mark(one.at, "promoted") for each in found for one in each.promotions]
    rolled = [Mark(one.at, "other", "rolled back") for each in found for one in each.rolled_back]
    return (*promoted, *rolled)


def released(policies: Sequence[PolicyResult]) -> tuple[str, ...]:
    """What came of the releases of each policy that was released."""
    return tuple(summary(each.releases) for each in policies if each.releases is not None)


def summary(found: Releases) -> str:
    """What came of one policy's releases, in two sentences."""
    text = (
        f"Policy {found.policy} trained {found.candidates} candidates: {len(found.promotions)} were promoted, "
        f"{len(found.refused)} refused, {len(found.rolled_back)} rolled back. "
    )
    harm = (
        f"{found.harmful} promotions were harmful in hindsight"
        if found.harmful
        else "No promotion was harmful"
    )
    days = f", and a version that was rolled back later served on {found.days_on_bad_model:.0f} days"
    return f"{text}{harm}{days if found.rolled_back else ''}."


def _blocks(found: Releases) -> list[Block]:
    facts = (
        ("candidates", f"{found.candidates:,}"),
        ("promoted", f"{len(found.promotions):,}"),
        ("refused", f"{len(found.refused):,}"),
        ("rolled back", f"{len(found.rolled_back):,}"),
        ("harmful in hindsight", f"{found.harmful:,}"),
        ("days on a version that was rolled back", f"{found.days_on_bad_model:,.1f}"),
        ("fits that only a gate read", f"{found.rehearsals:,}"),
    )
    blocks: list[Block] = [Paragraph(summary(found)), KeyValues(facts)]
    if found.promotions:
        blocks.append(_promotions(found.promotions))
    blocks.append(Journal(tuple(_entry(each) for each in found.decisions)))
    blocks.append(_how(found))
    return blocks


def _promotions(promotions: Sequence[Promotion]) -> Table:
    columns = (
        Column("promoted"),
        Column("version"),
        Column("instead of"),
        Column("loss in the next four weeks, to the one it replaced", format="+.4f"),
        Column("then"),
    )
    rows = tuple(
        (date(each.at), each.version, each.replaced, _extra(each), _then(each)) for each in promotions
    )
    note = (
        "Paired on the same requests, with everything that is known in the end: a decision could not see it."
    )
    return Table(columns, rows, note=note)


def _extra(each: Promotion) -> Estimate | float | None:
    if each.extra.known:
        return Estimate(each.extra.estimate, each.extra.low, each.extra.high)
    return None


def _then(each: Promotion) -> str:
    if each.rolled_back_at is not None:
        return f"rolled back on {date(each.rolled_back_at)}"
    return "harmful" if each.harmful else ""


def _entry(each: Decision) -> Entry:
    numbers = tuple((name, value) for name, value in each.numbers.items() if value is not None)
    return Entry(each.at, each.kind, each.subject, each.reason, numbers)


def _how(found: Releases) -> Explanation:
    rules = (
        "No row is judged by a model that learned from it.",
        (
            "The gate judges a refresh by the versions of its recipe that served in the newest mature weeks, against the "
            "one that served before them. It is refused when that shows harm, in all or in a slice, or that skill is lost."
        ),
        (
            "Where expectations, golden rows, groups or promises are declared, each candidate but the first is held "
            "against them, with what was known then. It waits at the gate while one of them cannot be checked."
        ),
        "A change of recipe shows a rehearsal on these weeks first, and then itself in shadow.",
        "In the canary the champion's answers count for all requests; exposure is the stage's share of them.",
        f"History cannot tell {found.not_measured}; they are taken as passed.",
        "After a promotion the version before it goes on scoring, and is taken back when labels show harm.",
        "Harmful in hindsight: surely worse than the replaced version in the next four weeks, by more than the margin.",
    )
    return Explanation("How the releases were replayed", tuple(Paragraph(rule) for rule in rules))
