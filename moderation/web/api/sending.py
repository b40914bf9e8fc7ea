"""POST posts, reports and sign-ups; DELETE a post that is gone at its source."""

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, PolymorphicProxySerializer, extend_schema, inline_serializer
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from moderation import tasks
from moderation.intake import ingest
from moderation.models import Post, Scope

from .base import MOST_AT_ONCE, ApiView
from .incoming import PostIn, ReportIn, SignUpIn

KEY = OpenApiParameter("Idempotency-Key", OpenApiTypes.STR, OpenApiParameter.HEADER, description="The same request again within a day gets the same answer.")
ACCEPTED = inline_serializer("Accepted", {"accepted": serializers.ListField(child=serializers.CharField(), help_text="The ids that were taken, in order.")})


def one_or_many(serializer):
    """The request body in OpenAPI: one object or an array of up to 100."""
    name = serializer.__name__
    return PolymorphicProxySerializer(
        component_name=f"{name}OneOrMany", serializers=[serializer, serializer(many=True)], resource_type_field_name=None, many=False
    )


class TakingView(ApiView):
    """POST one thing or a list of up to 100; they are recorded together or not at all."""

    event = ""

    def post(self, request):
        return self.dispatch_once(request, lambda: self.take(request))

    def take(self, request):
        many = isinstance(request.data, list)
        if many and not 0 < len(request.data) <= MOST_AT_ONCE:
            raise ValidationError(_("Send between 1 and 100 at a time."), code="how_many")
        incoming = self.serializer_class(data=request.data, many=many)
        incoming.is_valid(raise_exception=True)
        things = incoming.validated_data if many else [incoming.validated_data]
        shape = self.serializer_class()
        ingest.take_all(request.auth.instance, [shape.seen(thing) for thing in things], self.event)
        tasks.ring(tasks.analyse_posts)
        tasks.ring(tasks.route_cases)
        return Response({"accepted": [self.id_of(thing) for thing in things]}, status=status.HTTP_202_ACCEPTED)

    def id_of(self, thing):
        return thing["id"]


class Posts(TakingView):
    scopes = {"POST": Scope.WRITE_POSTS}
    serializer_class = PostIn

    @extend_schema(operation_id="send_posts", request=one_or_many(PostIn), responses={202: ACCEPTED}, parameters=[KEY])
    def post(self, request):
        return super().post(request)


class Reports(TakingView):
    scopes = {"POST": Scope.WRITE_REPORTS}
    serializer_class = ReportIn

    @extend_schema(operation_id="send_reports", request=one_or_many(ReportIn), responses={202: ACCEPTED}, parameters=[KEY])
    def post(self, request):
        return super().post(request)


class SignUps(TakingView):
    scopes = {"POST": Scope.WRITE_SIGN_UPS}
    serializer_class = SignUpIn
    event = "account.created"

    @extend_schema(operation_id="send_sign_ups", request=one_or_many(SignUpIn), responses={202: ACCEPTED}, parameters=[KEY])
    def post(self, request):
        return super().post(request)

    def id_of(self, thing):
        return thing["account"]["id"]


class OnePost(ApiView):
    scopes = {"DELETE": Scope.WRITE_POSTS}

    @extend_schema(
        operation_id="post_is_gone",
        parameters=[OpenApiParameter("remote_id", OpenApiTypes.STR, OpenApiParameter.PATH, pattern="^[A-Za-z0-9._~:@-]{1,64}$")],
        responses={204: None},
    )
    def delete(self, request, remote_id):
        """The post was deleted at its source. What was decided about it stays on record."""
        rows = Post.objects.filter(instance=request.auth.instance, remote_id=remote_id)
        if not rows.filter(gone_at=None).update(gone_at=timezone.now()) and not rows.exists():
            raise Http404
        return Response(status=status.HTTP_204_NO_CONTENT)
