"""When near-duplicates are a wave: enough posts, by enough accounts or flooding from one, close enough in time.

Similarity alone never flags. Weather, quakes and now-playing repeat themselves by trade; greetings, geotags, a retitled
headline and a quote with comments resemble each other innocently.
"""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from classifiers.near_duplicates import prepare, similarity
from moderation.models import Cluster, Detector, Finding, Instance, Member, Post, Verdict

# Only the newest members are looked at: what happened before them was judged when it happened.
_LOOK_BACK = 200
_NUMBER = re.compile(r"\d+")
_ADDRESS = re.compile(r"https?://\S+|@\S+")


def verdict(cluster):
    """What belonging to this cluster says of a post."""
    if cluster.innocent:
        return Verdict.UNLIKELY
    return Verdict.LIKELY if cluster.notable_at else Verdict.CANT_TELL


def judge(clusters):
    """Set `notable_at` and `route_again` on waves that have become large enough, and `route_again` on those that grew."""
    grown = [cluster.pk for cluster in clusters if cluster.notable_at and not cluster.innocent]
    Cluster.objects.filter(pk__in=grown).update(route_again=True)
    open_question = [
        cluster
        for cluster in clusters
        if cluster.kind == Cluster.Kind.WAVE and not cluster.notable_at and not cluster.innocent and cluster.size >= settings.WAVE_POSTS
    ]
    if not open_question:
        return
    acts = _recent(open_question)
    texts = dict(Post.objects.filter(pk__in=[cluster.representative_id for cluster in open_question]).values_list("pk", "text"))
    own_days = dict(Instance.objects.filter(pk__in={cluster.instance_id for cluster in open_question}).values_list("pk", "wave_days"))
    found = {}
    for cluster in open_question:
        characters = len(prepare(texts.get(cluster.representative_id, "")).normal)
        numbers = evidence(acts[cluster.pk], characters, own_days[cluster.instance_id])
        if numbers:
            found[cluster] = numbers
    _announce(found)


def _announce(found):
    now = timezone.now()
    for cluster, numbers in found.items():
        cluster.notable_at, cluster.route_again = now, True
        cluster.claim = {**cluster.claim, **numbers}
    if found:
        Cluster.objects.bulk_update(found, ["notable_at", "route_again", "claim"])
        Finding.objects.filter(detector=Detector.NEAR_DUPLICATES, post__membership__cluster__in=list(found)).update(verdict=Verdict.LIKELY)


@dataclass(frozen=True)
class Act:
    """One post of a cluster, as far as it matters here."""

    at: datetime
    account: int
    bot: bool = False
    similarity: float = 1.0
    people: frozenset = frozenset()  # whom it addresses: accounts mentioned or answered
    numbers: tuple = ()  # the numbers in its text


def _recent(clusters):
    """{cluster id: [Act]} of the newest members of each.

    Each is as similar as it is to the representative or to the newest member, whichever is more: the first of a wave may
    be its odd one out.
    """
    of_cluster = {cluster.pk: [] for cluster in clusters}
    large = [cluster.pk for cluster in clusters if cluster.size > _LOOK_BACK]
    members = Member.objects.filter(left_out=False).exclude(post=None).order_by("-pk")
    chosen = [members.filter(cluster__in=of_cluster.keys() - set(large))]
    chosen += [members.filter(cluster=cluster_id)[:_LOOK_BACK] for cluster_id in large]
    fields = ("post__created_at", "account_id", "account__bot", "similarity", "post__text", "post__mentions", "post__in_reply_to_account_id")
    newest = {}
    for rows in chosen:
        for cluster_id, at, account, bot, alike, text, mentions, answered in rows.values_list("cluster_id", *fields):
            prepared = prepare(text)
            alike = max(alike or 0.0, similarity(newest.setdefault(cluster_id, prepared), prepared))
            of_cluster[cluster_id].append(Act(at, account, bot, alike, _people(mentions, answered), tuple(_NUMBER.findall(_ADDRESS.sub("", text)))))
    return of_cluster


def _people(mentions, answered):
    mentioned = {str(mention.get("id") or mention.get("acct") or "") for mention in mentions if isinstance(mention, dict)}
    return frozenset((mentioned | {answered}) - {""})


def evidence(acts, characters, days=None):
    """What makes a wave of `acts`, with `characters` of n5 in the representative: numbers for `Cluster.claim`, or None.

    {"rule": "accounts" or "flood", "posts", "accounts", "hours"} of the window that meets the settings WAVE_*. Accounts that
    call themselves bots never count. `days`: the instance's own window for many accounts, in place of the settings'.
    """
    counted = sorted((act for act in acts if not act.bot and act.similarity >= settings.WAVE_SIMILARITY), key=lambda act: act.at)
    rules = [("flood", settings.WAVE_FLOOD_HOURS, _one_floods), ("flood", 24, _one_addresses_many)]
    if characters >= settings.WAVE_LONG_CHARACTERS:
        rules = [("accounts", 24 * (days or settings.WAVE_LONG_DAYS), _many_accounts), ("flood", 24, _one_repeats), *rules]
    if characters >= settings.WAVE_CHARACTERS:
        rules = [("accounts", 24 * days if days else settings.WAVE_HOURS, _many_accounts), *rules]
    return next(filter(None, (_window(counted, hours, is_met, rule) for rule, hours, is_met in rules)), None)


def _many_accounts(window, before):
    accounts = {act.account for act in window}
    return len(window) >= settings.WAVE_POSTS and len(accounts) >= settings.WAVE_ACCOUNTS and _surges(window, before)


def _surges(window, before):
    """Whether a phrase in use for two weeks comes much more often than it did."""
    if not before or window[0].at - before[0].at < timedelta(days=14):
        return True
    windows_before = (window[0].at - before[0].at) / timedelta(hours=settings.WAVE_HOURS)
    return len(window) >= settings.WAVE_SURGE * len(before) / windows_before


def _one_floods(window, before):
    return max(Counter(act.account for act in window).values()) >= settings.WAVE_FLOOD_POSTS


def _one_addresses_many(window, before):
    own = [act for act in window if act.account == window[-1].account and act.people]
    return len(own) >= settings.WAVE_POSTS and len(frozenset().union(*(act.people for act in own))) >= settings.WAVE_FLOOD_PEOPLE


def _one_repeats(window, before):
    newest = window[-1]
    return sum(act.account == newest.account and act.numbers == newest.numbers for act in window) >= settings.WAVE_POSTS


def _window(acts, hours, is_met, rule):
    """Slide a window of `hours` over acts in order of time; the numbers of the first window that meets the condition."""
    start, span = 0, timedelta(hours=hours)
    for end, act in enumerate(acts, start=1):
        while act.at - acts[start].at > span:
            start += 1
        window = acts[start:end]
        if is_met(window, acts[:start]):
            return {
                "rule": rule,
                "posts": len(window),
                "accounts": len({each.account for each in window}),
                "hours": round((act.at - window[0].at).total_seconds() / 3600, 2),
            }
    return None
