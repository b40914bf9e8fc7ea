"""Hostile HTML comes out as a handful of plain elements, whatever went in."""

from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.web.cleaning import MAX_CHARACTERS, MAX_DEPTH, clean_html, plain_lines, readable_url

ALLOWED = {"p", "br", "blockquote", "pre", "ul", "ol", "li", "code", "strong", "b", "em", "i", "del", "s", "span"}
PIECES = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "</p>",
    "<p style='position:fixed'>",
    "<a href='javascript:alert(1)'>x",
    '<a href="data:text/html,<script>">',
    "<a href='https://evil.example/?a=1&b=2'>bank.example</a>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<iframe src=//evil.example>",
    "<base href=//evil.example>",
    "<blockquote>",
    "<ul><li>",
    "<!--",
    "-->",
    "<![CDATA[",
    "&lt;script&gt;",
    "&#x3c;b&#x3e;",
    "\x00",
    "\u202e",
    "\u202e",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<b onclick=x>",
    "<style>@import '//evil.example'</style>",
    "<link rel=stylesheet href=//evil.example>",
    "text",
]


class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.depth, self.deepest = set(), [], 0, 0

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        self.depth += tag != "br"
        self.deepest = max(self.deepest, self.depth)

    def handle_endtag(self, tag):
        self.depth -= 1


def read(html):
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=20)), max_size=12).map("".join))
def test_nothing_but_plain_elements_with_our_own_classes_comes_out(hostile):
    reader = read(clean_html(hostile))
    assert reader.tags <= ALLOWED
    assert all(attribute in {("span", "class", "address"), ("p", "class", "meta")} for attribute in reader.attributes)
    assert reader.depth == 0, "every element is closed"
    assert reader.deepest <= MAX_DEPTH + 1


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=200))
def test_plain_text_is_never_read_as_html(text):
    assert read(plain_lines(text)).tags <= {"p", "br"}


def test_a_link_is_its_text_and_its_real_address():
    shown = clean_html('<p><a href="https://evil.example/login">https://bank.example</a></p>')
    assert shown == '<p>https://bank.example <span class="address">https://evil.example/login</span></p>'


def test_a_link_that_shows_its_whole_address_shows_it_once():
    assert clean_html('<a href="https://a.example/x">https://a.example/x</a>') == "https://a.example/x"


def test_a_mastodon_link_with_hidden_parts_shows_all_of_its_address():
    hidden = '<span class="invisible">https://</span><span class="ellipsis">a.example</span><span class="invisible">/page</span>'
    assert clean_html(f'<a href="https://a.example/page">{hidden}</a>') == "https://a.example/page"


def test_look_alike_letters_of_a_domain_are_shown_as_what_they_are():
    assert readable_url("https://еxample.com/a") == "https://xn--xample-2of.com/a"


def test_what_is_far_too_long_is_cut_and_says_so():
    shown = clean_html("<p>" + "a" * (MAX_CHARACTERS + 500) + "</p>")
    assert len(shown) < MAX_CHARACTERS + 200
    assert "503" in shown or "507" in shown


def test_a_hundred_thousand_levels_of_nesting_are_a_few():
    assert read(clean_html("<blockquote>" * 100_000 + "deep")).deepest <= MAX_DEPTH + 1
