"""What operators and their tools look at: whether the process lives, whether it can answer, and its figures."""

from __future__ import annotations

from collections.abc import Mapping

from trimtab.serving.http.admission import Admission
from trimtab.serving.http.answers import encode
from trimtab.serving.http.call import Call, Reply
from trimtab.serving.http.metrics import CONTENT_TYPE, Tally, exposition
from trimtab.serving.service import Service


class Watching:
    """The handlers of health and figures; `draining` turns readiness off while everything else goes on."""

    def __init__(self, service: Service, admission: Admission) -> None:
        self._service, self._admission = service, admission
        self.tallies: Mapping[str, Tally] = {}
        self.draining = False

    def reasons(self) -> list[str]:
        """Why no new call should be sent here."""
        leaving = ["the server is shutting down"] if self.draining else []
        return [*leaving, *self._service.not_ready()]

    async def live(self, _call: Call) -> Reply:
        """The process is up."""
        return Reply(encode({"live": True}))

    async def ready(self, _call: Call) -> Reply:
        """Whether to send calls here; 503 with the reasons when not."""
        reasons = self.reasons()
        return Reply(encode({"ready": not reasons, "reasons": reasons}), 503 if reasons else 200)

    async def metrics(self, _call: Call) -> Reply:
        """All figures in Prometheus' text format."""
        text = exposition(self.tallies, len(self._admission), self._service.figures())
        return Reply(text, content_type=CONTENT_TYPE)
