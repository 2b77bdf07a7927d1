"""Secrets, read from the environment when they are needed and kept nowhere."""

from __future__ import annotations

import os

from trimtab.adapters.sinks.problems import SinkError
from trimtab.declare.sinks import ENVIRONMENT


def revealed(text: str, sink: str) -> str:
    """The text itself, or for "env:NAME" what the environment holds; raises SinkError when it holds nothing.

    >>> revealed("https://alerts.example.com", "webhook")
    'https://alerts.example.com'
    """
    if not text.startswith(ENVIRONMENT):
        return text
    name = text.removeprefix(ENVIRONMENT)
    found = os.environ.get(name, "").strip()
    if not found:
        raise SinkError(
            f"{sink}: the environment variable {name} is not set",
            do=f"set {name} for the process that sends",
        )
    return found
