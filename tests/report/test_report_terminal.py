import io

import pytest
from report_demo import document
from rich.console import Console

from trimtab.finding import Finding, Severity
from trimtab.report import (
    Axis,
    Bar,
    BarChart,
    Code,
    Column,
    Document,
    Entry,
    Estimate,
    Explanation,
    FindingsList,
    Journal,
    KeyValues,
    LineChart,
    Mark,
    Paragraph,
    Section,
    Series,
    Table,
)
from trimtab.report.terminal import print_document, to_text

SMALL = Document(
    "flight-delay",
    "Wind at LGA is missing.",
    Severity.ACT,
    "Replay of 2013",
    (
        Section("Now", (KeyValues((("serving", "v47"), ("log loss", Estimate(0.45, 0.44, 0.46)))),)),
        Section(
            "Attention",
            (
                FindingsList(
                    (
                        Finding("Values agree", Severity.OK),
                        Finding(
                            "Wind is null",
                            Severity.ACT,
                            0,
                            0.5,
                            (0.25, 0.75),
                            action="Ask.",
                            evidence=("Seen.",),
                        ),
                    )
                ),
            ),
        ),
        Section(
            "Policies",
            (
                Paragraph("Scored before trained."),
                LineChart(
                    "Loss",
                    Axis("", kind="time"),
                    Axis("log loss", better="lower"),
                    (Series("never", range(8), (1, 2, 3, 4, None, 6, 7, 8)),),
                    (Mark(0, "page", "page"),),
                    command="trimtab replay f.py",
                ),
                Table(
                    (Column("policy"), Column("loss", format=".2f"), Column("cost", "EUR", format=",d")),
                    (
                        ("weekly", Estimate(0.45, 0.44, 0.46), 1200),
                        ("never", Estimate(0.48, 0.47, 0.49), 900),
                    ),
                    "Two policies",
                    "By days.",
                    0,
                    "recommended",
                ),
                BarChart("AUC", Axis("AUC", better="higher"), (Bar("a", 0.7),), format=".2f"),
                Explanation("How", (Code("mean(loss)"),)),
            ),
        ),
        Section("Decisions", (Journal((Entry(0, "refresh", "promoted", "gain 0.01"),)),)),
    ),
)
GOLDEN = """\
flight-delay
Replay of 2013
ACT      Wind at LGA is missing.

Now

serving   v47
log loss  0.4500 [0.4400, 0.4600]

Attention

ACT      Wind is null
         since     1970-01-01
         estimate  0.5000 [0.2500, 0.7500]
                   Seen.
         do        Ask.
OK       Values agree

Policies

Scored before trained.

Loss
log loss, lower is better
                 first  last  lowest  highest
─────────────────────────────────────────────
never  ▁▂▃▄ ▆▇█      1     8       1        8
1970-01-01 page
$ trimtab replay f.py

Two policies
   policy               loss  cost, EUR
───────────────────────────────────────
▸  weekly  0.45 [0.44, 0.46]      1,200
   never   0.48 [0.47, 0.49]        900
▸ recommended
By days.

AUC
AUC, higher is better
    AUC
───────
a  0.70

How
    mean(loss)

Decisions

when        decision  outcome   why
─────────────────────────────────────────
1970-01-01  refresh   promoted  gain 0.01
"""


def test_a_small_document_as_text():
    assert to_text(SMALL, 72) == GOLDEN


@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_no_line_is_wider_than_asked_and_no_digit_is_lost(width):
    text = to_text(document(), width)
    assert max(len(line) for line in text.splitlines()) <= width
    assert "\u2026" not in text
    for number in ("[0.4461, 0.4525]", "[\u22120.0006, +0.0010]", "214,590"):
        assert number in text


def test_a_very_narrow_table_becomes_lists():
    text = to_text(document(), 40, ["What retraining is worth"])
    assert "difference to best  +0.0018" in text


def test_sections_are_picked_by_title_or_anchor():
    text = to_text(SMALL, sections=["Now", "decisions"])
    assert "serving" in text
    assert "refresh" in text
    assert "Policies" not in text


def test_colours_are_for_terminals_only():
    written = io.StringIO()
    print_document(SMALL, Console(file=written, width=72, force_terminal=True, color_system="standard"))
    assert "\x1b[" in written.getvalue()
    assert "\x1b" not in to_text(SMALL)


def test_words_cannot_steer_the_terminal_nor_its_markup():
    text = to_text(Document("\x1b[2Jclear", "[bold]not bold[/bold] \x9b31m :smile:"))
    assert "\x1b" not in text
    assert "\x9b" not in text
    assert "[bold]not bold[/bold]" in text
    assert ":smile:" in text
