"""One JSON document to one address over HTTP: no redirects, ten seconds, and errors without the address."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from trimtab.adapters.sinks.environment import revealed
from trimtab.adapters.sinks.problems import SinkError
from trimtab.declare.sinks import is_loopback, url_problem

TIMEOUT_SECONDS = 10.0


class _Staying(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: it would turn a POST into a GET, or carry a message to where nobody declared."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Say that there is nothing to follow, so that the answer counts as a failure."""


def post(url: str, path: str, payload: object, sink: str, *, allow_plain: bool) -> None:
    """Send a payload to a declared address plus a path; raises SinkError unless a status of 2xx comes back."""
    address = revealed(url, sink)
    problem = url_problem(address, allow_plain=allow_plain)
    if problem is not None:
        raise SinkError(f"{sink}: the address is refused: {problem}", do="correct what the variable holds")
    body = json.dumps(payload, allow_nan=False).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "trimtab"}
    # url_problem has let only http and https through
    request = urllib.request.Request(address.rstrip("/") + path if path else address, body, headers)  # noqa: S310
    # a proxy is no way to this machine itself, and would read along
    direct = [urllib.request.ProxyHandler({})] if is_loopback(urlsplit(address).hostname or "") else []
    try:
        urllib.request.build_opener(_Staying, *direct).open(request, timeout=TIMEOUT_SECONDS).close()
    except urllib.error.HTTPError as error:
        error.close()
        # neither the answer's text nor the cause is told on: both may repeat the address
        raise SinkError(f"{sink}: answered with status {error.code}", do=_advice(error.code)) from None
    except (OSError, UnicodeError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise SinkError(
            f"{sink}: not reached ({type(reason).__name__})", do="check the address and the network"
        ) from None


def _advice(status: int) -> str:
    if status in (401, 403, 404, 410):
        return "check the address: it is wrong, or was withdrawn"
    return "look at the receiver" if status >= 500 or status == 429 else "check what the address expects"
