"""The parts of a case that somebody may be shown, each with its price and whether it stays concealed until it is asked for.

A part has an id: `post-12-text`, `post-12-alt`, `account-5-profile`, `sign_up-3-reason`, `case-7-comments`.
"""

import hashlib
import re
from dataclasses import dataclass

from django.db.models import Q

from moderation.models import Account, Case, Post, Severity, SignUp

from .ledger import price

TEXT = "text"
ALT = "alt"  # what describes a medium is as hard as the medium
PROFILE = "profile"
REASON = "reason"
COMMENTS = "comments"

CONCEALED_FROM = Severity.S2
UNKNOWN_MEDIA = Severity.S3  # until somebody has seen it

# A claim sets this aside at most. Showing more is charged as it is shown, and ends where the person's limit does.
MOST_RESERVED = 12.0
MOST_POSTS = 50


@dataclass(frozen=True)
class Part:
    """`units`: exposure units of a glimpse at it. `sha256`: of the words shown, 64 hex characters, for the decision's record."""

    id: str
    part: str
    severity: int
    modality: str
    sha256: str
    concealed: bool
    units: float

    def as_shown(self):
        return {"part": self.part, "id": self.id, "sha256": self.sha256}


def conceals(severity, part):
    """Whether `part` of something of `severity` (a number, or a case or category that has one) stays on the server until it is revealed."""
    severity = getattr(severity, "severity", severity)
    return part == ALT or severity >= CONCEALED_FROM


def _part(id, kind, severity, words):
    severity = max(severity, UNKNOWN_MEDIA) if kind == ALT else severity
    sha256 = hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()
    return Part(id, kind, severity, "text", sha256, conceals(severity, kind), price(severity, "text"))


def alt_text(post):
    """The descriptions of a post's media, a line each; empty where there is none."""
    return "\n".join(str(medium["description"]) for medium in post.media if medium.get("description"))


def of_post(post, severity):
    """The parts of `post` in a case of `severity`: its words (with its content warning), and what describes its media."""
    parts = [_part(f"post-{post.pk}-text", TEXT, severity, "\n".join(filter(None, [post.spoiler_text, post.text])))]
    if alt := alt_text(post):
        parts.append(_part(f"post-{post.pk}-alt", ALT, severity, alt))
    return parts


def of_account(account, severity):
    """The part that is what an account says of itself: its display name and its note."""
    return _part(f"account-{account.pk}-profile", PROFILE, severity, "\n".join([account.display_name, account.note]))


def of_sign_up(sign_up, severity):
    return _part(f"sign_up-{sign_up.pk}-reason", REASON, severity, sign_up.reason)


def of_comments(case, reports):
    """The part that is what the reporters of `case` wrote."""
    return _part(f"case-{case.pk}-comments", COMMENTS, case.severity, "\n".join(report.comment for report in reports))


def posts_of(case, most=MOST_POSTS):
    """Up to `most` posts that `case` is about, the newest first; of a wave its representative first."""
    if case.kind == Case.Kind.POST:
        return [case.post]
    if case.kind == Case.Kind.ACCOUNT:
        return list(Post.objects.filter(reports__case=case).distinct().order_by("-created_at", "-pk")[:most])
    if case.kind == Case.Kind.CLUSTER and case.cluster.representative_id:
        rest = Post.objects.filter(membership__cluster=case.cluster_id, membership__left_out=False).exclude(pk=case.cluster.representative_id)
        return [case.cluster.representative, *rest.order_by("-created_at", "-pk")[: most - 1]]
    return []


def find(case, part_id):
    """The Part of `case` with this id; LookupError when the case has no such part."""
    match = re.fullmatch(r"(post|account|sign_up|case)-(\d{1,18})-(text|alt|profile|reason|comments)", part_id)
    if not match:
        raise LookupError(part_id)
    kind, pk = match[1], int(match[2])
    found = []
    if kind == "post":
        found = [part for post in _posts_near(case).filter(pk=pk) for part in of_post(post, case.severity)]
    elif kind == "account":
        found = [of_account(account, case.severity) for account in _accounts_of(case).filter(pk=pk)]
    elif kind == "sign_up":
        found = [of_sign_up(row, case.severity) for row in SignUp.objects.filter(account__in=_accounts_of(case), pk=pk)]
    elif pk == case.pk:
        found = [of_comments(case, case.reports.order_by("pk"))]
    for part in found:
        if part.id == part_id:
            return part
    raise LookupError(part_id)


def _accounts_of(case):
    about = Q(pk=case.account_id)
    if case.kind == Case.Kind.CLUSTER:
        about |= Q(memberships__cluster=case.cluster_id)
    return Account.objects.filter(about).distinct()


def _posts_near(case):
    """The posts of the case, others of its accounts, and what they answer."""
    own = Post.objects.filter(Q(account__in=_accounts_of(case)) | Q(reports__case=case) | Q(pk=case.post_id))
    answered = own.exclude(in_reply_to_id="").values("in_reply_to_id")
    return Post.objects.filter(Q(pk__in=own.values("pk")) | Q(instance=case.instance_id, remote_id__in=answered))
