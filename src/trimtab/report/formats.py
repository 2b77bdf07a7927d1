"""Values as text: the same words in tables, on axes and in a terminal."""

import datetime as dt

from trimtab.finding import Severity
from trimtab.report.table import Cell, Column, Estimate

MINUS = "\u2212"
NOTHING = "\u2013"
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
UNITS_OF_TIME = (
    ("d", 86_400_000_000),
    ("h", 3_600_000_000),
    ("min", 60_000_000),
    ("s", 1_000_000),
    ("ms", 1_000),
    ("\u00b5s", 1),
)


def instant(at: float) -> dt.datetime:
    """The moment `at` epoch microseconds, in UTC.

    >>> instant(0).year
    1970
    """
    return EPOCH + dt.timedelta(microseconds=round(at))


def date(at: float) -> str:
    """The day of `at` epoch microseconds, UTC.

    >>> date(1_364_860_800_000_000)
    '2013-04-02'
    """
    return instant(at).date().isoformat()


def moment(at: float) -> str:
    """The minute of `at` epoch microseconds, UTC; only the date at midnight.

    >>> moment(1_364_864_460_000_000)
    '2013-04-02 01:01'
    """
    found = instant(at)
    midnight = found.hour == found.minute == found.second == found.microsecond == 0
    return found.strftime("%Y-%m-%d") if midnight else found.strftime("%Y-%m-%d %H:%M")


def duration(length: float) -> str:
    """A length of microseconds in at most two units.

    >>> duration(93_600_000_000), duration(1_500)
    ('1 d 2 h', '1 ms 500 µs')
    """
    rest = abs(round(length))
    parts: list[tuple[int, str]] = []
    for name, size in UNITS_OF_TIME:
        count, rest = divmod(rest, size)
        if count or parts:
            parts.append((count, name))
    shown = " ".join(f"{count} {name}" for count, name in parts[:2] if count) or "0 s"
    return MINUS + shown if length < 0 else shown


def number(value: float, spec: str = "") -> str:
    """A number in a format of Python with a true minus sign; four digits where none is given.

    >>> number(12345), number(0.44931), number(-0.5, "+.3f") == MINUS + "0.500"
    ('12,345', '0.4493', True)
    """
    if spec:
        text = format(value, spec)
    elif isinstance(value, int):
        text = f"{value:,}"
    elif value == 0 or 1e-4 <= abs(value) < 1e6:
        digits = max(0, 4 - len(f"{abs(value):.0f}")) if abs(value) >= 1 else 4
        text = f"{value:,.{digits}f}"
    else:
        text = f"{value:.3g}"
    # a value that rounds to nothing has no sign
    if text.startswith("-") and not text.strip("-+0.,%"):
        text = text[1:]
    return text.replace("-", MINUS)


def cell(value: Cell, spec: str = "") -> str:
    """One cell as text; `spec` is the format of its column.

    >>> cell(Estimate(0.449, 0.446, 0.452), ".2f"), cell(0, "date"), cell(None) == NOTHING
    ('0.45 [0.45, 0.45]', '1970-01-01', True)
    """
    if value is None:
        return NOTHING
    if isinstance(value, Estimate):
        value, low, high = (plain(part, spec) for part in (value.value, value.low, value.high))
        return f"{value} {interval(low, high)}"
    if isinstance(value, Severity):
        return value.value
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else plain(value, spec)


def plain(value: float, spec: str = "") -> str:
    """A number, time or duration as text.

    >>> plain(3_600_000_000, "duration")
    '1 h'
    """
    words = {"date": date, "moment": moment, "duration": duration}
    return words[spec](value) if spec in words else number(value, "" if spec == "code" else spec)


def interval(low: str, high: str) -> str:
    """The ends of an interval in brackets.

    >>> interval("1", "2")
    '[1, 2]'
    """
    return f"[{low}, {high}]"


def head(column: Column) -> str:
    """The head of a column with its unit.

    >>> head(Column("cost", "EUR"))
    'cost, EUR'
    """
    return f"{column.name}, {column.unit}" if column.unit else column.name


def aligned_right(column: Column, cells: tuple[Cell, ...]) -> bool:
    """Whether the column is set flush right: as it says, or where it holds numbers.

    >>> aligned_right(Column("fits"), (1, None)), aligned_right(Column("policy"), ("never",))
    (True, False)
    """
    if column.align or column.format in ("date", "moment", "code"):
        return column.align == "right"
    held = [value for value in cells if value is not None]
    numeric = all(isinstance(value, int | float | Estimate) and not isinstance(value, bool) for value in held)
    return bool(held) and numeric
