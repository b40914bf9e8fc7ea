"""What may be sent in: posts, reports and sign-ups of an instance, as plain values for the intake."""

import html
from datetime import UTC, datetime, timedelta

from django.core.validators import RegexValidator
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from moderation.fediverse.base import AccountSeen, PostSeen, ReportSeen
from moderation.fediverse.html import links_of

# Before this no forum was; a time far ahead is a mistake.
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)

remote_id_validator = RegexValidator(r"^[^\s\x00-\x1f\x7f]{1,64}$", gettext_lazy("An id is 1 to 64 characters without blanks."))


class RemoteIdField(serializers.CharField):
    """An id of the instance's own."""

    def __init__(self, **given):
        super().__init__(max_length=64, validators=[remote_id_validator], **given)


class MomentField(serializers.DateTimeField):
    """ISO 8601 with a zone or in UTC; from 1990 to tomorrow."""

    def to_internal_value(self, value):
        at = super().to_internal_value(value)
        if not EARLIEST <= at <= timezone.now() + timedelta(days=1):
            raise serializers.ValidationError(_("This time is before 1990 or in the future."), code="out_of_range")
        return at


class AccountIn(serializers.Serializer):
    id = RemoteIdField()
    username = serializers.CharField(max_length=255)
    domain = serializers.CharField(max_length=253, required=False, default="", allow_blank=True)
    display_name = serializers.CharField(max_length=1_000, required=False, default="", allow_blank=True)
    note = serializers.CharField(max_length=20_000, required=False, default="", allow_blank=True)
    url = serializers.URLField(max_length=2_000, required=False, default="", allow_blank=True)
    bot = serializers.BooleanField(required=False, default=False)
    created_at = MomentField(required=False, allow_null=True, default=None)

    def seen(self, data, **more):
        return AccountSeen(**{"remote_id" if name == "id" else name: value for name, value in data.items()}, **more)


class PostIn(serializers.Serializer):
    """`content` is HTML; `text` is plain text, for whoever has no HTML. The same id again with a newer `edited_at` is an edit."""

    id = RemoteIdField()
    account = AccountIn()
    content = serializers.CharField(max_length=100_000, required=False, allow_blank=True, trim_whitespace=False)
    text = serializers.CharField(max_length=100_000, required=False, allow_blank=True, trim_whitespace=False)
    spoiler_text = serializers.CharField(max_length=1_000, required=False, default="", allow_blank=True)
    language = serializers.CharField(max_length=16, required=False, default="", allow_blank=True)
    sensitive = serializers.BooleanField(required=False, default=False)
    url = serializers.URLField(max_length=2_000, required=False, default="", allow_blank=True)
    in_reply_to_id = RemoteIdField(required=False, default="", allow_blank=True)
    tags = serializers.ListField(child=serializers.CharField(max_length=255), max_length=100, required=False, default=list)
    created_at = MomentField()
    edited_at = MomentField(required=False, allow_null=True, default=None)

    def validate(self, data):
        if ("content" in data) == ("text" in data):
            raise serializers.ValidationError(_("Send either content (HTML) or text (plain), not both."), code="content_or_text")
        return data

    def seen(self, data):
        content = data["content"] if "content" in data else "".join(f"<p>{html.escape(part)}</p>" for part in data["text"].split("\n\n"))
        plain = {name: data[name] for name in ("spoiler_text", "language", "sensitive", "url", "in_reply_to_id", "created_at", "edited_at")}
        account = AccountIn().seen(data["account"])
        return PostSeen(remote_id=data["id"], account=account, content=content, tags=tuple(data["tags"]), links=links_of(content), **plain)


class ReportIn(serializers.Serializer):
    """Somebody's report of an account, with the posts it is about."""

    id = RemoteIdField()
    account = AccountIn(help_text=gettext_lazy("The reported account."))
    reporter = AccountIn(required=False, allow_null=True, default=None)
    posts = PostIn(many=True, required=False, default=list, max_length=100)
    category = serializers.ChoiceField(choices=["spam", "legal", "violation", "other"], required=False, default="other")
    comment = serializers.CharField(max_length=10_000, required=False, default="", allow_blank=True)
    created_at = MomentField()

    def seen(self, data):
        reporter = AccountIn().seen(data["reporter"]) if data["reporter"] else None
        posts = tuple(PostIn().seen(post) for post in data["posts"])
        plain = {name: data[name] for name in ("category", "comment", "created_at")}
        return ReportSeen(remote_id=data["id"], target=AccountIn().seen(data["account"]), reporter=reporter, posts=posts, **plain)


class SignUpIn(serializers.Serializer):
    """Somebody who asks to join. Of e-mail and IP only a keyed hash, the mail domain and the IP prefix are kept."""

    account = AccountIn()
    reason = serializers.CharField(max_length=10_000, required=False, default="", allow_blank=True)
    email = serializers.EmailField(max_length=320, required=False, default="", allow_blank=True, write_only=True)
    ip = serializers.IPAddressField(required=False, default="", allow_blank=True, write_only=True)
    confirmed = serializers.BooleanField(required=False, default=True)

    def seen(self, data):
        more = {"confirmed": data["confirmed"], "approved": False, "email": data["email"], "ip": data["ip"], "sign_up_reason": data["reason"]}
        return AccountIn().seen(data["account"], **more)
