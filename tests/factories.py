"""Small rows for tests, valid by default; every argument can be given."""

import itertools
from datetime import timedelta

from django.utils import timezone

from moderation.models import Account, Case, Category, Cluster, Instance, Member, Person, Post, Queue, Report, SignUp

_numbers = itertools.count(1)


def make_instance(**given):
    n = next(_numbers)
    values = {
        "slug": f"instance-{n}",
        "domain": f"instance-{n}.example",
        "base_url": f"https://instance-{n}.example",
        "webhook_secret": "s" * 40,
        "api_token": "t" * 40,
    }
    return Instance.objects.create(**{**values, **given})


def make_person(**given):
    n = next(_numbers)
    password = given.pop("password", "correct horse battery")
    person = Person(**{"username": f"person-{n}", **given})
    person.set_password(password)
    person.save()
    return person


def make_account(instance=None, **given):
    n = next(_numbers)
    return Account.objects.create(**{"instance": instance or make_instance(), "remote_id": str(100_000 + n), "username": f"account_{n}", **given})


def make_post(account=None, **given):
    n = next(_numbers)
    account = account or make_account()
    text = given.get("text", f"A post about the weather, number {n}.")
    values = {
        "instance": account.instance,
        "account": account,
        "remote_id": str(200_000 + n),
        "text": text,
        "content": f"<p>{text}</p>",
        "created_at": timezone.now(),
    }
    return Post.objects.create(**{**values, **given})


def make_report(target=None, posts=(), **given):
    n = next(_numbers)
    target = target or make_account()
    reporter = given.pop("reporter", None) or make_account(target.instance)
    values = {
        "instance": target.instance,
        "remote_id": str(300_000 + n),
        "target": target,
        "reporter": reporter,
        "category": "spam",
        "created_at": timezone.now(),
    }
    report = Report.objects.create(**{**values, **given})
    report.posts.set(posts)
    return report


def make_sign_up(account=None, **given):
    account = account or make_account(approved=False, confirmed=True)
    values = {"account": account, "reason": "I would like to talk about gardens.", "created_at": timezone.now() - timedelta(minutes=5)}
    return SignUp.objects.create(**{**values, **given})


def make_case(account=None, **given):
    """An open case about a reported account, in the queue of reports."""
    account = account or make_account()
    category = given.pop("category", None) or Category.objects.get(slug="spam")
    queue = given.pop("queue", None) or Queue.objects.get(slug="reports")
    values = {"instance": account.instance, "kind": Case.Kind.ACCOUNT, "account": account, "queue": queue, "category": category, "severity": category.severity}
    return Case.objects.create(**{**values, **given})


def make_wave(posts, **given):
    """A cluster of near-duplicates of `posts`, the first its representative."""
    values = {
        "instance": posts[0].instance,
        "kind": Cluster.Kind.WAVE,
        "representative": posts[0],
        "size": len(posts),
        "accounts_count": len({post.account_id for post in posts}),
    }
    cluster = Cluster.objects.create(**{**values, **given})
    Member.objects.bulk_create([Member(cluster=cluster, account=post.account, post=post, similarity=1.0) for post in posts])
    return cluster
