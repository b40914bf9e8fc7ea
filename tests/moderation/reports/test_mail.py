"""The report goes to those who asked for it and may read it, once."""

from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from moderation.models import Role, WeeklyReport
from moderation.reports import weekly
from moderation.reports.mail import NotSent, email
from moderation.reports.weeks import Week
from tests.factories import make_instance, make_person

pytestmark = pytest.mark.django_db
WEEK = Week(2024, 40)


@pytest.fixture
def report():
    return weekly.build(WEEK)


def reader(role=Role.OWNER, **given):
    return make_person(**{"role": role, "wants_weekly_report": True, "email": f"{role}-{given.get('language', '')}@example.org", **given})


def test_owners_leads_and_auditors_who_asked_get_it_and_nobody_else(report):
    for role in Role.values:
        reader(role)
    reader(email="quiet@example.org", wants_weekly_report=False)
    reader(email="left@example.org", is_active=False)
    reader(email="")
    assert email(report) == 3
    assert sorted(message.to[0] for message in mail.outbox) == ["auditor-@example.org", "lead-@example.org", "owner-@example.org"]
    report.refresh_from_db()
    assert report.state == WeeklyReport.State.SENT and report.sent_at


def test_it_is_plain_text_and_html_with_the_address_of_the_page(report, settings):
    settings.BREAKWATER_URL = "https://mod.example"
    reader()
    email(report)
    [message] = mail.outbox
    [(html, kind)] = message.alternatives
    assert kind == "text/html"
    for text in (message.body, html):
        assert "https://mod.example/reports/weekly/2024-W40/" in text
    assert "\n" not in message.subject


def test_it_is_sent_once(report):
    reader()
    email(report)
    report.refresh_from_db()
    assert email(report) == 0 and len(mail.outbox) == 1


def test_a_second_sender_waits_for_the_first_until_it_must_be_dead(report):
    reader()
    WeeklyReport.objects.filter(pk=report.pk).update(sent_at=timezone.now())
    assert email(report) == 0
    WeeklyReport.objects.filter(pk=report.pk).update(sent_at=timezone.now() - timedelta(hours=2))
    assert email(report) == 1


class Unreachable(EmailBackend):
    def open(self):
        raise ConnectionRefusedError


class Deaf(EmailBackend):
    def send_messages(self, messages):
        raise SMTPServerDisconnected


class Choosy(EmailBackend):
    def send_messages(self, messages):
        if "nowhere" in messages[0].to[0]:
            raise SMTPRecipientsRefused({})
        return super().send_messages(messages)


@pytest.mark.parametrize(("backend", "error"), [(Unreachable, ConnectionRefusedError), (Deaf, NotSent)])
def test_a_mail_server_that_is_away_is_tried_again(report, settings, backend, error):
    reader()
    default = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{__name__}.{backend.__name__}"
    with pytest.raises(error):
        email(report)
    report.refresh_from_db()
    assert (report.state, report.sent_at) == (WeeklyReport.State.READY, None)
    settings.EMAIL_BACKEND = default
    assert email(report) == 1


def test_an_address_that_is_refused_keeps_nobody_else_from_reading(report, settings):
    settings.EMAIL_BACKEND = f"{__name__}.Choosy"
    reader(email="nowhere@example.org")
    reader(Role.LEAD)
    email(report)
    assert [message.to for message in mail.outbox] == [["lead-@example.org"]]
    report.refresh_from_db()
    assert report.state == WeeklyReport.State.SENT


def test_closing_the_week_mails_the_newest_report_only():
    reader()
    make_instance(created_at=timezone.now() - timedelta(days=21))
    assert len(weekly.close_due()) >= 2
    assert len(mail.outbox) == 1
    weekly.close_due()
    assert len(mail.outbox) == 1
