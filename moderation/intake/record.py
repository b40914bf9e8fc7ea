"""What was seen on one instance, turned into rows. Reading is pure; recording is a handful of bulk statements."""

from dataclasses import dataclass, field

from moderation.fediverse.base import AccountSeen, PostSeen, ReportSeen

from .accounts import account_sighting, upsert_accounts
from .posts import is_open, post_sighting, upsert_posts
from .reports import report_sighting, upsert_reports
from .sign_ups import sign_up_sighting, upsert_sign_ups


@dataclass
class Sightings:
    """Everything to be recorded together, of one instance."""

    accounts: list = field(default_factory=list)
    posts: list = field(default_factory=list)
    reports: list = field(default_factory=list)
    sign_ups: list = field(default_factory=list)

    def __iadd__(self, other):
        self.accounts += other.accounts
        self.posts += other.posts
        self.reports += other.reports
        self.sign_ups += other.sign_ups
        return self


def read(instance, seen, event, at):
    """The Sightings in one AccountSeen, PostSeen or ReportSeen as it was at `at`; None when nothing of it is kept.

    Parses HTML and hashes addresses: call it outside a transaction. Malformed when an id cannot be stored.
    """
    found = Sightings()
    if isinstance(seen, AccountSeen):
        found.accounts.append(account_sighting(instance, seen, at))
        if sign_up := sign_up_sighting(seen, event, at):
            found.sign_ups.append(sign_up)
    elif isinstance(seen, PostSeen):
        if not is_open(seen):
            return None
        _add_post(found, instance, seen, at)
    elif isinstance(seen, ReportSeen):
        found.accounts.append(account_sighting(instance, seen.target, at))
        if seen.reporter:
            found.accounts.append(account_sighting(instance, seen.reporter, at, personal=False))
        for post in seen.posts:
            _add_post(found, instance, post, at)
        found.reports.append(report_sighting(instance, seen, asked_at=None if event else at))
    else:
        raise TypeError(f"{type(seen).__name__} is nothing that can be seen")
    return found


def record(instance, found):
    """Write Sightings; returns {remote id: row} of accounts, posts, reports, and {account pk: row} of sign-ups.

    Call it in a transaction. Always in this order, so that two workers never wait for each other.
    """
    accounts = upsert_accounts(instance, found.accounts) if found.accounts else {}
    posts = upsert_posts(instance, found.posts, accounts) if found.posts else {}
    reports = upsert_reports(instance, found.reports, accounts, posts) if found.reports else {}
    sign_ups = upsert_sign_ups(found.sign_ups, accounts) if found.sign_ups else {}
    return accounts, posts, reports, sign_ups


def _add_post(found, instance, post, at):
    found.accounts.append(account_sighting(instance, post.account, at))
    found.posts.append(post_sighting(post))
