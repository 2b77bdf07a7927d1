"""An incident as an alert of Prometheus Alertmanager, through its API of version 2."""

from __future__ import annotations

from trimtab.adapters.sinks.posting import post
from trimtab.declare.sinks import Alertmanager
from trimtab.monitoring.message import Message, iso
from trimtab.units import days

PATH = "/api/v2/alerts"

OPEN_FOR = days(365)
"""Alertmanager ends an alert that names no end after minutes without a repeat; an incident is sent only when it changes."""


class AlertmanagerSink:
    """Sends to a declared Alertmanager, which hears of every end, as an alert would last there otherwise."""

    keeps_state = True

    def __init__(self, declared: Alertmanager) -> None:
        self._declared = declared
        self.name, self.owner = declared.name, declared.owner

    def send(self, message: Message) -> None:
        """Send one message; raises SinkError when it was not taken."""
        payload = [alert(message, self._declared.labels)]
        post(self._declared.url, PATH, payload, self.name, allow_plain=self._declared.allow_plain)


def alert(message: Message, labels: tuple[tuple[str, str], ...] = ()) -> dict[str, object]:
    """The message as one alert of the API: the same labels for all messages of one incident, so that they are one."""
    ends = message.at + OPEN_FOR.microseconds if message.ended_at is None else message.ended_at
    annotations = {
        "summary": message.title,
        "description": "\n".join(message.lines),
        "severity": message.severity.value,
        "owner": message.owner,
        "check": message.check_command,
        "acknowledge": message.acknowledge_command,
    }
    return {
        "labels": {"alertname": "TrimtabIncident", **dict(labels), **dict(message.labels)},
        "annotations": {name: text for name, text in annotations.items() if text},
        "startsAt": iso(message.started_at),
        # an alert that ends before it starts is refused
        "endsAt": iso(max(ends, message.started_at)),
    }
