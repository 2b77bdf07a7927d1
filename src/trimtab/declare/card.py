"""What only people can say in a model card."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from trimtab.declare.site import Site, declared_here
from trimtab.errors import DeclarationError


@dataclass(frozen=True)
class Card:
    """What people say of a system in its model cards; what is left out is shown as empty, and never made up.

    Raises DeclarationError for words that are none.

    >>> Card(intended_use="plan the night shift", contacts="ops@example.org").out_of_scope is None
    True
    """

    intended_use: str | None = None
    users: str | None = None
    out_of_scope: str | None = None
    ethical_considerations: str | None = None
    caveats: str | None = None
    contacts: str | None = None
    license: str | None = None
    site: Site = field(default_factory=declared_here, compare=False)

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name != "site" and value is not None and not (isinstance(value, str) and value.strip()):
                raise DeclarationError(
                    f"Card({each.name}=) is said in words",
                    where=self.site,
                    found=repr(value),
                    do="write a sentence, or leave it out",
                )
