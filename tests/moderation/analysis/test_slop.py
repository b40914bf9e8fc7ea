"""Findings of the slop scorer."""

import pytest

from moderation.analysis import slop
from moderation.models import Detector, Finding, Verdict
from tests.factories import make_account, make_post

pytestmark = pytest.mark.django_db


def test_each_post_gets_one_finding_in_its_order():
    account = make_account()
    posts = [make_post(account, text="Check out my channel and subscribe http://spam.example/x"), make_post(account, text=""), make_post(account)]
    findings = slop.score(posts)
    assert [finding.post for finding in findings] == posts
    Finding.objects.bulk_create(findings)
    assert set(Finding.objects.values_list("detector", flat=True)) == {Detector.SLOP}


def test_the_prior_alone_never_says_likely():
    post = make_post(text="Check out my channel and subscribe! Free followers, click http://spam.example/x")
    [finding] = slop.score([post])
    assert finding.score > 0.9
    assert finding.verdict == Verdict.CANT_TELL
    assert finding.explanation["cant_tell_because"]["code"] == "not_calibrated"
