"""A wave of cases and the people who face it, driven through the real code in a database of its own."""

import random
import threading
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field

from django.db import connection
from django.utils import timezone

from moderation.enforcement import decisions
from moderation.models import (
    Account,
    Action,
    Case,
    Category,
    Cluster,
    Decision,
    Instance,
    LedgerEntry,
    Member,
    Person,
    Post,
    Queue,
    Report,
    RoutingRule,
    Severity,
    StaleState,
)  # fmt: skip
from moderation.queues import claims, holding, routing
from moderation.wellbeing import conceal, limits, meters, parts
from moderation.wellbeing.ledger import LimitReached

WAVES = 0.1  # of the cases
LARGEST_WAVE = 40
IDLE_ROUNDS = 3  # a tab that is told "nothing for you" so often in a row is closed
OFFERS = [Action.NO_ACTION, Action.LIMIT, Action.SUSPEND]


@dataclass
class Outcome:
    """What the people of a simulation met; shared by all tabs."""

    refused: int = 0
    stale: int = 0
    lowered: list = field(default_factory=list)  # (person id, queue id, units, when it held)
    errors: list = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, what):
        with self.lock:
            setattr(self, what, getattr(self, what) + 1)


def fill(*, cases, severe, rng):
    """Let `cases` cases come in, the share `severe` of them severe, one in ten a wave; routed by the real rules."""
    calm, harsh = (Instance.objects.create(slug=slug, domain=f"{slug}.example", base_url=f"https://{slug}.example") for slug in ("calm", "harsh"))
    threat = Category.objects.get(slug="threat")
    for conditions, queue in (({"instance": ["harsh"], "kind": ["cluster"]}, "waves"), ({"instance": ["harsh"]}, "reports")):
        RoutingRule.objects.create(name=f"harsh {queue}", position=0, conditions=conditions, queue=Queue.objects.get(slug=queue), category=threat)
    waves = round(cases * WAVES)
    sizes = [rng.randint(3, LARGEST_WAVE) if n < waves else 1 for n in range(cases)]
    homes = [harsh if rng.random() < severe else calm for _size in sizes]
    now = timezone.now()
    made = Account.objects.bulk_create(
        [
            Account(instance=home, remote_id=uuid.uuid4().hex, username=f"account_{n}_{m}")
            for n, (home, size) in enumerate(zip(homes, sizes, strict=True))
            for m in range(size)
        ]
    )
    posts = Post.objects.bulk_create(
        [Post(instance_id=row.instance_id, account=row, remote_id=row.remote_id, text=f"Words of {row.username}.", created_at=now) for row in made]
    )
    members, alone, rest = [], [], iter(posts)
    for home, size in zip(homes, sizes, strict=True):
        own = [next(rest) for _ in range(size)]
        if size == 1:
            alone.append(own[0])
            continue
        wave = Cluster.objects.create(
            instance=home, kind=Cluster.Kind.WAVE, representative=own[0], size=size, accounts_count=size, notable_at=now, route_again=True
        )
        members += [Member(cluster=wave, account_id=post.account_id, post=post, similarity=1.0) for post in own]
    Member.objects.bulk_create(members)
    reports = Report.objects.bulk_create(
        [Report(instance_id=post.instance_id, remote_id=post.remote_id, target_id=post.account_id, category="spam", created_at=now) for post in alone]
    )
    Report.posts.through.objects.bulk_create([Report.posts.through(report=report, post=post) for report, post in zip(reports, alone, strict=True)])
    while routing.route_waiting(500):
        pass


def hire(*, moderators, opted_out, rng):
    """`moderators` people, the share `opted_out` of whom never look at threats."""
    threat = Category.objects.get(slug="threat")
    people = []
    for n in range(moderators):
        person = Person(username=f"moderator_{n}")
        person.set_unusable_password()
        person.save()
        people.append(person)
    for person in rng.sample(people, round(moderators * opted_out)):
        limits.opt_out(person=person, category=threat)
    return people


def run(*, moderators, tabs, cases, severe, seed, opted_out):
    """Fill, hire, work until nobody gets another case, and look back: what `audit` returns, with the seconds it took."""
    rng = random.Random(seed)  # noqa: S311 (a simulation, not a secret)
    outcome, started = Outcome(), time.monotonic()
    fill(cases=cases, severe=severe, rng=rng)
    people = hire(moderators=moderators, opted_out=opted_out, rng=rng)
    done = threading.Event()
    workers = [threading.Thread(target=_guarded, args=(outcome, _tab, person, f"{seed}.{person.pk}.{n}")) for person in people for n in range(tabs)]
    sweeper = threading.Thread(target=_guarded, args=(outcome, _sweep, done))
    for thread in [*workers, sweeper]:
        thread.start()
    for thread in workers:
        thread.join()
    done.set()
    sweeper.join()
    claims.expire_claims()
    holding.review()
    if outcome.errors:
        raise outcome.errors[0]
    return {**audit(people, outcome, cases), "seconds": round(time.monotonic() - started, 1)}


def _guarded(outcome, work, *args):
    try:
        work(outcome, *args)
    except Exception as error:
        outcome.errors.append(error)
    finally:
        connection.close()


def _tab(outcome, person, seed):
    """One tab of one person: takes cases, looks, decides; sometimes hands over, stops, crashes, or sends a page twice."""
    rng = random.Random(seed)  # noqa: S311
    idle = 0
    while idle < IDLE_ROUNDS:
        try:
            case = claims.claim_next(person)
        except claims.NothingForYou:
            outcome.count("refused")
            idle += 1
            continue
        idle = 0
        try:
            _work(outcome, person, case, rng)
        except LimitReached:
            outcome.count("refused")
            claims.release(person, case)
        except StaleState:
            outcome.count("stale")


def _work(outcome, person, case, rng):
    fate = rng.random()
    if fate < 0.03:
        # A crash: nobody will ever touch this claim again.
        Case.objects.filter(pk=case.pk, claim=case.claim).update(claim_until=timezone.now())
        return
    if fate < 0.06:
        claims.pass_on(person, case)
        return
    if fate < 0.07:
        claims.release(person)
        return
    if fate < 0.08:
        _lower(outcome, person, case, rng)
    _look(outcome, person, case, rng)
    choice = {"case_id": case.pk, "claim": case.claim, "by": person, "action": rng.choice(OFFERS)}
    decisions.decide(**choice)
    if fate > 0.97:
        with suppress(StaleState):
            decisions.decide(**choice)
            raise AssertionError("a second click decided a second time")


def _look(outcome, person, case, rng):
    """See the page, which is charged, and reveal some of what it conceals; at the limit, decide unseen."""
    of_posts = [part for post in parts.posts_of(case, 4) for part in parts.of_post(post, case.severity)]
    on_page = [*of_posts, parts.of_comments(case, case.reports.order_by("pk"))]
    conceal.record_shown(case, case.claim, [part for part in on_page if not part.concealed])
    for part in (part for part in on_page if part.concealed):
        if rng.random() < 0.7 and not conceal.reveal(case=case, person=person, claim=case.claim, part_id=part.id):
            outcome.count("refused")


def _lower(outcome, person, case, rng):
    cap = meters.caps(person, [case.queue_id])[case.queue_id]
    with suppress(limits.NotLower):
        units = round(cap * rng.uniform(0.7, 1), 1)
        limits.lower(person=person, queue=case.queue, units=units)
        outcome.lowered.append((person.pk, case.queue_id, units, timezone.now()))


def _sweep(outcome, done):
    while not done.wait(0.2):
        claims.expire_claims()
        holding.review()


def audit(people, outcome, cases):
    """Count again from the rows, trusting no meter."""
    by_state = {state: Case.objects.filter(state=state, previous=None).count() for state in Case.State.values}
    homeless = Report.objects.filter(case=None).count() + Cluster.objects.filter(cases=None).count()
    severe = {person.pk: 0.0 for person in people}
    for person, units in LedgerEntry.objects.filter(severity__gte=Severity.S3).values_list("person", "units"):
        severe[person] += units
    return {
        "breaches": breaches(outcome.lowered),
        "lost": cases - sum(by_state.values()) + homeless,
        "refused": outcome.refused,
        "held": by_state[Case.State.HELD],
        "exposures": LedgerEntry.objects.count(),
        "avoided": avoided(),
        "gini": gini(list(severe.values())),
        "decided": by_state[Case.State.DECIDED],
        "waiting": by_state[Case.State.OPEN],
        "claimed": by_state[Case.State.CLAIMED],
        "stale": outcome.stale,
    }


def breaches(lowered):
    """How many ledger entries took their person over the cap that was in force, entry by entry in the order of time."""
    policy = meters.policy_caps(list(Queue.objects.values_list("pk", flat=True)))
    spent, found = {}, 0
    for person, queue, units, at in LedgerEntry.objects.order_by("at", "pk").values_list("person", "queue", "units", "at"):
        key = (person, queue)
        spent[key] = spent.get(key, 0.0) + units
        caps = [cap for who, where, cap, since in lowered if (who, where) == key and since < at]
        found += spent[key] > min([policy[queue], *caps]) + meters.TOLERANCE
    return found


def avoided():
    """How many accounts with severe content were decided about without anybody looking at theirs: what waves and deciding unseen spare."""
    reached = Decision.objects.filter(case__severity__gte=parts.CONCEALED_FROM).count()
    looked_at = LedgerEntry.objects.filter(severity__gte=parts.CONCEALED_FROM).values("case").distinct().count()
    return max(reached - looked_at, 0)


def gini(values):
    """The Gini coefficient of `values` ≥ 0, in [0, 1): 0 when all are equal, and for none. Σᵢ (2i − n − 1) xᵢ / (n Σ x), x ascending."""
    total, n = sum(values), len(values)
    if not total:
        return 0.0
    return round(sum((2 * i - n - 1) * x for i, x in enumerate(sorted(values), start=1)) / (n * total), 4)
