"""Values as our columns can hold them, whatever came in."""

from moderation.fediverse.base import Malformed
from moderation.fediverse.html import cut, plain_text, sound, web_address

MAX_ITEMS = 100  # tags, mentions, media and rules kept of one post or report
MAX_TEXT = 10_000  # characters of a plain text field that has no limit of its own


def storable(text, limit=MAX_TEXT):
    """`text` cut to `limit` characters, without what PostgreSQL or UTF-8 refuse: NUL and lone surrogates."""
    return sound(text[:limit])


def identity(text):
    """An id whole or not at all: two ids cut to the same beginning would become one thing."""
    if not text or len(text) > 64 or storable(text) != text:
        raise Malformed("an id is empty, longer than 64 characters or not text")
    return text


def profile_columns(seen):
    """Columns of Account that everybody may see, from AccountSeen."""
    return {
        "username": storable(seen.username, 255),
        "domain": storable(seen.domain, 253),
        "display_name": storable(seen.display_name, 1_000),
        "note": storable(cut(seen.note), None),
        "url": web_address(seen.url),
        "avatar_url": web_address(seen.avatar_url),
        "bot": seen.bot,
        "followers_count": seen.followers_count,
        "following_count": seen.following_count,
        "statuses_count": seen.statuses_count,
    }


STANDING = ("confirmed", "approved", "disabled", "silenced", "sensitized", "suspended")


def standing_columns(seen):
    """Columns of Account that tell how it stands with its instance; only those the platform spoke of."""
    return {name: getattr(seen, name) for name in STANDING if getattr(seen, name) is not None}


def post_columns(seen):
    """Columns of Post from PostSeen, its words as people see them included. Parses HTML: call it outside a transaction."""
    content = storable(cut(seen.content), None)
    return {
        "uri": web_address(seen.uri),
        "url": web_address(seen.url),
        "content": "" if seen.boost_of else content,
        "text": "" if seen.boost_of else plain_text(content),
        "spoiler_text": storable(seen.spoiler_text),
        "language": storable(seen.language, 16),
        "visibility": storable(seen.visibility, 16),
        "sensitive": seen.sensitive,
        "in_reply_to_id": storable(seen.in_reply_to_id, 64),
        "in_reply_to_account_id": storable(seen.in_reply_to_account_id, 64),
        "boost_of": storable(seen.boost_of, 2_048),
        "links": [link for link in map(web_address, seen.links[:MAX_ITEMS]) if link],
        "tags": [storable(tag, 255) for tag in seen.tags[:MAX_ITEMS]],
        "mentions": [_plain(mention) for mention in seen.mentions[:MAX_ITEMS]],
        "media": [_plain(medium) for medium in seen.media[:MAX_ITEMS]],
        "created_at": seen.created_at,
        "edited_at": seen.edited_at,
    }


def report_columns(seen):
    """Columns of Report from ReportSeen, without its state and whom it concerns."""
    return {
        "category": storable(seen.category, 32),
        "comment": storable(seen.comment),
        "rules": [_plain(rule) for rule in seen.rules[:MAX_ITEMS]],
        "forwarded": seen.forwarded,
        "created_at": seen.created_at,
        "updated_at": seen.updated_at,
        "resolved_at": seen.resolved_at,
    }


def _plain(thing):
    """A flat dict for a JSON column."""
    return {name: storable(value) if isinstance(value, str) else value for name, value in thing.items()}
