"""The report in a real browser: it fits, it reads without scripts, and it asks nobody for anything."""

from __future__ import annotations

import shutil

import pytest

import trimtab as tt
from orders import orders_system, orders_tables

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium; .ci/run installs it"),
    pytest.mark.xdist_group("browser"),
]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    system = orders_system(orders_tables(rows=2500, length_days=160))
    done = tt.replay(
        system, policies=["monthly", "weekly-expanding", "weekly-60-days"], home=folder, processes=1
    )
    path = folder / "report.html"
    from trimtab.report import to_html
    from trimtab.runtime.replay.page import page

    path.write_text(to_html(page(done)), encoding="utf-8")
    return path, done


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield running
        running.close()


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (1200, "dark"), (390, "light")])
def test_it_fits_and_loads_nothing(browser, report, width, scheme):
    path, done = report
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    requested, complaints = [], []
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path.as_uri())
    assert requested == [path.as_uri()]
    assert complaints == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shown = page.locator("body").inner_text()
    assert done.sentence[:40] in " ".join(shown.split())
    visible = [chart.is_visible() for chart in page.locator("svg[role=img]").all()]
    assert sum(visible) >= 5, "the charts of this width"
    page.close()


def test_details_open_with_the_keyboard(browser, report):
    page = browser.new_page()
    page.goto(report[0].as_uri())
    details = page.locator("details").first
    assert details.get_attribute("open") is None
    details.locator("summary").focus()
    page.keyboard.press("Enter")
    assert details.get_attribute("open") is not None
    page.close()


def test_it_prints_to_paper(browser, report, tmp_path):
    page = browser.new_page()
    page.goto(report[0].as_uri())
    page.pdf(path=tmp_path / "report.pdf", format="A4")
    assert (tmp_path / "report.pdf").stat().st_size > 20_000
    page.close()
