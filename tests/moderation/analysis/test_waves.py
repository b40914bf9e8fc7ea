"""Posts join waves, and keep to what moderators made of them."""

import io
import json
import random
import sys
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from moderation.analysis import clusters, neighbours, pump
from moderation.models import Band, Cluster, Finding, Member, PolicyChange, Post
from tests.factories import make_account, make_instance, make_person, make_post
from tests.moderation.racing import needs_postgres, race

SPAM = "Make money fast from home, ask me how and start earning today"
OTHER = "The lake is frozen and the birds are gone until the spring comes back"


def arrive(instance, *texts, **given):
    """Posts of accounts of their own, analysed."""
    posts = [make_post(make_account(instance), text=text, **given) for text in texts]
    while pump.analyse_waiting():
        pass
    return posts


def edit(post, text):
    Post.objects.filter(pk=post.pk).update(text=text, state=Post.State.PENDING, edited_at=timezone.now())
    pump.analyse_waiting()


def members(cluster):
    return set(Member.objects.filter(cluster=cluster, left_out=False).values_list("post", flat=True))


def cluster_of(post):
    member = Member.objects.filter(post=post, left_out=False).first()
    return member and member.cluster_id


@pytest.fixture
def instance(db):
    return make_instance()


@pytest.fixture
def person(db):
    return make_person()


@pytest.fixture
def wave(instance):
    return arrive(instance, *(f"{SPAM} https://bit.ly/{n}x" for n in range(5)))


def test_copies_in_one_batch_become_one_cluster_with_one_representative(instance):
    posts = arrive(instance, *(f"{SPAM} https://bit.ly/{n}x" for n in range(200)))
    cluster = Cluster.objects.get()
    assert (cluster.size, cluster.accounts_count, cluster.representative) == (200, 200, posts[0])
    assert set(Band.objects.values_list("post", flat=True)) == {posts[0].pk}
    assert Member.objects.count() == Finding.objects.filter(detector="near_duplicates", verdict="likely").count() == 200


def test_a_post_that_comes_later_joins_the_same_cluster(wave, instance):
    (late,) = arrive(instance, "MAKE m0ney fast from home — ask me how & start earning today!!!")
    cluster = Cluster.objects.get()
    assert cluster.size == 6 and late.pk in members(cluster)
    finding = Finding.objects.get(post=late, detector="near_duplicates")
    assert finding.explanation == {"cluster": str(cluster.public_id), "similarity": round(finding.score, 4), "size": 6}


def test_posts_of_two_instances_never_meet(wave):
    arrive(make_instance(), SPAM)
    assert Cluster.objects.get().size == 5


def test_one_account_counts_once(instance):
    account = make_account(instance)
    for _ in range(4):
        make_post(account, text=SPAM)
        pump.analyse_waiting()
    arrive(instance, SPAM)
    cluster = Cluster.objects.get()
    assert (cluster.size, cluster.accounts_count) == (5, 2)


def test_growth_of_a_notable_wave_is_told_to_the_router_again(wave, instance):
    Cluster.objects.update(route_again=False)
    arrive(instance, SPAM)
    assert Cluster.objects.get().route_again


def test_the_online_path_and_the_command_give_the_same_clusters(instance, monkeypatch, capsys):
    rng = random.Random(3)
    words = "harbour lantern meadow orchard pepper quarry ribbon saddle timber umbrella velvet walnut yellow zipper anchor basket".split()  # noqa: SIM905
    seeds = [" ".join(rng.choices(words, k=rng.randint(3, 25))) for _ in range(25)]
    texts = []
    for _ in range(300):
        text = rng.choice(seeds).split()
        for _ in range(rng.choice([0, 0, 1, 3])):
            text[rng.randrange(len(text))] = rng.choice(words)
        texts.append(" ".join(text) + rng.choice(["", " 🔥", " https://bit.ly/a1", "!!!", " @bob"]))
    texts += ["🔥", "hello", "Hello!", ""]
    posts = [make_post(make_account(instance), text=text) for text in texts]
    while pump.analyse_waiting(limit=37):
        pass
    online = {}
    for post in posts:
        member = Member.objects.filter(post=post).select_related("cluster").first()
        online[post.pk] = (member.cluster.representative_id, round(member.similarity, 4)) if member else (None, None)

    lines = "".join(json.dumps({"id": post.pk, "text": post.text}) + "\n" for post in posts)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))
    out = io.StringIO()
    call_command("find_near_duplicates", stdout=out)
    answers = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [answer["id"] for answer in answers] == [post.pk for post in posts]
    assert {answer["id"]: (answer["cluster"], answer["similarity"]) for answer in answers} == online


def test_bad_lines_are_named_and_skipped(monkeypatch):
    lines = [
        b'{"id": "a", "text": "%s"}' % SPAM.encode(),
        b"broken",
        b'{"id": "b"}',
        b"[1]",
        b'{"id": null, "text": ""}',
        b'{"id": "c", "text": 5}',
        b'{"id": "long", "text": "' + b"x" * 10_000_000 + b'"}',
        b"[" * 100_000,
        b"\xff\xfe",
        b'{"id": "d", "text": "%s \\ud800"}' % SPAM.encode(),
    ]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\n".join(lines))))
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("find_near_duplicates", stdout=out, stderr=err)
    assert stopped.value.code == 1
    assert [json.loads(line)["cluster"] for line in out.getvalue().splitlines()] == ["a", "a"]
    assert [int(line.split()[1].rstrip(":")) for line in err.getvalue().splitlines()] == [2, 3, 4, 5, 6, 7, 8, 9]


# What people do to their posts.


def test_an_edited_member_that_is_another_post_now_leaves(wave):
    edit(wave[3], OTHER)
    cluster = Cluster.objects.get()
    assert members(cluster) == {post.pk for post in wave if post != wave[3]}
    assert (cluster.size, cluster.accounts_count) == (4, 4)
    assert not Finding.objects.filter(post=wave[3], detector="near_duplicates").exists()


def test_an_edited_member_that_still_resembles_stays_and_is_measured_again(wave):
    edit(wave[3], SPAM + " and tomorrow")
    assert cluster_of(wave[3]) == Cluster.objects.get().pk
    assert Member.objects.get(post=wave[3]).similarity < 1


def test_an_edited_post_joins_the_wave_it_has_become_part_of(wave, instance):
    (post,) = arrive(instance, OTHER)
    edit(post, SPAM)
    assert cluster_of(post) == Cluster.objects.get().pk
    assert not Band.objects.filter(post=post).exists()


def test_a_wave_whose_representative_was_edited_keeps_its_identity(wave, instance):
    before = Cluster.objects.get()
    edit(wave[0], OTHER)
    after = Cluster.objects.get(pk=before.pk)
    assert after.representative == wave[1]
    assert after.size == 4 and cluster_of(wave[0]) is None
    (late,) = arrive(instance, SPAM)
    assert cluster_of(late) == before.pk
    (other,) = arrive(instance, OTHER)
    assert cluster_of(other) == cluster_of(wave[0]) != before.pk


def test_a_deleted_post_stays_as_evidence(wave):
    Post.objects.filter(pk=wave[2].pk).update(gone_at=timezone.now(), state=Post.State.PENDING)
    pump.analyse_waiting()
    assert Cluster.objects.get().size == 5


# What moderators do to waves.


def test_who_resembles_a_left_out_member_most_stays_out_too(wave, instance, person):
    report = "Beware of this scam: " + SPAM + ". Never send them your card number, it happened to my mother"
    (warning,) = arrive(instance, report)
    cluster = Cluster.objects.get()
    assert cluster_of(warning) == cluster.pk
    clusters.leave_out(cluster=cluster, member_ids=[Member.objects.get(post=warning).pk], by=person)
    (again,) = arrive(instance, report)
    (spam,) = arrive(instance, SPAM)
    assert cluster_of(again) is None
    assert cluster_of(spam) == cluster.pk
    cluster.refresh_from_db()
    assert (cluster.size, cluster.accounts_count) == (6, 6)
    # Copies of what was left out are a cluster of their own.
    (third,) = arrive(instance, report)
    assert cluster_of(third) == cluster_of(again) not in (None, cluster.pk)


def test_leaving_out_an_exact_copy_does_not_disarm_the_wave(wave, instance, person):
    cluster = Cluster.objects.get()
    clusters.leave_out(cluster=cluster, member_ids=[Member.objects.get(post=wave[2]).pk], by=person)
    (late,) = arrive(instance, SPAM)
    assert cluster_of(late) == cluster.pk


def test_leaving_out_the_representative_hands_its_place_on(wave, instance, person):
    cluster = Cluster.objects.get()
    clusters.leave_out(cluster=cluster, member_ids=[Member.objects.get(post=wave[0]).pk], by=person)
    cluster.refresh_from_db()
    assert cluster.representative == wave[1]
    (late,) = arrive(instance, SPAM)
    assert cluster_of(late) == cluster.pk
    clusters.take_back(cluster=cluster, member_ids=[Member.objects.get(post=wave[0]).pk])
    cluster.refresh_from_db()
    assert cluster.size == 6


def test_a_representative_left_out_by_a_decision_still_stands_for_its_wave(wave, instance, person):
    Member.objects.filter(post=wave[0]).update(left_out=True, left_out_by=person)
    (late,) = arrive(instance, SPAM)
    assert cluster_of(late) == Member.objects.get(post=wave[0]).cluster_id


def test_a_split_makes_two_and_later_posts_choose(instance, person):
    other = "Make money fast from home, ask me why and start earning tomorrow with friends"
    posts = arrive(instance, SPAM, SPAM, SPAM, other, other)
    cluster = Cluster.objects.get()
    assert cluster.size == 5
    new = clusters.split(cluster=cluster, member_ids=list(Member.objects.filter(post__in=posts[3:]).values_list("pk", flat=True)), by=person)
    cluster.refresh_from_db()
    new.refresh_from_db()
    assert (cluster.size, new.size, new.representative) == (3, 2, posts[3])
    assert new.notable_at and new.route_again
    late_spam, late_other = arrive(instance, SPAM, other)
    assert (cluster_of(late_spam), cluster_of(late_other)) == (cluster.pk, new.pk)
    assert Finding.objects.get(post=posts[4], detector="near_duplicates").explanation["cluster"] == str(new.public_id)


def test_merged_clusters_draw_what_resembles_either(instance, person):
    arrive(instance, SPAM, SPAM, OTHER, OTHER)
    into, gone = Cluster.objects.order_by("pk")
    clusters.merge(into=into, cluster=gone, by=person)
    late_spam, late_other = arrive(instance, SPAM, OTHER)
    assert cluster_of(late_spam) == cluster_of(late_other) == into.pk
    into.refresh_from_db()
    gone.refresh_from_db()
    assert (into.size, into.accounts_count, gone.size, gone.notable_at) == (6, 6, 0, None)


def test_clusters_of_two_instances_are_never_merged(wave, person):
    other = make_instance()
    arrive(other, SPAM, SPAM)
    one, two = Cluster.objects.order_by("pk")
    with pytest.raises(clusters.CannotMerge):
        clusters.merge(into=one, cluster=two, by=person)
    with pytest.raises(clusters.CannotMerge):
        clusters.merge(into=one, cluster=one, by=person)


def test_members_of_another_cluster_are_refused(wave, instance, person):
    arrive(instance, OTHER, OTHER)
    one, two = Cluster.objects.order_by("pk")
    for verb in (clusters.leave_out, clusters.split):
        for ids in ([], [Member.objects.filter(cluster=two).first().pk]):
            with pytest.raises(clusters.NotInCluster):
                verb(cluster=one, member_ids=ids, by=person)


def test_an_innocent_cluster_grows_in_silence_and_stays_innocent(wave, instance, person):
    cluster = Cluster.objects.get()
    clusters.mark_innocent(cluster=cluster, by=person)
    arrive(instance, *[SPAM] * 10)
    cluster.refresh_from_db()
    assert cluster.size == 15 and cluster.notable_at is None and not cluster.route_again
    assert not Finding.objects.filter(detector="near_duplicates").exclude(verdict="unlikely").exists()
    clusters.unmark_innocent(cluster=cluster, by=person)
    cluster.refresh_from_db()
    assert cluster.notable_at and cluster.route_again
    assert PolicyChange.objects.filter(subject=f"cluster {cluster.public_id}").count() == 2


def test_old_posts_leave_the_index_but_known_innocents_and_living_waves_stay(instance, person, settings):
    long_ago = timezone.now() - timedelta(days=settings.KEEP_INDEX_DAYS + 1)
    innocent = arrive(
        instance, "Good morning to all of you lovely people", "Good morning to all of you lovely people", created_at=long_ago, received_at=long_ago
    )
    clusters.mark_innocent(cluster=Cluster.objects.get(), by=person)
    old, _ = arrive(instance, OTHER, OTHER, created_at=long_ago, received_at=long_ago)
    living, _ = arrive(instance, SPAM, SPAM, received_at=long_ago)
    (single,) = arrive(instance, "A single word of thanks to the gardeners of the park", received_at=long_ago)
    (young,) = arrive(instance, "Another word, of thanks to the bakers of the town")
    assert neighbours.forget_old() == 2
    assert set(Band.objects.values_list("post", flat=True)) == {innocent[0].pk, living.pk, young.pk}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_on_the_same_new_text_make_one_cluster():
    needs_postgres()
    instance = make_instance()
    texts = [f"{SPAM} number {'abcdefghij'[n % 10] * 30}" for n in range(120)]
    for text in texts:
        make_post(make_account(instance), text=text)

    def work():
        while pump.analyse_waiting(limit=10):
            pass

    race(work, work, work, work)
    assert not Post.objects.exclude(state=Post.State.ANALYSED).exists()
    sizes = sorted(Cluster.objects.values_list("size", flat=True))
    assert sum(sizes) == Member.objects.count() == 120
    for n in range(10):
        assert Member.objects.filter(post__text=texts[n]).values("cluster").distinct().count() == 1
    for cluster in Cluster.objects.all():
        assert cluster.size == cluster.members.count() == cluster.accounts_count
        assert Band.objects.filter(post__membership__cluster=cluster).values("post").distinct().count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_moderator_and_a_worker_on_one_wave_lose_nothing():
    needs_postgres()
    instance, person = make_instance(), make_person()
    arrive(instance, *[SPAM] * 20)
    cluster = Cluster.objects.get()
    for _ in range(60):
        make_post(make_account(instance), text=SPAM)

    def work():
        while pump.analyse_waiting(limit=7):
            pass

    def moderate():
        for member in Member.objects.filter(cluster=cluster)[1:15]:
            clusters.leave_out(cluster=Cluster.objects.get(pk=cluster.pk), member_ids=[member.pk], by=person)

    race(work, work, moderate)
    cluster.refresh_from_db()
    assert cluster.members.count() == 80
    assert cluster.size == cluster.members.filter(left_out=False).count() == 66
