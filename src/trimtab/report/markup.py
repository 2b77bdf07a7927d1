"""Tags with everything escaped: text becomes markup only by passing through here."""

import re
from collections.abc import Mapping

# what XML 1.0 cannot hold at all, not even escaped
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}


CLOSED = frozenset(("br", "circle", "line", "link", "meta", "path", "rect"))
"""Elements that close in themselves when they are empty; any other needs its end."""


class Markup(str):
    """A string that is markup already and is not escaped again."""

    __slots__ = ()


def escape(text: object) -> Markup:
    """The text with nothing left that markup could mean something by; Markup passes as it is.

    >>> escape("<b> & 'c'")
    '&lt;b&gt; &amp; &#39;c&#39;'
    """
    if isinstance(text, Markup):
        return text
    clean = _FORBIDDEN.sub("\ufffd", str(text))
    return Markup("".join(_ESCAPES.get(letter, letter) for letter in clean))


def tag(name: str, attributes: Mapping[str, object] | None = None, *children: object) -> Markup:
    """One element with its attributes and children, all escaped.

    An attribute of None or False is left out.

    >>> tag("p", {"class": "note", "id": None}, "a < b")
    '<p class="note">a &lt; b</p>'
    >>> tag("line", {"x1": 0})
    '<line x1="0"/>'
    """
    opened = name + "".join(_attribute(key, value) for key, value in (attributes or {}).items())
    if not children and name in CLOSED:
        return Markup(f"<{opened}/>")
    return Markup(f"<{opened}>{join(*children)}</{name}>")


def join(*parts: object) -> Markup:
    """The parts one after another, each escaped unless it is markup.

    >>> join("a&b", tag("br"))
    'a&amp;b<br/>'
    """
    return Markup("".join(escape(part) for part in parts))


def _attribute(key: str, value: object) -> str:
    if value is None or value is False:
        return ""
    return f' {key}="{escape("" if value is True else value)}"'
