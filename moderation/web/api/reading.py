"""GET cases, decisions and clusters; POST an appeal against a decision."""

import uuid

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema, inline_serializer
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from moderation.enforcement import appeals
from moderation.enforcement.errors import NotAllowed
from moderation.models import Case, Cluster, Decision, Queue, Scope, StaleState

from .base import ListView, OneView
from .outgoing import CaseOut, ClusterOut, ClusterWithMembersOut, DecisionOut
from .problems import Conflict
from .sending import KEY

INSTANCE = OpenApiParameter("instance", OpenApiTypes.STR, description="For signed-in people: only this instance, by its slug. A token sees its own.")
PAGING = [
    OpenApiParameter("cursor", OpenApiTypes.STR, description="From `next` or `previous` of an earlier answer."),
    OpenApiParameter("limit", OpenApiTypes.INT, description="Rows a page, 50 unless said, at most 200."),
]


def chosen(request, name, allowed):
    """A query parameter that must be one of `allowed`; None when it is absent. ValidationError otherwise."""
    value = request.query_params.get(name)
    if value is not None and value not in allowed:
        raise ValidationError({name: [_("This is not one of: %(allowed)s.") % {"allowed": ", ".join(allowed)}]})
    return value


def after(rows, request):
    """The rows after the one whose id is ?after=; ValidationError when there is none."""
    given = request.query_params.get("after")
    if given is None:
        return rows
    try:
        mark = rows.model.objects.filter(public_id=uuid.UUID(given)).values_list("pk", flat=True).first()
    except ValueError:
        mark = None
    if mark is None:
        raise ValidationError({"after": [_("This is not an id that was given out here.")]})
    return rows.filter(pk__gt=mark)


def page_of(serializer):
    fields = {"next": serializers.URLField(allow_null=True), "previous": serializers.URLField(allow_null=True), "results": serializer(many=True)}
    return inline_serializer(f"{serializer.__name__}Page", fields)


class Cases(ListView):
    scopes = {"GET": Scope.READ_CASES}
    serializer_class = CaseOut

    def rows(self):
        rows = self.visible(Case.objects.select_related("instance", "account", "post", "cluster", "queue", "category"))
        state = chosen(self.request, "state", [Case.State.OPEN, Case.State.DECIDED, Case.State.HELD])
        if state:
            rows = rows.filter(state__in=[Case.State.OPEN, Case.State.CLAIMED] if state == Case.State.OPEN else [state])
        queue = chosen(self.request, "queue", list(Queue.objects.values_list("slug", flat=True)))
        return rows.filter(queue__slug=queue) if queue else rows

    @extend_schema(
        operation_id="list_cases",
        responses=page_of(CaseOut),
        parameters=[INSTANCE, *PAGING, OpenApiParameter("state", enum=["open", "decided", "held"]), OpenApiParameter("queue", OpenApiTypes.STR)],
    )
    def get(self, request):
        return super().get(request)


class OneCase(OneView):
    scopes = {"GET": Scope.READ_CASES}
    serializer_class = CaseOut

    def rows(self):
        return self.visible(Case.objects.select_related("instance", "account", "post", "cluster", "queue", "category"))

    @extend_schema(operation_id="get_case", responses=CaseOut)
    def get(self, request, public_id):
        return super().get(request, public_id)


def _decisions(view):
    related = ("case__instance", "account", "supersedes", "superseded_by")
    return view.visible(Decision.objects.select_related(*related).prefetch_related("posts__post"), "case__instance")


class Decisions(ListView):
    scopes = {"GET": Scope.READ_DECISIONS}
    serializer_class = DecisionOut

    def rows(self):
        return after(_decisions(self), self.request)

    @extend_schema(
        operation_id="list_decisions",
        responses=page_of(DecisionOut),
        parameters=[INSTANCE, *PAGING, OpenApiParameter("after", OpenApiTypes.UUID, description="Only decisions made after this one.")],
    )
    def get(self, request):
        return super().get(request)


class OneDecision(OneView):
    scopes = {"GET": Scope.READ_DECISIONS}
    serializer_class = DecisionOut

    def rows(self):
        return _decisions(self)

    @extend_schema(operation_id="get_decision", responses=DecisionOut)
    def get(self, request, public_id):
        return super().get(request, public_id)


class AppealIn(serializers.Serializer):
    text = serializers.CharField(max_length=10_000, required=False, default="", allow_blank=True)


APPEAL_OUT = inline_serializer("AppealOut", {"decision": serializers.UUIDField(), "state": serializers.CharField()})


class Appeals(OneView):
    scopes = {"POST": Scope.WRITE_REPORTS}
    serializer_class = AppealIn
    http_method_names = ["post", "options"]

    @extend_schema(operation_id="appeal", request=AppealIn, responses={201: APPEAL_OUT}, parameters=[KEY])
    def post(self, request, public_id):
        """Ask for another look at a decision. Its case waits again."""
        return self.dispatch_once(request, lambda: self.appeal(request, public_id))

    def appeal(self, request, public_id):
        decision = self.visible(Decision.objects.all(), "case__instance").filter(public_id=public_id).first()
        if decision is None:
            raise Http404
        incoming = AppealIn(data=request.data)
        incoming.is_valid(raise_exception=True)
        try:
            appeal = appeals.open_appeal(decision=decision, text=incoming.validated_data["text"])
        except (NotAllowed, StaleState) as error:
            raise Conflict(str(error)) from error
        return Response({"decision": str(decision.public_id), "state": appeal.state}, status=status.HTTP_201_CREATED)


class Clusters(ListView):
    scopes = {"GET": Scope.READ_CLUSTERS}
    serializer_class = ClusterOut

    def rows(self):
        rows = self.visible(Cluster.objects.exclude(notable_at=None).select_related("instance"))
        kind = chosen(self.request, "kind", Cluster.Kind.values)
        return rows.filter(kind=kind) if kind else rows

    @extend_schema(
        operation_id="list_clusters", responses=page_of(ClusterOut), parameters=[INSTANCE, *PAGING, OpenApiParameter("kind", enum=Cluster.Kind.values)]
    )
    def get(self, request):
        return super().get(request)


class OneCluster(OneView):
    scopes = {"GET": Scope.READ_CLUSTERS}
    serializer_class = ClusterWithMembersOut

    def rows(self):
        return self.visible(Cluster.objects.exclude(notable_at=None).select_related("instance"))

    @extend_schema(operation_id="get_cluster", responses=ClusterWithMembersOut)
    def get(self, request, public_id):
        return super().get(request, public_id)
