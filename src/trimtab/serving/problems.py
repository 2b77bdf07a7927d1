"""Why a caller's request cannot be answered: a status, one sentence, the field, and what to do."""

from __future__ import annotations

from trimtab.errors import TrimtabError


class RequestError(TrimtabError):
    """A refusal that the caller can act on; `status` is HTTP's, `field` a path such as row.carrier or [3].row.id.

    >>> print(RequestError(422, "unknown field 'carier'", field="row.carier", nearest="carrier"))
    unknown field 'carier'; did you mean 'carrier'?
    """

    def __init__(
        self,
        status: int,
        what: str,
        *,
        field: str | None = None,
        found: object = None,
        nearest: str | None = None,
        do: str | None = None,
    ) -> None:
        self.status, self.field = status, field
        super().__init__(what, found=found, nearest=nearest, do=do)
