"""What a Mastodon server would send, made from plain values."""

import hashlib
import html
import json
import re
from datetime import UTC

# A link as Mastodon finds it in a post: up to a blank, closing punctuation left outside.
_LINK = re.compile(r"https?://[^\s<>\"]+?(?=[.,;:!?)]*(?:\s|$))")
_TAG = re.compile(r"(?<![\w/&#])#(\w*[^\W\d_]\w*)")
_SHOWN = 30  # characters of a link that Mastodon shows


def stable_id(*parts):
    """A number of 18 digits for `parts`, the same each time, as Mastodon's ids look."""
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    return str(10**17 + int.from_bytes(digest[:8]) % (9 * 10**17))


def stamp(at):
    """A time as Mastodon writes it: milliseconds and Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def body(event, thing, at):
    """The bytes of a webhook."""
    return json.dumps({"event": event, "created_at": stamp(at), "object": thing}, ensure_ascii=False, separators=(",", ":")).encode()


def account(domain, username, created_at, statuses_count=0):
    """An Account of a local user."""
    url = f"https://{domain}/@{username}"
    return {
        "id": stable_id(domain, username),
        "username": username,
        "acct": username,
        "display_name": "",
        "locked": False,
        "bot": False,
        "discoverable": None,
        "created_at": stamp(created_at.replace(hour=0, minute=0, second=0, microsecond=0)),
        "note": "",
        "url": url,
        "uri": f"https://{domain}/users/{username}",
        "avatar": f"https://{domain}/avatars/original/missing.png",
        "header": f"https://{domain}/headers/original/missing.png",
        "followers_count": -1,  # hidden
        "following_count": 0,
        "statuses_count": statuses_count,
        "last_status_at": None,
        "emojis": [],
        "fields": [],
    }


def admin_account(account, created_at, email, ip, approved=True, confirmed=True, invite_request=None):
    """An Admin::Account of a local user."""
    return {
        "id": account["id"],
        "username": account["username"],
        "domain": None,
        "created_at": stamp(created_at),
        "email": email,
        "ip": ip,
        "confirmed": confirmed,
        "suspended": False,
        "silenced": False,
        "sensitized": False,
        "disabled": False,
        "approved": approved,
        "locale": "en",
        "invite_request": invite_request,
        "ips": [{"ip": ip, "used_at": stamp(created_at)}],
        "account": account,
        "role": {"id": "-99", "name": "", "permissions": "0", "color": "", "highlighted": False},
    }


def status(domain, account, key, text, at):
    """A public Status whose words are `text`; `key` decides its id."""
    post_id = stable_id(domain, account["username"], key)
    return {
        "id": post_id,
        "created_at": stamp(at),
        "in_reply_to_id": None,
        "in_reply_to_account_id": None,
        "sensitive": False,
        "spoiler_text": "",
        "visibility": "public",
        "language": None,
        "uri": f"{account['uri']}/statuses/{post_id}",
        "url": f"{account['url']}/{post_id}",
        "replies_count": 0,
        "reblogs_count": 0,
        "favourites_count": 0,
        "edited_at": None,
        "content": _content(domain, text),
        "reblog": None,
        "account": account,
        "media_attachments": [],
        "mentions": [],
        "tags": [{"name": name.lower(), "url": _tag_url(domain, name)} for name in dict.fromkeys(_TAG.findall(text))],
        "emojis": [],
        "quote": None,
        "card": None,
        "poll": None,
    }


def report(report_id, reporter, target, statuses, category, comment, at, rules=()):
    """An open Admin::Report; `reporter` and `target` are Admin::Accounts."""
    return {
        "id": report_id,
        "action_taken": False,
        "action_taken_at": None,
        "category": category,
        "comment": comment,
        "forwarded": False,
        "created_at": stamp(at),
        "updated_at": stamp(at),
        "account": reporter,
        "target_account": target,
        "assigned_account": None,
        "action_taken_by_account": None,
        "statuses": statuses,
        "rules": [{"id": rule_id, "text": text, "hint": "", "translations": {}} for rule_id, text in rules],
    }


def _content(domain, text):
    """`text` as Mastodon writes a post: paragraphs, line breaks, shortened links and hashtags."""
    paragraphs = re.split(r"\n{2,}", text.strip())
    return "".join(f"<p>{_inline(domain, paragraph)}</p>" for paragraph in paragraphs)


def _inline(domain, text):
    pieces, end = [], 0
    for found in _LINK.finditer(text):
        pieces += [_tagged(domain, text[end : found.start()]), _linked(found.group())]
        end = found.end()
    pieces.append(_tagged(domain, text[end:]))
    return "".join(pieces).replace("\n", "<br />")


def _linked(url):
    scheme, _, rest = url.partition("://")
    rest = rest.removeprefix("www.") if rest.startswith("www.") else rest
    hidden = url[: len(url) - len(rest)]
    shown, tail = rest[:_SHOWN], rest[_SHOWN:]
    return (
        f'<a href="{html.escape(url)}" target="_blank" rel="nofollow noopener" translate="no"><span class="invisible">{html.escape(hidden)}</span>'
        f'<span class="{"ellipsis" if tail else ""}">{html.escape(shown)}</span><span class="invisible">{html.escape(tail)}</span></a>'
    )


def _tagged(domain, text):
    pieces, end = [], 0
    for found in _TAG.finditer(text):
        name = found.group(1)
        pieces += [
            html.escape(text[end : found.start()], quote=False),
            f'<a href="{html.escape(_tag_url(domain, name))}" class="mention hashtag" rel="tag">#<span>{html.escape(name)}</span></a>',
        ]
        end = found.end()
    pieces.append(html.escape(text[end:], quote=False))
    return "".join(pieces)


def _tag_url(domain, name):
    return f"https://{domain}/tags/{name.lower()}"
