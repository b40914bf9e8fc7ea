"""What may be read: cases, decisions and clusters. No field tells who decided, how fast or how many; nothing concealed is in it."""

from rest_framework import serializers

from moderation.models import Account, Case, Cluster, Decision


class AccountOut(serializers.ModelSerializer):
    id = serializers.CharField(source="remote_id", help_text="The instance's own id.")

    class Meta:
        model = Account
        fields = ["id", "username", "domain"]


class CaseOut(serializers.ModelSerializer):
    id = serializers.UUIDField(source="public_id")
    instance = serializers.SlugRelatedField(slug_field="slug", read_only=True)
    account = AccountOut(allow_null=True)
    post = serializers.CharField(source="post.remote_id", allow_null=True, default=None)
    cluster = serializers.UUIDField(source="cluster.public_id", allow_null=True, default=None)
    queue = serializers.SlugRelatedField(slug_field="slug", read_only=True)
    category = serializers.SlugRelatedField(slug_field="slug", read_only=True)
    # A claim is a person at work: to a machine the case is waiting until it is decided.
    state = serializers.SerializerMethodField()

    class Meta:
        model = Case
        fields = ["id", "instance", "kind", "state", "account", "post", "cluster", "queue", "category", "severity", "reports_count", "reporters_count"]
        fields += ["size", "opened_at", "raised_at", "decided_at"]

    def get_state(self, case) -> str:
        return Case.State.OPEN.value if case.state == Case.State.CLAIMED else case.state


class DecisionOut(serializers.ModelSerializer):
    id = serializers.UUIDField(source="public_id")
    instance = serializers.SlugRelatedField(source="case.instance", slug_field="slug", read_only=True)
    case = serializers.UUIDField(source="case.public_id")
    kind = serializers.CharField(source="case.kind")
    account = AccountOut(allow_null=True)
    posts = serializers.SerializerMethodField()
    supersedes = serializers.UUIDField(source="supersedes.public_id", allow_null=True, default=None)
    superseded_by = serializers.SerializerMethodField()

    class Meta:
        model = Decision
        fields = ["id", "instance", "case", "kind", "account", "posts", "action", "rule", "reason", "notify", "findings", "unseen", "batch", "supersedes"]
        fields += ["superseded_by", "created_at"]

    def get_posts(self, decision) -> list[str]:
        return [row.post.remote_id for row in decision.posts.all()]

    def get_superseded_by(self, decision) -> str | None:
        later = getattr(decision, "superseded_by", None)
        return str(later.public_id) if later else None


class ClusterOut(serializers.ModelSerializer):
    id = serializers.UUIDField(source="public_id")
    instance = serializers.SlugRelatedField(slug_field="slug", read_only=True)

    class Meta:
        model = Cluster
        fields = ["id", "instance", "kind", "size", "accounts_count", "first_seen_at", "last_seen_at", "notable_at", "innocent", "q_value", "model_version"]


class MemberOut(serializers.Serializer):
    account = AccountOut()
    post = serializers.CharField(source="post.remote_id", allow_null=True, default=None)
    similarity = serializers.FloatField(allow_null=True)
    left_out = serializers.BooleanField()


class ClusterWithMembersOut(ClusterOut):
    members = serializers.SerializerMethodField(help_text="At most 1,000, the oldest first.")

    class Meta(ClusterOut.Meta):
        fields = [*ClusterOut.Meta.fields, "members"]

    def get_members(self, cluster) -> list[dict]:
        return MemberOut(cluster.members.select_related("account", "post").order_by("pk")[:1000], many=True).data
