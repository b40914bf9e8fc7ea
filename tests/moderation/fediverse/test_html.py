"""HTML that strangers wrote, read as people see it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.fediverse.html import MAX_HTML, MAX_TAGS, cut, links_of, plain_text, web_address


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("no markup at all", "no markup at all"),
        ("<p>one</p><p>two<br>three<br />four</p>", "one\n\ntwo\nthree\nfour"),
        ("<p>one<br><br><br>two</p>", "one\n\ntwo"),
        ("<p>one</p>\n<p>two</p>", "one\n\ntwo"),
        ("<p>a &lt;b&gt; &amp; c&nbsp;d</p>", "a <b> & c d"),
        ("<ul><li>one</li><li>two</li></ul>", "one\ntwo"),
        ("<blockquote>said</blockquote>so", "said\n\nso"),
        ("<p>keep  two blanks</p>", "keep  two blanks"),
        ("a<script>alert(1)</script>b<style>p{}</style>c<!-- d -->e", "abce"),
        ("<svg onload=alert(1)><text>drawn</text></svg>so", "so"),
        ("<p>unclosed <b>bold", "unclosed bold"),
        ("1 < 2 && 3 > 2", "1 < 2 && 3 > 2"),
    ],
)
def test_words_are_read_as_people_see_them(html, text):
    assert plain_text(html) == text


def test_shortened_link_is_written_out_where_its_text_is_its_address():
    html = (
        '<p>see <a href="https://example.org/a/long/way"><span class="invisible">https://</span>'
        '<span class="ellipsis">example.org/a</span><span class="invisible">/long/way</span></a> now</p>'
    )
    assert plain_text(html) == "see https://example.org/a/long/way now"
    assert links_of(html) == ("https://example.org/a/long/way",)


def test_text_hidden_in_an_invisible_span_is_not_read():
    assert plain_text('<p>buy<span class="invisible">x8f3 <span>salt</span></span> now</p>') == "buy now"
    assert plain_text('<a href="https://a.example/">b.example<span class="invisible">salt</span></a>') == "b.example"


def test_paragraph_ends_what_an_unclosed_span_hides_as_it_does_in_a_browser():
    assert plain_text('<p><span class="invisible">a</p><p>b</p>') == "b"


def test_mentions_and_hashtags_are_words_and_not_links():
    html = (
        '<p><span class="h-card"><a href="https://a.example/@b" class="u-url mention">@<span>b</span></a></span> '
        '<a href="https://a.example/tags/cats" class="mention hashtag" rel="tag">#<span>cats</span></a></p>'
    )
    assert plain_text(html) == "@b #cats"
    assert links_of(html) == ()


@pytest.mark.parametrize(
    "address",
    [
        *("javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)", "data:text/html,<script>alert(1)</script>"),
        *("vbscript:x", "//example.org/x", "/relative", "ftp://example.org/", "https://", "https://[::1", "http:// example.org", "https:example.org", ""),
        *("https://example.org/\x00", "https://example.org/\u202e", "https://example.org/\ud800", "https://example.org/" + "x" * 3000),
    ],
)
def test_only_web_addresses_are_links(address):
    assert web_address(address) == ""


@pytest.mark.parametrize("address", ["javascript:alert(1)", "java&#10;script:alert(1)", "data:text/html,x", "//example.org/x", "/x", "https://"])
def test_link_to_anything_else_is_its_words_alone(address):
    html = f'<a href="{address}">click</a>'
    assert links_of(html) == ()
    assert plain_text(html) == "click"


def test_what_no_database_takes_is_replaced():
    assert plain_text("a\x00b\ud800c\U0001f99a") == "a\ufffdb\ufffdc\U0001f99a"
    assert links_of('<a href="https://a.example/\ud800">x</a>') == ("https://a.example/\ufffd",)


def test_links_are_each_given_once_in_order():
    html = '<a href="https://b.example/">1</a><a href="https://a.example/">2</a><a href="https://b.example/">3</a>'
    assert links_of(html) == ("https://b.example/", "https://a.example/")


def test_more_markup_than_a_person_writes_is_cut():
    assert cut("<p>fine</p>") == "<p>fine</p>"
    assert cut("x" * (MAX_HTML + 1)) == "x" * MAX_HTML + "…"
    kept = cut("<b>" * (MAX_TAGS + 1))
    assert kept == "<b>" * MAX_TAGS + "…"


@pytest.mark.parametrize(
    "html",
    [
        "<p>" + "".join(f"<b id={n}>" for n in range(50_000)) + "<p>x" * 100_000,  # each paragraph would open all of them again
        *("<div>" * 100_000, "<" * 1_000_000, "<!--" * 100_000, "<a href='" * 100_000, "<span class=invisible>" * 100_000),
        *("<svg>" * 100_000, "<table><tr><td>" * 50_000, "<![CDATA[" * 100_000, "&#" * 100_000, "&" * 100_000),
    ],
    ids=lambda html: html[:12],
)
def test_markup_made_to_exhaust_the_machine_is_read_in_bounds(html):
    assert len(plain_text(html)) <= MAX_HTML + 1
    assert len(links_of(html)) <= 50


@settings(max_examples=150)
@given(st.text(alphabet=st.sampled_from(list("<>/&;=\"' \nabpsni!-#x")), max_size=80))
def test_any_soup_of_markup_is_read(html):
    assert isinstance(plain_text(html), str)


@settings(max_examples=100)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60))
def test_escaped_words_come_back_as_they_were(words):
    import html

    assert plain_text(f"<p>{html.escape(words)}</p>") == words.replace("\xa0", " ").strip()
