"""A result with a page prints it as text, and a notebook shows it as HTML."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from trimtab.finding import Finding, Severity
from trimtab.report import Document, FindingsList, Section
from trimtab.report.html import to_html
from trimtab.report.shown import Shown
from trimtab.report.terminal import to_text


@dataclass(frozen=True)
class Found(Shown):
    what: str

    def document(self) -> Document:
        section = Section("Findings", (FindingsList((Finding(self.what, Severity.WATCH),)),))
        return Document("Found", self.what, severity=Severity.WATCH, sections=(section,))


def test_what_is_printed_and_what_a_notebook_shows_are_the_same_page():
    found = Found("it is late")
    assert str(found) == to_text(found.document())
    assert found._repr_html_() == to_html(found.document())
    assert repr(found) == "Found(what='it is late')"


def test_a_result_without_a_page_cannot_be_made():
    class Nothing(Shown):
        pass

    with pytest.raises(TypeError, match="document"):
        Nothing()
