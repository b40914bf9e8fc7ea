"""Why the machine brought something, in sentences, with the numbers for whoever unfolds them."""

from dataclasses import dataclass, field

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from moderation.models import Cluster, Detector, Verdict

from .presenting import percent


@dataclass(frozen=True)
class Evidence:
    """One reason: a sentence, and the numbers behind it as (label, value)."""

    sentence: str
    numbers: list = field(default_factory=list)
    words: list = field(default_factory=list)  # [(text, pull)], only where the text itself may be seen


def of_case(case):
    """[Evidence] of why `case` is here: who reported, what the machine stored with it, what is claimed of its cluster."""
    found = [_of_reports(case)] if case.reports_count else []
    found += [told for told in (_of_reason(reason) for reason in case.reasons if isinstance(reason, dict)) if told]
    if case.cluster_id and case.cluster:
        found += of_cluster(case.cluster)
    return found


def short(case):
    """The first reason, in one sentence, for a list."""
    told = of_case(case)
    return told[0].sentence if told else ""


def _of_reports(case):
    people = ngettext("%d person reported it", "%d people reported it", case.reporters_count) % case.reporters_count
    if case.reports_count > case.reporters_count:
        times = ngettext("%d report", "%d reports", case.reports_count) % case.reports_count
        return Evidence(_("%(people)s, in %(times)s.") % {"people": people, "times": times})
    return Evidence(_("%s.") % people)


def of_cluster(cluster):
    """[Evidence] of what is claimed of a cluster."""
    return _of_wave(cluster) if cluster.kind == Cluster.Kind.WAVE else _of_group(cluster)


def _of_wave(cluster):
    claim = cluster.claim
    posts = ngettext("%d post is", "%d posts are", cluster.size) % cluster.size
    accounts = ngettext("%d account", "%d accounts", cluster.accounts_count) % cluster.accounts_count
    found = [Evidence(_("%(posts)s nearly the same, from %(accounts)s.") % {"posts": posts, "accounts": accounts})]
    if claim.get("rule") == "flood":
        found.append(Evidence(_("One account repeated itself: %(posts)s within %(hours)s.") % {"posts": _posts(claim), "hours": _hours(claim)}))
    elif claim.get("rule") == "accounts":
        found.append(Evidence(_("Several accounts posted it close together: %(posts)s within %(hours)s.") % {"posts": _posts(claim), "hours": _hours(claim)}))
    return found


def _posts(claim):
    return ngettext("%d post", "%d posts", claim.get("posts", 0)) % claim.get("posts", 0)


def _hours(claim):
    hours = claim.get("hours") or 0
    if hours < 1:
        minutes = max(1, round(hours * 60))
        return ngettext("%d minute", "%d minutes", minutes) % minutes
    if hours > 72:
        days = round(hours / 24)
        return ngettext("%d day", "%d days", days) % days
    return ngettext("%d hour", "%d hours", round(hours)) % round(hours)


GROUP_NUMBERS = {
    "accounts": gettext_lazy("accounts"),
    "objects": gettext_lazy("things they all did"),
    "seconds": gettext_lazy("seconds within which they did each"),
    "meetings": gettext_lazy("times they did the same"),
    "expected": gettext_lazy("times expected by chance"),
}


def _of_group(cluster):
    # Numbers alone: what the accounts did together is content, and this is told to whoever looks.
    numbers = [(GROUP_NUMBERS.get(key, key), formats.number_format(value)) for key, value in cluster.claim.items() if type(value) in (int, float)]
    found = [Evidence(ngettext("%d account acted together.", "%d accounts acted together.", cluster.size) % cluster.size, numbers)]
    if cluster.q_value is not None:
        found.append(
            Evidence(
                _("This is unlikely to be chance."),
                [(_("share of such groups expected by chance (q)"), formats.number_format(cluster.q_value, 4))],
            )
        )
    return found


def _of_reason(reason):
    """Evidence of one stored reason; None for a wave or group, which tell of themselves."""
    kind = reason.get("kind")
    if kind == "slop":
        posts = int(reason.get("posts") or 1)
        sentence = ngettext("The machine finds %d post likely to be spam or slop.", "The machine finds %d posts likely to be spam or slop.", posts) % posts
        score = reason.get("score")
        return Evidence(sentence, [(_("highest score"), percent(score))] if score else [])
    if kind == "sign_up":
        return Evidence(_("The account waits for approval."))
    if kind == "second_look":
        return Evidence(_("Somebody asked for a second look."))
    return None


CANT_TELL = {
    "no_words": gettext_lazy("there are no words in it to judge"),
    "not_calibrated": gettext_lazy("too few decided posts of this instance to promise anything yet"),
    "unfamiliar": gettext_lazy("most of its words are new to the model"),
    "between": gettext_lazy("its score lies between clear spam and clearly fine"),
}


def of_finding(finding, with_words):
    """Evidence of one finding about a post. `with_words`: the post's text may be seen, so its words may be quoted."""
    told = finding.explanation
    if finding.verdict == Verdict.LIKELY:
        sentence = _("The machine finds this likely to be spam or slop.")
    elif finding.verdict == Verdict.UNLIKELY:
        sentence = _("The machine finds nothing that speaks for spam or slop.")
    else:
        because = CANT_TELL.get((told.get("cant_tell_because") or {}).get("code"))
        sentence = _("The machine can't tell whether this is spam or slop.")
        if because:
            sentence = _("The machine can't tell whether this is spam or slop: %s.") % because
    numbers = [(_("detector"), Detector(finding.detector).label), (_("model"), finding.model_version)]
    if finding.score is not None:
        numbers.append((_("score"), percent(finding.score)))
    if interval := told.get("interval"):
        numbers.append((_("it may lie between"), f"{percent(interval[0])} – {percent(interval[1])}"))
    words = []
    if with_words:
        words = [(span.get("text", ""), round(span.get("weight", 0), 2)) for span in told.get("spans", []) if abs(span.get("weight", 0)) >= 0.05]
    return Evidence(sentence, numbers, words)
