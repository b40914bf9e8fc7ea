"""Every total is counted a second time, in SQL written for nothing else, on random rows."""

import json
from collections import Counter

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from moderation.models import Cluster
from moderation.reports import outcomes, precision, totals, weekly
from moderation.reports.weeks import Week

from .seeding import Seeding

FIRST = Week(2024, 40)
WEEKS = [FIRST.previous, FIRST, FIRST.next, FIRST.next.next]


def rows(sql, week, **more):
    """Rows of a query in which {start} and {end} are the edges of the week."""
    edge = connection.ops.adapt_datetimefield_value
    names = {"start": edge(week.start), "end": edge(week.end)} | more
    order = []
    for piece in sql.split("{")[1:]:
        order.append(names[piece.split("}")[0]])
    for name in names:
        sql = sql.replace("{" + name + "}", "%s")
    with connection.cursor() as cursor:
        cursor.execute(sql, order)
        return cursor.fetchall()


def one(sql, week):
    return rows(sql, week)[0][0]


def in_week(field):
    return f"{field} >= {{start}} AND {field} < {{end}}"


def shown(counts):
    return {name: amount for name, amount in counts.items() if amount}


FIRST_DECISION = """
    (SELECT d.{column} FROM moderation_decision d
     WHERE d.case_id = r.case_id AND d.created_at >= r.received_at AND d.action <> 'undo' AND (d.account_id IS NULL OR d.account_id = r.target_id)
     ORDER BY d.created_at, d.id LIMIT 1)
"""


def resolved_rows(week):
    """(domain, resolution) of each report resolved in the week, the rule written out by hand."""
    at, action = FIRST_DECISION.replace("{column}", "created_at"), FIRST_DECISION.replace("{column}", "action")
    gone = """EXISTS (SELECT 1 FROM moderation_report_posts x JOIN moderation_post p ON p.id = x.post_id WHERE x.report_id = r.id AND p.gone_at < {end})"""
    found = rows(
        f"""SELECT r.reporter_domain, {action}, {gone} FROM moderation_report r
            WHERE {at} >= {{start}} AND {at} < {{end}} AND NOT (r.resolved_elsewhere AND r.resolved_at IS NOT NULL AND r.resolved_at <= {at})""",  # noqa: S608
        week,
    )
    found += rows(
        f"""SELECT r.reporter_domain, 'elsewhere', {gone} FROM moderation_report r
            WHERE r.resolved_elsewhere AND {in_week("r.resolved_at")} AND ({at} IS NULL OR {at} >= r.resolved_at)""",  # noqa: S608
        week,
    )
    names = {"suspend": "account_removed", "reject": "account_removed", "warn": "strike", "elsewhere": "elsewhere"}
    names |= dict.fromkeys(["mark_sensitive", "limit", "freeze"], "other_action") | dict.fromkeys(["no_action", "note", "approve"], "no_action")
    for domain, action, is_gone in found:
        resolution = names[action]
        yield domain, "content_removed" if is_gone and resolution in ("no_action", "elsewhere") else resolution


class EveryTotalReconciles:
    def test_reports_reconcile(self):
        total = 0
        for week in WEEKS:
            told = totals.reports(week)
            total += told["received"]
            assert told["received"] == one(f"SELECT count(*) FROM moderation_report WHERE {in_week('received_at')}", week)
            assert told["local"] + told["federated"] == told["received"] == sum(told["by_category"].values())
            assert told["local"] == one(f"SELECT count(*) FROM moderation_report WHERE {in_week('received_at')} AND origin = 'local'", week)
            categories = rows(f"SELECT category, count(*) FROM moderation_report WHERE {in_week('received_at')} GROUP BY category", week)
            assert told["by_category"] == dict(categories)
            resolutions = Counter(resolution for _, resolution in resolved_rows(week))
            assert shown(told["by_resolution"]) == resolutions
            assert told["resolved"] == resolutions.total()
        assert total > 20

    def test_reports_by_domain_reconcile(self):
        for week in WEEKS:
            told = {line["domain"]: line for line in totals.reporter_domains(week)["domains"]}
            received = dict(rows(f"SELECT reporter_domain, count(*) FROM moderation_report WHERE {in_week('received_at')} GROUP BY reporter_domain", week))
            resolved = list(resolved_rows(week))
            assert {domain: line["received"] for domain, line in told.items() if line["received"]} == received
            assert {domain: line["resolved"] for domain, line in told.items() if line["resolved"]} == Counter(domain for domain, _ in resolved)
            acted = Counter(domain for domain, resolution in resolved if resolution not in ("no_action", "elsewhere"))
            assert {domain: line["acted"] for domain, line in told.items() if line["acted"]} == acted

    def test_sign_ups_reconcile(self):
        for week in WEEKS:
            told = totals.sign_ups(week)
            assert told["received"] == one(f"SELECT count(*) FROM moderation_signup WHERE {in_week('received_at')}", week)
            for outcome in ("approved", "rejected"):
                assert told[outcome] == one(f"SELECT count(*) FROM moderation_signup WHERE {in_week('closed_at')} AND outcome = '{outcome}'", week)
            waiting = "SELECT count(*) FROM moderation_signup WHERE received_at < {end} AND needs_approval AND (closed_at IS NULL OR closed_at >= {end})"
            assert told["waiting"] == one(waiting, week)

    def test_waves_and_their_sizes_reconcile(self):
        for week in WEEKS:
            told = totals.waves(week)
            for kind in Cluster.Kind.values:
                members = "SELECT count(*) FROM moderation_member m WHERE m.cluster_id = c.id AND NOT m.left_out AND NOT m.proposed AND m.added_at < {end}"
                sizes = [row[0] for row in rows(f"SELECT ({members}) FROM moderation_cluster c WHERE {in_week('c.notable_at')} AND c.kind = '{kind}'", week)]
                accounts = rows(
                    f"""SELECT count(DISTINCT m.account_id) FROM moderation_cluster c JOIN moderation_member m ON m.cluster_id = c.id
                        WHERE {in_week("c.notable_at")} AND c.kind = '{kind}' AND NOT m.left_out AND NOT m.proposed AND m.added_at < {{end}} GROUP BY c.id""",  # noqa: S608
                    week,
                )
                assert told[kind]["found"] == len(sizes) == sum(told[kind]["by_size"].values())
                assert (told[kind]["members"], told[kind]["largest"]) == (sum(sizes), max(sizes, default=0))
                assert told[kind]["accounts"] == sum(row[0] for row in accounts)
                assert told[kind]["by_size"]["10"] == sum(10 <= size < 100 for size in sizes)

    def test_waiting_cases_reconcile(self):
        for week in WEEKS:
            waiting = rows(
                """SELECT q.slug, count(*) FROM moderation_case c JOIN moderation_queue q ON q.id = c.queue_id
                   WHERE c.opened_at < {end} AND (c.state <> 'decided' OR c.decided_at >= {end}) GROUP BY q.slug""",
                week,
            )
            told = totals.waiting(week)
            assert {line["queue"]: line["day"] + line["week"] + line["older"] for line in told} == dict(waiting)

    def test_decisions_by_action_policy_and_rule_reconcile(self):
        made = f"FROM moderation_decision d WHERE {in_week('d.created_at')} AND d.action <> 'undo'"
        for week in WEEKS:
            told = outcomes.decisions(week)
            assert told["made"] == one(f"SELECT count(*) {made}", week)
            assert told["acts"] == one(f"SELECT count(DISTINCT d.batch) {made}", week)
            assert told["by_action"] == dict(rows(f"SELECT d.action, count(*) {made} GROUP BY d.action", week))
            assert told["by_rule"] == dict(rows(f"SELECT d.rule, count(*) {made} AND d.rule <> '' GROUP BY d.rule", week))
            assert sum(line["made"] for line in told["by_policy"]) == told["made"]
            assert sum((Counter(line["by_action"]) for line in told["by_policy"]), Counter()) == told["by_action"]
            moderators = one(f"SELECT count(DISTINCT d.moderator_id) {made}", week)
            assert told["moderators"] == (moderators if moderators >= 5 else None)

    def test_undone_decisions_and_appeals_reconcile(self):
        some = 0
        for week in WEEKS:
            told = outcomes.undone(week)
            later = f"FROM moderation_decision d JOIN moderation_decision was ON was.id = d.supersedes_id WHERE {in_week('d.created_at')}"
            assert told["undone"] == one(f"SELECT count(*) {later} AND d.action = 'undo'", week)
            assert told["replaced"] == one(f"SELECT count(*) {later} AND d.action <> 'undo' AND d.action <> was.action", week)
            assert told["of_earlier_weeks"] == one(f"SELECT count(*) {later} AND d.action <> was.action AND was.created_at < {{start}}", week)
            by_action = {action: line["undone"] + line["replaced"] for action, line in told["by_action"].items()}
            assert by_action == dict(rows(f"SELECT was.action, count(*) {later} AND d.action <> was.action GROUP BY was.action", week))
            appeals = outcomes.appeals(week)
            assert appeals["received"] == one(f"SELECT count(*) FROM moderation_appeal WHERE {in_week('received_at')}", week)
            for state in ("upheld", "overturned"):
                assert appeals[state] == one(f"SELECT count(*) FROM moderation_appeal WHERE {in_week('closed_at')} AND state = '{state}'", week)
            waiting = "SELECT count(*) FROM moderation_appeal WHERE received_at < {end} AND (closed_at IS NULL OR closed_at >= {end})"
            assert appeals["waiting"] == one(waiting, week)
            some += told["undone"] + appeals["received"]
        assert some

    def test_writebacks_reconcile(self):
        for week in WEEKS:
            told = outcomes.writebacks(week)
            calls = f"FROM moderation_writeback w JOIN moderation_decision d ON d.id = w.decision_id WHERE {in_week('d.created_at')}"
            assert shown(told["by_state"]) == dict(rows(f"SELECT w.state, count(*) {calls} GROUP BY w.state", week))
            assert told["refused_by_call"] == dict(rows(f"SELECT w.call, count(*) {calls} AND w.state = 'refused' GROUP BY w.call", week))
            assert told["asked"] == sum(told["by_state"].values())

    def test_link_domains_of_removed_posts_reconcile(self):
        for week in WEEKS:
            told = outcomes.link_domains(week)
            removed = rows(
                f"""SELECT p.id, p.links FROM moderation_post p WHERE EXISTS (
                      SELECT 1 FROM moderation_decidedpost x JOIN moderation_decision d ON d.id = x.decision_id
                      WHERE x.post_id = p.id AND {in_week("d.created_at")} AND d.action <> 'undo'
                        AND (d.action IN ('suspend', 'reject') OR (p.gone_at < {{end}} AND p.gone_at >= d.created_at))
                        AND NOT EXISTS (SELECT 1 FROM moderation_decision s WHERE s.supersedes_id = d.id AND s.created_at < {{end}}))""",  # noqa: S608
                week,
            )
            domains = Counter()
            for _, links in removed:
                written = links if isinstance(links, list) else json.loads(links)
                domains.update({link.split("/")[2].lower() for link in written if isinstance(link, str) and "[" not in link})
            assert told["posts"] == len(removed)
            assert told["domains"] == domains

    def test_precision_of_detectors_reconciles(self):
        seen = 0
        for week in WEEKS:
            told = {line["detector"]: line for line in precision.detectors(week)}
            judged = rows(
                f"""SELECT d.batch, d.action, d.findings FROM moderation_decision d WHERE {in_week("d.created_at")} AND d.action NOT IN ('undo', 'note')
                    AND NOT EXISTS (SELECT 1 FROM moderation_decision s WHERE s.supersedes_id = d.id AND s.created_at < {{end}})""",  # noqa: S608
                week,
            )
            acts = {}
            for batch, action, findings in judged:
                for finding in findings if isinstance(findings, list) else json.loads(findings):
                    if isinstance(finding, dict) and finding["detector"] in told:
                        verdicts, _ = acts.setdefault((batch, finding["detector"]), (set(), action))
                        verdicts.add(finding["verdict"])
            for detector, line in told.items():
                said = [(verdicts, action) for (_, of), (verdicts, action) in acts.items() if of == detector]
                likely = [action for verdicts, action in said if "likely" in verdicts]
                cant_tell = [action for verdicts, action in said if "cant_tell" in verdicts and "likely" not in verdicts]
                unlikely = [action for verdicts, action in said if verdicts == {"unlikely"}]
                for verdict, actions in (("likely", likely), ("cant_tell", cant_tell), ("unlikely", unlikely)):
                    acted = sum(action in ("warn", "mark_sensitive", "limit", "freeze", "suspend", "reject") for action in actions)
                    assert (line[verdict]["n"], line[verdict]["acted"]) == (len(actions), acted)
                seen += len(likely)
                if likely:
                    assert line["likely"]["low"] <= line["likely"]["share"] <= line["likely"]["high"]
        assert seen

    def test_a_report_asks_the_database_a_fixed_number_of_times(self):
        with CaptureQueriesContext(connection) as queries:
            weekly.count(FIRST)
        assert len(queries) < 45


class TestOneSetOfRows(EveryTotalReconciles, TestCase):
    @classmethod
    def setUpTestData(cls):
        Seeding(FIRST, weeks=2, seed=1).fill()


class TestAnotherSetOfRows(EveryTotalReconciles, TestCase):
    @classmethod
    def setUpTestData(cls):
        Seeding(FIRST, weeks=2, seed=2, moderators=3).fill()
