import pytest

from moderation.analysis import pump
from moderation.models import Band, Cluster, Finding, Member, Post
from tests.factories import make_account, make_instance, make_post

pytestmark = pytest.mark.django_db

SPAM = "Make money fast from home, ask me how and start earning today"


def test_a_wave_of_copies_becomes_one_cluster_in_one_batch():
    instance = make_instance()
    posts = [make_post(make_account(instance), text=f"{SPAM} https://bit.ly/{n}xyz") for n in range(200)]
    assert pump.analyse_waiting() == 200
    cluster = Cluster.objects.get()
    assert (cluster.size, cluster.accounts_count, cluster.representative) == (200, 200, posts[0])
    assert cluster.notable_at and cluster.route_again
    assert Band.objects.count() == 17
    assert not Post.objects.exclude(state=Post.State.ANALYSED).exists()
    assert Member.objects.count() == Finding.objects.filter(detector="near_duplicates", verdict="likely").count() == 200
