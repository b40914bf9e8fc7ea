"""Sections on what came in: reports, what waits and how long it waited, waves, sign-ups, and where reports came from."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from . import words
from .privacy import ENOUGH
from .shapes import Column, Row, Section, Table
from .tables import compared, others, pick
from .totals import RESOLUTIONS, SIZES


def reports(now, before):
    origins = {"local": _("from people here"), "federated": _("from other servers")}
    return Section(
        "reports",
        _("Reports"),
        tables=(
            compared(
                "reports_by_origin", _("Local and federated reports"), _("Origin"), pick(now, origins), pick(before, origins), origins.get, keep_empty=True
            ),
            compared(
                "reports_by_category",
                _("What reports were about"),
                _("Category"),
                now["by_category"],
                before and before["by_category"],
                words.category,
                note=others(now["other_categories"]),
            ),
            compared(
                "reports_by_resolution",
                _("How reports were resolved"),
                _("Resolution"),
                pick(now["by_resolution"], RESOLUTIONS),
                before and before["by_resolution"],
                words.resolution,
                keep_empty=True,
                note=_("Reports that were resolved in this week, whenever they came in."),
            ),
        ),
    )


def waiting(queues, so_far):
    total = sum(queue[age] for queue in queues for age in ("day", "week", "older"))
    if not total:
        return Section("waiting", _("What waits"), ((_("No case waits now.") if so_far else _("No case was waiting when the week ended.")),))
    columns = (
        Column("all", _("Waiting")),
        Column("day", _("Up to a day")),
        Column("week", _("Up to a week")),
        Column("older", _("Longer")),
    )
    rows = tuple(
        Row(queue["queue"], words.queues([queue]), (queue["day"] + queue["week"] + queue["older"], queue["day"], queue["week"], queue["older"]))
        for queue in queues
    )
    title = _("Cases that wait now, by queue") if so_far else _("Cases that waited when the week ended, by queue")
    return Section("waiting", _("What waits"), tables=(Table("waiting", title, _("Queue"), columns, rows, chart="bars"),))


def times(first_look, decision):
    sentences = [_("From when a case was opened until somebody first looked at it, and until it was first decided. By queue, never by person.")]
    tables = []
    for key, title, times in (("first_look", _("Time to first look: %(queues)s"), first_look), ("decision", _("Time to decision: %(queues)s"), decision)):
        for entry in times["told"]:
            rows = tuple(Row(f"{cell['from']}-{cell['to'] or ''}", words.span(cell["from"], cell["to"]), (cell["cases"],)) for cell in entry["ranges"])
            slugs = "_".join(queue["queue"] for queue in entry["queues"])
            half = _half(entry["ranges"])
            note = _("Half of the cases or more took %(time)s.") % {"time": half} if half else ""
            columns = (Column("cases", _("Cases")),)
            tables.append(Table(f"{key}_{slugs}", title % {"queues": words.queues(entry["queues"])}, _("Time"), columns, rows, chart="bars", note=note))
    withheld = {queue["queue"]: queue for times in (first_look, decision) for queue in times["withheld"]}
    if withheld:
        sentences.append(
            _("Not told for %(queues)s: fewer than %(n)s people worked there, or one did most of it, so the times could tell how fast a person was.")
            % {"queues": words.queues(withheld.values()), "n": ENOUGH}
        )
    if tables:
        sentences.append(_("Ranges of time are joined until each holds the cases of at least %(n)s people.") % {"n": ENOUGH})
    if not tables and not withheld:
        sentences.append(_("No case was first looked at or decided in this week."))
    return Section("times", _("How long cases waited"), tuple(sentences), tuple(tables))


def _half(ranges):
    """The time, in words, under which half of the cases lie; empty when only the range without an end holds so many."""
    total, so_far = sum(cell["cases"] for cell in ranges), 0
    for cell in ranges:
        so_far += cell["cases"]
        if so_far * 2 >= total and cell["to"]:
            return words.span(0, cell["to"])
    return ""


def waves(now, before):
    sentences, tables = [], []
    for kind in ("wave", "group"):
        counts = now[kind]
        if not counts["found"]:
            continue
        sentences.append(
            _("%(kind)s: %(found)s, with %(members)s members from %(accounts)s accounts. The largest has %(largest)s.")
            % {"kind": words.kind_of_cluster(kind), **{name: words.number(counts[name]) for name in ("found", "members", "accounts", "largest")}}
        )
        sizes = {str(low): words.size(low, high) for low, high in SIZES}
        of_size = {low: counts["by_size"].get(low, 0) for low in sizes}
        earlier = before and {low: before[kind]["by_size"].get(low, 0) for low in sizes}
        tables.append(compared(f"{kind}s_by_size", words.kind_of_cluster(kind), _("Size"), of_size, earlier, sizes.get, keep_empty=True))
    if not tables:
        sentences.append(_("No wave of near-duplicates and no coordinated group was found."))
    return Section("waves", _("Waves and groups"), tuple(sentences), tuple(tables))


def sign_ups(now, before):
    if not any(now.values()) and not (before and any(before.values())):
        return Section("sign_ups", _("Sign-ups"), (_("Nobody asked to join."),))
    names = {"received": _("received"), "approved": _("approved"), "rejected": _("rejected"), "waiting": _("waiting for an answer")}
    table = compared("sign_ups", _("Sign-ups received and answered"), _("Sign-ups"), pick(now, names), pick(before, names), names.get, keep_empty=True)
    return Section("sign_ups", _("Sign-ups"), tables=(table,))


def reporter_domains(origins):
    title = _("Where reports came from")
    if not origins["domains"]:
        return Section("reporter_domains", title, (_("No report came in or was resolved."),))
    columns = (
        Column("received", _("Received")),
        Column("resolved", _("Resolved")),
        Column("acted", _("Acted on")),
        Column("share", _("Share acted on"), "share"),
    )
    lines = [(line["domain"] or "local", words.domain(line["domain"]), line) for line in origins["domains"]]
    if origins["others"]["names"]:
        others = ngettext("%(n)s other", "%(n)s others", origins["others"]["names"]) % {"n": words.number(origins["others"]["names"])}
        lines.append(("others", others, origins["others"]))
    rows = tuple(
        Row(key, label, (line["received"], line["resolved"], line["acted"], line["acted"] / line["resolved"] if line["resolved"] else None))
        for key, label, line in lines
    )
    note = _("The share is of the reports that were resolved in this week. A low share may say as much about the rules as about who reports.")
    return Section("reporter_domains", title, tables=(Table("reporter_domains", _("Reports by domain"), _("Domain"), columns, rows, chart="bars", note=note),))
