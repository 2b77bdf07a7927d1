"""Sinks against real receivers on this machine: an HTTP server and an SMTP server."""

import email
import email.policy
import http.server
import json
import logging
import re
import socket
import socketserver
import threading
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from trimtab.adapters.sinks import SinkError, sender
from trimtab.adapters.sinks import posting as posting_module
from trimtab.adapters.sinks.webhook import slack
from trimtab.declare.sinks import Alertmanager, Email, Log, Webhook
from trimtab.finding import Finding, Severity
from trimtab.monitoring.incidents import Acknowledge, Alert, Clear, step
from trimtab.monitoring.message import message_of
from trimtab.units import days

DAY = days(1).microseconds
START = 1_364_864_460_000_000
SECRET = "T0-hunter2"  # noqa: S105  # to be looked for where it must not be
VARIABLE = "env:SMTP_PASSWORD"
WORSE = Finding(
    "the loss is <b>0.05</b> & more higher",
    Severity.ACT,
    since=START - DAY,
    cause="<!channel> carrier",
    owner="ops-data",
    check_command="trimtab parity flights.py",
)


def story(*signals, finding=WORSE):
    incidents, changes = step((), Alert("realised", finding, START), now=START)
    found = list(changes)
    for signal in signals:
        incidents, changes = step(incidents, signal, now=START + DAY // 2)
        found += changes
    return [message_of(change, system="flight-delay", file="flights.py") for change in found]


OPENED = story()[0]
OVER = story(Clear("realised", "recovered", START + DAY // 2))[-1]


class Receiver(http.server.BaseHTTPRequestHandler):
    """Keeps what it is sent and answers with the server's status."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("Location", f"http://localhost:{self.server.server_port}/elsewhere")
        self.end_headers()
        self.wfile.write(f"cannot POST {self.path}".encode())

    do_GET = do_POST  # noqa: N815  # the name that http.server calls

    def log_message(self, *_):
        """Say nothing on the terminal of the tests."""


@contextmanager
def running(server):
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def receiver():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.received, server.status = [], 200
    server.url = f"http://127.0.0.1:{server.server_port}"
    with running(server):
        yield server


def closed_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def failure(sink, message=OPENED):
    with pytest.raises(SinkError) as caught:
        sender(sink).send(message)
    assert caught.value.__cause__ is None
    assert SECRET not in str(caught.value)
    return str(caught.value)


def test_slack_gets_a_text_and_blocks_that_no_data_can_steer(receiver, monkeypatch):
    monkeypatch.setenv("SLACK_URL", f"{receiver.url}/services/{SECRET}")
    sender(Webhook("env:SLACK_URL")).send(OPENED)
    ((path, headers, body),) = receiver.received
    assert path == f"/services/{SECRET}"
    assert headers["Content-Type"] == "application/json"
    payload = json.loads(body)
    assert payload["text"] == "ACT flight-delay i1: the loss is &lt;b&gt;0.05&lt;/b&gt; &amp; more higher"
    header, section = payload["blocks"]
    assert header["text"] == {"type": "plain_text", "text": OPENED.title, "emoji": False}
    assert section["text"]["type"] == "mrkdwn"
    assert "&lt;!channel&gt; carrier" in section["text"]["text"]
    assert "<" not in section["text"]["text"]


@pytest.mark.parametrize("sign", ["x", "&", "<"])
def test_slack_gets_no_more_than_it_takes_and_always_how_to_answer(sign):
    long = Finding(
        sign * 9000, Severity.ACT, cause=sign * 9000, action=sign * 9000, cost=sign * 9000, owner=sign * 9000
    )
    payload = slack(story(finding=long)[0])
    header, section = (block["text"]["text"] for block in payload["blocks"])
    assert len(header) <= 150
    assert len(section) <= 3000
    assert section.endswith("trimtab acknowledge flights.py i1 --as fixed (or benign, or working)")
    assert section.startswith("since: 2013-04-02 01:01 UTC")


@pytest.mark.parametrize("length", range(470, 500, 3))
def test_slack_gets_as_many_lines_as_fit(length):
    long = "x" * length
    finding = Finding(long, Severity.ACT, None, None, None, long, long, long, long, long, (long,))
    section = slack(story(finding=finding)[0])["blocks"][1]["text"]["text"]
    assert 2500 < len(section) <= 3000
    assert section.splitlines()[-1].startswith("acknowledge: ")


def test_a_plain_webhook_gets_everything_with_the_finding(receiver):
    sender(Webhook(f"{receiver.url}/alerts", style="plain")).send(OPENED)
    ((path, _, body),) = receiver.received
    assert path == "/alerts"
    assert json.loads(body) == OPENED.to_json()
    assert json.loads(body)["finding"]["what"] == WORSE.what


def assert_postable(alert):
    """What the API of Alertmanager, version 2, asks of an alert that is posted to it."""
    assert set(alert) <= {"labels", "annotations", "startsAt", "endsAt", "generatorURL"}
    assert "labels" in alert
    for texts in (alert["labels"], alert.get("annotations", {})):
        assert all(isinstance(name, str) and isinstance(text, str) for name, text in texts.items())
    assert alert["labels"]["alertname"]
    assert all(re.fullmatch("[a-zA-Z_][a-zA-Z0-9_]*", name) for name in alert["labels"])
    times = [datetime.fromisoformat(alert[name]) for name in ("startsAt", "endsAt")]
    assert all(time.tzinfo == UTC for time in times)
    assert times[0] <= times[1]
    return times


def test_alertmanager_gets_one_alert_an_incident_from_its_start_to_its_end(receiver):
    sink = sender(Alertmanager(receiver.url + "/", labels={"team": "ml", "incident": "mine"}))
    for message in (OPENED, OVER):
        sink.send(message)
    assert [path for path, _, _ in receiver.received] == ["/api/v2/alerts"] * 2
    (opened,), (over,) = (json.loads(body) for _, _, body in receiver.received)
    (start, far), (again, end) = assert_postable(opened), assert_postable(over)
    assert start == again == datetime(2013, 4, 1, 1, 1, tzinfo=UTC)
    assert (far - start).days > 300
    assert end == datetime(2013, 4, 2, 13, 1, tzinfo=UTC)
    assert opened["labels"] == over["labels"]
    assert opened["labels"] == {
        "alertname": "TrimtabIncident",
        "system": "flight-delay",
        "incident": "i1",
        "cause": "realised",
        "team": "ml",
    }
    assert opened["annotations"]["owner"] == "ops-data"
    assert opened["annotations"]["summary"] == OPENED.title
    assert over["annotations"]["severity"] == "OK"


def test_an_alert_never_ends_before_it_starts(receiver):
    late = Finding("x", Severity.ACT, since=START + 5 * DAY)
    sender(Alertmanager(receiver.url)).send(story(Clear("realised", "recovered", START), finding=late)[-1])
    (alert,) = json.loads(receiver.received[0][2])
    assert_postable(alert)


@pytest.mark.parametrize("status", [302, 400, 404, 429, 500])
def test_another_status_is_a_failure_that_tells_no_address(receiver, monkeypatch, status):
    receiver.status = status
    monkeypatch.setenv("SLACK_URL", f"{receiver.url}/services/{SECRET}")
    text = failure(Webhook("env:SLACK_URL"))
    assert f"slack env:SLACK_URL: answered with status {status}" in text
    assert len(receiver.received) == 1


def test_nobody_there_is_a_failure():
    assert "not reached" in failure(Webhook(f"http://127.0.0.1:{closed_port()}/{SECRET}"))


def test_a_name_that_cannot_be_looked_up_is_a_failure(monkeypatch):
    monkeypatch.setenv("SLACK_URL", f"https://{'a' * 70}.example/{SECRET}")
    assert "not reached" in failure(Webhook("env:SLACK_URL"))


def test_a_receiver_that_never_answers_is_a_failure(monkeypatch):
    monkeypatch.setattr(posting_module, "TIMEOUT_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert "not reached" in failure(Webhook(f"http://127.0.0.1:{port}"))


def test_an_answer_that_is_no_http_is_a_failure():
    class Babbling(socketserver.StreamRequestHandler):
        def handle(self):
            self.request.recv(65536)
            self.wfile.write(b"hello\r\n\r\n")

    with running(socketserver.TCPServer(("127.0.0.1", 0), Babbling)) as server:
        assert "not reached" in failure(Webhook(f"http://127.0.0.1:{server.server_address[1]}"))


def test_a_proxy_is_no_way_to_this_machine(receiver, monkeypatch):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    sender(Webhook(receiver.url)).send(OPENED)
    assert len(receiver.received) == 1


def test_a_secret_that_is_not_set_is_named(monkeypatch):
    monkeypatch.delenv("SLACK_URL", raising=False)
    assert "SLACK_URL is not set" in failure(Webhook("env:SLACK_URL"))


def test_an_address_from_the_environment_is_held_to_the_same_rules(monkeypatch):
    monkeypatch.setenv("SLACK_URL", f"http://chat.example.com/{SECRET}")
    assert "not encrypted" in failure(Webhook("env:SLACK_URL"))
    monkeypatch.setenv("SLACK_URL", f"file:///etc/{SECRET}")
    assert "no http:// or https://" in failure(Webhook("env:SLACK_URL"))


class Post(socketserver.StreamRequestHandler):
    """As much of SMTP as one mail needs; keeps every line that it is told."""

    def handle(self):
        self.say("220 ready")
        while line := self.rfile.readline():
            told = line.decode(errors="replace").strip()
            verb = told.upper().split(" ")[0]
            self.server.told.append(verb + told[len(verb) :])
            if verb == "EHLO":
                self.say("250-here", *(f"250-{extension}" for extension in self.server.extensions), "250 OK")
            elif verb == "DATA":
                self.say("354 go on")
                self.server.mails.append(b"".join(iter(self.rfile.readline, b".\r\n")))
                self.say("250 taken")
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say(self.server.answers.get(verb, "250 OK"))

    def say(self, *lines):
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


@pytest.fixture
def post():
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Post)
    server.told, server.mails, server.extensions, server.answers = [], [], ["AUTH PLAIN"], {}
    with running(server):
        yield server


@pytest.fixture(autouse=True)
def own_name(monkeypatch):
    """Looking up the name of the test's machine may take seconds."""
    monkeypatch.setattr(socket, "getfqdn", lambda *_: "localhost")


def mailbox(post, **named):
    plain = {"encryption": "none", **named}
    return Email(
        "ops@example.com",
        host="127.0.0.1",
        port=post.server_address[1],
        sender="trimtab@example.com",
        **plain,
    )


def parsed(mail):
    return email.message_from_bytes(mail, policy=email.policy.default)


def test_a_mail_has_the_title_as_its_subject_and_says_everything(post):
    sender(mailbox(post)).send(OPENED)
    mail = parsed(post.mails[0])
    assert mail["Subject"] == OPENED.title
    assert (mail["From"], mail["To"]) == ("trimtab@example.com", "ops@example.com")
    assert mail["Date"].datetime == datetime(2013, 4, 2, 1, 1, tzinfo=UTC)
    assert mail.get_content().replace("\r\n", "\n") == OPENED.text()
    assert "RCPT TO:<ops@example.com>" in post.told


def test_mails_of_one_incident_are_one_thread_and_a_repeat_is_recognised(post):
    sink = sender(mailbox(post))
    for message in (OPENED, OPENED, OVER):
        sink.send(message)
    one, repeat, over = map(parsed, post.mails)
    assert one["Message-ID"] == repeat["Message-ID"] != over["Message-ID"]
    assert one["References"] == over["References"]


def test_a_title_from_hostile_data_adds_no_header(post):
    hostile = Finding("carrier\r\nBcc: all@example.com\r\n\r\nhi é", Severity.ACT)
    sender(mailbox(post)).send(story(finding=hostile)[0])
    mail = parsed(post.mails[0])
    assert mail["Bcc"] is None
    assert mail["Subject"].endswith("carrier Bcc: all@example.com hi é")
    assert [line for line in post.told if line.startswith("RCPT")] == ["RCPT TO:<ops@example.com>"]


def test_a_password_from_the_environment_logs_in(post, monkeypatch):
    monkeypatch.setenv("SMTP_PASSWORD", SECRET)
    post.answers["AUTH"] = "235 welcome"
    sender(mailbox(post, user="me", password=VARIABLE)).send(OPENED)
    assert any(line.startswith("AUTH PLAIN") for line in post.told)
    assert len(post.mails) == 1


@pytest.mark.parametrize("password", [SECRET, f"{SECRET}é"])
def test_a_wrong_password_is_a_failure_that_does_not_tell_it(post, monkeypatch, password):
    monkeypatch.setenv("SMTP_PASSWORD", password)
    post.answers["AUTH"] = f"535 {SECRET} is wrong"
    assert "mail server" in failure(mailbox(post, user="me", password=VARIABLE))
    assert post.mails == []


def test_without_the_encryption_that_was_declared_no_word_is_said(post, monkeypatch):
    monkeypatch.setenv("SMTP_PASSWORD", SECRET)
    post.extensions = ["AUTH PLAIN"]
    failure(mailbox(post, encryption="starttls", user="me", password=VARIABLE))
    post.extensions, post.answers["STARTTLS"] = ["AUTH PLAIN", "STARTTLS"], "220 but I cannot"
    failure(mailbox(post, encryption="starttls", user="me", password=VARIABLE))
    failure(mailbox(post, encryption="tls", user="me", password=VARIABLE))
    assert not [line for line in post.told if line.startswith(("AUTH", "MAIL"))]
    assert post.mails == []


def test_a_refused_receiver_is_a_failure(post):
    post.answers["RCPT"] = "550 nobody here"
    assert "mail server" in failure(mailbox(post))


def test_no_mail_server_is_a_failure(post):
    sink = Email("a@b.de", host="127.0.0.1", port=closed_port(), sender="a@b.de", encryption="none")
    assert "not reached" in failure(sink)


def test_the_log_gets_one_line_a_notice_at_its_level(caplog):
    with caplog.at_level(logging.INFO, logger="trimtab.alerts"):
        for message in (OPENED, story(finding=Finding("x", Severity.WATCH))[0], OVER):
            sender(Log()).send(message)
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING", "INFO"]
    assert caplog.records[0].getMessage().startswith("ACT flight-delay i1: the loss is")
    assert not [record for record in caplog.records if "\n" in record.getMessage()]


def test_only_alertmanager_holds_incidents_open():
    sinks = [
        Webhook("env:X"),
        Alertmanager("env:X"),
        Log(),
        Email("a@b.de", host="localhost", sender="a@b.de"),
    ]
    assert [sender(sink).keeps_state for sink in sinks] == [False, True, False, False]
    assert [sender(sink).name for sink in sinks] == [sink.name for sink in sinks]
    assert sender(Webhook("env:X", owner="ops")).owner == "ops"


def test_an_acknowledgement_reaches_alertmanager_as_the_same_alert(receiver):
    messages = story(Acknowledge("i1", "working", "ann", START))
    for message in messages:
        sender(Alertmanager(receiver.url)).send(message)
    first, second = (json.loads(body)[0] for _, _, body in receiver.received)
    assert first["labels"] == second["labels"]
    assert first["startsAt"] == second["startsAt"]
    assert "taken in hand" in second["annotations"]["summary"]
