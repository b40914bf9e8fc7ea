"""What a new installation starts with: categories, queues with their first policy, and routing rules."""

from django.db import transaction

from .cases import Category, Queue, QueuePolicy, RoutingRule, Severity

CATEGORIES = [
    ("spam", "Spam", Severity.S0),
    ("slop", "Slop", Severity.S0),
    ("sign_up", "Sign-up", Severity.S0),
    ("other", "Other", Severity.S1),
    ("rules", "Breaks a rule", Severity.S1),
    ("harassment", "Harassment", Severity.S2),
    ("legal", "Possibly against the law", Severity.S2),
    ("nudity", "Nudity", Severity.S2),
    ("threat", "Threat", Severity.S3),
    ("violence", "Violence", Severity.S3),
    ("child_safety", "Child safety", Severity.S4),
]
# slug, name, description, exposure units a person a day
QUEUES = [
    ("reports", "Reports", "Accounts that people reported.", 60),
    ("waves", "Waves", "Many posts that are nearly the same, and accounts that act together. One decision for all of them.", 60),
    ("sign-ups", "Sign-ups", "People who ask to join.", 60),
    ("second-look", "Second look", "Decisions that were appealed or that somebody asked to see again.", 60),
]
# name, conditions, queue, category
RULES = [
    ("Appeals and second looks", {"second_look": True}, "second-look", None),
    ("Waves and coordinated groups", {"kind": ["cluster"]}, "waves", "spam"),
    ("Sign-ups that wait for approval", {"kind": ["sign_up"]}, "sign-ups", "sign_up"),
    ("Everything else", {}, "reports", None),
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
