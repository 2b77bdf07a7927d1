"""The console: pages beside a server, on a record alone, or as files."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trimtab import wiring
from trimtab.declare.system import System
from trimtab.errors import TrimtabError, UsageError

if TYPE_CHECKING:
    from trimtab.ports import Ledger
    from trimtab.screens import Book, Means
    from trimtab.serving.hosting import Mount

LIVE = "live"
"""The name of a live record in addresses."""
FOLDS = "console"
"""The folder, in a home or a replay's record, where what was added up once is kept; it may be deleted at any time."""
PORT = 8001
"""Where the console listens unless told otherwise."""
REPLAY = "replay-"
"""What the names of replays begin with in addresses."""


def console(  # each option is one independent wish
    system: System | None = None,
    *,
    home: str | Path | None = None,
    host: str = "127.0.0.1",
    port: int | None = PORT,
    static: str | Path | None = None,
    at: int | None = None,
    target: str | None = None,
    announce: Callable[[str], None] = print,
) -> tuple[Path, ...]:
    """Show the records of a home as pages, until the process is asked to stop; nobody can act there.

    With `static`, a folder, the pages are written as files instead and returned; `at` (epoch microseconds) is the
    instant they show. Without a system the home is enough; without a port (None) it is 8001, or any that is free.
    Raises UsageError for a home without a record, or an address that other machines reach.
    """
    folder = _home(system, home)
    with _books(folder, system, target) as books:
        if static is not None:
            return _written(books(), Path(static), at)
        _serve(books, host, port, announce)
    return ()


def mounted(system: System, folder: Path, target: str | None, host: str) -> Mount:
    """What sets the console beside the routes of a server; while no key is made, it is open on loopback only."""

    def mount(server: Any, live: Any, home: Any) -> Any:
        from trimtab.screens import Acts, Book, Console, Mounted, Sessions, secret_in  # noqa: PLC0415
        from trimtab.serving.http.keys import KeyRing  # noqa: PLC0415
        from trimtab.serving.running import is_loopback  # noqa: PLC0415

        name = target or system.name
        now = Book(
            LIVE,
            system.name,
            live.ledger,
            home.clock,
            system,
            name,
            folds=folder / FOLDS,
            means=_means(folder),
        )
        ring = KeyRing(wiring.keys_file(folder))
        sessions = Sessions(ring, secret_in(folder / "console.key"), everyone=is_loopback(host))
        acts = Acts(live.champions.activate, lambda: wiring.watching_lock(folder))
        replays = _Replays(folder, system, target)
        shown = Console(lambda: (now, *replays.books()), home.clock, sessions=sessions, acts=acts)
        return Mounted(server, shown)

    return mount


def _means(folder: Path) -> Means:
    from trimtab.screens import Means  # noqa: PLC0415

    return Means(wiring.blobs(folder / "blobs"), wiring.engine, wiring.load)


def add_up(system: System, ledger: Ledger, folder: Path) -> None:
    """Add up what the pages of a replay show of all its rows, once, beside its record, so that no look waits for it."""
    from trimtab.screens import Book, add_up_replay  # noqa: PLC0415

    slug, folds = f"{REPLAY}{system.name}", folder / FOLDS
    add_up_replay(Book(slug, system.name, ledger, wiring.clock(), replay=True, folds=folds))


class _Replays:
    """The replays of a home, opened when somebody looks, and kept open."""

    def __init__(self, folder: Path, system: System | None, target: str | None) -> None:
        self._folder, self._system, self._target = folder / "replays", system, target
        self._open: dict[Path, tuple[int, Book]] = {}

    def books(self) -> tuple[Book, ...]:
        """A book for each replay that can be read now."""
        folders = sorted(self._folder.iterdir()) if self._folder.is_dir() else []
        return tuple(book for each in folders if (book := self._book(each)) is not None)

    def close(self) -> None:
        """Let go of all of them."""
        for _, book in self._open.values():
            book.ledger.close()

    def _book(self, folder: Path) -> Book | None:
        from trimtab.screens import Book  # noqa: PLC0415

        file = folder / "ledger.sqlite"
        if not file.exists():
            return None
        made = file.stat().st_ino
        if folder not in self._open or self._open[folder][0] != made:
            # a replay that was run again is another record
            try:
                ledger = wiring.ledger_to_read(folder)
            except TrimtabError:
                return None
            system = self._system if self._system is not None and self._system.name == folder.name else None
            target = self._target or folder.name
            slug, folds = f"{REPLAY}{folder.name}", folder / FOLDS
            book = Book(slug, folder.name, ledger, wiring.clock(), system, target, replay=True, folds=folds)
            self._open[folder] = (made, book)
        return self._open[folder][1]


@contextlib.contextmanager
def _books(
    folder: Path, system: System | None, target: str | None
) -> Iterator[Callable[[], tuple[Book, ...]]]:
    """What gives the records of a home that there are now."""
    from trimtab.screens import Book  # noqa: PLC0415

    with ExitStack() as stack:
        live: tuple[Book, ...] = ()
        if (folder / "ledger").exists():
            ledger = stack.enter_context(contextlib.closing(wiring.ledger_to_read(folder / "ledger")))
            name = system.name if system is not None else folder.resolve().parent.name
            known_as = target or name
            folds, means = folder / FOLDS, _means(folder)
            live = (Book(LIVE, name, ledger, wiring.clock(), system, known_as, folds=folds, means=means),)
        replays = _Replays(folder, system, target)
        stack.callback(replays.close)
        if not live and not replays.books():
            raise UsageError(
                f"there is no record in {folder}", do="replay or serve first, or name another --home"
            )
        yield lambda: (*live, *replays.books())


def _home(system: System | None, home: str | Path | None) -> Path:
    if system is not None:
        return wiring.home(system, home)
    if home is None:
        raise UsageError("the console needs a record", do="name a system, or a folder with --home")
    return Path(home)


def _written(books: tuple[Book, ...], folder: Path, at: int | None) -> tuple[Path, ...]:
    from trimtab.screens import write_pages  # noqa: PLC0415

    if len(books) == 1:
        return write_pages(books[0], folder, at)
    return tuple(path for book in books for path in write_pages(book, folder / book.slug, at))


def _serve(
    books: Callable[[], tuple[Book, ...]], host: str, port: int | None, announce: Callable[[str], None]
) -> None:
    from trimtab.screens import Console  # noqa: PLC0415
    from trimtab.screens.mounting import Alone  # noqa: PLC0415
    from trimtab.serving.running import BACKLOG, is_loopback, listening, run  # noqa: PLC0415

    if not is_loopback(host):
        raise UsageError(
            "a console without keys answers this machine only",
            found=host,
            do="use trimtab serve, which asks for keys, or a tunnel",
        )
    try:
        opened = listening(host, PORT if port is None else port)
    except TrimtabError:
        if port is not None:
            raise
        opened = listening(host, 0)
    with contextlib.closing(opened) as listener:
        listener.listen(BACKLOG)
        announce(f"console: http://{host}:{listener.getsockname()[1]}/console")
        run(Alone(Console(books, wiring.clock())), listener)
