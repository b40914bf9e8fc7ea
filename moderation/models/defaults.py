"""What a new installation starts with: categories, queues with their first policy, and routing rules."""

from django.db import transaction
from django.utils.translation import gettext_noop

from .cases import Category, Queue, QueuePolicy, RoutingRule, Severity

# Stored in English and translated where they are shown; what people write themselves is shown as they wrote it.
CATEGORIES = [
    ("spam", gettext_noop("Spam"), Severity.S0),
    ("slop", gettext_noop("Slop"), Severity.S0),
    ("sign_up", gettext_noop("Sign-up"), Severity.S0),
    ("other", gettext_noop("Other"), Severity.S1),
    ("rules", gettext_noop("Breaks a rule"), Severity.S1),
    ("harassment", gettext_noop("Harassment"), Severity.S2),
    ("legal", gettext_noop("Possibly against the law"), Severity.S2),
    ("nudity", gettext_noop("Nudity"), Severity.S2),
    ("threat", gettext_noop("Threat"), Severity.S3),
    ("violence", gettext_noop("Violence"), Severity.S3),
    ("child_safety", gettext_noop("Child safety"), Severity.S4),
]
# slug, name, description, exposure units a person a day
QUEUES = [
    ("reports", gettext_noop("Reports"), gettext_noop("Accounts that people reported."), 60),
    ("waves", gettext_noop("Waves"), gettext_noop("Many posts that are nearly the same, and accounts that act together. One decision for all of them."), 60),
    ("sign-ups", gettext_noop("Sign-ups"), gettext_noop("People who ask to join."), 60),
    ("second-look", gettext_noop("Second look"), gettext_noop("Decisions that were appealed or that somebody asked to see again."), 60),
]
# name, conditions, queue, category
RULES = [
    (gettext_noop("Appeals and second looks"), {"second_look": True}, "second-look", None),
    (gettext_noop("Waves and coordinated groups"), {"kind": ["cluster"]}, "waves", "spam"),
    (gettext_noop("Sign-ups that wait for approval"), {"kind": ["sign_up"]}, "sign-ups", "sign_up"),
    (gettext_noop("Everything else"), {}, "reports", None),
]


@transaction.atomic
def fill_defaults(**kwargs):
    """Fill an empty installation; leave one that has queues alone."""
    if Queue.objects.exists():
        return
    categories = {slug: Category.objects.get_or_create(slug=slug, defaults={"name": name, "severity": severity})[0] for slug, name, severity in CATEGORIES}
    queues = {}
    for position, (slug, name, description, units) in enumerate(QUEUES):
        queues[slug] = Queue.objects.create(slug=slug, name=name, description=description, position=position)
        QueuePolicy.objects.create(queue=queues[slug], version=1, units_a_day=units)
    for position, (name, conditions, queue, category) in enumerate(RULES):
        RoutingRule.objects.create(name=name, position=position, conditions=conditions, queue=queues[queue], category=categories.get(category))
