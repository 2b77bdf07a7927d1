import html.parser
import re
import urllib.parse

import pytest
from report_demo import document

from trimtab.finding import Finding, Severity
from trimtab.report import (
    Axis,
    Code,
    Column,
    Document,
    Entry,
    Explanation,
    FindingsList,
    Journal,
    KeyValues,
    LineChart,
    Paragraph,
    Section,
    Series,
    Table,
    to_fragment,
    to_html,
)

VOID = {"meta", "link", "br"}
EITHER = VOID | {"line", "path", "rect", "circle"}
EVIL = '</style></title><script src="//evil">alert(1)</script><img src=x onerror=1>\'"&\x1b\x00'


class Page(html.parser.HTMLParser):
    """Every tag with its attributes, and whether tags are closed in order."""

    def __init__(self, text):
        super().__init__()
        self.found, self.open, self.words = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        assert tag in EITHER, f"{tag} cannot close in itself"
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    def values(self, name):
        return [attrs[name] for _, attrs in self.found if name in attrs]


@pytest.fixture(scope="module")
def text():
    return to_html(document())


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def test_the_page_asks_no_host_for_anything(page, text):
    assert page.values("src") == []
    assert all(link.startswith(("#", "data:text/csv")) for link in page.values("href"))
    assert not re.search(r"url\(|@import|<script|<link|<iframe|<object|srcset", text)
    # names of formats look like addresses, but nothing is loaded from them
    assert set(re.findall(r'https?://[^"<\s]+', text)) == {"http://www.w3.org/2000/svg"}


def test_the_browser_is_told_to_refuse_any_request(page):
    (policy,) = [attrs["content"] for _, attrs in page.found if "http-equiv" in attrs]
    assert "default-src 'none'" in policy
    assert "http" not in policy


def test_every_tag_is_closed_in_order(page):
    assert page.open == []


def test_a_page_of_twelve_sections_is_small(text):
    assert len(document().sections) == 12
    assert len(text.encode()) < 300_000


def test_the_verdict_comes_before_everything_else(text):
    places = [text.index(mark) for mark in ('id="verdict"', "<nav", "<main", "<section", "<footer")]
    assert places == sorted(places)
    assert "<title>ACT: flight-delay</title>" in text


def test_the_contents_lead_to_every_section(page):
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    targets = {link[1:] for link in page.values("href") if link.startswith("#")}
    assert targets == set(ids)


def test_what_scrolls_can_be_reached_by_keyboard(page):
    assert all(attrs.get("tabindex") == "0" for _, attrs in page.found if attrs.get("class") == "scroll")
    assert all(attrs.get("tabindex") == "0" for tag, attrs in page.found if tag == "pre")


def test_drawings_have_a_role_and_numbers_a_table(page):
    drawings = [attrs for tag, attrs in page.found if tag == "svg"]
    assert len(drawings) == 2 * 9
    assert all(attrs["role"] == "img" for attrs in drawings)
    assert sum(attrs.get("class") == "numbers" for _, attrs in page.found) == 9


def test_numbers_can_be_taken_along(page):
    first = next(link for link in page.values("href") if link.startswith("data:"))
    rows = urllib.parse.unquote(first.partition(",")[2]).splitlines()
    assert rows[0].startswith('time,"every 7 days, expanding","every 7 days, expanding low"')
    assert rows[1].startswith("2013-02-06,0.449")
    assert len(rows) == 48


def test_the_page_reads_on_paper_in_the_dark_and_on_phones(text):
    assert "@media print" in text
    assert "details::details-content{content-visibility:visible" in text
    assert "@media screen and (prefers-color-scheme:dark)" in text
    assert "@media (max-width:40rem)" in text
    assert "prefers-color-scheme" not in to_html(document(), "light")
    assert "color-scheme:dark" in to_html(document(), "dark")


def test_findings_stand_worst_first(page):
    pills = [
        attrs["class"].split()[1] for _, attrs in page.found if attrs.get("class", "").startswith("pill ")
    ]
    assert pills == ["act", "act", "watch", "not-run", "info", "ok", "ok"]


def test_the_recommended_row_says_so_in_words(text):
    assert text.count('<tr class="best"') == 2
    assert '<span class="chip">recommended</span>' in text


def test_nothing_given_becomes_markup():
    blocks = (
        Paragraph(EVIL),
        KeyValues(((EVIL, EVIL),)),
        Table((Column(EVIL, EVIL, explanation=EVIL),), ((EVIL,),), EVIL, EVIL, 0, EVIL),
        LineChart(EVIL, Axis(EVIL), Axis(EVIL), (Series(EVIL, (0,), (1,)),), note=EVIL, command=EVIL),
        FindingsList(
            (Finding(EVIL, Severity.ACT, cost=EVIL, cause=EVIL, owner=EVIL, action=EVIL, evidence=(EVIL,)),)
        ),
        Journal((Entry(0, EVIL, EVIL, EVIL, ((EVIL, EVIL),)),)),
        Explanation(EVIL, (Code(EVIL),)),
    )
    text = to_html(Document(EVIL, EVIL, Severity.OK, EVIL, (Section(EVIL, blocks),), EVIL))
    page = Page(text)
    tags = {tag for tag, _ in page.found}
    assert tags.isdisjoint({"script", "img"})
    assert not any(name.startswith("on") for _, attrs in page.found for name in attrs)
    assert "\x1b" not in text
    assert "\x00" not in text


def test_an_empty_page_is_a_page():
    blocks = (FindingsList(()), Journal(()), KeyValues(()), Table((), ()))
    page = Page(to_html(Document("a", "b", sections=(Section("c", blocks),))))
    assert page.open == []
    assert "No findings." in page.words
    assert "No decisions yet." in page.words


def test_the_same_document_gives_the_same_bytes():
    assert to_html(document()) == to_html(document())


def test_a_fragment_brings_its_style_and_touches_nothing_else():
    text = to_fragment(document())
    style = text[text.index("<style>") + 7 : text.index("</style>")]
    flat = re.sub(r"@media[^{]*\{", "", style)
    selectors = [one for group in re.findall(r"([^{}]+)\{", flat) for one in group.split(",")]
    assert all(one.strip().startswith(".tt") for one in selectors)
