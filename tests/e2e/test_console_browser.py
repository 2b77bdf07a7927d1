"""The console in a real browser: read, act, without scripts, on a phone, and with nothing from another host."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "console"))

from console_worlds import console_of, replay_book, shown, watched_book

from trimtab.report.palette import COLOURS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
IMAGES = Path(__file__).parents[2] / "docs" / "images" / "console"
WANTED = "TRIMTAB_CONSOLE_SCREENSHOTS"
PAGES = {
    "overview": "",
    "decisions": "/decisions",
    "versions": "/versions",
    "version": "/versions/v2",
    "compare": "/compare?one=v1&other=v2",
    "features": "/features",
    "predictions": "/predictions",
    "incidents": "/incidents",
    "incident": "/incidents/i1",
    "releases": "/releases",
    "contracts": "/contracts",
    "loop": "/loop",
    "confirm": "/act/rollback/v1",
}

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium; .ci/run installs it"),
    pytest.mark.xdist_group("browser"),
]


@pytest.fixture(scope="module")
def book():
    return watched_book()


@pytest.fixture(scope="module")
def address(book, tmp_path_factory):
    console = console_of(book, replay_book(), folder=tmp_path_factory.mktemp("home"))
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
    answer = page.goto(f"{address}/live{PAGES[name]}")
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


def test_a_replay_is_scrubbed_through_its_period(tab, address):
    tab.goto(f"{address}/replay-orders")
    assert "v4 would have answered" in tab.locator("#verdict").inner_text()
    if os.environ.get(WANTED):
        picture(tab, "replay")
    tab.locator("input[type=date]").fill("2013-02-10")
    tab.get_by_role("button", name="Show").click()
    tab.wait_for_url(re.compile("at=2013-02-10"))
    shown_then = tab.locator("#verdict").inner_text()
    assert "v2 would have answered" in shown_then
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
    assert "realised" in tip.inner_text()
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
    assert lines[0] == "day,realised,realised low,realised high"
    assert len(lines) > 10


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
