"""How a policy learned that continues versions, as a section of a replay's report."""

from __future__ import annotations

from collections.abc import Sequence

from trimtab.report import Column, Estimate, Explanation, KeyValues, Paragraph, Section, Table
from trimtab.report.document import Block
from trimtab.report.formats import date
from trimtab.runtime.racing import HOLD_BACK
from trimtab.runtime.replay.learned import Continued, RunRace
from trimtab.runtime.replay.result import PolicyResult


def learned_section(policies: Sequence[PolicyResult]) -> Section:
    """The section of a replay's report; without blocks where no policy continues versions."""
    blocks: list[Block] = []
    for each in policies:
        if each.learned is not None:
            blocks += _blocks(each.learned)
    return Section("From scratch, or continued", tuple(blocks))


def _blocks(found: Continued) -> list[Block]:
    facts = (
        ("versions continued", f"{found.updates:,}"),
        ("versions from scratch", f"{found.from_scratch:,}"),
        ("of these because an update failed", f"{found.failed:,}"),
        ("CPU seconds, with races", f"{found.cpu_seconds:,.1f}"),
        ("CPU seconds from scratch each time", f"{found.scratch_cpu_seconds:,.1f}"),
    )
    blocks: list[Block] = [Paragraph(found.sentence), KeyValues(facts)]
    if found.races:
        blocks.append(_races(found.races))
    rules = (
        (
            f"Both contenders of a race stand where they stood {HOLD_BACK} before: the version that answered then, "
            "continued, and a fit from scratch. They are judged on the labels that matured since, which neither has seen."
        ),
        "A version is continued when the whole interval of what that costs lies within 1 % of the loss; races add up.",
        "Whoever wins is then trained on everything that is known.",
        f"The policy {found.compared_with} is the same with every training from scratch.",
    )
    blocks.append(Explanation("How continuing was judged", tuple(Paragraph(rule) for rule in rules)))
    return blocks


def _races(races: Sequence[RunRace]) -> Table:
    columns = (
        Column("raced"),
        Column("for"),
        Column("continuing costs, share of the loss", format="+.2%"),
        Column("then"),
        Column("CPU continued", "s", format=",.2f"),
        Column("CPU from scratch", "s", format=",.2f"),
    )
    rows = tuple(
        (
            date(race.at),
            race.version,
            Estimate(race.costs.estimate, race.costs.low, race.costs.high) if race.costs.known else None,
            "continued" if race.continued else "from scratch",
            race.continued_cpu_seconds,
            race.scratch_cpu_seconds,
        )
        for race in races
    )
    return Table(columns, rows, note="Each verdict rests on all races so far.")
