"""A message as JSON to an address: in the shape of Slack's incoming webhooks, or whole."""

from __future__ import annotations

from typing import Any

from trimtab.adapters.sinks.posting import post
from trimtab.declare.sinks import Webhook
from trimtab.monitoring.message import Message

HEADER_SIGNS, SECTION_SIGNS, LINE_SIGNS = 150, 3000, 500
"""The longest texts: of Slack's header and section blocks, and of one line before it is escaped."""


class WebhookSink:
    """Sends to a declared webhook."""

    keeps_state = False

    def __init__(self, declared: Webhook) -> None:
        self._declared = declared
        self.name, self.owner = declared.name, declared.owner

    def send(self, message: Message) -> None:
        """Send one message; raises SinkError when it was not taken."""
        payload = slack(message) if self._declared.style == "slack" else message.to_json()
        post(self._declared.url, "", payload, self.name, allow_plain=self._declared.allow_plain)


def slack(message: Message) -> dict[str, Any]:
    """The message for Slack: `text` for notifications, `blocks` for the channel."""
    title = {"type": "plain_text", "text": _clipped(message.title, HEADER_SIGNS), "emoji": False}
    body = {"type": "mrkdwn", "text": _section(message.lines), "verbatim": True}
    return {
        "text": _escaped(_clipped(message.title, LINE_SIGNS)),
        "blocks": [{"type": "header", "text": title}, {"type": "section", "text": body}],
    }


def _section(lines: tuple[str, ...]) -> str:
    """Return the lines, as many as fit; the last, which says how to answer, always does."""
    *before, last = (_escaped(_clipped(line, LINE_SIGNS)) for line in lines)
    room, kept = SECTION_SIGNS - len(last) - 2, []
    for line in before:
        if len(line) + 1 > room:
            kept.append("…")
            break
        room -= len(line) + 1
        kept.append(line)
    return "\n".join([*kept, last])


def _clipped(text: str, signs: int) -> str:
    return text if len(text) <= signs else text[: signs - 1] + "…"


def _escaped(text: str) -> str:
    """Return the text without Slack's control signs, so that no data can call a channel or make a link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
