"""Accounts that act together: traces of posts as they come in, and groups that keep their identity from run to run."""

from datetime import timedelta
from urllib.parse import urlsplit

import xxhash
from django.conf import settings
from django.utils import timezone

from moderation.models import Instance, Trace

from . import groups
from .acts import load

_FOLLOWS_PEOPLE = ("utm_", "fbclid", "gclid", "igsh", "mc_cid", "mc_eid", "ref_src")
_LONGEST = 300


def traces_of(posts):
    """[Trace], unsaved, of what each post links to, tags, shows and answers. A boost leaves none: its content is another's."""
    return [
        Trace(
            instance_id=post.instance_id,
            account_id=post.account_id,
            post=post,
            action=action,
            object_hash=object_hash(action, name),
            object=name[:_LONGEST],
            at=post.created_at,
        )
        for post in posts
        if not post.boost_of and post.gone_at is None
        for action, name in sorted(set(_acts(post)))
    ]


def refresh(instance):
    """Find the groups of an instance's last COORDINATION_DAYS and record them; how many it found."""
    acts = load(instance)
    return groups.record(instance, acts, acts.groups())


def refresh_all():
    """Refresh every instance; how many groups were found."""
    return sum(refresh(instance) for instance in Instance.objects.order_by("pk"))


def forget_old(limit=1000):
    """Delete up to `limit` acts older than the COORDINATION_DAYS that are looked at; how many."""
    past = timezone.now() - timedelta(days=settings.COORDINATION_DAYS)
    chosen = list(Trace.objects.filter(at__lt=past).order_by("pk").values_list("pk", flat=True)[:limit])
    Trace.objects.filter(pk__in=chosen).delete()
    return len(chosen)


def object_hash(action, name):
    """Signed 64 bits that stand for one object of one action."""
    return xxhash.xxh3_64_intdigest(f"{action}\0{name}".encode("utf-8", "surrogatepass")) - (1 << 63)


def _acts(post):
    for link in post.links:
        address, domain = _address(link)
        if address:
            yield "link", address
            yield "domain", domain
    if post.tags:
        yield "hashtags", " ".join(sorted({str(tag).lower() for tag in post.tags}))
    for medium in post.media:
        if isinstance(medium, dict) and (name := _name_of(medium)):
            yield "media", name
    if post.in_reply_to_account_id:
        yield "reply", post.in_reply_to_account_id


def _address(link):
    """(address without what only follows people around, its domain); empty where it is not one."""
    try:
        parts = urlsplit(str(link))
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return "", ""
    if not host:
        return "", ""
    query = "&".join(part for part in parts.query.split("&") if part and not part.startswith(_FOLLOWS_PEOPLE))
    return host + (parts.path.rstrip("/") or "/") + ("?" + query if query else ""), host


def _name_of(medium):
    """What two copies of one medium have in common: its blurhash with its size, else where it lies."""
    if medium.get("blurhash"):
        return f"{medium['blurhash']} {medium.get('width') or 0}x{medium.get('height') or 0}"
    try:
        return urlsplit(str(medium.get("url") or "")).path.rpartition("/")[2]
    except ValueError:
        return ""
