"""The console in a real browser: read, act, without scripts, on a phone, and with nothing from another host."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "screens"))

from console_worlds import (
    chained_book,
    console_of,
    released_book,
    replay_book,
    shown,
    watched_book,
    watching_book,
)

from trimtab.report.palette import COLOURS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
IMAGES = Path(__file__).parents[2] / "docs" / "images" / "console"
WANTED = "TRIMTAB_CONSOLE_SCREENSHOTS"
PAGES = {
    "overview": "/live",
    "decisions": "/live/decisions",
    "versions": "/live/versions",
    "version": "/released/versions/v2",
    "card": "/live/card/v2",
    "compare": "/live/compare?one=v1&other=v2",
    "features": "/released/features",
    "values": "/live/features",
    "predictions": "/live/predictions",
    "prediction": "/live/predictions/v2-7799",
    "explained": "/live/predictions/v2-7799/explained",
    "learned": "/chained/versions/v3",
    "watches": "/watching/releases",
    "incidents": "/live/incidents",
    "incident": "/live/incidents/i1",
    "releases": "/released/releases",
    "contracts": "/released/contracts",
    "loop": "/live/loop",
    "confirm": "/live/act/rollback/v1",
    "decline": "/released/act/decline/v3:canary",
    "time": "/replay-orders/time",
    "replay": "/replay-orders?at=2013-04-20",
}

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium; .ci/run installs it"),
    pytest.mark.xdist_group("browser"),
]


@pytest.fixture(scope="module")
def book():
    return watched_book()


@pytest.fixture(scope="module")
def released():
    return released_book()


@pytest.fixture(scope="module")
def address(book, released, tmp_path_factory):
    more = (replay_book(), chained_book(), watching_book())
    console = console_of(book, released, *more, folder=tmp_path_factory.mktemp("home"))
    with shown(console) as found:
        yield found


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield running
        running.close()


@pytest.fixture
def tab(browser):
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    yield page
    page.close()


SHIFTS = """() => new Promise(done => {
  let total = 0;
  new PerformanceObserver(list => { for (const each of list.getEntries()) total += each.value; })
    .observe({type: "layout-shift", buffered: true});
  setTimeout(() => done(total), 150);
})"""

FAULTS = """() => {
  const faults = [];
  const name = e => (e.getAttribute("aria-label") || e.textContent || e.value || e.getAttribute("title")
    || (e.labels && e.labels.length ? e.labels[0].innerText : "") || "").trim();
  for (const e of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary"))
    if (!e.hidden && !name(e)) faults.push("no name: " + e.outerHTML.slice(0, 80));
  for (const e of document.querySelectorAll("svg[role=img]"))
    if (!e.getAttribute("aria-label") && !e.getAttribute("aria-labelledby") && !e.querySelector("title"))
      faults.push("no name: " + e.outerHTML.slice(0, 80));
  let level = 0;
  for (const e of document.querySelectorAll("h1,h2,h3,h4")) {
    const now = Number(e.tagName[1]);
    if (now > level + 1) faults.push("heading skips from " + level + " to " + now + ": " + e.innerText);
    level = now;
  }
  if (document.querySelectorAll("h1").length !== 1) faults.push("not one h1");
  if (document.querySelectorAll("main").length !== 1) faults.push("not one main");
  if (!document.documentElement.lang) faults.push("no language");
  const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
  ids.filter((id, n) => ids.indexOf(id) !== n).forEach(id => faults.push("id twice: " + id));
  return faults;
}"""


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (390, "dark")])
def test_a_page_fits_asks_no_other_host_moves_nothing_and_names_its_controls(
    browser, address, name, width, scheme
):
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    requested, complaints = [], []
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    answer = page.goto(f"{address}{PAGES[name]}")
    host = address.removesuffix("/console")
    assert answer.status == 200
    assert len(answer.body()) < 300_000
    assert [url for url in requested if not url.startswith((host, "data:"))] == []
    assert complaints == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(FAULTS) == []
    assert page.evaluate(SHIFTS) <= 0.001, "a hundredth of what is called good"
    if os.environ.get(WANTED):
        picture(page, name if width > 500 else f"{name}-phone")
    page.close()


def picture(page, name):
    IMAGES.mkdir(parents=True, exist_ok=True)
    path = IMAGES / f"{name}.png"
    whole = page.evaluate("document.documentElement.scrollHeight")
    for height in (1500, 1200, 900, 600):
        clip = {"x": 0, "y": 0, "width": page.viewport_size["width"], "height": min(whole, height)}
        page.screenshot(path=path, clip=clip, full_page=True)
        if path.stat().st_size < 150_000:
            return
    raise AssertionError(f"{name} is too large a picture")


def test_a_prediction_is_explained_when_somebody_asks(tab, address):
    tab.goto(f"{address}/live/predictions/v2-7799")
    tab.get_by_role("link", name="Explain this prediction").click()
    assert "What each feature adds to the score" in tab.locator("#what-moved-the-score").inner_text()
    tab.locator("#what-moved-the-score summary").first.click()
    with tab.expect_download() as loading:
        tab.get_by_role("link", name="Download as CSV").first.click()
    assert len(Path(loading.value.path()).read_text().splitlines()) > 3


def test_a_replay_is_scrubbed_through_its_period(tab, address):
    tab.goto(f"{address}/replay-orders")
    assert "v4 would have answered" in tab.locator("#verdict").inner_text()
    assert "v4" in tab.locator("#now-serving").inner_text()
    tab.locator("input[type=date]").fill("2013-02-10")
    tab.get_by_role("button", name="Show").click()
    tab.wait_for_url(re.compile("at=2013-02-10"))
    assert "v2" in tab.locator("#now-serving").inner_text()
    assert "2013-02-10" in tab.locator("header").inner_text()
    assert "the end of the replayed period" in tab.locator("#replay").inner_text()
    # the instant is kept from page to page
    tab.get_by_role("link", name="Versions", exact=True).click()
    assert tab.locator("main .rows li").count() == 2


def test_the_numbers_of_a_chart_can_be_read_with_keys_brushed_and_taken_along(tab, address):
    tab.goto(f"{address}/replay-orders")
    chart = tab.locator("#performance svg.tt-chart").first
    chart.focus()
    tab.keyboard.press("ArrowRight")
    tip = tab.locator("#performance .tip").first
    assert "own" in tip.inner_text()
    box = chart.bounding_box()
    middle = box["y"] + box["height"] / 2
    tab.mouse.move(box["x"] + box["width"] * 0.3, middle)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] * 0.5, middle, steps=8)
    tab.mouse.up()
    scope = tab.locator("#performance .scope").first
    assert re.match(r"\d+ of \d+ rows", scope.inner_text())
    tab.locator("#performance summary").first.click()
    rows = tab.locator("#performance details.numbers tbody tr:visible").count()
    scope.click()
    assert tab.locator("#performance details.numbers tbody tr:visible").count() > rows
    with tab.expect_download() as loading:
        tab.get_by_role("link", name="Download as CSV").first.click()
    lines = Path(loading.value.path()).read_text().splitlines()
    assert lines[0].startswith("day,own,own low,own high")
    assert len(lines) > 10
    with tab.expect_download() as loading:
        tab.get_by_role("link", name="Download as Parquet").first.click()
    assert pq.read_table(loading.value.path()).num_rows == len(lines) - 1


def test_time_is_gone_through_by_links_alone_and_by_the_weeks_of_the_strip(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/replay-orders/time")
    page.get_by_role("link", name="30 days back").click()
    assert "at=2013-04-05" in page.url
    page.get_by_role("link", name="7 days back").click()
    assert "at=2013-03-29" in page.url
    page.get_by_role("link", name="Week to 2013-03-08").first.click(force=True)
    assert "at=2013-03-08" in page.url
    assert page.locator("#verdict .verdict.watch").count() == 1
    page.get_by_role("link", name="Versions", exact=True).click()
    assert page.locator("main .rows li").count() == 3
    context.close()


def test_the_slider_leads_to_its_day(tab, address):
    tab.goto(f"{address}/replay-orders/time")
    slider = tab.get_by_label("Day that is shown")
    slider.focus()
    with tab.expect_navigation():
        tab.keyboard.press("ArrowLeft")
    assert "at=2013-05-04" in tab.url


@pytest.mark.parametrize(("act", "words"), [("approve", "Approve"), ("decline", "Decline")])
def test_a_candidate_that_waits_is_let_on_or_turned_away(browser, address, released, act, words):
    context = browser.new_context(java_script_enabled=act == "approve")
    page = context.new_page()
    page.goto(f"{address}/released/releases")
    page.get_by_role("link", name=f"{words} the canary of v3").click()
    page.get_by_label("Who are you?").fill("Ada")
    page.get_by_label("Why?").fill(f"I {act} it")
    page.locator("button.sure").click()
    assert page.url.endswith("/released/releases")
    asked = [event for event in released.ledger.read_events("asked") if event.kind == act][-1]
    assert (asked.subject, asked.body["step"], asked.body["by"]) == ("v3", "canary", "Ada")
    page.goto(f"{address}/released/decisions")
    assert f"I {act} it (Ada, in the console)" in page.locator("main").inner_text()
    context.close()


def test_columns_that_changed_are_accepted(tab, address, released):
    tab.goto(f"{address}/released/contracts")
    assert "are not what they were" in tab.locator("#verdict").inner_text()
    tab.get_by_role("link", name="Accept the columns of orders").click()
    tab.get_by_label("Who are you?").fill("Ada")
    tab.get_by_label("Why?").fill("the shop writes units now")
    tab.locator("button.sure").click()
    tab.wait_for_url(re.compile("/released/contracts$"))
    assert "accepted by Ada" in tab.locator("main").inner_text()
    assert released.ledger.read_events("contracts")[-1].body["kinds"]["weight"] == "text"


def test_a_page_refreshes_itself_when_the_record_grows(tab, address, book):
    from trimtab.ports import Event

    tab.goto(f"{address}/live")
    tab.wait_for_timeout(1500)
    body = {"by": "Ada", "why": "a note that was just made"}
    book.ledger.append_events("people", [Event(book.clock.now(), "noted", "v2", body)])
    tab.locator("text=a note that was just made").wait_for(timeout=8000)


@pytest.mark.parametrize("script", [True, False])
def test_an_incident_is_taken_in_hand_with_and_without_scripts(browser, address, book, script):
    context = browser.new_context(java_script_enabled=script)
    page = context.new_page()
    page.goto(f"{address}/live/incidents")
    page.get_by_role("link", name="i1", exact=True).click()
    assert "Timeline" in page.locator("main").inner_text()
    act = "Somebody works on it" if script else "Be quiet for a while"
    page.get_by_role("link", name=act).click()
    page.get_by_label("Who are you?").fill("Ada")
    page.get_by_label("Why?").fill("looking at the deliveries" if script else "known until tomorrow")
    page.locator("button.sure").click()
    assert page.url.endswith("/incidents/i1")
    journal = page.locator("#timeline").inner_text()
    assert ("looking at the deliveries" if script else "known until tomorrow") in journal
    kinds = [event.kind for event in book.ledger.read_events("incidents")]
    assert ("acknowledged" if script else "snoozed") in kinds
    context.close()


def test_a_rollback_is_confirmed_and_on_record_with_who_and_why(tab, address, book):
    tab.goto(f"{address}/live")
    tab.get_by_role("link", name="Roll back to v1").click()
    assert "in place of v2" in tab.locator("main").inner_text()
    tab.locator("button.sure").click()
    assert tab.url.endswith("/act/rollback/v1"), "who and why are asked for"
    tab.get_by_label("Who are you?").fill("Ada")
    tab.get_by_label("Why?").fill("v2 errs on the north")
    tab.keyboard.press("Enter")
    tab.wait_for_url(re.compile("/live$"))
    assert "v1" in tab.locator("#now-serving").inner_text()
    said = [e for e in book.ledger.read_events("people") if e.kind == "rollback"][-1]
    assert (said.subject, said.body) == ("v1", {"by": "Ada", "why": "v2 errs on the north"})


def test_everything_reads_without_scripts(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/live")
    for name in ("Versions", "Features", "Incidents", "Releases", "Contracts", "Loop"):
        page.get_by_role("link", name=name, exact=True).first.click()
        assert page.locator("main").inner_text().strip()
    context.close()


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [0, 1])
@pytest.mark.parametrize(
    ("words", "paper"),
    [
        ("ink", "panel"),
        ("muted", "paper"),
        ("link", "paper"),
        ("act", "act-tint"),
        ("ink", "ok-tint"),
        ("ink", "watch-tint"),
        ("muted", "panel"),
        ("muted", "ok-tint"),
        ("muted", "act-tint"),
    ],
)
def test_words_stand_out_from_what_they_are_on(theme, words, paper):
    one, other = (luminance(COLOURS[role][theme]) + 0.05 for role in (words, paper))
    assert max(one, other) / min(one, other) >= 4.5
