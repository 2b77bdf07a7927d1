"""Sinks: where people hear of incidents. What is secret stands in the environment, never in the declaration."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import SplitResult, urlsplit

from trimtab.declare.frozen import assign
from trimtab.declare.site import Site, declared_here
from trimtab.errors import DeclarationError

ENVIRONMENT = "env:"
"""How a text begins that names an environment variable."""

SECRET_HOSTS = ("hooks.slack.com",)
"""Hosts whose addresses are secrets: whoever knows one can write there."""

Encryption = Literal["starttls", "tls", "none"]
_VARIABLE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*")
_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ADDRESS = re.compile(r"[!-~]+@[A-Za-z0-9.-]+")


@dataclass(frozen=True, init=False)
class Webhook:
    """Sends each notice as JSON to an address over HTTP: in the shape of Slack, or plain with the whole finding.

    `url` is an address, or "env:NAME" for one that the environment holds when a notice is sent. With `owner` only
    incidents that name this owner are sent. Without encryption it sends to this machine only, unless `allow_plain`.
    `name` tells two sinks apart that would have the same one.

    >>> Webhook("env:SLACK_URL", owner="ops-data").name
    'slack env:SLACK_URL for ops-data'
    """

    url: str
    style: Literal["slack", "plain"]
    owner: str | None
    allow_plain: bool
    name: str
    site: Site = field(compare=False)

    def __init__(
        self,
        url: str,
        *,
        style: Literal["slack", "plain"] = "slack",
        owner: str | None = None,
        allow_plain: bool = False,
        name: str | None = None,
    ) -> None:
        site = declared_here()
        if style not in ("slack", "plain"):
            raise DeclarationError(
                "unknown style of a webhook", where=site, found=repr(style), do='use "slack" or "plain"'
            )
        _check_url("Webhook", url, site, allow_plain=allow_plain)
        kind = "slack" if style == "slack" else "webhook"
        default = _name(kind, _origin(url), owner)
        assign(
            self, url=url, style=style, owner=owner, allow_plain=allow_plain, name=name or default, site=site
        )


@dataclass(frozen=True, init=False)
class Email:
    """Sends each notice as a mail to one address, through an SMTP server.

    `encryption` is "starttls", "tls" (from the first byte) or "none", which is for servers on this machine only unless
    `allow_plain`. `user` and `password` log in; the password is "env:NAME", where the environment holds it.

    >>> Email("ops@example.com", host="mail.example.com", sender="trimtab@example.com").name
    'email ops@example.com'
    """

    to: str
    host: str
    port: int
    sender: str
    encryption: Encryption
    user: str | None
    password: str | None
    owner: str | None
    name: str
    site: Site = field(compare=False)

    def __init__(  # noqa: PLR0913  # each argument is one independent statement about the mail
        self,
        to: str,
        *,
        host: str,
        sender: str,
        port: int | None = None,
        encryption: Encryption = "starttls",
        user: str | None = None,
        password: str | None = None,
        owner: str | None = None,
        allow_plain: bool = False,
        name: str | None = None,
    ) -> None:
        site = declared_here()
        addresses: dict[str, object] = {"to": to, "sender": sender}
        for argument, address in addresses.items():
            if not isinstance(address, str) or not _ADDRESS.fullmatch(address):
                raise DeclarationError(
                    f"Email({argument}=) is no single address",
                    where=site,
                    found=repr(address),
                    do="write one address such as ops@example.com; declare a sink for each receiver",
                )
        _check_mail_server(host, encryption, site, allow_plain=allow_plain)
        _check_login(user, password, site)
        assign(
            self,
            to=to,
            host=host,
            port=port or {"tls": 465, "starttls": 587}.get(encryption, 25),
            sender=sender,
            encryption=encryption,
            user=user,
            password=password,
            owner=owner,
            name=name or _name("email", to, owner),
            site=site,
        )


@dataclass(frozen=True, init=False)
class Alertmanager:
    """Keeps one alert for each open incident in a Prometheus Alertmanager, which routes and repeats as it is told to.

    `labels` are added to every alert, for the routes of Alertmanager; `url` and the rest are as for a webhook.

    >>> Alertmanager("https://alerts.example.com", labels={"team": "ml"}).labels
    (('team', 'ml'),)
    """

    url: str
    labels: tuple[tuple[str, str], ...]
    owner: str | None
    allow_plain: bool
    name: str
    site: Site = field(compare=False)

    def __init__(
        self,
        url: str,
        *,
        labels: Mapping[str, Any] | None = None,
        owner: str | None = None,
        allow_plain: bool = False,
        name: str | None = None,
    ) -> None:
        site = declared_here()
        _check_url("Alertmanager", url, site, allow_plain=allow_plain)
        for label, value in (labels or {}).items():
            if not _LABEL.fullmatch(label) or not isinstance(value, str) or not value:
                raise DeclarationError(
                    "Alertmanager(labels=) needs names and texts",
                    where=site,
                    found=f"{label!r}: {value!r}",
                    do='write labels={"team": "ml"}',
                )
        assign(
            self,
            url=url,
            labels=tuple((labels or {}).items()),
            owner=owner,
            allow_plain=allow_plain,
            name=name or _name("alertmanager", _origin(url), owner),
            site=site,
        )


@dataclass(frozen=True, init=False)
class Log:
    """Writes each notice to the log of the process, under the name "trimtab.alerts".

    >>> Log().name
    'log'
    """

    owner: str | None
    name: str
    site: Site = field(compare=False)

    def __init__(self, *, owner: str | None = None, name: str | None = None) -> None:
        assign(self, owner=owner, name=name or _name("log", "", owner), site=declared_here())


Sink = Webhook | Email | Alertmanager | Log


def check_sinks(sinks: Iterable[object]) -> tuple[Sink, ...]:
    """The sinks, each with a name of its own; raises DeclarationError for another thing or a name used twice.

    >>> [sink.name for sink in check_sinks([Log(), Webhook("env:SLACK_URL")])]
    ['log', 'slack env:SLACK_URL']
    """
    seen: dict[str, Sink] = {}
    for sink in sinks:
        if not isinstance(sink, Sink):
            raise DeclarationError(
                "no sink",
                where=declared_here(),
                found=repr(sink),
                do='write sinks=(tt.Webhook("env:SLACK_URL"),)',
            )
        if sink.name in seen:
            raise DeclarationError(
                f"two sinks have the name {sink.name!r}",
                where=sink.site,
                do="give one of them another with name=; deliveries are on record by it",
            )
        seen[sink.name] = sink
    return tuple(seen.values())


def url_problem(url: str, *, allow_plain: bool) -> str | None:
    """What speaks against sending to an address, or None; the answer never repeats the address.

    >>> url_problem("http://alerts.example.com", allow_plain=False)
    'it is not encrypted and leaves this machine'
    """
    parts = _split(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        return "it is no http:// or https:// address"
    if parts.username is not None or parts.password is not None:
        return "it holds a user or password"
    if parts.scheme == "http" and not allow_plain and not is_loopback(parts.hostname):
        return "it is not encrypted and leaves this machine"
    return None


def is_loopback(host: str) -> bool:
    """True for names and addresses of this machine itself.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost.example.com")
    (True, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _split(url: str) -> SplitResult | None:
    """Return the parts of an address; None where it has none, or an impossible port."""
    if re.search(r"[^!-~]", url):
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _check_url(noun: str, url: object, site: Site, *, allow_plain: bool) -> None:
    if not isinstance(url, str):
        raise DeclarationError(
            f"{noun}(url=) is no text", where=site, found=repr(url), do='write "env:NAME" or an address'
        )
    if url.startswith(ENVIRONMENT):
        _check_variable(f"{noun}(url=)", url, site)
        return
    parts = _split(url)
    if parts is not None and parts.hostname in SECRET_HOSTS:
        raise DeclarationError(
            f"{noun}(url=) is a secret and would stand in the declaration",
            where=site,
            do=f'put it into an environment variable and write {noun}("env:SLACK_URL")',
        )
    problem = url_problem(url, allow_plain=allow_plain)
    if problem is not None:
        raise DeclarationError(
            f"{noun}(url=) is refused: {problem}",
            where=site,
            do='write "env:NAME" or an https:// address, or allow_plain=True where the network may read it',
        )


def _check_variable(argument: str, text: str, site: Site) -> None:
    if not _VARIABLE.fullmatch(text):
        raise DeclarationError(
            f"{argument} names no environment variable",
            where=site,
            do='write "env:NAME", as in "env:SLACK_URL"',
        )


def _check_mail_server(host: object, encryption: str, site: Site, *, allow_plain: bool) -> None:
    if not isinstance(host, str) or not host or _split(f"smtp://{host}") is None:
        raise DeclarationError(
            "Email(host=) is no name of a server", where=site, found=repr(host), do='write "mail.example.com"'
        )
    if encryption not in ("starttls", "tls", "none"):
        raise DeclarationError(
            "unknown encryption of mail",
            where=site,
            found=repr(encryption),
            do='use "starttls", "tls" or "none"',
        )
    if encryption == "none" and not allow_plain and not is_loopback(host):
        raise DeclarationError(
            "mail without encryption would leave this machine",
            where=site,
            found=host,
            do='use encryption="starttls", or say allow_plain=True where the network may read it',
        )


def _check_login(user: str | None, password: str | None, site: Site) -> None:
    if password is not None:
        if not password.startswith(ENVIRONMENT):
            raise DeclarationError(
                "Email(password=) would stand in the declaration",
                where=site,
                do='put it into an environment variable and write password="env:SMTP_PASSWORD"',
            )
        _check_variable("Email(password=)", password, site)
    if (user is None) != (password is None):
        raise DeclarationError("user= and password= belong together", where=site, do="give both or neither")


def _origin(url: str) -> str:
    """Return what of an address may be shown: the variable's name, or scheme, host and port without any path."""
    if url.startswith(ENVIRONMENT):
        return url
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _name(kind: str, place: str, owner: str | None) -> str:
    return " ".join(part for part in (kind, place, f"for {owner}" if owner else "") if part)
