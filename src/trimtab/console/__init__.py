"""The web pages that mount the report: what is live, why, is it still good, what happens next.

Pages are folds of journals up to an instant, drawn by `report`. Looking needs nothing but a record; acting needs a
live system and the scope admin.
"""

from trimtab.console.acting import Acts
from trimtab.console.app import Console
from trimtab.console.book import Book
from trimtab.console.folds.added import add_up_replay
from trimtab.console.means import Means
from trimtab.console.mounting import Mounted
from trimtab.console.sessions import Sessions, secret_in
from trimtab.console.static import write_pages

__all__ = [
    "Acts",
    "Book",
    "Console",
    "Means",
    "Mounted",
    "Sessions",
    "add_up_replay",
    "secret_in",
    "write_pages",
]
