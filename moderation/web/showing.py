"""The parts of a case as a page shows them: open, concealed, or just revealed.

A concealed part carries its kind and size and none of its words.
"""

from dataclasses import dataclass, field

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from moderation.models import Account, Post, SignUp
from moderation.wellbeing import parts

from .cleaning import clean_html, plain_lines, readable_url
from .differing import differences_html
from .presenting import characters

MEDIA = {"image": gettext_lazy("Picture"), "video": gettext_lazy("Video"), "gifv": gettext_lazy("Moving picture"), "audio": gettext_lazy("Sound")}


@dataclass(frozen=True)
class ShownPart:
    """One part on the page. `html` is empty while it is concealed."""

    part: parts.Part
    label: str
    size: str
    concealed: bool
    html: SafeString = SafeString("")
    revealed: bool = False

    @property
    def id(self):
        return self.part.id


@dataclass
class ShownPost:
    post: Post
    text: ShownPart
    alt: ShownPart | None
    media: list
    finding: dict | None = None
    answers: "ShownPost | None" = None  # the post this one replies to, where we know it


@dataclass
class Medium:
    """A medium we never load: what it is, and how large."""

    kind: str
    size: str


@dataclass
class Presenter:
    """Makes ShownParts for one page. `revealed`: ids of parts the reader has just asked for. `unseen`: they see none."""

    severity: int
    revealed: frozenset = frozenset()
    unseen: bool = False
    made: list = field(default_factory=list)

    def part(self, part, label, words, render):
        """A ShownPart; `render()` is called only if it may be seen."""
        revealed = part.id in self.revealed
        concealed = (part.concealed or self.unseen) and not revealed
        shown = ShownPart(part, label, characters(len(words)), concealed, SafeString("") if concealed else render(), revealed)
        self.made.append(shown)
        return shown

    @property
    def open_parts(self):
        """The parts whose words are on the page."""
        return [shown.part for shown in self.made if not shown.concealed]

    def post(self, post, against=None):
        """A ShownPost; `against`: the post whose words are on the page already, so that only differences are marked."""
        text, *alt = parts.of_post(post, self.severity)
        described = parts.alt_text(post)
        return ShownPost(
            post,
            self.part(text, _("Text of the post"), post.text, lambda: post_html(post, against)),
            self.part(alt[0], _("What describes the media"), described, lambda: plain_lines(described)) if alt else None,
            [medium(each) for each in post.media],
        )

    def profile(self, account):
        words = account.display_name + account.note
        return self.part(parts.of_account(account, self.severity), _("Name and profile"), words, lambda: profile_html(account)) if words.strip() else None

    def sign_up_reason(self, sign_up):
        return self.part(parts.of_sign_up(sign_up, self.severity), _("Why they want to join"), sign_up.reason, lambda: plain_lines(sign_up.reason))

    def comments(self, case, reports):
        """The part that is what the reporters wrote; `reports` in the order of their ids. None when nobody wrote anything."""
        words = "".join(report.comment for report in reports)
        if not words.strip():
            return None
        return self.part(parts.of_comments(case, reports), _("What the reporters wrote"), words, lambda: comments_html(reports))


def post_html(post, against=None):
    """What a post says, cleaned; or how it differs from the words of `against`."""
    marked = differences_html(against.text, post.text) if against else None
    if marked is not None:
        return format_html("{}{}", marked, _hidden_addresses(post))
    body = clean_html(post.content) if post.content else plain_lines(post.text)
    if not post.spoiler_text:
        return body
    return format_html('<p class="spoiler"><span class="meta">{}</span> {}</p>{}', _("Warning by the author:"), post.spoiler_text[:1000], body)


def _hidden_addresses(post):
    """The links of a post whose addresses its text does not spell out."""
    hidden = [readable_url(link) for link in post.links if isinstance(link, str) and link not in post.text]
    return format_html_join("", '<p><span class="address">{}</span></p>', [(link,) for link in hidden[:20]])


def profile_html(account):
    name = format_html('<p class="profile__name"><bdi>{}</bdi></p>', account.display_name[:500]) if account.display_name.strip() else ""
    return format_html("{}{}", name, clean_html(account.note))


def comments_html(reports):
    rows = [(_reporter(report), plain_lines(report.comment)) for report in reports if report.comment.strip()]
    return format_html_join("", '<div class="comment"><p class="meta">{}</p>{}</div>', rows)


def _reporter(report):
    if report.reporter and not report.reporter_domain:
        return "@" + report.reporter.acct
    return _("somebody on %s") % (report.reporter_domain or report.instance.domain)


def medium(given):
    width, height = given.get("width"), given.get("height")
    size = f"{width} × {height}" if isinstance(width, int) and isinstance(height, int) else ""
    return Medium(str(MEDIA.get(given.get("type"), _("File"))), size)


def load_part(case, part_id, presenter):
    """The ShownPart with this id, read anew; call it after the ledger has accepted that it is shown. LookupError if there is none."""
    kind, pk, what = part_id.split("-")
    if kind == "post":
        shown = presenter.post(Post.objects.get(pk=pk))
        return shown.alt if what == "alt" else shown.text
    if kind == "account":
        return presenter.profile(Account.objects.get(pk=pk))
    if kind == "sign_up":
        return presenter.sign_up_reason(SignUp.objects.get(pk=pk))
    if kind == "case":
        return presenter.comments(case, list(case.reports.select_related("reporter", "instance").order_by("pk")))
    raise LookupError(part_id)
