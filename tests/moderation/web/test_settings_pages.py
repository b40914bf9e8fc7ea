"""Who may see and change which settings, and that every page stands."""

import pytest
from django.urls import reverse

from moderation.models import ApiToken, Category, Delivery, Instance, Person, PolicyChange, Queue, QueuePolicy, Role, RoutingRule
from moderation.models.secrets import token_hash
from moderation.web.settings import urlpatterns
from tests.factories import make_instance, make_person

pytestmark = pytest.mark.django_db

EVERYBODY = {Role.MODERATOR, Role.LEAD, Role.OWNER, Role.AUDITOR}
READERS = {Role.LEAD, Role.OWNER, Role.AUDITOR}
OWNER = {Role.OWNER}
READ = {
    "settings": EVERYBODY,
    "queue_settings": EVERYBODY,
    "queue_policy": EVERYBODY,
    "category_settings": EVERYBODY,
    "category": EVERYBODY,
    "routing_settings": EVERYBODY,
    "policy_log": EVERYBODY,
    "instance_list": READERS,
    "instance_settings": READERS,
    "people_settings": READERS,
    "token_settings": READERS,
    "instance_new": OWNER,
    "rule_new": OWNER,
    "rule": OWNER,
    "invite": OWNER,
    "person_settings": OWNER,
    "token_new": OWNER,
}
WRITE = {
    **dict.fromkeys(["instance_new", "instance_test", "instance_secret", "instance_rotated", "instance_token", "instance_mode", "instance_address"], OWNER),
    **dict.fromkeys(
        ["instance_retention", "instance_waves", "instance_disconnect", "queue_policy", "queue_details", "category", "rule_new", "rule", "rule_move"], OWNER
    ),
    **dict.fromkeys(["rule_delete", "invite", "person_settings", "person_activity", "person_link", "token_new", "token_revoke"], OWNER),
    **dict.fromkeys(["delivery_retry", "posts_retry", "writeback_retry", "writeback_seen"], {Role.OWNER, Role.LEAD}),
}


@pytest.fixture
def addresses():
    """{URL name: a path that exists}."""
    garden = make_instance(slug="garden", domain="garden.social", api_token="")
    somebody = make_person()
    token = ApiToken.objects.create(name="forum", instance=garden, token_hash=token_hash("x"), scopes=["read:cases"])
    rule = RoutingRule.objects.first()
    arguments = {
        **dict.fromkeys(["queue_policy", "queue_details"], ["reports"]),
        "category": ["spam"],
        **dict.fromkeys(["rule", "rule_move", "rule_delete"], [rule.pk]),
        **dict.fromkeys(["person_settings", "person_activity", "person_link"], [somebody.pk]),
        "token_revoke": [token.pk],
        **dict.fromkeys(["writeback_retry", "writeback_seen"], ["garden", 999_999]),
    }
    arguments.update(dict.fromkeys(["instance_list", "instance_new"]))
    names = {pattern.name for pattern in urlpatterns} - {"welcome", "welcome_first"}
    of_garden = {name for name in names if name.startswith("instance_")} | {"delivery_retry", "posts_retry"}
    return {name: reverse(name, args=arguments.get(name, ["garden"] if name in of_garden else None)) for name in names}


def test_every_page_of_the_settings_says_who_may_read_and_write_it(addresses):
    assert set(addresses) == set(READ) | set(WRITE)


@pytest.mark.parametrize("role", Role.values)
def test_pages_open_for_those_who_may_read_them_and_for_nobody_else(client, addresses, role):
    client.force_login(make_person(role=role))
    for name, readers in READ.items():
        assert client.get(addresses[name]).status_code == (200 if role in readers else 403), name


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.LEAD, Role.AUDITOR])
def test_those_who_may_not_change_a_setting_change_nothing(client, addresses, role):
    client.force_login(make_person(role=role))
    for name, writers in WRITE.items():
        if role not in writers:
            assert client.post(addresses[name], {"name": "x", "role": "owner"}).status_code == 403, name
    assert PolicyChange.objects.count() == 0


def test_a_visitor_is_asked_to_sign_in(client, addresses):
    for name in READ:
        response = client.get(addresses[name])
        assert response.status_code == 302
        assert response["Location"].startswith("/accounts/login/"), name


def test_pages_have_no_scripts_or_styles_of_their_own(client, addresses):
    client.force_login(make_person(role=Role.OWNER))
    for name in READ:
        page = client.get(addresses[name]).content.decode()
        assert "style=" not in page, name
        assert "onclick" not in page, name
        assert "<style" not in page, name


def test_pages_take_a_bounded_number_of_queries(client, addresses, django_assert_max_num_queries):
    garden = Instance.objects.get(slug="garden")
    for n in range(30):
        Person.objects.create(username=f"somebody-{n}")
        ApiToken.objects.create(name=f"token {n}", instance=garden, token_hash=token_hash(str(n)), scopes=["read:cases"])
        Delivery.objects.create(instance=garden, body=b"x", body_sha256=f"{n:064}", state=Delivery.State.FAILED, error="It has no event.")
        RoutingRule.objects.create(name=f"rule {n}", queue=Queue.objects.first(), position=n + 9, category=Category.objects.first())
        QueuePolicy.objects.create(queue=Queue.objects.get(slug="reports"), version=n + 2, units_a_day=60)
    client.force_login(make_person(role=Role.OWNER))
    for name in READ:
        with django_assert_max_num_queries(15):
            client.get(addresses[name])
