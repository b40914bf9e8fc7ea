"""The words for what figures name: categories, actions, times, sizes, and a figure that was corrected."""

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from moderation.models import Action, Cluster, Detector, Writeback

from .shapes import plain

CATEGORIES = {
    "spam": gettext_lazy("spam"),
    "legal": gettext_lazy("possibly against the law"),
    "violation": gettext_lazy("breaks a rule"),
    "other": gettext_lazy("something else"),
}
RESOLUTIONS = {
    "no_action": gettext_lazy("no action"),
    "content_removed": gettext_lazy("content removed"),
    "account_removed": gettext_lazy("account removed"),
    "other_action": gettext_lazy("other action"),
    "strike": gettext_lazy("strike (a warning)"),
    "elsewhere": gettext_lazy("closed at the instance"),
}
PARTS = {
    "reports.received": gettext_lazy("reports received"),
    "reports.local": gettext_lazy("local reports"),
    "reports.federated": gettext_lazy("federated reports"),
    "reports.by_category": gettext_lazy("reports"),
    "reports.resolved": gettext_lazy("reports resolved"),
    "reports.by_resolution": gettext_lazy("reports resolved"),
    "sign_ups.received": gettext_lazy("sign-ups received"),
    "sign_ups.approved": gettext_lazy("sign-ups approved"),
    "sign_ups.rejected": gettext_lazy("sign-ups rejected"),
    "waves.wave": gettext_lazy("waves"),
    "waves.group": gettext_lazy("groups"),
    "decisions.made": gettext_lazy("decisions"),
    "decisions.by_action": gettext_lazy("decisions"),
    "appeals.received": gettext_lazy("appeals received"),
    "appeals.upheld": gettext_lazy("appeals after which the decision stood"),
    "appeals.overturned": gettext_lazy("appeals after which the decision was changed"),
    "writebacks.asked": gettext_lazy("calls to instances"),
    "writebacks.by_state": gettext_lazy("calls to instances"),
}
WAVE_PARTS = {
    "found": gettext_lazy("found"),
    "members": gettext_lazy("members"),
    "accounts": gettext_lazy("accounts"),
    "largest": gettext_lazy("size of the largest"),
}


def number(amount):
    return number_format(amount, force_grouping=True)


def category(name):
    return str(CATEGORIES.get(name) or plain(name) or _("(none)"))


def action(name):
    return str(Action(name).label)


def detector(name):
    return str(Detector(name).label)


def resolution(name):
    return str(RESOLUTIONS[name])


def kind_of_cluster(name):
    return {Cluster.Kind.WAVE: _("Waves of near-duplicates"), Cluster.Kind.GROUP: _("Coordinated groups")}[name]


def state_of_call(name):
    return str(Writeback.State(name).label)


def domain(name):
    """A reporter's domain; the empty one is the instance itself."""
    return plain(name) if name else _("this instance")


def queue(name):
    """A queue's name; those of a new installation in the reader's language."""
    return plain(_(name)) if name else ""


def queues(entries):
    """The names of queues, as one phrase."""
    return ", ".join(queue(entry["name"]) or _("no policy") for entry in entries)


def policies(entries):
    return ", ".join(
        _("%(queue)s, version %(version)s") % {"queue": queue(entry["name"]), "version": entry["version"]} if entry["name"] else _("no policy")
        for entry in entries
    )


def duration(seconds):
    """A round time: 15 minutes, 4 hours, 3 days."""
    for size, one in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size and seconds % size == 0:
            amount = seconds // size
            return {
                "day": ngettext("%(n)s day", "%(n)s days", amount),
                "hour": ngettext("%(n)s hour", "%(n)s hours", amount),
                "minute": ngettext("%(n)s minute", "%(n)s minutes", amount),
            }[one] % {"n": amount}
    raise ValueError(seconds)


def span(low, high):
    """A range of times in seconds; `high` None: no end."""
    if high is None:
        return _("%(time)s or longer") % {"time": duration(low)} if low else _("any time")
    if not low:
        return _("under %(time)s") % {"time": duration(high)}
    return _("%(low)s to %(high)s") % {"low": duration(low), "high": duration(high)}


def size(low, high):
    return _("%(low)s or more") % {"low": number(low)} if high is None else _("%(low)s to %(high)s") % {"low": number(low), "high": number(high)}


def dates(week):
    """The days of a week: 16 November 2026 to 22 November 2026, in the reader's way of writing."""
    return _("%(first)s to %(last)s") % {"first": date_format(week.first_day, "DATE_FORMAT"), "last": date_format(week.last_day, "DATE_FORMAT")}


def figure(path):
    """What a corrected figure counts, from its path in the figures, such as reports.by_category.spam."""
    group, part, *rest = path.split(".", 2)
    words = str(PARTS.get(f"{group}.{part}", plain(path)))
    if not rest:
        return words
    name = rest[0]
    named = {
        "by_category": category,
        "by_resolution": resolution,
        "by_action": action,
        "by_state": state_of_call,
    }.get(part, lambda name: str(WAVE_PARTS.get(name) or _("of %(size)s or more") % {"size": name.rpartition(".")[2]}))
    return _("%(what)s: %(name)s") % {"what": words, "name": named(name)}


def share(value):
    """A share in [0, 1] as a percentage without decimals."""
    return _("%(n)s %%") % {"n": number_format(round(value * 100))}


def cell(column, value):
    """A value of a table as it is read; a dash where there is none."""
    if value is None or value == "":
        return "–"
    return {"number": number, "share": share, "text": str}[column.kind](value)
