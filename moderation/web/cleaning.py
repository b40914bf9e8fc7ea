"""Hostile HTML made safe to look at: a few plain elements without attributes, and links that show where they lead.

nh3 (ammonia, html5ever) parses as a browser would and drops everything but a short list; then every piece is written
anew from that list with its text escaped, so nothing of the original mark-up reaches the page.
"""

from html import escape
from html.parser import HTMLParser
from urllib.parse import urlsplit

import nh3
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

BLOCKS = {"p", "blockquote", "pre", "ul", "ol", "li"}
INLINE = {"code", "strong", "b", "em", "i", "del", "s"}
PARSED = BLOCKS | INLINE | {"br", "a"}
# Longer than any honest post (Mastodon: 500 characters, glitch-soc: thousands); the rest is counted, not shown.
MAX_CHARACTERS = 20_000
MAX_DEPTH = 12


def clean_html(html):
    """`html` as safe HTML of p, br, lists, quotes, code and emphasis; links become their text and their real address.

    Returns a SafeString without any attribute but our own classes. Cut after 20,000 characters, with a sentence
    that says how much was cut.
    """
    left = len(html) - MAX_CHARACTERS
    cleaned = nh3.clean(
        html[:MAX_CHARACTERS].replace("\x00", ""),
        tags=PARSED,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto", "gemini", "magnet", "xmpp"},
        url_relative="deny",
        link_rel=None,
    )
    writer = _Writer()
    writer.feed(cleaned)
    writer.close()
    if left > 0:
        writer.pieces.append(f'<p class="meta">{escape(_("%d more characters are not shown.") % left)}</p>')
    return mark_safe("".join(writer.pieces))  # noqa: S308 — every piece above is a fixed tag or escaped


def plain_lines(text):
    """Plain `text` as escaped paragraphs; cut as clean_html cuts."""
    left = len(text) - MAX_CHARACTERS
    paragraphs = [escape(block).replace("\n", "<br>") for block in text[:MAX_CHARACTERS].replace("\x00", "").split("\n\n") if block.strip()]
    if left > 0:
        paragraphs.append(escape(_("%d more characters are not shown.") % left))
    return mark_safe("".join(f"<p>{block}</p>" for block in paragraphs))  # noqa: S308


def readable_url(url):
    """The address with a foreign-script host in its punycode form, so that look-alike letters show; at most 300 characters."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if not host.isascii():
            url = url.replace(parts.netloc, parts.netloc.replace(host, host.encode("idna").decode()), 1)
    except (ValueError, UnicodeError):
        pass
    return url if len(url) <= 300 else url[:299] + "…"


class _Writer(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.pieces = []
        self.open = []  # tags written and not closed yet; None: passed over because too deep
        self.link = None  # the address of the link we are in
        self.link_text = []

    def handle_starttag(self, tag, attrs):
        if tag == "br":
            self.pieces.append("<br>")
        elif tag == "a":
            self._end_link()
            self.link = dict(attrs).get("href") or ""
            self.link_text = []
        elif tag in BLOCKS or tag in INLINE:
            shown = len(self.open) < MAX_DEPTH
            self.open.append(tag if shown else None)
            if shown:
                self.pieces.append(f"<{tag}>")

    def handle_endtag(self, tag):
        if tag == "a":
            self._end_link()
        elif self.open and (tag in BLOCKS or tag in INLINE):
            opened = self.open.pop()
            if opened:
                self.pieces.append(f"</{opened}>")

    def handle_data(self, data):
        self.pieces.append(escape(data))
        if self.link is not None:
            self.link_text.append(data)

    def close(self):
        super().close()
        self._end_link()
        while self.open:
            if opened := self.open.pop():
                self.pieces.append(f"</{opened}>")

    def _end_link(self):
        """After a link's text, its address, unless the text already is the whole address."""
        if not self.link:
            self.link = None
            return
        address = readable_url(self.link)
        if "".join(self.link_text).strip() not in (address, self.link):
            self.pieces.append(f' <span class="address">{escape(address)}</span>')
        self.link = None
