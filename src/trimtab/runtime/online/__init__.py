"""Online features at work: one folding writer over a store, and readers beside it."""

from trimtab.runtime.online.folder import Folder
from trimtab.runtime.online.reader import Reader, Served

__all__ = ["Folder", "Reader", "Served"]
