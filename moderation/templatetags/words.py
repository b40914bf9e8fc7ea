"""Template tags that put times and amounts into words."""

from django import template
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _

from moderation.models import Detector, Verdict
from moderation.web import evidence, presenting

register = template.Library()


@register.simple_tag
def when(moment, empty=""):
    """A <time> in the reader's zone, with the zone on hover; `empty` when there is none."""
    if moment is None:
        return empty
    local = timezone.localtime(moment)
    today = timezone.localdate()
    if local.date() == today:
        shown = _("today, %s") % formats.time_format(local, "TIME_FORMAT")
    elif local.year == today.year:
        shown = f"{formats.date_format(local, 'MONTH_DAY_FORMAT')}, {formats.time_format(local, 'TIME_FORMAT')}"
    else:
        shown = formats.date_format(local, "DATE_FORMAT")
    full = f"{formats.date_format(local, 'DATETIME_FORMAT')} {local.tzname()}"
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), full, shown)


@register.filter
def waiting(count):
    """How many wait, rounded so that it does not hurry."""
    return presenting.waiting(count)


@register.filter
def asked(case):
    """What is asked of whoever decides `case`, in one sentence."""
    return presenting.asked(case)


@register.filter
def subject(case):
    """What `case` is about, in a few words."""
    return presenting.subject(case)


@register.filter
def why(case):
    """The first reason why `case` is here."""
    return evidence.short(case)


@register.filter
def done(decision):
    """What a decision did, after its maker's name."""
    return presenting.done(decision)


@register.filter
def done_by(decision, reached):
    """`done` for an act that reached several accounts."""
    return presenting.done(decision, reached)


@register.filter
def done_by_you(decision, reached):
    """The whole sentence of what the reader's own act did to the accounts it reached."""
    return presenting.done_by_you(decision, reached)


@register.filter
def step(writeback):
    """What a step of the outbox is for and where it stands."""
    return presenting.step(writeback)


@register.filter
def at_most(count):
    """A count that was taken no further than 101."""
    return presenting.at_most(count)


@register.filter
def percent(share):
    """A share in [0, 1] in percent."""
    return presenting.percent(share)


@register.filter
def detector(value):
    """A detector's name for people."""
    return dict(Detector.choices).get(value, value)


@register.filter
def verdict(value):
    """A verdict for people."""
    return dict(Verdict.choices).get(value, value)


@register.filter
def units(amount):
    """Exposure units as a number for people: whole, or with one digit after the point."""
    rounded = round(amount, 1)
    return formats.number_format(int(rounded) if rounded == int(rounded) else rounded)
