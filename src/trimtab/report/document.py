"""The nouns of a page: a document, its sections and the blocks they hold."""

import dataclasses
from collections.abc import Iterable

from trimtab.finding import Fact, Finding, Severity
from trimtab.report.chart import BarChart, LineChart
from trimtab.report.table import KeyValues, Table


@dataclasses.dataclass(frozen=True)
class Paragraph:
    """Prose; no markup of any kind is read in it.

    >>> Paragraph("Labels arrive within two days.").text
    'Labels arrive within two days.'
    """

    text: str


@dataclasses.dataclass(frozen=True)
class FindingsList:
    """Verdicts, shown worst first.

    >>> FindingsList((Finding("all is well", Severity.OK),)).findings[0].severity
    <Severity.OK: 'OK'>
    """

    findings: tuple[Finding, ...]


@dataclasses.dataclass(frozen=True)
class Entry:
    """One decision of a journal: when (epoch microseconds), what, how it came out, and why.

    >>> Entry(0, "refresh", "promoted", "holds on 14 units").outcome
    'promoted'
    """

    at: int
    decision: str
    outcome: str = ""
    reason: str = ""
    evidence: tuple[Fact, ...] = ()


@dataclasses.dataclass(frozen=True)
class Journal:
    """Decisions in the order of time, each with evidence to unfold.

    >>> len(Journal((Entry(0, "first fit"),)).entries)
    1
    """

    entries: tuple[Entry, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "entries", tuple(sorted(self.entries, key=lambda entry: entry.at)))


@dataclasses.dataclass(frozen=True)
class Code:
    """Lines to be read as code or typed as a command.

    >>> Code("trimtab replay flights.py").text
    'trimtab replay flights.py'
    """

    text: str


@dataclasses.dataclass(frozen=True)
class Explanation:
    """How a number was computed; folded on a page until asked for.

    >>> Explanation("How the interval was computed", (Paragraph("By days."),)).blocks[0].text
    'By days.'
    """

    title: str
    blocks: "tuple[Paragraph | KeyValues | Table | Code, ...]"


Block = (
    Paragraph | KeyValues | Table | LineChart | BarChart | FindingsList | Journal | Explanation | Code
)  # fmt: skip
"""Anything that a section can hold."""


@dataclasses.dataclass(frozen=True)
class Section:
    """A titled run of blocks; `anchor` is its name in links, made from the title when empty.

    >>> Section("Label clock", ()).anchor
    'label-clock'
    """

    title: str
    blocks: tuple[Block, ...]
    anchor: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "anchor", slug(self.anchor or self.title))


@dataclasses.dataclass(frozen=True)
class Document:
    """A page: the verdict as one sentence with its severity, then sections.

    >>> Document("flight-delay", "Nothing to do.").severity
    <Severity.OK: 'OK'>
    """

    title: str
    verdict: str
    severity: Severity = Severity.OK
    subtitle: str = ""
    sections: tuple[Section, ...] = ()
    footer: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "sections", tuple(_unique_anchors(self.sections)))


def slug(text: str) -> str:
    """A name for links: lower case letters and digits of any script, joined by hyphens.

    >>> slug("What would be better?")
    'what-would-be-better'
    """
    words = "".join(letter if letter.isalnum() else " " for letter in text.lower()).split()
    return "-".join(words) or "section"


def _unique_anchors(sections: Iterable[Section]) -> Iterable[Section]:
    # the page keeps this one for itself
    taken = {"verdict"}
    for section in sections:
        anchor, copy = section.anchor, 1
        while anchor in taken:
            copy += 1
            anchor = f"{section.anchor}-{copy}"
        taken.add(anchor)
        yield section if anchor == section.anchor else dataclasses.replace(section, anchor=anchor)
