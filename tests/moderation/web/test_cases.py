"""The case page: who sees what, revealing, deciding, handing over."""

import re
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from moderation.models import Case, Category, Cluster, Decision, Finding, Member, Post, Queue, Writeback
from moderation.queues import claims
from moderation.wellbeing import limits
from tests.factories import make_account, make_case, make_person, make_post, make_report, make_sign_up, make_wave

pytestmark = pytest.mark.django_db

WORDS = "the very words of the post"
COMMENT = "the very words of the reporter"


def reported(category="spam", **given):
    category = Category.objects.get(slug=category)
    post = make_post(text=WORDS, media=[{"id": "1", "type": "image", "url": "https://cdn.example/x.png", "description": "what is on the picture"}])
    case = make_case(post.account, category=category, reports_count=1, reporters_count=1, worst_units=2, **given)
    make_report(post.account, [post], comment=COMMENT, case=case, state="routed")
    return case, post


def wave_case(size):
    instance = make_account().instance
    posts = [make_post(make_account(instance), text=f"{WORDS} {n}") for n in range(size)]
    wave = make_wave(posts)
    spam = Category.objects.get(slug="spam")
    queue = Queue.objects.get(slug="waves")
    case = Case.objects.create(kind="cluster", instance=instance, cluster=wave, size=size, category=spam, severity=spam.severity, queue=queue)
    return case, wave, posts


def held(client, case, **person):
    moderator = make_person(**person)
    client.force_login(moderator)
    claims.claim(moderator, case)
    case.refresh_from_db()
    return moderator


def url(case, verb=""):
    return f"/cases/{case.public_id}/{verb}"


def page(client, case):
    return client.get(url(case)).content.decode()


def test_the_holder_reads_what_the_case_is_about(client):
    case, post = reported()
    held(client, case)
    shown = page(client, case)
    assert WORDS in shown
    assert COMMENT in shown
    assert "1 person reported @" in shown


def test_what_was_shown_openly_is_recorded_before_the_decision(client):
    case, post = reported()
    held(client, case)
    page(client, case)
    case.refresh_from_db()
    assert f"post-{post.pk}-text" in {part["id"] for part in case.shown}


@pytest.mark.parametrize("role", ["moderator", "lead", "owner", "auditor"])
def test_a_colleague_sees_who_has_it_and_none_of_it(client, role):
    case, post = reported()
    holder = make_person(username="the-holder")
    claims.claim(holder, case)
    client.force_login(make_person(role=role))
    shown = page(client, case)
    assert "the-holder is looking at this case" in shown
    for secret in (WORDS, COMMENT, "what is on the picture", str(Case.objects.get(pk=case.pk).claim)):
        assert secret not in shown


def test_an_open_case_shows_nothing_until_it_is_taken(client):
    case, post = reported()
    client.force_login(make_person())
    assert WORDS not in page(client, case)
    client.post(url(case, "take/"))
    assert WORDS in page(client, case)


def test_a_case_with_a_colleague_cannot_be_taken(client):
    case, post = reported()
    claims.claim(make_person(username="first"), case)
    client.force_login(make_person())
    response = client.post(url(case, "take/"))
    assert response.status_code == 409
    assert "first is looking at this case" in response.content.decode()


@pytest.mark.parametrize(("role", "reads"), [("moderator", False), ("lead", True), ("owner", True), ("auditor", True)])
def test_leads_owners_and_auditors_read_decided_cases(client, role, reads):
    case, post = reported()
    holder = held(client, case)
    client.post(url(case, "decide/"), {"claim": case.claim, "action": "no_action"})
    assert Decision.objects.filter(case=case, moderator=holder).exists()
    client.force_login(make_person(role=role))
    assert (WORDS in page(client, case)) is reads


@pytest.mark.parametrize("role", ["lead", "owner", "auditor"])
def test_whoever_only_reads_a_decided_case_is_shown_nothing_that_costs_exposure(client, role):
    case, post = reported("rules")
    held(client, case)
    client.post(url(case, "decide/"), {"claim": case.claim, "action": "no_action"})
    client.force_login(make_person(role=role))
    assert WORDS not in page(client, case)


@pytest.mark.parametrize("category", ["harassment", "threat", "child_safety"])
def test_words_from_moderate_up_are_not_in_the_page_until_revealed(client, category):
    case, post = reported(category)
    held(client, case)
    shown = page(client, case)
    for secret in (WORDS, COMMENT, "what is on the picture"):
        assert secret not in shown
    response = client.post(url(case, "reveal/"), {"claim": case.claim, "part": f"post-{post.pk}-text"})
    assert WORDS in response.content.decode()
    assert COMMENT not in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]
    assert WORDS not in page(client, case), "the page asked for again conceals again"


def test_what_the_machine_quotes_from_a_concealed_post_stays_concealed(client):
    case, post = reported("threat")
    spans = [{"start": 0, "end": 3, "text": "quoted-from-the-post", "weight": 2.0}]
    Finding.objects.create(post=post, detector="slop", model_version="m1", score=0.5, verdict="cant_tell", explanation={"spans": spans})
    held(client, case)
    shown = page(client, case)
    assert "can&#x27;t tell" in shown
    assert "quoted-from-the-post" not in shown


def test_a_reveal_answers_htmx_with_the_part_alone(client):
    case, post = reported("threat")
    held(client, case)
    shown = client.post(url(case, "reveal/"), {"claim": case.claim, "part": f"post-{post.pk}-text"}, headers={"hx-request": "true"}).content.decode()
    assert WORDS in shown
    assert "<html" not in shown


def test_a_description_of_a_picture_is_concealed_even_in_spam(client):
    case, post = reported("spam")
    held(client, case)
    assert "what is on the picture" not in page(client, case)


def test_no_address_of_a_medium_reaches_the_browser(client):
    case, post = reported("spam")
    held(client, case)
    assert "cdn.example" not in page(client, case)


def test_a_reveal_that_would_pass_the_limit_shows_three_equal_ways_on(client):
    case, post = reported("threat")
    moderator = held(client, case)
    limits.lower(person=moderator, queue=case.queue, units=0.5)
    response = client.post(url(case, "reveal/"), {"claim": case.claim, "part": f"post-{post.pk}-text"})
    shown = response.content.decode()
    assert response.status_code == 409
    assert WORDS not in shown
    for way in ("Decide unseen", "Hand over", "Stop"):
        assert way in shown


def test_deciding_unseen_shows_no_part_at_all(client):
    case, post = reported("other")
    moderator = held(client, case)
    limits.lower(person=moderator, queue=case.queue, units=0)
    assert "limit for today" in page(client, case)
    unseen = client.get(url(case) + "?unseen=1").content.decode()
    assert WORDS not in unseen
    assert "Decide" in unseen


@pytest.mark.parametrize("part", ["post-999999-text", "nonsense", "account-1-", "case-0-comments", "post-1-text;drop"])
def test_a_part_of_another_case_is_not_found(client, part):
    case, post = reported()
    held(client, case)
    assert client.post(url(case, "reveal/"), {"claim": case.claim, "part": part}).status_code == 404


def test_nobody_reveals_without_holding_the_claim(client):
    case, post = reported("threat")
    holder = held(client, case)
    client.force_login(make_person(role="owner"))
    response = client.post(url(case, "reveal/"), {"claim": case.claim, "part": f"post-{post.pk}-text"})
    assert response.status_code == 409
    assert WORDS not in response.content.decode()
    assert holder.claims.filter(pk=case.pk).exists()


@pytest.mark.parametrize("verb", ["take/", "reveal/", "decide/", "pass-on/"])
def test_auditors_change_nothing(client, verb):
    case, post = reported()
    client.force_login(make_person(role="auditor"))
    assert client.post(url(case, verb), {"claim": uuid.uuid4()}).status_code == 403


@pytest.mark.parametrize("verb", ["take/", "reveal/", "decide/", "pass-on/"])
def test_nothing_changes_by_looking(client, verb):
    case, post = reported()
    held(client, case)
    assert client.get(url(case, verb)).status_code == 405


def test_a_decision_goes_to_the_page_that_says_what_happened(client):
    case, post = reported()
    held(client, case)
    response = client.post(url(case, "decide/"), {"claim": case.claim, "action": "limit", "reason": "It sells remixes.", "notify": "on"}, follow=True)
    shown = response.content.decode()
    assert f"You limited @{post.account.acct}" in shown
    assert "It sells remixes." in shown
    for way in ("Next case", "Undo", "Stop"):
        assert way in shown
    assert Decision.objects.get(case=case).notify


def test_the_second_of_two_clicks_does_nothing_and_says_so(client):
    case, post = reported()
    held(client, case)
    sent = {"claim": case.claim, "action": "limit"}
    client.post(url(case, "decide/"), sent)
    response = client.post(url(case, "decide/"), sent)
    assert response.status_code == 409
    assert "Nothing was sent twice" in response.content.decode()
    assert Decision.objects.filter(case=case).count() == 1
    assert Writeback.objects.filter(call="account_action").count() == 1


def test_a_stale_page_changes_nothing(client):
    case, post = reported()
    held(client, case)
    old = case.claim
    client.post("/stop/")
    client.post(url(case, "take/"))
    response = client.post(url(case, "decide/"), {"claim": old, "action": "limit"})
    assert response.status_code == 409
    assert "this page is from before" in response.content.decode()
    assert not Decision.objects.exists()


def test_what_was_written_is_not_lost_with_the_claim(client):
    case, post = reported()
    held(client, case)
    client.post("/stop/")
    response = client.post(url(case, "decide/"), {"claim": case.claim, "action": "limit", "reason": "A long and careful reason."})
    assert response.status_code == 409
    assert "A long and careful reason." in response.content.decode()


def test_whoever_works_on_a_case_keeps_it(client):
    case, post = reported("threat")
    held(client, case)
    soon = timezone.now() + timedelta(minutes=1)
    Case.objects.filter(pk=case.pk).update(claim_until=soon)
    client.post(url(case, "reveal/"), {"claim": case.claim, "part": f"post-{post.pk}-text"})
    case.refresh_from_db()
    assert case.claim_until > soon
    Case.objects.filter(pk=case.pk).update(claim_until=soon)
    client.post(url(case, "take/"))
    case.refresh_from_db()
    assert case.claim_until > soon


def test_a_case_decided_by_a_colleague_meanwhile_says_so(client):
    case, post = reported()
    held(client, case)
    old = case.claim
    client.post("/stop/")
    colleague = make_person()
    claims.claim(colleague, case)
    case.refresh_from_db()
    client.logout()
    client.force_login(colleague)
    client.post(url(case, "decide/"), {"claim": case.claim, "action": "no_action"})
    client.force_login(make_person())
    response = client.post(url(case, "decide/"), {"claim": old, "action": "limit"})
    assert response.status_code == 409
    assert "decided by a colleague meanwhile" in response.content.decode()


def test_a_destructive_action_is_asked_once_more(client):
    case, post = reported()
    held(client, case)
    sent = {"claim": case.claim, "action": "suspend", "reason": "All of it is spam."}
    response = client.post(url(case, "decide/"), sent)
    assert not Decision.objects.exists()
    assert "All of it is spam." in response.content.decode()
    back = client.post(url(case, "decide/"), {**sent, "back": "1"}).content.decode()
    assert "All of it is spam." in back, "going back keeps what was written"
    assert not Decision.objects.exists()
    client.post(url(case, "decide/"), {**sent, "confirmed": "1"})
    assert Decision.objects.get().action == "suspend"


@pytest.mark.parametrize("action", ["", "nonsense", "approve", "undo"])
def test_an_action_that_is_not_offered_is_refused_in_words(client, action):
    case, post = reported()
    held(client, case)
    response = client.post(url(case, "decide/"), {"claim": case.claim, "action": action, "reason": "kept"})
    assert response.status_code == 422
    shown = response.content.decode()
    assert "Not done yet" in shown
    assert "kept" in shown
    assert not Decision.objects.exists()


def test_a_warning_needs_words(client):
    case, post = reported()
    held(client, case)
    assert client.post(url(case, "decide/"), {"claim": case.claim, "action": "warn"}).status_code == 422
    assert client.post(url(case, "decide/"), {"claim": case.claim, "action": "warn", "reason": "Please stop."}).status_code == 302


def test_handing_over_frees_the_case_and_asks_no_reason(client):
    case, post = reported()
    moderator = held(client, case)
    client.post(url(case, "pass-on/"), {"claim": case.claim})
    case.refresh_from_db()
    assert case.claimed_by is None
    assert case.passed_on.filter(person=moderator).exists()


def test_every_action_says_what_it_will_do_before_it_is_done(client):
    case, post = reported()
    held(client, case)
    shown = page(client, case)
    assert f"Hides @{post.account.acct} from everybody who does not follow them." in shown
    assert "is in observe mode" in shown
    assert shown.count("is in observe mode: this is recorded") == 1, "what holds for all is said once"


def test_a_wave_lists_its_members_and_each_can_be_left_out(client):
    case, wave, posts = wave_case(4)
    held(client, case)
    shown = page(client, case)
    assert posts[0].text in shown
    for post in posts:
        assert f"@{post.account.acct}" in shown
    member = wave.members.get(post=posts[3])
    response = client.post(url(case, "decide/"), {"claim": case.claim, "action": "limit", "left_out": [str(member.pk), "junk"]}, follow=True)
    assert response.status_code == 200
    assert "You limited 3 accounts" in response.content.decode()
    assert set(Decision.objects.values_list("account", flat=True)) == {post.account_id for post in posts[:3]}


def test_members_of_a_wave_show_what_differs_and_never_as_html(client):
    case, wave, posts = wave_case(3)
    Post.objects.filter(pk=posts[1].pk).update(text=posts[0].text)
    Post.objects.filter(pk=posts[2].pk).update(text=posts[0].text + " <script>alert(1)</script>")
    held(client, case)
    shown = page(client, case)
    assert "The same, word for word." in shown
    assert "<ins>" in shown
    assert "<script>alert" not in shown


def test_a_group_lists_its_accounts_and_says_what_chance_would_do(client):
    instance = make_account().instance
    accounts = [make_account(instance) for _n in range(4)]
    claim = {"objects": 12, "expected": 0.3, "link": "https://secret.example/"}
    group = Cluster.objects.create(instance=instance, kind="group", size=4, accounts_count=4, q_value=0.002, claim=claim)
    Member.objects.bulk_create([Member(cluster=group, account=account, certain=account != accounts[3]) for account in accounts])
    category = Category.objects.get(slug="spam")
    case = Case.objects.create(kind="cluster", instance=instance, cluster=group, size=4, category=category, severity=0, queue=Queue.objects.get(slug="waves"))
    client.force_login(make_person())
    assert "secret.example" not in page(client, case)
    held(client, case)
    shown = page(client, case)
    assert "4 accounts act in step" in shown
    assert "0.002" in shown
    assert all(f"@{account.acct}" in shown for account in accounts)
    assert "attached, with weaker evidence" in shown
    assert client.get(f"/clusters/{group.public_id}/").status_code == 200


def test_members_of_a_severe_wave_are_concealed_and_do_not_quote_each_other(client):
    case, wave, posts = wave_case(3)
    Case.objects.filter(pk=case.pk).update(category=Category.objects.get(slug="threat"), severity=3)
    held(client, case)
    assert WORDS not in page(client, case)
    shown = client.post(url(case, "reveal/"), {"claim": case.claim, "part": f"post-{posts[2].pk}-text"}).content.decode()
    assert posts[2].text in shown
    assert posts[0].text not in shown


def test_a_sign_up_shows_its_reason_and_where_it_came_from(client):
    sign_up = make_sign_up(make_account(approved=False, email_domain="mail.example", ip_prefix="203.0.113.0/24"))
    case = make_case(sign_up.account, kind="sign_up", sign_up=sign_up)
    held(client, case)
    shown = page(client, case)
    for told in ("I would like to talk about gardens.", "mail.example", "203.0.113.0/24", "Should @"):
        assert told in shown


def test_the_account_s_story_tells_who_else_used_its_address(client):
    case, post = reported()
    post.account.email_hash = "same"
    post.account.save()
    other = make_account(case.instance, email_hash="same", suspended=True)
    held(client, case)
    assert f"@{other.acct}</a> (suspended)" in page(client, case)


def test_hostile_names_and_words_stay_words(client):
    account = make_account(username="x<script>y", display_name="<img src=x onerror=alert(1)>", note="<svg/onload=alert(1)>")
    post = make_post(account, content="<p>fine</p><script>alert(1)</script><img src=//evil.example/x.png>", spoiler_text="<b onclick=x>")
    case = make_case(account, reports_count=1, reporters_count=1)
    make_report(account, [post], comment="</textarea><script>alert(1)</script>", case=case, rules=[{"text": '"><script>x'}, 7, {"text": None}])
    held(client, case)
    shown = page(client, case)
    for hostile in ("<script>alert", "<script>y", "<script>x", "onerror=alert(1)>", "<svg/onload", "evil.example", "<b onclick"):
        assert hostile not in shown


def test_no_page_carries_inline_style_or_script(client):
    case, post = reported()
    held(client, case)
    shown = page(client, case)
    assert " style=" not in shown
    assert "<style" not in shown
    assert "<script>" not in shown
    assert " onclick" not in shown


def full_case(**given):
    """A case with as much on its page as there can be."""
    case, first = reported(**given)
    account = case.account
    account.email_hash, account.ip_hash = "e", "i"
    account.save()
    for n in range(12):
        parent = make_post(make_account(case.instance))
        post = make_post(account, in_reply_to_id=parent.remote_id)
        Finding.objects.create(post=post, detector="slop", model_version="m", score=0.9, verdict="cant_tell")
        make_report(account, [post], comment=str(n), case=case)
    return case


def test_a_case_page_asks_the_database_twelve_times_at_most(client, django_assert_max_num_queries):
    case = full_case()
    held(client, case)
    page(client, case)  # the first look is written down, which costs more
    with django_assert_max_num_queries(12):
        page(client, case)


def test_a_wave_page_asks_no_more_for_more_members(client, django_assert_max_num_queries):
    case, _wave, _posts = wave_case(60)
    held(client, case)
    page(client, case)
    with django_assert_max_num_queries(12):
        page(client, case)


def sent(shown):
    """{name: [values]} that the page's form of the decision would send."""
    names = {}
    for tag in re.findall(r"<input [^>]*>", shown):
        part = dict(re.findall(r'(name|value|type|form)="([^"]*)"', tag))
        if part.get("name") not in ("left_out", "up_to") or " disabled" in tag or (part["type"] == "checkbox" and " checked" not in tag):
            continue
        names.setdefault(part["name"], []).append(part["value"])
    return names


def test_ticks_are_kept_from_page_to_page_of_a_wave_and_on_the_way_back(client):
    case, wave, posts = wave_case(60)
    held(client, case)
    first, second = (str(wave.members.get(post=posts[n]).pk) for n in (3, 40))
    given = {"claim": case.claim, **sent(page(client, case)), "reason": "kept", "action": "suspend"}
    shown = client.post(url(case, "decide/"), {**given, "left_out": [first], "page": "2"}).content.decode()
    assert posts[40].account.acct in shown
    assert "Not done yet" not in shown
    assert "kept" in shown
    assert sent(shown)["left_out"] == [first]
    shown = client.post(url(case, "decide/"), {**given, **sent(shown), "left_out": [first, second], "page": "1"}).content.decode()
    assert set(sent(shown)["left_out"]) == {first, second}
    confirm = client.post(url(case, "decide/"), {**given, **sent(shown)}).content.decode()
    assert "2 accounts are left out." in confirm
    assert "these 58 accounts" in confirm
    back = client.post(url(case, "decide/"), {**given, **sent(confirm), "back": "1"}).content.decode()
    assert sent(back) == {**sent(confirm), "left_out": sent(back)["left_out"]}
    assert set(sent(back)["left_out"]) == {first, second}
    client.post(url(case, "decide/"), {**given, **sent(back), "confirmed": "1"})
    assert not Decision.objects.filter(account__in=[posts[3].account, posts[40].account]).exists()
    assert Decision.objects.count() == 58


def test_a_tick_that_is_taken_away_again_is_gone(client):
    case, wave, posts = wave_case(30)
    held(client, case)
    member = str(wave.members.get(post=posts[3]).pk)
    given = {"claim": case.claim, **sent(page(client, case))}
    shown = client.post(url(case, "decide/"), {**given, "left_out": [member], "page": "1"}).content.decode()
    assert sent(shown)["left_out"] == [member]
    assert "left_out" not in sent(client.post(url(case, "decide/"), {**given, "page": "2"}).content.decode())


def test_the_page_before_a_suspension_counts_accounts_that_are_really_left_out(client):
    case, wave, posts = wave_case(4)
    Post.objects.filter(pk=posts[1].pk).update(account=posts[0].account)
    wave.members.filter(post=posts[1]).update(account=posts[0].account)
    held(client, case)
    ids = [str(pk) for pk in wave.members.filter(account=posts[0].account).values_list("pk", flat=True)]
    confirm = client.post(url(case, "decide/"), {"claim": case.claim, "action": "suspend", "left_out": [*ids, "999999"]}).content.decode()
    assert "1 account is left out." in confirm
    assert "these 2 accounts" in confirm


def test_who_joins_a_wave_after_the_page_was_opened_waits_as_a_new_case(client):
    case, wave, posts = wave_case(3)
    held(client, case)
    given = {"claim": case.claim, "action": "suspend", **sent(page(client, case))}
    late = make_post(make_account(case.instance))
    Member.objects.create(cluster=wave, account=late.account, post=late, similarity=1.0)
    confirm = client.post(url(case, "decide/"), given).content.decode()
    assert "these 3 accounts" in confirm
    later = make_post(make_account(case.instance))
    Member.objects.create(cluster=wave, account=later.account, post=later, similarity=1.0)
    response = client.post(url(case, "decide/"), {**given, **sent(confirm), "confirmed": "1"}, follow=True)
    assert "2 posts came after you opened the page; they wait as a new case." in response.content.decode()
    assert set(Decision.objects.values_list("account", flat=True)) == {post.account_id for post in posts}
    wave.refresh_from_db()
    assert wave.route_again


def test_a_wave_that_a_colleague_marked_as_harmless_meanwhile_is_left_alone(client):
    case, wave, posts = wave_case(3)
    held(client, case)
    Cluster.objects.filter(pk=wave.pk).update(innocent=True, innocent_by=make_person())
    response = client.post(url(case, "decide/"), {"claim": case.claim, "action": "limit", "reason": "kept words"})
    assert response.status_code == 409
    assert "A colleague marked this wave as harmless meanwhile. Nothing was done." in response.content.decode()
    assert "kept words" in response.content.decode()
    assert not Decision.objects.exists()
    assert client.post(url(case, "decide/"), {"claim": case.claim, "action": "no_action"}).status_code == 302
