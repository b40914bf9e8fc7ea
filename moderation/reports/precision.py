"""How often moderators decided as each detector had said, from what each decision kept of its findings."""

from collections import Counter
from math import sqrt

from moderation.models import Action, Decision, Detector, Verdict

from .totals import within

ACTED = (Action.WARN, Action.MARK_SENSITIVE, Action.LIMIT, Action.FREEZE, Action.SUSPEND, Action.REJECT)
# Worst first: of several findings of one detector, the one that speaks loudest counts.
_VERDICTS = (Verdict.LIKELY, Verdict.CANT_TELL, Verdict.UNLIKELY)
_Z95 = 1.959964


def wilson(hits, n):
    """The 95 % interval of a share of `hits` in `n`, as (low, high) in [0, 1]; (None, None) for n = 0.

    Wilson (1927): (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n).
    """
    if not n:
        return None, None
    share, z2 = hits / n, _Z95 * _Z95
    middle, width = share + z2 / (2 * n), _Z95 * sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    # Rounding must not put the share outside its own interval.
    return max(0.0, min(share, (middle - width) / (1 + z2 / n))), min(1.0, max(share, (middle + width) / (1 + z2 / n)))


def detectors(week):
    """For each detector what was acted on of what it called likely, could not tell and called unlikely.

    Counted in acts of judgement: one decision on a wave of a thousand accounts is one. A note counts as neither, and
    nor does what was undone or replaced before the week ended. Returns a list of {"detector", "model_versions",
    "likely": {"n", "acted", "share", "low", "high"}, "cant_tell": {…}, "unlikely": {…}}.
    """
    judged = (
        Decision.objects.filter(within("created_at", week))
        .exclude(action__in=[Action.UNDO, Action.NOTE])
        .exclude(superseded_by__created_at__lt=week.end)
        .exclude(findings=[])
        .order_by("batch")
        .values_list("batch", "action", "findings")
    )
    tallies = {detector: {verdict: Counter() for verdict in _VERDICTS} for detector in Detector.values}
    versions = {detector: set() for detector in Detector.values}
    batch, said, acted = None, {}, False
    for act, action, findings in judged.iterator(chunk_size=2000):
        if act != batch:
            _count(tallies, said, acted)
            batch, said, acted = act, {}, False
        acted = acted or action in ACTED
        for detector, version, verdict in _readable(findings):
            said[detector] = min(said.get(detector, len(_VERDICTS)), verdict)
            versions[detector].add(version)
    _count(tallies, said, acted)
    return [
        {"detector": detector, "model_versions": sorted(versions[detector])} | {verdict.value: _share(tally) for verdict, tally in tallies[detector].items()}
        for detector in Detector.values
    ]


def _readable(findings):
    """(detector, model version, position of the verdict) of the findings that are as this version of Breakwater writes them."""
    for finding in findings if isinstance(findings, list) else ():
        if isinstance(finding, dict) and finding.get("detector") in Detector.values and finding.get("verdict") in Verdict.values:
            yield finding["detector"], str(finding.get("model_version", "")), _VERDICTS.index(finding["verdict"])


def _count(tallies, said, acted):
    for detector, verdict in said.items():
        tallies[detector][_VERDICTS[verdict]][acted] += 1


def _share(tally):
    n, acted = tally[True] + tally[False], tally[True]
    low, high = wilson(acted, n)
    return {"n": n, "acted": acted, "share": acted / n if n else None, "low": low, "high": high}
