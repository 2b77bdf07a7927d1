"""A document as one HTML file that asks no host for anything."""

from trimtab.report.document import Document, Section
from trimtab.report.markup import Markup, join, tag
from trimtab.report.page.blocks import block_markup
from trimtab.report.page.style import page_style
from trimtab.report.page.tables import pill, severity_class
from trimtab.report.palette import Theme

# the browser itself refuses whatever the file might be made to ask for
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def to_html(document: Document, theme: Theme = "auto") -> str:
    """The whole page; `theme` "light" or "dark" overrules the reader's system.

    >>> to_html(Document("flight-delay", "Nothing to do.")).splitlines()[0]
    '<!DOCTYPE html>'
    """
    head = tag(
        "head",
        None,
        tag("meta", {"charset": "utf-8"}),
        tag("meta", {"http-equiv": "Content-Security-Policy", "content": POLICY}),
        tag("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        tag("title", None, f"{document.severity.value}: {document.title}"),
        tag("style", None, Markup("html{background:var(--tt-paper)}" + page_style(theme, "html"))),
    )
    body = tag("body", {"class": "tt page"}, _inside(document))
    return f"<!DOCTYPE html>\n{tag('html', {'lang': 'en'}, head, body)}\n"


def to_fragment(document: Document, theme: Theme = "auto") -> str:
    """The page as one element with its style, to be set into another page or a notebook.

    >>> to_fragment(Document("flight-delay", "Nothing to do.")).startswith('<div class="tt"><style>')
    True
    """
    return str(tag("div", {"class": "tt"}, tag("style", None, Markup(page_style(theme))), _inside(document)))


def _inside(document: Document) -> Markup:
    subtitle = tag("p", {"class": "subtitle"}, document.subtitle) if document.subtitle else ""
    verdict = {
        "class": f"verdict {severity_class(document.severity)}",
        "aria-label": "verdict",
        "role": "group",
    }
    return join(
        tag("a", {"class": "skip", "href": "#verdict"}, "Skip to the verdict"),
        tag("header", None, tag("h1", None, document.title), subtitle),
        tag("div", {**verdict, "id": "verdict"}, pill(document.severity), tag("p", None, document.verdict)),
        _contents(document) if document.sections else "",
        tag("main", None, *(_section(one) for one in document.sections)),
        tag("footer", None, document.footer) if document.footer else "",
    )


def _contents(document: Document) -> Markup:
    links = (tag("li", None, tag("a", {"href": f"#{one.anchor}"}, one.title)) for one in document.sections)
    return tag("nav", {"class": "toc", "aria-label": "Contents"}, tag("ol", None, *links))


def _section(section: Section) -> Markup:
    title = tag("h2", None, tag("a", {"href": f"#{section.anchor}"}, section.title))
    return tag("section", {"id": section.anchor}, title, *(block_markup(one) for one in section.blocks))
