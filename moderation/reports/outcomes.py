"""What was decided in a week, what was undone, appealed, sent and refused, and which links removed posts had."""

from collections import Counter
from urllib.parse import urlsplit

from django.db.models import Count, F, Q

from moderation.models import Action, Appeal, DecidedPost, Decision, Writeback

from .privacy import ENOUGH, enough, join_groups
from .totals import named, within

# Decisions after which a post is no longer there to be seen.
REMOVING = (Action.SUSPEND, Action.REJECT)


def decisions(week):
    """Decisions made (one an account), by action, by the queue policy in force and by the community rule named.

    Also the number of people who decided, which is None under ENOUGH. Policies under which few people decided are told
    together, so that a row is never one person's work (see privacy).
    """
    made = Decision.objects.filter(within("created_at", week)).exclude(action=Action.UNDO).order_by()
    rows = made.values("action", "moderator", "policy", "policy__version", "policy__queue__slug", "policy__queue__name").annotate(n=Count("pk"))
    actions, people = Counter(), Counter()
    policies, hands, of_policy = {}, {}, {}
    for row in rows:
        key = row["policy"]
        policies[key] = {"queue": row["policy__queue__slug"], "name": row["policy__queue__name"], "version": row["policy__version"]}
        hands.setdefault(key, Counter())[row["moderator"]] += row["n"]
        of_policy.setdefault(key, Counter())[row["action"]] += row["n"]
        actions[row["action"]] += row["n"]
        people[row["moderator"]] += row["n"]
    by_policy = [
        {"policies": [policies[key] for key in keys], "made": counts.total(), "by_action": dict(counts)}
        for keys, counts in ((keys, sum((of_policy[key] for key in keys), Counter())) for keys, _ in join_groups(hands))
    ]
    rules = dict(made.exclude(rule="").values_list("rule").annotate(n=Count("pk")))
    by_rule, other_rules = named(rules)
    return {
        "moderators": len(people) if len(people) >= ENOUGH else None,
        "moderators_fewer_than": None if len(people) >= ENOUGH else ENOUGH,
        "made": actions.total(),
        "acts": made.aggregate(n=Count("batch", distinct=True))["n"],
        "by_action": dict(actions),
        "by_policy": by_policy,
        "policies_joined": bool(by_policy) and not all(enough(people) for people in hands.values()),
        "by_rule": by_rule,
        "other_rules": other_rules,
    }


# A later decision that says the same confirms the earlier one; only one that says something else replaces it.
UNDONE = Q(action=Action.UNDO)
REPLACED = ~UNDONE & ~Q(action=F("supersedes__action"))


def undone(week):
    """Decisions that were undone or replaced in the week, by what had been decided, and how many were of earlier weeks."""
    later = Decision.objects.filter(UNDONE | REPLACED, within("created_at", week), supersedes__isnull=False).order_by()
    rows = later.values("supersedes__action").annotate(
        undone=Count("pk", filter=UNDONE), replaced=Count("pk", filter=REPLACED), earlier=Count("pk", filter=Q(supersedes__created_at__lt=week.start))
    )
    rows = list(rows)
    return {
        "undone": sum(row["undone"] for row in rows),
        "replaced": sum(row["replaced"] for row in rows),
        "of_earlier_weeks": sum(row["earlier"] for row in rows),
        "by_action": {row["supersedes__action"]: {"undone": row["undone"], "replaced": row["replaced"]} for row in rows},
    }


def appeals(week):
    """Appeals received and closed in the week, and those open at its end."""
    return Appeal.objects.order_by().aggregate(
        received=Count("pk", filter=within("received_at", week)),
        upheld=Count("pk", filter=within("closed_at", week) & Q(state=Appeal.State.UPHELD)),
        overturned=Count("pk", filter=within("closed_at", week) & Q(state=Appeal.State.OVERTURNED)),
        waiting=Count("pk", filter=Q(received_at__lt=week.end) & (Q(closed_at=None) | Q(closed_at__gte=week.end))),
    )


def writebacks(week):
    """What became of the calls to instances that the week's decisions asked for, as known when this is counted."""
    rows = Writeback.objects.filter(within("decision__created_at", week)).order_by().values("state", "call").annotate(n=Count("pk"))
    states, refused = Counter(dict.fromkeys(Writeback.State.values, 0)), Counter()
    for row in rows:
        states[row["state"]] += row["n"]
        if row["state"] == Writeback.State.REFUSED:
            refused[row["call"]] += row["n"]
    return {"asked": states.total(), "by_state": dict(states), "refused_by_call": dict(refused)}


def link_domains(week):
    """The domains that posts removed in the week linked to, each counted once a post.

    Removed: named in a decision of the week that took the account away, or gone from the instance after any decision of
    the week; what was undone or replaced before the week ended does not count.
    """
    removed = (
        DecidedPost.objects.filter(within("decision__created_at", week))
        .filter(Q(decision__action__in=REMOVING) | Q(post__gone_at__lt=week.end, post__gone_at__gte=F("decision__created_at")))
        .exclude(decision__superseded_by__created_at__lt=week.end)
        .exclude(decision__action=Action.UNDO)
        .order_by()
        .values_list("post", "post__links")
    )
    domains, posts, linking = Counter(), 0, 0
    for links in _links_of_each(removed):
        hosts = {host for host in map(_host, links) if host}
        domains.update(hosts)
        posts += 1
        linking += bool(hosts)
    shown, others = named(domains)
    return {"posts": posts, "linking": linking, "domains": shown, "others": others}


def _links_of_each(removed):
    """The links of each post once, however many decisions named it."""
    seen = set()  # JSON columns cannot be told apart by DISTINCT in every database
    for post, links in removed.iterator(chunk_size=2000):
        if post not in seen:
            seen.add(post)
            yield links if isinstance(links, list) else []


def _host(link):
    """The host of a link in small letters, at most 253 characters; empty where there is none."""
    try:
        return (urlsplit(link).hostname or "").rstrip(".")[:253] if isinstance(link, str) else ""
    except ValueError:
        return ""
