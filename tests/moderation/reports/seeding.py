"""Weeks full of rows for the report: everything the report counts, at times that also fall on the edges of weeks."""

import random
import uuid
from datetime import timedelta

from moderation.models import (
    Action,
    Appeal,
    Case,
    CaseEvent,
    Category,
    Cluster,
    DecidedPost,
    Decision,
    Detector,
    Member,
    Person,
    Post,
    Queue,
    Report,
    SignUp,
    Verdict,
    Writeback,
)
from tests.factories import make_account, make_case, make_instance, make_report

TAKEN = [action for action in Action.values if action != Action.UNDO]
CATEGORIES = ["spam", "legal", "violation", "other", "=SUM(A1)", "категория"]
DOMAINS = ["", "", "social.example", "mastodon.example", "пример.рф"]
HOSTS = ["casino.example", "Casino.Example", "pills.example", "xn--e1afmkfd.example"]


class Seeding:
    """Fills the weeks from `first`, `weeks` of them, with random rows; the same seed makes the same rows."""

    def __init__(self, first, *, weeks=2, moderators=7, seed=1):
        self.random = random.Random(seed)
        self.start, self.days = first.start, 7 * weeks
        self.instance = make_instance(created_at=first.start - timedelta(days=30))
        self.moderators = [Person.objects.create(username=f"moderator-{seed}-{number}") for number in range(moderators)]
        self.queues = list(Queue.objects.order_by("pk"))
        self.policies = {queue.pk: queue.policy for queue in self.queues}
        self.category = Category.objects.get(slug="spam")
        self.accounts = [make_account(self.instance) for _ in range(12)]

    def moment(self, after=None):
        """A moment in the seeded weeks, at times exactly on an edge of one, or a microsecond before."""
        edge = self.start + timedelta(days=7 * self.random.randint(0, self.days // 7))
        chosen = self.random.choice(
            [edge, edge - timedelta(microseconds=1), *(self.start + timedelta(seconds=self.random.uniform(-86_400, self.days * 86_400)) for _ in range(6))]
        )
        return chosen if after is None or chosen >= after else after + timedelta(seconds=self.random.uniform(0, 6 * 86_400))

    def account(self):
        return self.random.choice(self.accounts)

    def person(self):
        return self.random.choice(self.moderators)

    def posts(self, account, amount):
        return Post.objects.bulk_create(
            Post(
                instance=self.instance,
                account=account,
                remote_id=uuid.uuid4().hex,
                created_at=self.start,
                gone_at=self.random.choice([None, None, self.moment()]),
                links=[f"https://{self.random.choice(HOSTS)}/{number}" for number in range(self.random.randint(0, 3))]
                + self.random.choice([[], ["http://[broken", 7]]),
            )
            for _ in range(amount)
        )

    def case(self):
        """A case with its reports, its claim, its decision and what came of that."""
        account, opened = make_account(self.instance), self.moment()
        case = make_case(account, queue=self.random.choice(self.queues), category=self.category, opened_at=opened)
        for _ in range(self.random.randint(0, 3)):
            self.report(account, case, self.moment() if self.random.random() < 0.2 else opened)
        if self.random.random() < 0.8:
            looked = opened + self.wait()
            case.first_claimed_at = looked
            CaseEvent.objects.create(case=case, kind="claimed", by=self.person(), at=looked)
            case.save()
            if self.random.random() < 0.9:
                self.decide(case, looked + self.wait() / 4)
        return case

    def wait(self):
        return timedelta(seconds=self.random.choice([60, 1800, 7200, 30_000, 70_000, 200_000, 400_000, 700_000]) * self.random.uniform(0.2, 1.4))

    def report(self, account, case, received):
        domain = self.random.choice(DOMAINS)
        elsewhere = self.random.random() < 0.15
        return make_report(
            account,
            self.posts(account, self.random.randint(0, 2)),
            reporter=self.account(),
            reporter_domain=domain,
            origin=Report.Origin.FEDERATED if domain else Report.Origin.LOCAL,
            category=self.random.choice(CATEGORIES),
            case=case,
            received_at=received,
            created_at=received - timedelta(days=self.random.choice([0, 0, 0, 9])),
            resolved_elsewhere=elsewhere,
            resolved_at=self.moment(received) if elsewhere else None,
        )

    def decide(self, case, at):
        """One act on the case: now and then on three accounts, undone, replaced or appealed later."""
        batch, moderator, action = uuid.uuid4(), self.person(), self.random.choice(TAKEN)
        accounts = [case.account] if self.random.random() < 0.8 else [case.account, make_account(self.instance), make_account(self.instance)]
        Case.objects.filter(pk=case.pk).update(state=Case.State.DECIDED, decided_at=at)
        for number, account in enumerate(accounts):
            decision = self.decision(case, account, action, moderator, batch, at + timedelta(microseconds=number))
            DecidedPost.objects.bulk_create(DecidedPost(decision=decision, post=post) for post in self.posts(account, self.random.randint(0, 2)))
            for order in range(self.random.randint(0, 2)):
                state = self.random.choice(Writeback.State.values)
                call = self.random.choice(["resolve_report", "act"])
                Writeback.objects.create(instance=self.instance, decision=decision, order=order, call=call, state=state, created_at=at)
            if self.random.random() < 0.3:
                other = Action.UNDO if self.random.random() < 0.6 else self.random.choice(TAKEN)
                self.decision(case, account, other, self.person(), uuid.uuid4(), self.moment(at), supersedes=decision)
            if self.random.random() < 0.3:
                state = self.random.choice(Appeal.State.values)
                received = self.moment(at)
                closed = None if state == Appeal.State.OPEN else self.moment(received)
                Appeal.objects.create(decision=decision, state=state, received_at=received, closed_at=closed)

    def decision(self, case, account, action, moderator, batch, at, **given):
        return Decision.objects.create(
            case=case,
            account=account,
            action=action,
            moderator=moderator,
            batch=batch,
            created_at=at,
            policy=self.random.choice([self.policies[case.queue_id], self.policies[case.queue_id], None]),
            rule=self.random.choice(["", "", "No advertising", "=HYPERLINK(1)"]),
            findings=self.findings(),
            **given,
        )

    def findings(self):
        if self.random.random() < 0.3:
            return []
        lines = [
            {"detector": self.random.choice(Detector.values), "model_version": "1", "score": 0.5, "verdict": self.random.choice(Verdict.values)}
            for _ in range(self.random.randint(1, 3))
        ]
        return lines + self.random.choice([[], ["unreadable", {"detector": "gone", "verdict": "likely"}]])

    def sign_up(self):
        received, outcome = self.moment(), self.random.choice(SignUp.Outcome.values)
        closed = None if outcome == SignUp.Outcome.PENDING else self.moment(received)
        SignUp.objects.create(
            account=make_account(self.instance),
            created_at=received,
            received_at=received,
            outcome=outcome,
            closed_at=closed,
            needs_approval=self.random.random() < 0.7,
        )

    def cluster(self):
        kind = self.random.choice(Cluster.Kind.values)
        cluster = Cluster.objects.create(instance=self.instance, kind=kind, notable_at=self.random.choice([None, self.moment(), self.moment()]))
        for account in self.random.sample(self.accounts, self.random.randint(2, 12)):
            post = self.posts(account, 1)[0] if kind == Cluster.Kind.WAVE else None
            left_out, proposed = self.random.random() < 0.1, self.random.random() < 0.1
            Member.objects.create(cluster=cluster, account=account, post=post, added_at=self.moment(), left_out=left_out, proposed=proposed)

    def fill(self, *, cases=60, sign_ups=20, clusters=8):
        for _ in range(cases):
            self.case()
        for _ in range(sign_ups):
            self.sign_up()
        for _ in range(clusters):
            self.cluster()
        return self
