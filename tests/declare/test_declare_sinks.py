"""Sinks are checked where they are declared, and hold no secret."""

import dataclasses

import pytest

from trimtab.declare.sinks import Alertmanager, Email, Log, Webhook, check_sinks, is_loopback, url_problem
from trimtab.errors import DeclarationError

VARIABLE = "env:SMTP_PASSWORD"
MAIL = {"host": "mail.example.com", "sender": "trimtab@example.com"}


def refusal(make, *arguments, **named):
    with pytest.raises(DeclarationError) as caught:
        make(*arguments, **named)
    return str(caught.value)


def test_a_refusal_names_the_line_of_the_declaration():
    assert "(declared at test_declare_sinks.py:" in refusal(Webhook, "ftp://example.com")


@pytest.mark.parametrize("make", [Webhook, Alertmanager])
@pytest.mark.parametrize(
    "url",
    [
        "http://alerts.example.com",
        "http://10.0.0.7:9093",
        "http://localhost.example.com",
        "http://user:hunter2@localhost",
        "https://user:hunter2@alerts.example.com",
        "https://hooks.slack.com/services/T0/B0/hunter2",
        "https://alerts.example.com/hunter2 x",
        "https://alerts.example.com\r\nX: y",
        "https://alerts.example.com:port",
        "https:///path",
        "file:///etc/passwd",
        "env:",
        "env:SLACK URL",
        "alerts.example.com",
        7,
    ],
)
def test_addresses_that_leak_or_lead_nowhere_are_refused_without_repeating_a_secret(make, url):
    assert "hunter2" not in refusal(make, url)


@pytest.mark.parametrize(
    "url",
    [
        "env:SLACK_URL",
        "https://alerts.example.com/a",
        "http://localhost:9093",
        "http://127.0.0.2",
        "http://[::1]:1",
    ],
)
def test_addresses_that_are_encrypted_or_stay_here_are_taken(url):
    assert Webhook(url).url == Alertmanager(url).url == url


def test_an_open_network_can_be_allowed_but_a_password_cannot():
    assert Webhook("http://alerts.internal", allow_plain=True).allow_plain
    assert "user or password" in refusal(Webhook, "http://u:p@alerts.internal", allow_plain=True)


def test_the_problem_of_an_address_is_the_same_for_one_from_the_environment():
    assert url_problem("https://alerts.example.com", allow_plain=False) is None
    assert url_problem("http://alerts.example.com", allow_plain=True) is None
    assert url_problem("http://alerts.example.com", allow_plain=False)
    assert url_problem("env:NAME", allow_plain=True)


def test_only_this_machine_is_loopback():
    assert all(map(is_loopback, ["localhost", "LOCALHOST", "127.0.0.1", "::1"]))
    assert not any(map(is_loopback, ["192.168.0.1", "10.0.0.1", "127.0.0.1.example.com", ""]))


def test_a_password_stands_in_the_environment_only():
    text = refusal(Email, "ops@example.com", user="me", password="hunter2", **MAIL)  # noqa: S106  # what is refused
    assert "env:SMTP_PASSWORD" in text
    assert "hunter2" not in text
    Email("ops@example.com", user="me", password=VARIABLE, **MAIL)


@pytest.mark.parametrize(
    "named",
    [
        {"user": "me"},
        {"password": "env:SMTP_PASSWORD"},
        {"encryption": "ssl"},
        {"encryption": "none"},
        {"sender": "nobody"},
        {"host": ""},
        {"host": "mail example"},
        {"host": None},
    ],
)
def test_mail_that_cannot_be_meant_is_refused(named):
    refusal(Email, "ops@example.com", **{**MAIL, **named})


@pytest.mark.parametrize(
    "to", ["ops", "a@example.com, b@example.com", "a@example.com\nBcc: b@c.de", ("a@b.de",), ""]
)
def test_a_mail_goes_to_one_address(to):
    assert "a sink for each receiver" in refusal(Email, to, **MAIL)


def test_ports_follow_from_the_encryption():
    ports = {
        encryption: Email("a@b.de", sender="a@b.de", host="localhost", encryption=encryption).port
        for encryption in ("starttls", "tls", "none")
    }
    assert ports == {"starttls": 587, "tls": 465, "none": 25}


def test_names_show_no_path_and_tell_owners_apart():
    assert (
        Webhook("https://chat.example.com/hooks/hunter2", style="plain").name
        == "webhook https://chat.example.com"
    )
    assert Webhook("env:SLACK_URL", owner="ops").name == "slack env:SLACK_URL for ops"
    assert Alertmanager("http://localhost:9093").name == "alertmanager http://localhost:9093"
    assert Log(name="here").name == "here"


def test_a_style_is_one_of_two():
    assert "unknown style" in refusal(Webhook, "env:X", style="teams")


@pytest.mark.parametrize("labels", [{"team name": "ml"}, {"team": ""}, {"team": 7}])
def test_labels_are_names_and_texts(labels):
    refusal(Alertmanager, "env:X", labels=labels)


def test_sinks_are_frozen_values_that_compare_without_their_place():
    assert Webhook("env:X") == Webhook("env:X")
    assert Webhook("env:X") != Webhook("env:X", owner="ops")
    assert hash(Alertmanager("env:X", labels={"a": "b"})) == hash(Alertmanager("env:X", labels={"a": "b"}))
    with pytest.raises(dataclasses.FrozenInstanceError):
        Log().owner = "ops"


def test_two_sinks_with_one_name_and_things_that_are_none_are_refused():
    assert check_sinks([Log(), Webhook("env:X")]) == (Log(), Webhook("env:X"))
    assert "two sinks have the name 'log'" in refusal(check_sinks, [Log(), Log()])
    assert "no sink" in refusal(check_sinks, ["env:SLACK_URL"])
