"""How a batch of posts joins clusters: what is near each is found without a lock, and settled under one."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef

from classifiers.near_duplicates import CANDIDATES_PER_KEY, VERSION, Index, nearest, prepare, similarity, verify
from moderation.models import Band, Cluster, Detector, Finding, Member, Post

from . import neighbours, notability
from .clusters import promote, recount


@dataclass
class Representative:
    """A post that others are compared with, and where joining it leads."""

    post_id: int
    account_id: int
    created_at: object
    instance_id: int
    cluster: Cluster | None = None  # None: it stands alone so far
    left_out: bool = False  # a moderator took it out of its cluster: who resembles it most stays out too


@dataclass
class Joined:
    """What came of a batch: members that are new or were measured again, and posts that are in no cluster any more."""

    members: list[Member] = field(default_factory=list)
    left: list[int] = field(default_factory=list)

    def findings(self):
        """Unsaved findings for the members."""
        return [
            Finding(
                post_id=member.post_id,
                detector=Detector.NEAR_DUPLICATES,
                model_version=VERSION,
                score=member.similarity,
                verdict=notability.verdict(member.cluster),
                explanation={"cluster": str(member.cluster.public_id), "similarity": round(member.similarity, 4), "size": member.cluster.size},
            )
            for member in self.members
        ]


def is_comparable(post):
    """Whether a post's own words are there to be compared."""
    return not post.boost_of and post.gone_at is None


class Batch:
    """Posts of one lease. Constructing it reads the index; `join` is called in the recording transaction."""

    def __init__(self, posts):
        self._prepared = {post.pk: prepare(post.text) for post in posts}
        self._keys = {post.pk: neighbours.keys_of(post, self._prepared[post.pk]) if is_comparable(post) else [] for post in posts}
        self._watermark = neighbours.watermark()
        self._of_key = neighbours.lookup(self._all_keys(self._keys))
        self._similarity = {}  # (post id, representative's id): similarity
        self._measure(posts)

    def _all_keys(self, post_ids):
        return {key for post_id in post_ids for key in self._keys[post_id]}

    def _measure(self, posts):
        """Measure each post against every candidate that is not measured yet."""
        pairs = [
            (post.pk, candidate)
            for post in posts
            for candidate in {found for key in self._keys[post.pk] for found in self._of_key.get(key, ())}
            if candidate != post.pk and (post.pk, candidate) not in self._similarity
        ]
        wanted = {candidate for _, candidate in pairs} - self._prepared.keys()
        self._prepared.update((post_id, prepare(text)) for post_id, text in Post.objects.filter(pk__in=wanted).values_list("pk", "text"))
        for post_id, candidate in pairs:
            if candidate in self._prepared:
                self._similarity[post_id, candidate] = similarity(self._prepared[post_id], self._prepared[candidate])

    def join(self, posts):
        """Put `posts`, those of the batch that are still ours, into clusters and the index. Under neighbours.serialise.

        Returns Joined. Writes clusters, members and band rows.
        """
        ids = [post.pk for post in posts]
        for key, found in neighbours.newer(self._all_keys(ids), self._watermark).items():
            self._of_key[key] = sorted(set(found) | set(self._of_key.get(key, ())), reverse=True)[:CANDIDATES_PER_KEY]
        self._measure(posts)
        joined = Joined()
        fresh = self._settle_known(posts, joined)
        self._place(fresh, joined)
        return joined

    def _settle_known(self, posts, joined):
        """Edited posts stay where they still belong or leave; returns the posts that need a place."""
        ids = [post.pk for post in posts]
        memberships = {member.post_id: member for member in Member.objects.filter(post_id__in=ids).select_related("cluster__representative")}
        indexed = neighbours.indexed_keys(ids)
        fresh, moved, touched = [], [], {}
        for post in posts:
            member = memberships.get(post.pk)
            unchanged = bool(indexed.get(post.pk)) and indexed[post.pk] == set(self._keys[post.pk])
            if post.gone_at is not None:
                continue
            if member is None and unchanged:
                continue
            if member is not None:
                if member.left_out:
                    continue
                alike = member.similarity if unchanged else self._still_near(post, member.cluster)
                if alike is not None:
                    member.similarity = alike
                    joined.members.append(member)
                    continue
                touched[member.cluster_id] = member.cluster
                joined.left.append(post.pk)
            if post.pk in indexed:
                moved.append(post.pk)
            if self._keys[post.pk]:
                fresh.append(post)
        if joined.left:
            Member.objects.filter(post_id__in=joined.left).delete()
            Finding.objects.filter(post_id__in=joined.left, detector=Detector.NEAR_DUPLICATES).delete()
        if moved:
            neighbours.drop(moved)
        for cluster in touched.values():
            if cluster.representative_id in joined.left:
                promote(cluster)
            recount(cluster)
        Member.objects.bulk_update(joined.members, ["similarity"])
        return fresh

    def _still_near(self, post, cluster):
        """An edited member's similarity to its representative; None when it has become another post."""
        representative = cluster.representative
        if representative is None or representative.pk == post.pk or not self._keys[post.pk]:
            return None
        return verify(self._prepared[post.pk], prepare(representative.text))

    def _place(self, posts, joined):
        """Let each post, in order of arrival, join its nearest representative or become one."""
        known = self._representatives(posts)
        here = Index()
        arrivals = defaultdict(list)  # id of a representative: [(post, similarity)]
        alone = []
        for post in sorted(posts, key=lambda post: post.pk):
            match = self._nearest(post, known, here)
            if match:
                arrivals[match.id].append((post, match.similarity))
                continue
            known[post.pk] = Representative(post.pk, post.account_id, post.created_at, post.instance_id)
            here.add(post.pk, self._keys[post.pk])
            alone.append((post.pk, self._keys[post.pk]))
        neighbours.index(alone)
        self._record([(known[found], posts) for found, posts in arrivals.items()], joined)

    def _representatives(self, posts):
        """{post id: Representative} of the near posts that are still indexed."""
        ids = {post.pk for post in posts}
        near = {candidate for post_id, candidate in self._similarity if post_id in ids}
        rows = Post.objects.filter(Exists(Band.objects.filter(post=OuterRef("pk"))), pk__in=near - ids).select_related("membership__cluster")
        known = {}
        for row in rows.defer("content", "text"):
            member = getattr(row, "membership", None)
            cluster = member and member.cluster
            # A representative that a decision left out still stands for its wave.
            left_out = bool(member and member.left_out and cluster.representative_id != row.pk)
            known[row.pk] = Representative(row.pk, row.account_id, row.created_at, row.instance_id, cluster, left_out)
        clusters = {}
        for representative in known.values():  # two representatives of one merged cluster share one object
            if representative.cluster:
                representative.cluster = clusters.setdefault(representative.cluster.pk, representative.cluster)
        return known

    def _nearest(self, post, known, here):
        """The Match of a post; None when nothing is near, or when what is nearest was left out of its wave."""
        prepared, ranked = self._prepared[post.pk], []
        for candidate in here.candidates(self._keys[post.pk], older=self._of_key) & known.keys():
            if (post.pk, candidate) not in self._similarity:
                self._similarity[post.pk, candidate] = similarity(prepared, self._prepared[candidate])
            ranked.append((-self._similarity[post.pk, candidate], known[candidate].left_out, candidate))
        match = nearest(prepared, [(-negative, candidate, self._prepared[candidate]) for negative, _, candidate in sorted(ranked)])
        return None if match and known[match.id].left_out else match

    def _record(self, arrivals, joined):
        """Write the new members, and the clusters that begin or grow with them."""
        begun, members = [], []
        for representative, posts in arrivals:
            if representative.cluster is None:
                representative.cluster = Cluster(
                    instance_id=representative.instance_id,
                    kind=Cluster.Kind.WAVE,
                    representative_id=representative.post_id,
                    first_seen_at=representative.created_at,
                    last_seen_at=representative.created_at,
                    model_version=VERSION,
                )
                begun.append(representative.cluster)
                members.append(Member(cluster=representative.cluster, post_id=representative.post_id, account_id=representative.account_id, similarity=1.0))
            cluster = representative.cluster
            for post, alike in posts:
                members.append(Member(cluster=cluster, post_id=post.pk, account_id=post.account_id, similarity=alike))
                cluster.first_seen_at = min(cluster.first_seen_at, post.created_at)
                cluster.last_seen_at = max(cluster.last_seen_at, post.created_at)
        if not members:
            return
        clusters = list({id(member.cluster): member.cluster for member in members}.values())
        grown = [cluster for cluster in clusters if cluster.pk]
        counted = set(
            Member.objects.filter(cluster__in=grown, account__in={member.account_id for member in members}, left_out=False)
            .values_list("cluster_id", "account_id")
            .distinct()
        )
        accounts = {(member.cluster.public_id, member.account_id) for member in members if (member.cluster.pk, member.account_id) not in counted}
        newcomers = Counter(public_id for public_id, _ in accounts)
        sizes = Counter(member.cluster.public_id for member in members)
        for cluster in clusters:
            cluster.size += sizes[cluster.public_id]
            cluster.accounts_count += newcomers[cluster.public_id]
        Cluster.objects.bulk_create(begun)
        Cluster.objects.bulk_update(grown, ["size", "accounts_count", "first_seen_at", "last_seen_at"])
        Member.objects.bulk_create(members)
        notability.judge(clusters)
        joined.members.extend(members)
