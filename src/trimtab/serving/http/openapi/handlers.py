"""The routes that describe all others."""

from __future__ import annotations

from trimtab.serving.http.access import Access
from trimtab.serving.http.answers import encode
from trimtab.serving.http.call import Call, Reply
from trimtab.serving.http.openapi.document import openapi
from trimtab.serving.http.openapi.page import page
from trimtab.serving.http.settings import Settings
from trimtab.serving.http.watching import Watching
from trimtab.serving.service import Service

_POLICY = b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


class Described:
    """The handlers of the OpenAPI document and its page; the page is made anew only when what it says changes."""

    def __init__(self, service: Service, settings: Settings, access: Access, watching: Watching) -> None:
        self._service, self._settings = service, settings
        self._access, self._watching = access, watching
        self._page: tuple[object, bytes] = (None, b"")

    async def document(self, _call: Call) -> Reply:
        """The OpenAPI document."""
        return Reply(encode(openapi(self._service, self._settings, keyed=self._access.keyed)))

    async def page(self, _call: Call) -> Reply:
        """The document as a page."""
        reasons, keyed = self._watching.reasons(), self._access.keyed
        if self._page[0] != (reasons, keyed):
            text = page(openapi(self._service, self._settings, keyed=keyed), reasons)
            self._page = ((reasons, keyed), text.encode())
        headers = ((b"content-security-policy", _POLICY), (b"x-content-type-options", b"nosniff"))
        return Reply(self._page[1], content_type=b"text/html; charset=utf-8", headers=headers)
