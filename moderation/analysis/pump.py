"""The pump of new and edited posts: lease a batch, look at it, record what was found."""

import logging

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F

from moderation.models import Finding, Post, Trace

from . import coordination, neighbours, slop
from .joining import Batch, is_comparable

log = logging.getLogger(__name__)

_FREED = {"lease": None, "leased_until": None, "attempts": 0}


def analyse_waiting(limit=200):
    """Analyse up to `limit` waiting posts; how many were taken tells the caller whether to ring again.

    A post that cannot be analysed is set aside as FAILED with its error and holds up no other. Whoever lost its lease
    records nothing.
    """
    posts = Post.objects.select_related("account").lease(Post.State.PENDING, limit)
    if not posts:
        return 0
    token = posts[0].lease
    first_time = [post for post in posts if post.attempts == 1]
    again = [post for post in posts if post.attempts > 1]
    _analyse(first_time, token)
    if again:
        _analyse_one_by_one(again, token)
    return len(posts)


def _analyse(posts, token):
    """Analyse posts together; if that fails, each alone, so that only the one at fault is set aside."""
    if not posts:
        return
    try:
        _look_and_record(posts, token)
    except (OperationalError, InterfaceError):
        raise  # the database is at fault, not a post: the lease ends and the posts come back
    except Exception as error:
        if len(posts) > 1:
            for post in posts:
                _analyse([post], token)
        else:
            log.exception("Post %s could not be analysed", posts[0].pk)
            _set_aside(posts[0], token, f"{type(error).__name__}: {error}")


def _analyse_one_by_one(posts, token):
    """Analyse posts whose earlier holder died, so that one that kills its worker uses up its own attempts only."""
    held = Post.objects.filter(lease=token)
    held.filter(pk__in=[post.pk for post in posts]).update(attempts=F("attempts") - 1)
    for post in posts:
        if post.attempts > Post.MAX_ATTEMPTS:
            _set_aside(post, token, f"Whoever worked on this stopped, {post.attempts - 1} times.")
        elif held.filter(pk=post.pk).update(attempts=F("attempts") + 1):
            _analyse([post], token)


def _set_aside(post, token, error):
    Post.objects.filter(pk=post.pk, lease=token, state=Post.State.PENDING).update(state=Post.State.FAILED, error=error[:2000], **_FREED)


def _look_and_record(posts, token):
    batch = Batch(posts)
    findings = slop.score([post for post in posts if is_comparable(post)])
    traces = coordination.traces_of(posts)
    with transaction.atomic():
        neighbours.serialise(post.instance_id for post in posts)
        ours = _still_ours(posts, token)
        if not ours:
            return
        joined = batch.join(ours)
        ours_ids = {post.pk for post in ours}
        _save_findings([*joined.findings(), *(finding for finding in findings if finding.post_id in ours_ids)])
        Trace.objects.bulk_create((trace for trace in traces if trace.post_id in ours_ids), ignore_conflicts=True)
        Post.objects.filter(pk__in=ours_ids, lease=token).update(state=Post.State.ANALYSED, error="", **_FREED)


def _still_ours(posts, token):
    """The posts we still hold, as they were when we looked; one that was edited meanwhile goes back to be looked at again."""
    now = {post.pk: post for post in Post.objects.held(token).filter(pk__in=[post.pk for post in posts], state=Post.State.PENDING)}
    same = [post for post in posts if post.pk in now and _what_we_read(now[post.pk]) == _what_we_read(post)]
    changed = now.keys() - {post.pk for post in same}
    if changed:
        Post.objects.filter(pk__in=changed, lease=token).update(**_FREED)
    return same


def _what_we_read(post):
    return post.text, post.spoiler_text, post.links, post.tags, post.mentions, post.media, post.boost_of, post.gone_at, post.edited_at


def _save_findings(findings):
    Finding.objects.bulk_create(
        findings,
        update_conflicts=True,
        unique_fields=["post", "detector"],
        update_fields=["model_version", "score", "verdict", "explanation", "created_at"],
    )
