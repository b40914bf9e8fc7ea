"""Who acts together, and who only resembles it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.coordination import ACTIONS, Events, find

from .worlds import DAY, World


def reported(world):
    """[(set of names, Group)] of what would be shown."""
    events = Events.of(world.rows)
    found = [group for group in find(events) if group.q <= 0.05 and group.kind != "feed"]
    return [({events.accounts[each] for each in group.accounts + group.attached}, group) for group in found]


@pytest.mark.parametrize("action", ["link", "hashtags", "text", "media", "reply"])
def test_accounts_that_do_the_same_within_a_minute_are_found(action):
    world = World()
    group = world.together("team", action=action)
    ((names, found),) = reported(world)
    assert names == set(group)
    assert found.signals == {action: 8}
    assert found.seconds < 60
    assert found.observed > 20 * found.expected


def test_two_groups_are_two():
    world = World(1)
    one, other = world.together("red"), world.together("blue", size=12)
    assert sorted(map(sorted, (names for names, _ in reported(world)))) == sorted(map(sorted, (one, other)))


def test_nothing_is_found_where_everybody_acts_alone():
    assert not any(reported(World(seed)) for seed in range(4))


def test_declared_bots_are_left_alone():
    world = World()
    world.together("robot", bot=True)
    assert reported(world) == []


def test_one_person_with_two_accounts_is_no_group():
    world = World()
    world.together("twin", size=2, things=20, share=1.0)
    assert reported(world) == []


def test_one_link_that_everybody_shares_makes_no_group():
    world = World()
    at = world.some_time()
    for person in range(300):
        world.act(f"person {person}", "link", "viral", at + world.rng.exponential(1800))
    assert reported(world) == []


def test_friends_who_share_what_they_read_in_their_own_time_are_no_group():
    world = World()
    friends = [f"friend {number}" for number in range(30)]
    world.live(friends)
    for number in range(40):
        at = world.some_time()
        for friend in friends:
            if world.rng.random() < 0.3:
                world.act(friend, "link", f"theirs {number}", at + 1_800 * np.exp(world.rng.normal(0, 1.1)))
    assert reported(world) == []


def test_mirrors_of_one_source_are_a_feed():
    world = World()
    for number in range(40):
        at = world.some_time()
        for mirror in range(4):
            world.act(f"mirror {mirror}", "link", f"item {number}", at + 5 * mirror)
    (feed,) = [group for group in find(Events.of(world.rows)) if group.q <= 0.05]
    assert (feed.kind, len(feed.accounts)) == ("feed", 4)


def test_a_group_whose_members_keep_their_delays_is_found():
    world = World()
    team = [f"late {number}" for number in range(8)]
    world.live(team)
    for number in range(12):
        at = world.some_time()
        for order, account in enumerate(team):
            world.act(account, "link", f"cue {number}", at + 1_200 * order + world.rng.normal(0, 5))
    ((names, _),) = reported(world)
    assert names == set(team)


def test_accounts_that_share_only_a_domain_are_found():
    world = World()
    team = [f"writer {number}" for number in range(8)]
    world.live(team)
    for number in range(10):
        at = world.some_time()
        for account in team:
            post = f"{account}, {number}"
            when = at + 120 * world.rng.random()
            world.act(account, "link", f"shop.example/{post}", when, post)
            world.act(account, "domain", "shop.example", when, post)
    ((names, found),) = reported(world)
    assert names == set(team)
    assert found.objects == [("domain", "shop.example")]


def test_reporters_who_come_back_together_are_a_brigade():
    world = World()
    for number in range(300):
        world.act(f"person {number}", "report", f"target {number % 90}", world.some_time())
    team = [f"reporter {number}" for number in range(8)]
    for target in range(3):
        for _ in range(2):
            at = world.some_time()
            for account in team:
                if world.rng.random() < 0.8:
                    world.act(account, "report", f"victim {target}", at + 300 * world.rng.random())
    ((names, found),) = reported(world)
    assert (names, found.kind) == (set(team), "reports")


def test_one_target_reported_all_at_once_is_a_brigade_and_over_days_is_not():
    world = World()
    for number in range(300):
        world.act(f"person {number}", "report", f"target {number % 90}", world.some_time())
    for number in range(10):
        world.act(f"reporter {number}", "report", "victim", 5 * DAY + 60 * number)
        world.act(f"neighbour {number}", "report", "nuisance", 2 * DAY + 20_000 * number)
    ((names, _),) = reported(world)
    assert names == {f"reporter {number}" for number in range(10)}


def test_sign_ups_with_one_story_are_a_run_and_a_school_is_none():
    world = World()

    def ask(account, at, prefix, domain, reason):
        for action, thing in (("signup_ip", prefix), ("signup_mail", domain), ("signup_reason", reason)):
            world.act(account, action, thing, at, post=account)

    for number in range(200):
        ask(f"new {number}", world.some_time(), f"net {number % 120}", f"mail {number % 7}", f"reason {number}")
    for number in range(8):
        ask(f"sleeper {number}", 3 * DAY + 900 * number, f"far {number}", f"mail {number % 7}", "the same story")
        ask(f"pupil {number}", 6 * DAY + 100 * number, "school", f"mail {number % 7}", f"homework {number}")
    ((names, found),) = reported(world)
    assert (names, found.kind) == ({f"sleeper {number}" for number in range(8)}, "sign_ups")


def test_order_and_repetition_of_rows_change_nothing():
    world = World(people=100, acts=1_000)
    world.together("team")
    shuffled = [world.rows[each] for each in world.rng.permutation(len(world.rows))]
    world_again = World(people=1, acts=1)
    world_again.rows = shuffled + shuffled[:200]
    # Rows without a post are acts of their own; the same account, object and second is one act.
    assert [sorted(names) for names, _ in reported(world)] == [sorted(names) for names, _ in reported(world_again)]


rows = st.tuples(
    st.integers(0, 8), st.sampled_from(ACTIONS), st.integers(0, 4), st.floats(-1e10, 1e10) | st.floats(0, 5_000), st.none() | st.integers(0, 9), st.booleans()
)


@settings(max_examples=60, deadline=None)
@given(st.lists(rows, max_size=120))
def test_any_acts_give_groups_of_at_least_three_people(acts):
    events = Events.of(acts)
    for group in find(events):
        members = group.accounts + group.attached
        assert len(members) == len(set(members)) >= 3
        assert not events.bot[members].any()
        assert 0 <= group.q <= 1
        assert group.first_seen <= group.last_seen
