"""Gathering what the rules ask about, for many cases in a fixed number of queries."""

from collections import defaultdict

from moderation.models import Case, Detector, Finding, Report

from .conditions import Facts

MOST_REPORTS = 5000  # of one batch of cases: beyond it the newest count


def of_cases(cases):
    """{case id: Facts}, in three queries. `cases` come with instance, account and cluster selected."""
    cases = list(cases)
    reports = defaultdict(list)
    told = Report.objects.filter(case__in=[case.pk for case in cases]).order_by("-pk")
    for report in told.only("case_id", "reporter_id", "reporter_domain", "origin", "category", "comment", "rules")[:MOST_REPORTS]:
        reports[report.case_id].append(report)
    verdicts = _verdicts(cases)
    return {case.pk: _facts(case, reports[case.pk], verdicts[case.pk]) for case in cases}


def _facts(case, reports, verdicts):
    return Facts(
        kind=case.kind,
        instance=case.instance.slug,
        categories=frozenset(report.category for report in reports),
        origins=frozenset(report.origin for report in reports),
        reporters=len({who_reported(report) for report in reports}),
        reports=len(reports),
        size=case.size,
        cluster_kind=case.cluster.kind if case.cluster_id else "",
        verdicts=frozenset(verdicts),
        account_domain=(case.account.domain or case.instance.domain) if case.account_id else None,
        reported_rules=tuple(text for report in reports for rule in report.rules if isinstance(rule, dict) and isinstance(text := rule.get("text"), str)),
        comments=tuple(report.comment for report in reports),
        second_look=case.second_look,
    )


def who_reported(report):
    """Tells reporters apart: a remote instance reports as one actor, and a forum may not say who it was."""
    return report.reporter_id or ("", report.reporter_domain)


def _verdicts(cases):
    found = defaultdict(set)
    said = Finding.objects.filter(detector=Detector.SLOP)
    by_post = defaultdict(list)
    for case in cases:
        if case.kind == Case.Kind.POST:
            by_post[case.post_id].append(case.pk)
        elif case.kind == Case.Kind.CLUSTER and case.cluster.representative_id:
            by_post[case.cluster.representative_id].append(case.pk)
    for post, verdict in said.filter(post__in=by_post).values_list("post", "verdict"):
        for case in by_post[post]:
            found[case].add(verdict)
    accounts = [case.pk for case in cases if case.kind == Case.Kind.ACCOUNT]
    for case, verdict in said.filter(post__reports__case__in=accounts).values_list("post__reports__case", "verdict").distinct():
        found[case].add(verdict)
    return found
