"""Checks of single arguments, shared by the nouns."""

from __future__ import annotations

from trimtab.declare.site import declared_here
from trimtab.errors import DeclarationError
from trimtab.units import Duration


def require_duration(argument: str, value: object) -> Duration:
    """The value if it is a duration; a bare number is refused since it hides its unit."""
    if isinstance(value, Duration):
        return value
    raise DeclarationError(
        f"{argument} needs a duration with its unit",
        where=declared_here(),
        found=repr(value),
        do="write days(7)",
    )
