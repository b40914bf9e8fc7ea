"""Posts: their newest version, and analysed again only when their words changed."""

from dataclasses import dataclass
from datetime import datetime

from moderation.fediverse.base import PostSeen
from moderation.models import Post

from .columns import identity, post_columns
from .upsert import assign, upsert

OPEN = ("public", "unlisted")
# What the classifiers and a moderator read: a change here makes a post PENDING again.
WORDS = {"content", "text", "spoiler_text", "links", "tags", "mentions", "media", "boost_of"}


@dataclass(frozen=True)
class PostSighting:
    """One version of a post, as columns."""

    remote_id: str
    account_id: str  # remote
    version: datetime
    columns: dict


def post_sighting(seen: PostSeen):
    return PostSighting(
        remote_id=identity(seen.remote_id),
        account_id=identity(seen.account.remote_id),
        version=seen.edited_at or seen.created_at,
        columns=post_columns(seen),
    )


def is_open(seen: PostSeen):
    """Whether everybody may read it. What is not open is kept only when a report carries it."""
    return seen.visibility in OPEN


def upsert_posts(instance, sightings, accounts):
    """{remote id: Post} of all `sightings`, each brought up to the newest version; `accounts` holds their authors."""
    wanted = {}
    for sighting in sightings:
        known = wanted.get(sighting.remote_id)
        if known is None or sighting.version >= known.version:
            wanted[sighting.remote_id] = sighting

    def build(remote_id, sighting):
        return Post(instance=instance, remote_id=remote_id, account=accounts[sighting.account_id], **sighting.columns)

    return upsert(Post.objects.filter(instance=instance), "remote_id", wanted, build, _merge)


def _merge(post, sighting):
    if sighting.version < (post.edited_at or post.created_at):
        return set()
    changed = assign(post, sighting.columns)
    if changed & WORDS:
        # Without its lease, whoever is at work on the old words records nothing.
        changed |= assign(post, {"state": Post.State.PENDING, "lease": None, "leased_until": None, "attempts": 0, "error": ""})
    return changed
