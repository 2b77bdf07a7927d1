"""Which handler a method and path lead to: one lookup for fixed paths, a short list for those with an open part."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from trimtab.errors import nearest
from trimtab.serving.http.call import Call, Handler, Reply
from trimtab.serving.http.metrics import Tally
from trimtab.serving.problems import RequestError

_SHOWN = 100


@dataclass(slots=True)
class Route:
    """One route: `template` names it in figures, `scope` is None where no key is needed.

    With `after`, the path is open between `path` and `after`; the handler finds what stands there in `call.rest`.
    """

    method: str
    path: str
    template: str
    handle: Handler
    scope: str | None
    after: str | None = None
    tally: Tally = field(default_factory=Tally)

    def rest(self, path: str) -> str | None:
        """What the open part of the path stands for, "" for a fixed path, None where the path is another."""
        if self.after is None:
            return "" if path == self.path else None
        inside = len(path) > len(self.path) + len(self.after)
        if not (inside and path.startswith(self.path) and path.endswith(self.after)):
            return None
        return path[len(self.path) : len(path) - len(self.after)]


class Routes:
    """The routes of an application; for paths with an open part the first that fits decides."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.all = tuple(routes)
        self.exact = {(route.method, route.path): route for route in self.all if route.after is None}
        self.unknown = Route("", "", "unknown", _nowhere, None)

    def find(self, call: Call) -> Route:
        """The route of a call, HEAD as GET; raises RequestError 404 or 405."""
        fitting = self._fitting(call.path)
        method = "GET" if call.method == "HEAD" else call.method
        for route in fitting:
            if route.method == method:
                call.rest = route.rest(call.path) or ""
                return route
        if fitting:
            do = f"use {' or '.join(self.allowed(call.path))}"
            raise RequestError(405, f"{call.path[:_SHOWN]} does not take {call.method}", do=do)
        near = nearest(call.path, (route.path for route in self.all if route.after is None))
        raise RequestError(
            404, f"no such path: {call.path[:_SHOWN]}", nearest=near, do="see /docs for all of them"
        )

    def allowed(self, path: str) -> tuple[str, ...]:
        """The methods that a path takes."""
        methods = {route.method for route in self._fitting(path)}
        return tuple(sorted(methods | ({"HEAD"} if "GET" in methods else set())))

    def _fitting(self, path: str) -> list[Route]:
        fitting = [route for route in self.all if route.rest(path) is not None]
        fixed = [route for route in fitting if route.after is None]
        # a path given outright wins over one with an open part, and the first of those over the others
        return fixed or [route for route in fitting if _form(route) == _form(fitting[0])]


def _form(route: Route) -> tuple[str, str | None]:
    return route.path, route.after


async def _nowhere(call: Call) -> Reply:
    raise RequestError(404, f"no such path: {call.path}")
