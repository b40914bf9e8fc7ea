"""When near-duplicates are a wave: enough posts, by enough accounts or flooding from one, close enough in time."""

from collections import Counter
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from moderation.models import Cluster, Detector, Finding, Member, Verdict

# Only the newest members are looked at: what happened before them was judged when it happened.
_LOOK_BACK = 500


def verdict(cluster):
    """What belonging to this cluster says of a post."""
    if cluster.innocent:
        return Verdict.UNLIKELY
    return Verdict.LIKELY if cluster.notable_at else Verdict.CANT_TELL


def judge(clusters):
    """Set `notable_at` and `route_again` on waves that have become large enough, and `route_again` on those that grew."""
    grown = [cluster.pk for cluster in clusters if cluster.notable_at and not cluster.innocent]
    Cluster.objects.filter(pk__in=grown).update(route_again=True)
    for cluster in clusters:
        if cluster.kind != Cluster.Kind.WAVE or cluster.notable_at or cluster.innocent or cluster.size < settings.WAVE_POSTS:
            continue
        found = evidence(_recent(cluster))
        if found:
            _announce(cluster, found)


def _recent(cluster):
    newest = Member.objects.filter(cluster=cluster, left_out=False).order_by("-pk")[:_LOOK_BACK]
    return list(newest.values_list("account_id", "account__bot", "post__created_at"))


def _announce(cluster, found):
    cluster.notable_at, cluster.route_again = timezone.now(), True
    cluster.claim = {**cluster.claim, **found}
    cluster.save(update_fields=["notable_at", "route_again", "claim"])
    Finding.objects.filter(detector=Detector.NEAR_DUPLICATES, post__membership__cluster=cluster).update(verdict=Verdict.LIKELY)


def evidence(members):
    """What makes a wave of `members`, (account id, is a bot, time) each: numbers for `Cluster.claim`, or None.

    {"rule": "accounts" or "flood", "posts", "accounts", "hours"} of the window that meets the settings WAVE_*.
    Accounts that call themselves bots repeat themselves by trade (weather, quakes, now playing): they never count.
    """
    people = sorted((at, account) for account, bot, at in members if not bot)
    return _window(people, settings.WAVE_HOURS, _many_accounts, "accounts") or _window(people, settings.WAVE_FLOOD_HOURS, _one_floods, "flood")


def _many_accounts(posts_of):
    return posts_of.total() >= settings.WAVE_POSTS and len(posts_of) >= settings.WAVE_ACCOUNTS


def _one_floods(posts_of):
    return max(posts_of.values()) >= settings.WAVE_FLOOD_POSTS


def _window(acts, hours, is_met, rule):
    """Slide a window of `hours` over (time, account), sorted; the numbers of the first that meets the condition."""
    posts_of, start, span = Counter(), 0, timedelta(hours=hours)
    for at, account in acts:
        posts_of[account] += 1
        while at - acts[start][0] > span:
            left = acts[start][1]
            posts_of[left] -= 1
            if not posts_of[left]:
                del posts_of[left]
            start += 1
        if is_met(posts_of):
            return {
                "rule": rule,
                "posts": posts_of.total(),
                "accounts": len(posts_of),
                "hours": round((at - acts[start][0]).total_seconds() / 3600, 2),
            }
    return None
