"""The page of one prediction leads to what `trimtab explain` tells of it."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent / "runtime"))

from explained_worlds import shop_answering

from trimtab import wiring
from trimtab.errors import TrimtabError
from trimtab.screens import Book, Means
from trimtab.screens.drawing import draw
from trimtab.screens.frame import Frame, to_page
from trimtab.screens.links import Links
from trimtab.screens.pages import explained as explained_page
from trimtab.units import days

LINKS = Links("/console", "live")


@pytest.fixture(scope="module")
def shop():
    with shop_answering() as found:
        yield found


@pytest.fixture
def opened():
    return []


@pytest.fixture
def book(shop, opened):
    def engine():
        opened.append("engine")
        return wiring.engine()

    means = Means(shop.home.blobs, engine, wiring.load)
    system = shop.system
    return Book("live", system.name, shop.home.ledger, shop.clock, system, "shop.py", means=means)


def page_of(book, *path, links=LINKS):
    return draw(book.view(), links, path, {}, acting=False)


def text_of(book, page):
    return to_page(page, Frame(book.view(), LINKS)).decode()


def test_a_prediction_leads_to_its_explanation_which_is_computed_once(book, opened):
    text = text_of(book, page_of(book, "predictions", "first"))
    assert "/console/live/predictions/first/explained" in text
    assert opened == [], "nothing is computed before somebody asks for it"
    for _ in range(2):
        page = page_of(book, "predictions", "first", "explained")
        titles = [part.title for part in page.parts]
        assert {"What moved the score", "Facts behind the features", "Label"} <= set(titles)
        assert "Its label is pending" in page.verdict
    assert opened == ["engine"]
    assert "TreeSHAP" in text_of(book, page) or "Shapley" in text_of(book, page)


def test_an_explanation_is_made_anew_once_the_label_is_known(book, shop, opened):
    page_of(book, "predictions", "strange", "explained")
    row = {"order": 1_000_002, "delivered": shop.clock.now(), "shop": "north", "hours_late": 3.0}
    asyncio.run(shop.service.take_facts("deliveries", [row]))
    shop.clock.advance(days(3))
    page = page_of(book, "predictions", "strange", "explained")
    assert "The label is" in page.verdict
    assert opened == ["engine", "engine"]


def test_a_page_does_not_wait_for_ever(book, monkeypatch):
    monkeypatch.setattr(explained_page, "SECONDS", 0.0)
    page = page_of(book, "predictions", "first", "explained")
    assert "Look again in a moment" in text_of(book, page)
    monkeypatch.undo()
    assert page_of(book, "predictions", "first", "explained").verdict


def test_a_large_record_is_left_to_the_command(book, monkeypatch, opened):
    monkeypatch.setattr(explained_page, "MOST_FACTS", 10)
    assert "trimtab explain shop.py first" in text_of(book, page_of(book, "predictions", "first"))
    assert page_of(book, "predictions", "first", "explained") is None
    assert opened == []


def test_files_and_records_without_models_name_the_command(book):
    for one, links in ((book, replace(LINKS, files=True)), (replace(book, means=None), LINKS)):
        page = draw(one.view(), links, ("predictions", "first"), {}, acting=False)
        assert "trimtab explain shop.py first" in text_of(one, page)
    assert page_of(replace(book, means=None), "predictions", "first", "explained") is None


def test_what_cannot_be_explained_says_why(book):
    def broken():
        raise TrimtabError("no room for an engine")

    without = replace(book, means=replace(book.means, engine=broken))
    page = page_of(without, "predictions", "first", "explained")
    text = text_of(without, page)
    assert "It cannot be explained: no room for an engine" in text
    assert "trimtab explain shop.py first" in text


def test_a_prediction_that_is_not_on_record_has_no_explanation(book):
    assert page_of(book, "predictions", "nothing", "explained") is None
