"""The console over HTTP: what is shown to whom, and what is done."""

from __future__ import annotations

import asyncio
import csv
import html
import io
import json
import re
from urllib.parse import parse_qsl, urlencode

import pyarrow.parquet as pq
import pytest
from console_worlds import DAY, FIRST, acts_of, chained_book, released_book, replay_book, watching_book

from orders import orders_system, orders_tables
from trimtab.errors import UsageError
from trimtab.finding import Finding, Severity
from trimtab.monitoring.incidents import Alert, incidents_of, step
from trimtab.ports import Event
from trimtab.runtime.watching.telling import record
from trimtab.screens import Acts, Book, Console, Mounted, Sessions, write_pages
from trimtab.screens.app import Asked
from trimtab.serving.http.keys import KeyRing, add_key
from trimtab.testing import ManualClock, MemoryLedger

NOW = FIRST + 100 * DAY


class Browser:
    """Calls a console as a browser would: it keeps its cookie and follows nothing by itself."""

    def __init__(self, console, host="127.0.0.1:8000"):
        self.console, self.host, self.cookie = console, host, ""

    def call(self, method, path, form=None, **headers):
        address, _, query = path.partition("?")
        given = {"host": self.host, "cookie": self.cookie, **headers}
        scope = {
            "type": "http",
            "method": method,
            "path": address,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        }
        sent = []
        body = urlencode(form or {}).encode()

        async def receive():
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message):
            sent.append(message)

        asyncio.run(self.console(scope, receive, send))
        found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        if "set-cookie" in found:
            self.cookie = found["set-cookie"].partition(";")[0]
        return sent[0]["status"], b"".join(each["body"] for each in sent[1:]).decode(), found

    def raw(self, method, path):
        """The bytes of an answer, for what is no text."""
        address, _, query = path.partition("?")
        headers = [(b"host", self.host.encode()), (b"cookie", self.cookie.encode())]
        asked = Asked(method, tuple(address.split("/")[2:]), dict(parse_qsl(query)), {}, dict(headers), NOW)
        return self.console.answer(asked).body

    def form(self, path, **fields):
        """Open the page of an act and send its form."""
        page = self.call("GET", path)[1]
        token = re.search(r'name="token" value="([^"]*)"', page)
        return self.call("POST", path, {"token": token.group(1) if token else "", **fields})


def live_book():
    ledger = MemoryLedger()
    for name, day in (("v1", 1), ("v2", 50)):
        body = {"name": name, "as_of": FIRST + day * DAY, "rows": 900, "features": ["weight"], "recipe": name}
        ledger.append_events("versions", [Event(FIRST + day * DAY, "trained", name, body)])
        ledger.append_events("versions", [Event(FIRST + day * DAY + 1, "activated", name, {})])
    finding = Finding("loses <b>more</b>", Severity.ACT, cause="the world", action="look", owner="ops")
    record(ledger, step((), Alert("realised", finding, at=NOW - DAY), now=NOW - DAY)[1])
    system = orders_system(orders_tables(rows=50, length_days=3))
    return Book("live", "late-orders", ledger, ManualClock(NOW), system, "system.py")


def console_with(book, folder, *more, everyone=True, acts=None):
    sessions = Sessions(KeyRing(folder / "keys.json"), b"s" * 32, everyone=everyone)
    return Console(lambda: (book, *more), book.clock, sessions=sessions, acts=acts or acts_of(book))


@pytest.fixture
def book():
    return live_book()


@pytest.fixture
def browser(book, tmp_path):
    return Browser(console_with(book, tmp_path))


PAGES = ["", "/decisions", "/versions", "/versions/v1", "/features", "/predictions", "/incidents", "/loop"]
MORE = ["/incidents/i1", "/releases", "/contracts", "/compare?one=v1&other=v2", "/act/rollback/v1"]


@pytest.mark.parametrize("page", [*PAGES, *MORE])
def test_every_page_is_there_escaped_and_guarded(browser, page):
    status, text, headers = browser.call("GET", f"/console/live{page}")
    assert status == 200
    assert "<b>more</b>" not in text
    assert "script-src 'self'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"


def test_what_is_not_there_is_not_found(browser):
    for page in (
        "/versions/v9",
        "/incidents/i9",
        "/predictions/no",
        "/nothing",
        "/act/rollback/v9",
        "/act/x/v1",
    ):
        assert browser.call("GET", f"/console/live{page}")[0] == 404
    assert browser.call("GET", "/console/other")[0] == 404


def test_the_verdict_is_the_open_incident_with_what_to_do(browser):
    text = browser.call("GET", "/console/live")[1]
    assert 'class="verdict act"' in text
    assert "incident i1 (open): loses" in text
    assert "the world" in text


def test_the_past_is_shown_as_it_was_and_not_acted_in(browser):
    text = browser.call("GET", "/console/live?at=2013-02-10")[1]
    assert "v1 answers" in text
    assert "incident i1" not in text
    assert "/act/" not in text
    assert "data-events" not in text
    _, text, _ = browser.call("GET", "/console/live/act/rollback/v1?at=2013-02-10")
    assert 'name="token"' not in text


def test_a_rollback_is_on_record_with_who_and_why_before_it_is_done(book, browser):
    status, _, headers = browser.form("/console/live/act/rollback/v1", by="Ada", why="v2 is wrong")
    assert (status, headers["location"]) == (303, "/console/live")
    (said,) = book.ledger.read_events("people")
    assert (said.kind, said.subject, said.body) == ("rollback", "v1", {"by": "Ada", "why": "v2 is wrong"})
    assert book.ledger.read_events("versions")[-1].subject == "v1"
    assert "v2 is wrong (Ada, in the console)" in browser.call("GET", "/console/live/decisions")[1]


def test_an_act_without_who_or_why_is_asked_for_again(book, browser):
    status, text, _ = browser.form("/console/live/act/rollback/v1", by="Ada", why="  ")
    assert status == 409
    assert "who and why" in text
    assert book.ledger.read_events("people") == []


def test_what_cannot_be_done_is_told_and_on_record(book, tmp_path):
    def refuse(name, by, why):
        raise UsageError(f"{name} breaks a requirement")

    browser = Browser(console_with(book, tmp_path, acts=Acts(refuse)))
    status, text, _ = browser.form("/console/live/act/activate/v1", by="Ada", why="try")
    assert status == 409
    assert "v1 breaks a requirement" in text
    assert [event.kind for event in book.ledger.read_events("people")] == ["activate", "not done"]


def test_with_a_loop_on_record_it_is_the_loop_that_is_asked(book, browser):
    book.ledger.append_events("loop", [Event(NOW - 5, "failed", "v3", {"problem": "too few rows"})])
    browser.form("/console/live/act/rollback/v1", by="Ada", why="v2 is wrong")
    browser.form("/console/live/act/activate/v1", by="Ada", why="it is better")
    asked = book.ledger.read_events("asked")
    assert [(event.kind, event.subject) for event in asked] == [("roll back", "v2"), ("promote", "v1")]
    assert (asked[0].body["reason"], asked[0].body["by"]) == ("v2 is wrong", "Ada")
    assert book.ledger.read_events("versions")[-1].subject == "v2"
    assert "The loop is asked to roll back v2" in browser.call("GET", "/console/live/act/rollback/v1")[1]


@pytest.mark.parametrize("act", ["approve", "decline"])
def test_a_step_of_a_candidate_is_approved_or_declined_through_the_loop(book, browser, act):
    status, _, headers = browser.form(f"/console/live/act/{act}/v3:canary", by="Ada", why="I looked")
    assert (status, headers["location"]) == (303, "/console/live/releases")
    (asked,) = book.ledger.read_events("asked")
    assert (asked.kind, asked.subject, asked.body["step"]) == (act, "v3", "canary")
    assert (asked.body["by"], asked.body["reason"]) == ("Ada", "I looked")


def taken_in(at, **kinds):
    return Event(at, "taken in", "orders", {"facts": 5, "excluded": {}, "kinds": kinds})


def test_columns_that_changed_are_a_difference_to_accept(book, browser):
    book.ledger.append_events("sources", [taken_in(NOW - 9 * DAY, shop="text", weight="number")])
    assert "/act/accept" not in browser.call("GET", "/console/live/contracts")[1]
    assert browser.call("GET", "/console/live/act/accept/orders")[0] == 404
    book.ledger.append_events("sources", [taken_in(NOW - 2 * DAY, shop="text", weight="text")])
    text = browser.call("GET", "/console/live/contracts")[1]
    assert "The columns of orders are not what they were." in text
    status, *_ = browser.form("/console/live/act/accept/orders", by="Ada", why="the shop writes units now")
    assert status == 303
    (said,) = book.ledger.read_events("contracts")
    assert said.body == {
        "kinds": {"shop": "text", "weight": "text"},
        "by": "Ada",
        "why": "the shop writes units now",
    }
    text = browser.call("GET", "/console/live/contracts")[1]
    assert "accepted by Ada" in text
    assert "are not what they were" not in text
    assert "/act/accept" not in text
    # as it stood the day before, it was still open
    assert "are not what they were" in browser.call("GET", "/console/live/contracts?at=2013-04-14")[1]


@pytest.mark.parametrize(
    ("act", "state"),
    [("working", "acknowledged"), ("fixed", "resolved"), ("benign", "resolved"), ("snooze", "open")],
)
def test_an_incident_is_answered(book, browser, act, state):
    status, _, headers = browser.form(f"/console/live/act/{act}/i1", by="Ada", why="seen", hours="24")
    assert (status, headers["location"]) == (303, "/console/live/incidents/i1")
    (one,) = incidents_of(book.ledger.read_events("incidents"))
    assert one.state == state
    assert one.snoozed_until == (NOW + DAY if act == "snooze" else None)


def test_a_form_without_the_token_of_its_session_does_nothing(book, browser):
    browser.call("GET", "/console/live")
    fields = {"by": "Eve", "why": "x"}
    assert browser.call("POST", "/console/live/act/rollback/v1", fields)[0] == 403
    stranger = Browser(browser.console)
    assert stranger.call("POST", "/console/live/act/rollback/v1", fields)[0] == 401
    status, *_ = browser.call("POST", "/console/live/act/rollback/v1", fields, origin="http://evil.example")
    assert status == 403
    assert book.ledger.read_events("people") == []


def test_without_keys_a_strange_host_name_is_refused(browser):
    browser.host = "evil.example"
    assert browser.call("GET", "/console/live")[0] == 403


def test_with_keys_nobody_looks_without_one_and_only_an_admin_acts(book, tmp_path):
    reader = add_key(tmp_path / "keys.json", "reader", ["predict"], now=NOW)
    admin = add_key(tmp_path / "keys.json", "ops", ["admin"], now=NOW)
    console = console_with(book, tmp_path)
    nobody, looks, acts = Browser(console), Browser(console), Browser(console)
    status, text, _ = nobody.call("GET", "/console/live")
    assert status == 401
    assert "late-orders" not in text
    assert nobody.call("POST", "/console/sign-in", {"key": "tt_no"})[0] == 401
    assert looks.call("POST", "/console/sign-in", {"key": reader})[0] == 303
    assert "/act/" not in looks.call("GET", "/console/live")[1]
    assert acts.call("POST", "/console/sign-in", {"key": admin})[0] == 303
    token = re.search(
        r'name="token" value="([^"]*)"', acts.call("GET", "/console/live/act/rollback/v1")[1]
    ).group(1)
    assert looks.call("POST", "/console/live/act/rollback/v1", {"token": token, "why": "x"})[0] == 403
    assert (
        acts.call("POST", "/console/live/act/rollback/v1", {"token": token, "why": "x", "by": "Eve"})[0]
        == 303
    )
    (said,) = book.ledger.read_events("people")
    assert said.body["by"] == "ops", "a key has a name, which no form overrules"


def test_a_record_alone_is_only_for_looking(book):
    browser = Browser(Console(lambda: (book,), book.clock))
    assert browser.call("GET", "/console")[2]["location"] == "/console/live"
    assert "/act/" not in browser.call("GET", "/console/live")[1]
    assert browser.call("POST", "/console/live/act/rollback/v1", {"by": "Ada", "why": "x"})[0] == 403
    assert browser.call("PUT", "/console/live")[0] == 405


def test_several_records_are_listed_and_a_replay_is_never_acted_on(book, tmp_path):
    browser = Browser(console_with(book, tmp_path, replay_book()))
    text = browser.call("GET", "/console/")[1]
    assert "/console/replay-orders" in text
    assert "/console/live" in text
    assert "/act/" not in browser.call("GET", "/console/replay-orders")[1]
    assert browser.form("/console/replay-orders/act/rollback/v1", by="Ada", why="x")[0] in {403, 404}


def test_head_is_answered_without_a_body(browser):
    status, text, headers = browser.call("HEAD", "/console/live")
    assert (status, text) == (200, "")
    assert int(headers["content-length"]) > 1000


def test_only_the_consoles_paths_go_to_it():
    went = []

    def application(name):
        async def call(scope, receive, send):
            went.append(name)

        return call

    mounted = Mounted(application("server"), application("console"))
    for path in ("/console", "/console/live", "/consoles", "/predict"):
        asyncio.run(mounted({"type": "http", "path": path}, None, None))
    asyncio.run(mounted({"type": "lifespan"}, None, None))
    assert went == ["console", "console", "server", "server", "server"]


@pytest.mark.parametrize("kind", ["live", "replay"])
def test_the_same_pages_are_files_that_lead_to_one_another(kind, book, tmp_path):
    files = write_pages(book if kind == "live" else replay_book(), tmp_path / "pages")
    names = {path.name for path in files}
    assert {"index.html", "versions.html", "versions-v2.html", "loop.html"} <= names
    for path in files:
        text = path.read_text()
        links = set(re.findall(r'href="([^"#:?]+\.html)"', text))
        assert links <= names
        assert "<script" not in text
        assert "<form" not in text
        assert len(text) < 300_000


@pytest.fixture
def released(tmp_path):
    return Browser(console_with(released_book(), tmp_path))


def test_a_replay_is_shown_day_by_day_and_leads_on_without_a_script(tmp_path):
    browser = Browser(console_with(replay_book(), tmp_path))
    _, text, _ = browser.call("GET", "/console/replay-orders/time?at=2013-03-12")
    assert 'class="verdict watch"' not in text
    assert "never pages" not in text, "the page of the ghost came four days later"
    assert "?at=2013-03-13" in text
    assert "?at=2013-03-19" in text
    assert "?at=2013-02-10" in text
    _, later, _ = browser.call("GET", "/console/replay-orders/time")
    assert "never pages" in later
    assert "fresh model, fitted weekly" in later
    assert later.count('class="week"') >= 2 * 17
    assert browser.call("GET", "/console/replay-orders/time?at=2013-01-01")[0] == 200


def test_a_live_record_has_no_page_of_a_replays_time(browser):
    assert browser.call("GET", "/console/live/time")[0] == 404
    assert ">Time<" not in browser.call("GET", "/console/live")[1]


def test_a_replay_from_before_its_monitors_were_recorded_says_so(tmp_path):
    browser = Browser(console_with(replay_book(told=False), tmp_path))
    _, text, _ = browser.call("GET", "/console/replay-orders/time")
    assert "NOT RUN" in text
    assert "replay it again" in text
    _, text, _ = browser.call("GET", "/console/replay-orders")
    assert "replay it again" in text
    assert "realised" in text, "its predictions and labels are there all the same"


def test_an_incident_of_a_replay_is_shown_while_it_was_open_and_after(tmp_path):
    browser = Browser(console_with(replay_book(), tmp_path))
    assert "open" in browser.call("GET", "/console/replay-orders/incidents/i1?at=2013-03-12")[1]
    assert "resolved: recovered" in browser.call("GET", "/console/replay-orders/incidents/i1")[1]
    assert browser.call("GET", "/console/replay-orders/incidents/i1?at=2013-02-12")[0] == 404


def charts_of(text):
    return sorted(set(re.findall(r'href="([^"]*rows=[^"]*kind=(?:csv|parquet))"', text)))


def test_the_rows_behind_every_chart_are_there_as_csv_and_as_parquet_and_are_the_same(tmp_path):
    browser = Browser(console_with(replay_book(), tmp_path))
    text = browser.call("GET", "/console/replay-orders")[1]
    links = [html.unescape(each) for each in charts_of(text)]
    assert len(links) == 2 * text.count("<figcaption>") > 4
    for csv_link, parquet_link in zip(links[::2], links[1::2], strict=True):
        status, rows, headers = browser.call("GET", csv_link)
        assert (status, headers["content-type"]) == (200, "text/csv; charset=utf-8")
        assert headers["content-disposition"].endswith('.csv"')
        table = pq.read_table(io.BytesIO(browser.raw("GET", parquet_link)))
        heads, *lines = list(csv.reader(rows.splitlines()))
        assert len(lines) == len(table)
        assert [head or "name" for head in heads] == [
            name for name in table.column_names if name in (*heads, "name")
        ]
        for name in table.column_names[1:]:
            column = lines and [line[heads.index(name)] for line in lines if name in heads]
            told = [value for value in column if value]
            assert [float(each) for each in told] == pytest.approx(
                [each for each in table[name].to_pylist() if each is not None] if told else [], rel=1e-5
            )
        field = table.schema.field(1)
        assert field.metadata[b"measures"]
    assert browser.call("GET", "/console/replay-orders?rows=nothing&kind=csv")[0] == 404
    assert browser.call("GET", links[0].replace("kind=csv", "kind=exe"))[0] == 404


def test_what_features_are_worth_comes_from_the_evaluation_on_record(released):
    text = released.call("GET", "/console/released/features")[1]
    assert "The top 2 features carry 100 % of importance" in text
    assert "Importance: the log loss that rises when a feature is shuffled" in text
    assert "not on record yet" in released.call("GET", "/console/released/features?at=2024-03-20")[1]


def test_a_version_shows_its_evaluation_and_what_asks_for_something(released):
    text = released.call("GET", "/console/released/versions/v2")[1]
    assert "weak slice: it loses more where shop = north" in text
    assert "1 of 30 checks asks for a look." in text
    assert "it is one" not in text
    assert "An evaluation: not on record yet" in released.call("GET", "/console/released/versions/v1")[1]


def test_a_candidate_that_waits_can_be_let_on_or_turned_away(released):
    text = released.call("GET", "/console/released/releases")[1]
    assert "Approve the canary of v3" in text
    assert "Decline the canary of v3" in text
    assert "n = 13 looks" in text
    past = released.call("GET", "/console/released/releases?at=2024-03-20")[1]
    assert "/act/" not in past
    assert "trimtab decline SYSTEM v3" in past


def test_every_version_in_reverse_shadow_is_shown_with_its_own_evidence(tmp_path):
    browser = Browser(console_with(watching_book(), tmp_path))
    text = browser.call("GET", "/console/watching/releases")[1]
    table = text.partition('id="in-reverse-shadow"')[2].partition("</section>")[0]
    assert re.findall(r">(v\d)<", table) == ["v1", "v2", "v2", "v3"], "each with the version that replaced it"
    titles = re.findall(r"Evidence of [^<]*", text)
    assert set(titles) == {"Evidence of v3 against v1", "Evidence of v3 against v2"}
    assert text.count("n = 3 looks") == 1
    assert text.count("n = 2 looks") == 1
    before = browser.call("GET", "/console/watching/releases?at=2013-01-06")[1]
    assert "against v2" not in before


def test_a_version_tells_how_it_learned_and_what_its_race_showed(tmp_path):
    browser = Browser(console_with(chained_book(), tmp_path))
    first, second, third = (
        browser.call("GET", f"/console/chained/versions/{name}")[1] for name in ("v1", "v2", "v3")
    )
    assert "How it learned" not in first, "its system continued no versions yet"
    assert "A fit from scratch: the first of its chain." in second
    assert "no version answers that could be continued" in second
    learned = html.unescape(third.partition('id="how-it-learned"')[2].partition("</section>")[0])
    assert '<a href="/console/chained/versions/v2">v2</a> by leaf refit, 1 update after a fit' in learned
    assert "1.15 s less, 24 times cheaper" in learned
    assert "within 1.0%: the chain goes on" in learned
    assert "n = 1,200 rows of 12 days" in learned
    rows = browser.raw("GET", html.unescape(charts_of(third)[0])).decode().splitlines()
    assert len(rows) == 13
    assert [float(each) for each in rows[1].split(",")[1:3]] == pytest.approx([0.5, 0.49])


def test_nothing_secret_is_in_any_page_or_header(tmp_path):
    key = add_key(tmp_path / "keys.json", "ops", ["admin"], now=NOW)
    browser = Browser(console_with(live_book(), tmp_path))
    browser.call("POST", "/console/sign-in", {"key": key})
    kept = json.loads((tmp_path / "keys.json").read_text())
    hashes = [each["sha256"] for each in (kept["keys"] if isinstance(kept, dict) else kept)]
    session = browser.cookie.partition("=")[2]
    for page in (*PAGES, *MORE):
        _, text, headers = browser.call("GET", f"/console/live{page}")
        told = text + json.dumps({name: value for name, value in headers.items() if name != "set-cookie"})
        for secret in (key, session, "s" * 32, str(tmp_path), *hashes):
            assert secret not in told
