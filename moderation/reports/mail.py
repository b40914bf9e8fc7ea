"""The report by e-mail, to owners, leads and auditors who asked for it."""

import logging
from datetime import timedelta
from smtplib import SMTPException, SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from moderation.models import Person, Role, WeeklyReport

from .letter import write

log = logging.getLogger(__name__)

# A sending that did not finish in this time died: another may begin.
SENDING = timedelta(hours=1)


def readers():
    """The people the report is mailed to."""
    roles = [Role.OWNER, Role.LEAD, Role.AUDITOR]
    return Person.objects.filter(is_active=True, wants_weekly_report=True, role__in=roles).exclude(email="").order_by("pk")


class NotSent(Exception):
    """The mail server took the report for nobody; it is tried again."""


def email(report):
    """Mail a READY report to everyone who asked, one by one, and make it SENT. Returns how many messages were handled.

    Until then `sent_at` says when a sending began, so that two at once send once. If the mail server cannot be reached,
    or takes nothing, the report stays READY and the error is raised: the next call tries again.
    """
    now = timezone.now()
    mine = WeeklyReport.objects.filter(Q(sent_at=None) | Q(sent_at__lt=now - SENDING), pk=report.pk, state=WeeklyReport.State.READY)
    if not mine.update(sent_at=now):
        return 0
    people = list(readers())
    connection = get_connection()
    try:
        if people:
            connection.open()
        handled = sum(_send(report, person, connection) for person in people)
        if people and not handled:
            raise NotSent(report.week)
    except Exception:
        WeeklyReport.objects.filter(pk=report.pk, state=WeeklyReport.State.READY, sent_at=now).update(sent_at=None)
        raise
    finally:
        connection.close()
    report.move(WeeklyReport.State.SENT, sent_at=timezone.now())
    return handled


def _send(report, person, connection):
    """Send to one person, in their language. True when the mail server took it, or refused the address for good."""
    try:
        return bool(message(report, person, connection).send())
    except SMTPRecipientsRefused:
        log.warning("The mail server refuses the address of person %s, who asked for the report of %s", person.pk, report.week)
        return True
    except (SMTPException, OSError) as error:
        log.warning("The report of %s could not be mailed to person %s: %s", report.week, person.pk, type(error).__name__)
        return False


def message(report, person, connection=None):
    """The mail to one person: plain text, and the same as HTML."""
    with translation.override(person.language or settings.LANGUAGE_CODE):
        letter = write(report)
        address = settings.BREAKWATER_URL + reverse("weekly_report", args=[report.week])
        context = {"letter": letter, "address": address, "person": person}
        mail = EmailMultiAlternatives(
            subject=_("Moderation in %(week)s") % {"week": letter.dates},
            body=render_to_string("reports/mail.txt", context),
            to=[person.email],
            connection=connection,
        )
        mail.attach_alternative(render_to_string("reports/mail.html", context), "text/html")
    return mail
