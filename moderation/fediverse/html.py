"""HTML that strangers wrote, read as people see it."""

from html.parser import HTMLParser
from urllib.parse import urlsplit

import nh3

# More markup than any person writes in a post. What is longer is cut there, so that no tree built from it, by us or on a
# page, can outgrow the machine: unclosed formatting elements multiply with the paragraphs that follow.
MAX_HTML = 100_000
MAX_TAGS = 1_000
MAX_LINKS = 50
MAX_URL = 2_048

_BLOCKS = {
    "address",
    "article",
    "blockquote",
    "dd",
    "div",
    "dl",
    "dt",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "table",
    "tr",
    "ul",
}
_LINES = {"dd", "div", "dt", "hr", "li", "tr"}
# Well-formed and free of comments, scripts and styles afterwards. No formatting element but `a` is kept.
_tidy = nh3.Cleaner(
    tags=_BLOCKS | {"a", "br", "span"},
    clean_content_tags={"script", "style", "template", "title", "textarea", "noscript", "iframe", "object"},
    attributes={"a": {"href", "class"}, "span": {"class"}},
    url_schemes={"http", "https"},
    link_rel=None,
)


def sound(text):
    """`text` without what databases and UTF-8 refuse: NUL and lone surrogates become U+FFFD."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def web_address(value):
    """`value` if it is an http(s) URL that can be followed, else ""."""
    value = value.strip()
    if len(value) > MAX_URL or not value.isprintable() or " " in value:
        return ""
    try:
        parts = urlsplit(value)
    except ValueError:
        return ""
    return value if parts.scheme in ("http", "https") and parts.hostname else ""


def cut(html):
    """`html`, or as much of its beginning as MAX_HTML and MAX_TAGS allow, followed by "…"."""
    if len(html) <= MAX_HTML and html.count("<") <= MAX_TAGS:
        return html
    kept = html[:MAX_HTML]
    if kept.count("<") > MAX_TAGS:
        kept = "<".join(kept.split("<", MAX_TAGS + 1)[:-1])
    return kept + "…"


def plain_text(html):
    """The words of `html` as people see them: a line for each <br>, a blank line between paragraphs, nothing hidden.

    A link that Mastodon shortened (part of it in an invisible span) is written out where its text is its address.
    """
    return _read(html).text()


def links_of(html):
    """The http(s) URLs that `html` links to, mentions and hashtags left out: a tuple in order, each once, at most 50."""
    return tuple(_read(html).links)


def _read(html):
    reader = _Reader()
    reader.feed(_tidy.clean(sound(cut(html))))
    reader.close()
    return reader


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.pieces = []
        self.links = {}
        self._gap = 0  # newlines owed before the next word
        self._hidden = 0  # open spans, from the invisible one inwards
        self._link = None  # (address, index of its first piece)
        self._whole = []  # all text of the open link, hidden or not

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        classes = (attributes.get("class") or "").split()
        if tag == "span" and (self._hidden or "invisible" in classes):
            self._hidden += 1
        elif tag == "a":
            address = web_address(attributes.get("href") or "")
            self._pay_gap()
            self._link, self._whole = (address, len(self.pieces)), []
            if address and len(self.links) < MAX_LINKS and not {"mention", "hashtag", "u-url"} & set(classes):
                self.links[address] = True
        elif tag == "br":
            self._gap += 1
        else:
            self._break(tag)

    def handle_endtag(self, tag):
        if tag == "span" and self._hidden:
            self._hidden -= 1
        elif tag == "a" and self._link:
            address, start = self._link
            if address and "".join(self._whole).strip() == address:
                self.pieces[start:] = [address]
            self._link = None
        else:
            self._break(tag)

    def handle_data(self, data):
        if self._link:
            self._whole.append(data)
        if self._hidden or (self._gap and data.isspace()):
            return
        self._pay_gap()
        self.pieces.append(data)

    def _break(self, tag):
        if tag in _BLOCKS:
            self._gap = max(self._gap, 1 if tag in _LINES else 2)

    def _pay_gap(self):
        if self.pieces:
            self.pieces.append("\n" * min(self._gap, 2))
        self._gap = 0

    def text(self):
        return "".join(self.pieces).replace("\xa0", " ").strip()
