"""What Mastodon sends, read into plain values. Whatever is not as documented raises Malformed; nothing is guessed."""

import json
import re
from datetime import UTC, datetime, timedelta

from .base import AccountSeen, Event, Malformed, PostSeen, ReportSeen
from .html import links_of, plain_text, web_address

__all__ = ["account_seen", "parse", "plain_text", "report_seen"]

ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
MAX_COUNT = 2**63 - 1


def parse(body):
    """The Event in a webhook body (bytes). Malformed says where it is not as documented, never what stood there."""
    try:
        envelope = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise Malformed("the body is not UTF-8") from error
    except RecursionError as error:
        raise Malformed("the body is nested too deeply") from error
    except ValueError as error:
        raise Malformed("the body is not JSON (the webhook's template must be empty)") from error
    envelope = _Thing(envelope, "body")
    name = envelope.text("event", required=True)
    at = envelope.date("created_at", required=True)
    reader = READERS.get(name)
    if reader is None:
        return Event(name=name, key=None, seen=None, at=at)
    seen = reader(envelope.thing("object"))
    return Event(name=name, key=_key(name, seen), seen=seen, at=at)


def account_seen(said):
    """AccountSeen of an Admin::Account (parsed JSON) that the admin API told; Malformed where it is not as documented."""
    return _admin_account(_Thing(said, "account"))


def report_seen(said):
    """ReportSeen of an Admin::Report (parsed JSON) that the admin API told; Malformed where it is not as documented."""
    return _report(_Thing(said, "report"))


def _account(thing):
    """AccountSeen of an Account: what everybody may see."""
    username, _, domain = thing.text("acct", required=True).partition("@")
    return AccountSeen(remote_id=thing.id("id"), username=thing.text("username") or username, domain=domain, **_profile(thing))


def _admin_account(thing):
    """AccountSeen of an Admin::Account: its standing, and personal data that ingest hashes."""
    account = thing.thing("account", required=False)
    ips = thing.things("ips")
    profile = _profile(account) if account else {}
    return AccountSeen(
        **{
            **profile,
            "remote_id": thing.id("id"),
            "username": thing.text("username", required=True),
            "domain": thing.text("domain"),
            "created_at": thing.date("created_at") or profile.get("created_at"),
            "confirmed": thing.flag("confirmed"),
            "approved": thing.flag("approved"),
            "disabled": thing.flag("disabled"),
            "silenced": thing.flag("silenced"),
            "sensitized": thing.flag("sensitized"),
            "suspended": thing.flag("suspended"),
            "email": thing.text("email"),
            "ip": thing.text("ip") or (ips[0].text("ip") if ips else ""),
            "sign_up_reason": thing.text("invite_request"),
        }
    )


def _status(thing):
    """PostSeen of a Status. A boost carries whom it boosts and no words."""
    boosted = thing.thing("reblog", required=False)
    content = "" if boosted else thing.text("content")
    created_at = thing.date("created_at", required=True)
    return PostSeen(
        remote_id=thing.id("id"),
        account=_account(thing.thing("account")),
        created_at=created_at,
        edited_at=thing.date("edited_at"),
        content=content,
        spoiler_text="" if boosted else thing.text("spoiler_text"),
        language=thing.text("language"),
        visibility=thing.text("visibility", required=True),
        sensitive=bool(thing.flag("sensitive")),
        uri=web_address(thing.text("uri")),
        url=web_address(thing.text("url")),
        in_reply_to_id=thing.id("in_reply_to_id", required=False),
        in_reply_to_account_id=thing.id("in_reply_to_account_id", required=False),
        boost_of=(web_address(boosted.text("uri")) or boosted.id("id")) if boosted else "",
        links=links_of(content),
        tags=tuple(tag.text("name", required=True) for tag in thing.things("tags")) if not boosted else (),
        mentions=tuple({"id": mention.id("id"), "acct": mention.text("acct")} for mention in thing.things("mentions")),
        media=tuple(_medium(medium) for medium in thing.things("media_attachments")),
    )


def _report(thing):
    """ReportSeen of an Admin::Report, with the reported posts, deleted ones included."""
    reporter = thing.thing("account", required=False)
    resolver = thing.thing("action_taken_by_account", required=False)
    assigned = thing.thing("assigned_account", required=False)
    updated_at = thing.date("updated_at")
    resolved_at = None
    if thing.flag("action_taken"):
        resolved_at = thing.date("action_taken_at") or updated_at or thing.date("created_at")
    return ReportSeen(
        remote_id=thing.id("id"),
        target=_admin_account(thing.thing("target_account")),
        reporter=_admin_account(reporter) if reporter else None,
        posts=tuple(_status(status) for status in thing.things("statuses")),
        category=thing.text("category") or "other",
        comment=thing.text("comment"),
        rules=tuple({"id": rule.id("id"), "text": rule.text("text")} for rule in thing.things("rules")),
        forwarded=thing.flag("forwarded"),
        created_at=thing.date("created_at", required=True),
        updated_at=updated_at,
        resolved_at=resolved_at,
        resolved_by=resolver.id("id") if resolver else "",
        assigned_to=assigned.id("id") if assigned else "",
    )


READERS = {
    "account.created": _admin_account,
    "account.approved": _admin_account,
    "account.updated": _admin_account,
    "report.created": _report,
    "report.updated": _report,
    "status.created": _status,
    "status.updated": _status,
}


def _key(name, seen):
    """The second key of deduplication; None for account.updated, which names no version of itself."""
    if isinstance(seen, PostSeen):
        version = seen.edited_at or seen.created_at
    elif isinstance(seen, ReportSeen):
        version = seen.updated_at or seen.created_at
    elif name == "account.updated":
        return None
    else:
        return f"{name}:{seen.remote_id}"
    return f"{name}:{seen.remote_id}:{version.isoformat()}"


def _profile(thing):
    return {
        "display_name": thing.text("display_name"),
        "note": thing.text("note"),
        "url": web_address(thing.text("url")),
        "avatar_url": web_address(thing.text("avatar")),
        "bot": bool(thing.flag("bot")),
        "followers_count": thing.count("followers_count"),
        "following_count": thing.count("following_count"),
        "statuses_count": thing.count("statuses_count"),
        "created_at": thing.date("created_at"),
    }


def _medium(thing):
    meta = thing.thing("meta", required=False)
    original = meta.thing("original", required=False) if meta else None
    return {
        "id": thing.id("id"),
        "type": thing.text("type") or "unknown",
        "url": web_address(thing.text("url")),
        "description": thing.text("description"),
        "blurhash": thing.text("blurhash"),
        "width": original.count("width") if original else None,
        "height": original.count("height") if original else None,
    }


def _no_constant(name):
    raise ValueError("NaN and Infinity are not JSON")


class _Thing:
    """A JSON object whose fields are read by type; `where` is its place in the body, for Malformed."""

    def __init__(self, value, where):
        if not isinstance(value, dict):
            raise Malformed(f"{where} is not an object")
        self.value, self.where = value, where

    def _of(self, name, kind, what, required):
        value = self.value.get(name)
        if value is None:
            if required:
                raise Malformed(f"{self.where}.{name} is missing")
        elif type(value) is not kind:
            raise Malformed(f"{self.where}.{name} is not {what}")
        return value

    def text(self, name, required=False):
        """A string; "" for null or absent."""
        value = self._of(name, str, "a string", required)
        if required and not value:
            raise Malformed(f"{self.where}.{name} is empty")
        return value or ""

    def id(self, name, required=True):
        """An id: at most 64 letters, digits and `_.:-`; "" for null or absent."""
        value = self._of(name, str, "a string", required)
        if value is not None and not ID.fullmatch(value):
            raise Malformed(f"{self.where}.{name} is not an id")
        return value or ""

    def flag(self, name):
        """True or False; None for null or absent."""
        return self._of(name, bool, "true or false", False)

    def count(self, name):
        """A whole number; None for null, absent, hidden (negative) or beyond what a database holds."""
        value = self._of(name, int, "a whole number", False)
        return value if value is not None and 0 <= value <= MAX_COUNT else None

    def date(self, name, required=False):
        """A time in UTC, moved into what can be true: from 1970 to a day ahead. None for null or absent."""
        value = self._of(name, str, "a time", required)
        if value is None:
            return None
        try:
            at = datetime.fromisoformat(value)
        except ValueError as error:
            raise Malformed(f"{self.where}.{name} is not a time") from error
        try:
            at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        except OverflowError:
            at = EARLIEST
        return min(max(at, EARLIEST), datetime.now(UTC) + timedelta(days=1))

    def thing(self, name, required=True):
        """An object; None for null or absent where it is not required."""
        value = self._of(name, dict, "an object", required)
        return None if value is None else _Thing(value, f"{self.where}.{name}")

    def things(self, name):
        """A list of objects; empty for null or absent."""
        return [_Thing(value, f"{self.where}.{name}[{index}]") for index, value in enumerate(self._of(name, list, "a list", False) or ())]
