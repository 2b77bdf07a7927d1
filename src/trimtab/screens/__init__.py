"""The web pages that mount the report: what is live, why, is it still good, what happens next.

Pages are folds of journals up to an instant, drawn by `report`. Looking needs nothing but a record; acting needs a
live system and the scope admin.
"""

from trimtab.screens.acting import Acts
from trimtab.screens.app import Console
from trimtab.screens.book import Book
from trimtab.screens.folds.added import add_up_replay
from trimtab.screens.means import Means
from trimtab.screens.mounting import Mounted
from trimtab.screens.sessions import Sessions, secret_in
from trimtab.screens.static import write_pages

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
