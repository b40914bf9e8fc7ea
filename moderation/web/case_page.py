"""What a case page needs, read in a fixed number of queries however large the case is."""

from dataclasses import dataclass, field

from django.db.models import Max, Q

from moderation.enforcement import decisions
from moderation.models import Account, Case, Cluster, Decision, Detector, Finding, Member, Post, Report, Verdict
from moderation.wellbeing import conceal

from . import evidence
from .access import Access, access
from .presenting import bounded, split_common
from .showing import Presenter
from .time_bar import TimeBar, time_bar

MOST_REPORTS = 50
MOST_POSTS = 20
MEMBERS_A_PAGE = 25
STORY_LINES = 8

WITH_SUBJECT = (
    "instance", "account", "post__account", "cluster__representative__account", "sign_up", "queue", "category", "claimed_by", "rule", "previous",
)  # fmt: skip


def find(public_id):
    """The Case with everything the page's frame names, or Case.DoesNotExist; one query."""
    return Case.objects.select_related(*WITH_SUBJECT).get(public_id=public_id)


@dataclass
class Story:
    """What happened to an account here before: earlier decisions, how often it was reported, who shares its address."""

    account: Account
    decisions: list
    reports: int  # bounded
    same_address: list = field(default_factory=list)


@dataclass
class CasePage:
    case: Case
    access: Access
    presenter: Presenter
    why: list = field(default_factory=list)
    reports: list = field(default_factory=list)
    comments: object = None
    profile: object = None
    sign_up_reason: object = None
    posts: list = field(default_factory=list)
    members: object = None
    time_bar: TimeBar | None = None
    story: Story | None = None
    offers: list = field(default_factory=list)
    decided: list = field(default_factory=list)
    up_to: int | None = None  # the id of the newest member when the page was made
    left_out_elsewhere: list = field(default_factory=list)  # ids of members ticked on other pages

    @property
    def unrecorded(self):
        """Open parts that are on the page for the first time under this claim."""
        known = conceal.shown_ids(self.case)
        return [part for part in self.presenter.open_parts if part.id not in known]

    @property
    def choices(self):
        """[(offer, what choosing it does)], without what all of them do alike."""
        sentences, _shared = split_common([offer.sentence for offer in self.offers])
        return list(zip(self.offers, sentences, strict=True))

    @property
    def for_all_choices(self):
        return split_common([offer.sentence for offer in self.offers])[1]

    @property
    def rules(self):
        """The rules that reporters named, each once."""
        named = [rule["text"] for report in self.reports for rule in report.rules if isinstance(rule, dict) and isinstance(rule.get("text"), str)]
        return list(dict.fromkeys(text[:300] for text in named))


def build(case, person, *, revealed=(), unseen=False, page_number=1, left_out=(), up_to=None):
    """The CasePage of `case` for `person`; what they may not see is not read, or not rendered.

    `revealed`: ids of parts to show although they are concealed. `unseen`: show no part at all.
    `left_out`: ids of members ticked so far. `up_to`: the newest member of the page it goes on from; who came later is not shown.
    """
    seen_as = access(case, person)
    # Whoever only reads has no claim that could be charged: what costs exposure stays on the server.
    unseen = unseen or (seen_as is Access.READER and case.severity > 0)
    page = CasePage(case, seen_as, Presenter(case.severity, frozenset(revealed), unseen))
    page.why = evidence.of_case(case)
    page.reports = list(case.reports.select_related("reporter", "instance").order_by("pk")[:MOST_REPORTS])
    if case.account_id:
        page.story = _story(case)
    if case.kind == Case.Kind.CLUSTER and page.access is Access.HOLDER:
        page.up_to = up_to or newest_member(case.cluster_id)
    if page.access.sees_content:
        _add_content(page, page_number)
    if case.state == Case.State.DECIDED:
        page.decided = list(case.decisions.select_related("moderator", "account").order_by("-pk")[:STORY_LINES])
    if page.access is Access.HOLDER:
        page.offers = decisions.available(case, person, left_out=left_out, up_to=page.up_to)
        here = {member.pk for member in page.members.rows} if page.members else set()
        page.left_out_elsewhere = [pk for pk in left_out if pk not in here]
    return page


def _add_content(page, page_number):
    case, presenter = page.case, page.presenter
    page.comments = presenter.comments(case, page.reports)
    if case.account_id:
        page.profile = presenter.profile(case.account)
    if case.kind == Case.Kind.SIGN_UP:
        page.sign_up_reason = presenter.sign_up_reason(case.sign_up) if case.sign_up.reason.strip() else None
    elif case.kind == Case.Kind.CLUSTER:
        _add_cluster(page, page_number)
    else:
        page.posts = _with_context([presenter.post(post) for post in _posts(case)], page)


def _posts(case):
    about = Post.objects.select_related("account")
    if case.kind == Case.Kind.POST:
        # One case stands for all likely posts of an account; the decision is about the one that made it.
        likely = about.filter(account=case.account_id, findings__detector=Detector.SLOP, findings__verdict=Verdict.LIKELY)
        return [case.post, *likely.exclude(pk=case.post_id).order_by("-created_at")[:5]]
    reported = list(about.filter(pk__in=Report.posts.through.objects.filter(report__case=case).values("post")).order_by("-created_at")[:MOST_POSTS])
    # Nobody named a post: the newest ones show what the account is like.
    return reported or list(about.filter(account=case.account_id).order_by("-created_at")[:5])


def _with_context(shown, page):
    """Add to each post what the machine said of it, and the post it answers."""
    posts = [each.post for each in shown]
    findings = {row.post_id: row for row in Finding.objects.filter(post__in=posts, detector=Detector.SLOP)}
    wanted = {post.in_reply_to_id for post in posts if post.in_reply_to_id}
    answered = {}
    if wanted:
        rows = Post.objects.filter(instance=page.case.instance_id, remote_id__in=wanted).select_related("account")
        answered = {row.remote_id: row for row in rows}
    for each in shown:
        if finding := findings.get(each.post.pk):
            each.finding = evidence.of_finding(finding, with_words=not each.text.concealed)
        if parent := answered.get(each.post.in_reply_to_id):
            each.answers = page.presenter.post(parent)
    return shown


def _add_cluster(page, page_number):
    cluster = page.case.cluster
    if cluster is None:
        return
    if cluster.representative_id:
        page.posts = _with_context([page.presenter.post(cluster.representative)], page)
    page.members = members_page(cluster, page_number, page.up_to)
    if cluster.kind == Cluster.Kind.WAVE:
        page.time_bar = time_bar(cluster)
        _add_differences(page, cluster)


def _add_differences(page, cluster):
    # A difference quotes the representative: only where that may be seen.
    against = cluster.representative if page.posts and not page.posts[0].text.concealed else None
    for member in page.members.rows:
        member.shown = page.presenter.post(member.post, against) if member.post_id and member.post_id != cluster.representative_id else None


@dataclass
class MembersPage:
    rows: list
    number: int
    more: bool


def newest_member(cluster_id):
    """The id of the member that came last, 0 in an empty cluster."""
    return Member.objects.filter(cluster=cluster_id).aggregate(newest=Max("pk"))["newest"] or 0


def members_page(cluster, number, up_to=None):
    """The members on one page, certain ones first, then in the order they came; no count over a large wave."""
    first = (number - 1) * MEMBERS_A_PAGE
    rows = Member.objects.filter(cluster=cluster).select_related("account", "post").order_by("-certain", "pk")
    if up_to is not None:
        rows = rows.filter(pk__lte=up_to)
    found = list(rows[first : first + MEMBERS_A_PAGE + 1])
    return MembersPage(found[:MEMBERS_A_PAGE], number, len(found) > MEMBERS_A_PAGE)


def _story(case):
    account = case.account
    earlier = Decision.objects.filter(account=account).select_related("moderator", "account", "superseded_by").order_by("-created_at")[:STORY_LINES]
    story = Story(account, list(earlier), bounded(Report.objects.filter(target=account)))
    same = Q()
    if account.email_hash:
        same |= Q(email_hash=account.email_hash)
    if account.ip_hash and case.kind == Case.Kind.SIGN_UP:
        same |= Q(ip_hash=account.ip_hash)
    if same:
        story.same_address = list(Account.objects.filter(same, instance=account.instance_id).exclude(pk=account.pk).order_by("-pk")[:5])
    return story
