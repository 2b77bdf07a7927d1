"""What prints itself as a page: as text where it is printed, as HTML where a notebook shows it."""

from __future__ import annotations

from abc import ABC, abstractmethod

from trimtab.report.document import Document


class Shown(ABC):
    """A result with a page; whatever is derived says what is on it.

    >>> class Calm(Shown):
    ...     def document(self) -> Document:
    ...         return Document("calm", "Nothing to do.")
    >>> "Nothing to do." in str(Calm())
    True
    """

    @abstractmethod
    def document(self) -> Document:
        """The page."""

    def __str__(self) -> str:
        from trimtab.report.terminal import to_text  # noqa: PLC0415  # rendering is loaded when something is shown

        return to_text(self.document())

    def _repr_html_(self) -> str:
        from trimtab.report.html import to_html  # noqa: PLC0415

        return to_html(self.document())
