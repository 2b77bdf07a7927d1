"""A message in the log of the process."""

from __future__ import annotations

import logging

from trimtab.declare.sinks import Log
from trimtab.finding import Severity
from trimtab.monitoring.message import Message

LOGGER = "trimtab.alerts"
LEVELS = {Severity.ACT: logging.ERROR, Severity.WATCH: logging.WARNING, Severity.NOT_RUN: logging.WARNING}


class LogSink:
    """Writes to Python's logging; where that goes is for the process to say."""

    keeps_state = False

    def __init__(self, declared: Log) -> None:
        self.name, self.owner = declared.name, declared.owner

    def send(self, message: Message) -> None:
        """Write one message; it cannot fail."""
        text = "; ".join((message.title, *message.lines))
        logging.getLogger(LOGGER).log(LEVELS.get(message.severity, logging.INFO), "%s", text)
