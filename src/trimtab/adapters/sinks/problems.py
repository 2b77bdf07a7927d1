"""Why a message could not be given over, told without any secret."""

from __future__ import annotations

from trimtab.errors import TrimtabError


class SinkError(TrimtabError):
    """A sink did not take a message; its text names the sink and the reason, never an address or a password."""
