"""Sinks as they send: each takes what was declared, and raises SinkError when a message could not be given over."""

from __future__ import annotations

from trimtab.adapters.sinks.alertmanager import AlertmanagerSink
from trimtab.adapters.sinks.log import LogSink
from trimtab.adapters.sinks.mail import EmailSink
from trimtab.adapters.sinks.problems import SinkError
from trimtab.adapters.sinks.webhook import WebhookSink
from trimtab.declare.sinks import Alertmanager, Email, Log, Sink, Webhook

__all__ = ["AlertmanagerSink", "EmailSink", "LogSink", "SinkError", "WebhookSink", "sender"]


def sender(declared: Sink) -> AlertmanagerSink | EmailSink | LogSink | WebhookSink:
    """What sends to a declared sink; nothing is opened before the first message.

    >>> sender(Log(owner="ops-data")).name
    'log for ops-data'
    """
    match declared:
        case Webhook():
            return WebhookSink(declared)
        case Email():
            return EmailSink(declared)
        case Alertmanager():
            return AlertmanagerSink(declared)
        case Log():
            return LogSink(declared)
