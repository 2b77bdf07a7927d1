"""How wide text will be, without asking a font."""

import unicodedata

NARROW, WIDE = "iljI.,:;'|!()[] ", "mwMWQO%@&\u2014"
WIDTHS = {"narrow": 0.36, "wide": 0.95, "capital": 0.7, "plain": 0.6, "full": 1.05}
"""Shares of the font size, taken from the widest of the usual screen fonts: text never turns out wider."""


def text_width(text: str, size: float) -> float:
    """An upper bound of the width of `text` in pixels at a font size in pixels.

    >>> text_width("ill", 10) < text_width("WWW", 10)
    True
    """
    return size * sum(WIDTHS[_kind(letter)] for letter in text)


def shorten(text: str, size: float, room: float) -> str:
    """The text, cut with an ellipsis where it is wider than `room` pixels.

    >>> shorten("every seven days", 10, 60)
    'every sev…'
    """
    if text_width(text, size) <= room:
        return text
    while text and text_width(text + "\u2026", size) > room:
        text = text[:-1]
    return text.rstrip() + "\u2026"


def wrap(text: str, size: float, room: float) -> tuple[str, ...]:
    """The text in lines of at most `room` pixels, broken at spaces.

    >>> wrap("never retraining drifts away", 10, 100)
    ('never retraining', 'drifts away')
    """
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if text_width(longer, size) <= room or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return tuple(shorten(line, size, room) for line in lines)


def _kind(letter: str) -> str:
    if letter in NARROW:
        return "narrow"
    if letter in WIDE:
        return "wide"
    if unicodedata.east_asian_width(letter) in "WF":
        return "full"
    return "capital" if letter.isupper() or ord(letter) > 255 else "plain"
