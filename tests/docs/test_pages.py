from pathlib import Path

import pytest
from docpages import DOCS, ROOT, anchors, blocks, links, pages, run

WRITTEN = [page for page in pages() if page.name != "tutorial.md"]
SERVED = ("serve.md", "explain.md", "parity.md", "requirements.md", "erase.md")
"""The guides that go on from each other, with a server running; test_serving.py runs them."""
RUNNABLE = [
    page
    for page in WRITTEN
    if {block.language for block in blocks(page)} & {"python", "console"} and page.name not in SERVED
]
LINKING = [
    *sorted(DOCS.rglob("*.md")),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
]
LINKING += sorted((ROOT / "changelog.d").glob("*.md"))


def name(page):
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", RUNNABLE, ids=name)
def test_every_page_prints_what_it_shows(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    run(page, tmp_path)


@pytest.mark.parametrize("page", LINKING, ids=name)
def test_every_relative_link_leads_somewhere(page):
    for link in links(page):
        if "://" in link:
            continue
        place, _, anchor = link.partition("#")
        target = (page.parent / place).resolve() if place else page
        assert target.exists(), f"{name(page)} links to {link}"
        if anchor:
            assert anchor in anchors(target), (
                f"{name(page)} links to {link}, but {target.name} has no such heading"
            )


def test_every_page_is_on_the_map():
    index = DOCS / "index.md"
    linked = {(index.parent / link.partition("#")[0]).resolve() for link in links(index)}
    unlisted = [name(page) for page in sorted(DOCS.rglob("*.md")) if page not in linked and page != index]
    assert not unlisted


def test_every_explanation_names_its_chapter():
    for page in sorted((DOCS / "explanation").glob("*.md")):
        text = " ".join(page.read_text(encoding="utf-8").split())
        assert "Designing Machine Learning Systems" in text, name(page)


def test_every_benchmark_result_is_linked():
    page = DOCS / "benchmarks.md"
    linked = {(page.parent / link).resolve() for link in links(page)}
    results = sorted((ROOT / "benchmarks").rglob("RESULTS.md"))
    assert not [name(result) for result in results if result not in linked]


def test_every_fragment_has_a_known_category():
    known = {"added", "changed", "fixed", "predictions"}
    for path in sorted((ROOT / "changelog.d").iterdir()):
        if path.name != "README.md":
            assert path.name.endswith(tuple(f".{category}.md" for category in known)), path.name
            assert path.read_text(encoding="utf-8").strip(), path.name


def test_pages_name_no_folder_of_a_single_machine():
    for page in LINKING:
        text = Path(page).read_text(encoding="utf-8")
        assert not [root for root in ("/home/", "/root/", "/Users/") if root in text], name(page)
