"""What a system must keep to: how fast, how often it answers, how old and how large its model may be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from trimtab.declare.checks import require_duration
from trimtab.declare.frozen import assign
from trimtab.declare.site import Site, declared_here
from trimtab.errors import DeclarationError
from trimtab.units import Duration, Size


@dataclass(frozen=True, init=False)
class Requires:
    """Limits that are checked before a version is released and watched while it serves.

    `p99` is the time within which 99 of 100 requests are answered, `availability` the share of requests that get an
    answer, `staleness` the greatest age of what the model learned from, `size` that of its stored bytes, `fairness`
    the share by which the metric of any declared slice may be worse than that of the whole. None is no limit.

    >>> from trimtab.units import megabytes, milliseconds
    >>> Requires(p99=milliseconds(20), availability=0.999, size=megabytes(50)).p99
    milliseconds(20)
    """

    p99: Duration | None
    availability: float | None
    staleness: Duration | None
    size: Size | None
    fairness: float | None
    site: Site = field(compare=False)

    def __init__(
        self,
        *,
        p99: Duration | None = None,
        availability: float | None = None,
        staleness: Duration | None = None,
        size: Size | None = None,
        fairness: float | None = None,
    ) -> None:
        site = declared_here()
        for name, limit, example in (
            ("p99", p99, "milliseconds(20)"),
            ("staleness", staleness, "days(30)"),
        ):
            if limit is not None and require_duration(f"Requires({name}=)", limit) <= Duration(0):
                raise _refused(name, limit, f"write {name}={example}", site)
        if size is not None and not _positive(size):
            raise _refused("size", size, "write size=megabytes(50)", site)
        if availability is not None and not _share(availability):
            raise _refused("availability", availability, "write a share such as 0.999", site)
        if fairness is not None and not _share(fairness):
            raise _refused("fairness", fairness, "write a share such as 0.2", site)
        assign(
            self,
            p99=p99,
            availability=availability,
            staleness=staleness,
            size=size,
            fairness=fairness,
            site=site,
        )


def _positive(size: Any) -> bool:
    return isinstance(size, Size) and size > Size(0)


def _share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 1


def _refused(name: str, value: object, do: str, site: Site) -> DeclarationError:
    return DeclarationError(f"Requires({name}=) is no limit", where=site, found=repr(value), do=do)
