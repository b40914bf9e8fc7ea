"""Numbers turned into sentences: what is asked, how many wait, what has happened."""

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from moderation.models import Action, Case, Cluster

# Nobody is hurried by an exact count; beyond this the database is not asked either.
COUNT_UP_TO = 100


def bounded(queryset, limit=COUNT_UP_TO):
    """How many rows, counting no further than `limit` + 1."""
    return queryset.order_by()[: limit + 1].count()


def waiting(count):
    """'about 40 waiting' for a bounded count."""
    if not count:
        return _("nothing waiting")
    if count < 8:
        return _("a few waiting")
    if count > COUNT_UP_TO:
        return _("more than 100 waiting")
    return _("about %d waiting") % max(10, round(count, -1))


def at_most(count, limit=COUNT_UP_TO):
    """A bounded count in words: '7', or 'more than 100'."""
    return _("more than %d") % limit if count > limit else formats.number_format(count)


def percent(share):
    """A share in [0, 1] as '93 %'."""
    return _("%s %%") % formats.number_format(round(share * 100))


def characters(count):
    """How long a text is, rounded."""
    if count < 100:
        return _("a few words")
    return _("about %s characters") % formats.number_format(round(count, -2))


def split_common(sentences):
    """(sentences without the last sentence they all share, that sentence or "")."""
    lasts = {text.rpartition(". ")[2] for text in sentences}
    if len(sentences) < 2 or len(lasts) != 1 or any(". " not in text for text in sentences):
        return sentences, ""
    return [text.rpartition(". ")[0] + "." for text in sentences], lasts.pop()


def subject(case):
    """A few words that name what `case` is about, without any of its content."""
    if case.kind == Case.Kind.CLUSTER:
        if case.cluster and case.cluster.kind == Cluster.Kind.GROUP:
            return ngettext("a group of %d account", "a group of %d accounts", case.size) % case.size
        return ngettext("a wave of %d post", "a wave of %d posts", case.size) % case.size
    name = "@" + case.account.acct if case.account else _("an account that was erased")
    if case.kind == Case.Kind.POST:
        return _("a post by %s") % name
    return name


def asked(case):
    """What is asked of whoever decides `case`, in one sentence."""
    what = subject(case)
    if case.second_look:
        return _("A second look at %s: should the decision stand?") % what
    if case.kind == Case.Kind.SIGN_UP:
        return _("Should %s be let in?") % what
    if case.kind == Case.Kind.CLUSTER:
        if case.cluster and case.cluster.kind == Cluster.Kind.GROUP:
            return ngettext("%d account acts in step: does it mislead others?", "%d accounts act in step: do they mislead others?", case.size) % case.size
        return ngettext("%d nearly identical post: is it unwanted?", "%d nearly identical posts: are they unwanted?", case.size) % case.size
    if case.kind == Case.Kind.POST:
        return _("Should %s stay as it is?") % what
    if case.reporters_count:
        return ngettext(
            "%(count)d person reported %(account)s. What should happen?",
            "%(count)d people reported %(account)s. What should happen?",
            case.reporters_count,
        ) % {"count": case.reporters_count, "account": what}
    return _("Should anything happen to %s?") % what


def done(decision, accounts=1):
    """What `decision` did, as the predicate of a sentence: 'suspended @somebody'; `accounts`: how many its act reached."""
    return _DONE[decision.action] % _whom(decision, accounts)


def done_by_you(decision, accounts=1):
    """`done` as a whole sentence for its maker: many languages have another verb form for that."""
    return _DONE_BY_YOU[decision.action] % _whom(decision, accounts)


def _whom(decision, accounts):
    if accounts > 1:
        return ngettext("%d account", "%d accounts", accounts) % accounts
    return "@" + decision.account.acct if decision.account else _("this group")


_DONE = {
    Action.NO_ACTION: gettext_lazy("closed the case on %s without action"),
    Action.NOTE: gettext_lazy("left a note about %s"),
    Action.WARN: gettext_lazy("warned %s"),
    Action.MARK_SENSITIVE: gettext_lazy("marked the media of %s as sensitive"),
    Action.LIMIT: gettext_lazy("limited %s"),
    Action.FREEZE: gettext_lazy("froze %s"),
    Action.SUSPEND: gettext_lazy("suspended %s"),
    Action.APPROVE: gettext_lazy("let %s in"),
    Action.REJECT: gettext_lazy("turned %s away"),
    Action.UNDO: gettext_lazy("took back the decision on %s"),
}

_DONE_BY_YOU = {
    Action.NO_ACTION: gettext_lazy("You closed the case on %s without action"),
    Action.NOTE: gettext_lazy("You left a note about %s"),
    Action.WARN: gettext_lazy("You warned %s"),
    Action.MARK_SENSITIVE: gettext_lazy("You marked the media of %s as sensitive"),
    Action.LIMIT: gettext_lazy("You limited %s"),
    Action.FREEZE: gettext_lazy("You froze %s"),
    Action.SUSPEND: gettext_lazy("You suspended %s"),
    Action.APPROVE: gettext_lazy("You let %s in"),
    Action.REJECT: gettext_lazy("You turned %s away"),
    Action.UNDO: gettext_lazy("You took back the decision on %s"),
}

_STEPS = {
    ("account_action", "none"): gettext_lazy("Warning"),
    ("account_action", "sensitive"): gettext_lazy("Marking media as sensitive"),
    ("account_action", "silence"): gettext_lazy("Limiting"),
    ("account_action", "disable"): gettext_lazy("Freezing"),
    ("account_action", "suspend"): gettext_lazy("Suspending"),
    "unsensitive": gettext_lazy("Taking the media warning away"),
    "unsilence": gettext_lazy("Lifting the limit"),
    "enable": gettext_lazy("Unfreezing"),
    "unsuspend": gettext_lazy("Lifting the suspension"),
    "approve": gettext_lazy("Letting them in"),
    "reject": gettext_lazy("Turning them away"),
    "resolve_reports": gettext_lazy("Closing the reports"),
    "reopen_reports": gettext_lazy("Opening the reports again"),
}


def step(writeback):
    """What one step of the outbox is for and where it stands: 'Limiting: done at the instance'."""
    key = (writeback.call, writeback.params.get("type")) if writeback.call == "account_action" else writeback.call
    return _("%(what)s: %(state)s.") % {"what": _STEPS.get(key, writeback.call), "state": writeback.get_state_display()}
